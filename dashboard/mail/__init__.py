"""Mails that go out: `message` makes one, `dkim` signs it, `relay` hands it over, `post` does that exactly once."""
