"""The weekly mail: `gather` what the week held, say it in `text`, `html` and `shape` (JSON), `send` it once."""
