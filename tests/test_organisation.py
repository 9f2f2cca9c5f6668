"""Relaxed alignment: one organisation, whatever the host (R9, Q63)."""

import pytest

from collector.organisation import is_aligned, organisational_domain


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("mail.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("com", "com"),
        ("a.b.example", "b.example"),
        ("mail.xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("someone.github.io", "someone.github.io"),
    ],
)
def test_organisational_domain(name: str, expected: str) -> None:
    assert organisational_domain(name) == expected


@pytest.mark.parametrize(
    ("domain", "identities", "aligned"),
    [
        ("example.com", {"example.com"}, True),
        ("corp.example.com", {"example.com"}, True),
        ("example.com", {"reports.example.com"}, True),
        ("corp.example.com", {"reports.example.com"}, True),
        ("example.net", {"example.com", "mail.example.net"}, True),
        ("example.net", {"example.com"}, False),
        ("badexample.com", {"example.com"}, False),
        ("a.co.uk", {"b.co.uk"}, False),
        ("co.uk", {"b.co.uk"}, False),
        ("one.github.io", {"other.github.io"}, False),
        ("example.com", set(), False),
    ],
)
def test_is_aligned(domain: str, identities: set[str], aligned: bool) -> None:
    assert is_aligned(domain, identities) is aligned
