"""Real DKIM with made keys: who signs, and who verifies."""

from typing import Any

from collector.auth.dkim import Authenticator
from collector.auth.keys import KeyCache
from collector.errors import NoSuchName
from collector.resolver import TxtAnswer
from tests.support.collector import NOW
from tests.support.mails import rsa_key, sign

# The selectors that a key is published under, at whatever domain, and the service types of that key (Q68).
SERVICES = {"s1": None, "reports": "tlsrpt", "list": "email:tlsrpt", "mail": "email"}


def lookup(name: str) -> TxtAnswer:
    """A DNS in which every domain has the same keys: whose signature counts is a matter of its `d=`."""
    selector = name.split(".")[0]
    if selector not in SERVICES:
        raise NoSuchName(f"{name} does not exist", 60)
    service = SERVICES[selector]
    record = rsa_key(1024).record(**({"s": service} if service else {}))
    return TxtAnswer((record.encode(),), 300)


AUTHENTICATE = Authenticator(KeyCache(lookup, lambda: 0.0), clock=NOW.timestamp)


def signed(mail: bytes, domain: str = "reporter.example", selector: str = "s1", **how: Any) -> bytes:
    """A mail with a signature whose key is found."""
    return sign(mail, domain, selector, rsa_key(1024), **how)
