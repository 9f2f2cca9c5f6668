"""Parsers for the text of a setting that is an address on the web or of a database; as in `values`."""

import re
from urllib.parse import quote, urlsplit


def url(value: str) -> str:
    return exact_url(value).rstrip("/")


def exact_url(value: str) -> str:
    """As it is written: an issuer with a slash at its end is another one without."""
    if not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", value):
        raise ValueError(f"{value!r} is no http or https address")
    return value


def hook_url(value: str) -> str:
    """As it is written. It may hold a secret: no message shows any of it."""
    if not re.fullmatch(r"https?://[^\s/?#]+[^\s#]*", value):
        raise ValueError("not an http or https address")
    return value


def database_url(value: str) -> str:
    """SQLite or PostgreSQL; PostgreSQL is spoken to through psycopg 3."""
    match = re.match(r"(sqlite(?:\+pysqlite)?|postgres(?:ql)?(?:\+psycopg)?)://(.*)", value)
    # The value may hold a password: no message shows any of it.
    if not match:
        raise ValueError("not an sqlite:/// or postgresql:// URL")
    if match[1].startswith("sqlite"):
        if match[2] in ("", "/", "/:memory:") or not match[2].startswith("/"):
            raise ValueError("not a file: write sqlite:///relative.db or sqlite:////absolute/path.db")
        return value
    try:
        urlsplit(value).port  # noqa: B018  raises for what is no port
    except ValueError:
        raise ValueError("no such port (the special characters of a password are written %XX)") from None
    return f"postgresql+psycopg://{match[2]}"


def replica_url(value: str) -> str:
    """PostgreSQL only: SQLite has no replicas."""
    if value.startswith("sqlite"):
        raise ValueError("a replica is one of PostgreSQL: postgresql://user@host/database")
    return database_url(value)


def with_password(database: str, password: str) -> str:
    """A PostgreSQL URL with the password of its user."""
    scheme, _, rest = database.partition("://")
    user, at, place = rest.partition("@")
    if scheme.startswith("sqlite") or not at or not user or ":" in user:
        raise ValueError("the URL is to name a user and no password: postgresql://user@host/database")
    return f"{scheme}://{user}:{quote(password, safe='')}@{place}"
