"""Settings as they may be seen: on the command line and on a page."""

from urllib.parse import urlsplit

from collector.settings.load import Given


def text(given: Given) -> str:
    """What is in force, a secret hidden."""
    return hide(given.text) if given.row.secret else given.text


def hide(secret: str) -> str:
    """A secret as it may be seen: of a database URL all but its password and query, of anything else nothing.

    The path of another URL may be a secret too: those of webhooks are.
    """
    parts = urlsplit(secret)
    if not parts.scheme.startswith(("sqlite", "postgres")):
        return "(hidden)" if secret else ""
    if parts.password:
        secret = secret.replace(f":{parts.password}@", ":(hidden)@", 1)
    return secret.replace(f"?{parts.query}", "?(hidden)") if parts.query else secret
