"""The channels: thin adapters that hand bytes and envelope to `ingest()`. Nothing is decided here."""
