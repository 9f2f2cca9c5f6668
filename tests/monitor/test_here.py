"""Whether a record sends reports to this collector."""

import pytest

from collector.monitor.here import Here
from collector.settings import load

A, B = "mailto:tlsrpt@example.com", "https://tls.example.net/v1/tlsrpt"
PUBLIC = {"web.public_url": "https://tls.example.net/"}
OWN = {"smtp.recipients": "reports@example.com, *@in.example"}

CASES = [
    ("default recipients", {}, (A,), True),
    ("another address", {}, ("mailto:reports@example.com",), False),
    ("own address", OWN, ("mailto:Reports@EXAMPLE.com?subject=x",), True),
    ("any address of a domain", OWN, ("mailto:x@in.example",), True),
    ("the default is not ours then", OWN, (A,), False),
    ("one of several", OWN, ("mailto:a@elsewhere.example", "mailto:x@in.example"), True),
    ("own POST", PUBLIC, (B,), True),
    ("own POST with its port and a slash", PUBLIC, ("https://TLS.example.net:443/v1/tlsrpt/",), True),
    ("another path", PUBLIC, ("https://tls.example.net/",), False),
    ("another host", PUBLIC, ("https://example.org/v1/tlsrpt",), False),
    ("another port", PUBLIC, ("https://tls.example.net:8443/v1/tlsrpt",), False),
    ("POST, but our name is not known", {}, ("https://example.org/v1/tlsrpt",), True),
    ("a mailbox may have any address", {"imap.host": "imap.example.com", "imap.user": "u", "imap.password": "p"}, ("mailto:x@example.com",), True),
    ("a port that is none", PUBLIC, ("https://tls.example.net:99999/v1/tlsrpt",), False),
    ("no URI at all", PUBLIC, ("https://[",), False),
    ("an address with escapes (R3)", OWN, ("mailto:%72eports@example.com",), True),
    ("an address that asks for a relay", OWN, ("mailto:a%25example.org@in.example",), False),
    ("an unknown scheme", PUBLIC, ("xmpp:a@example.com",), False),
]  # fmt: skip


@pytest.mark.parametrize(("given", "rua", "fine"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_not_here(given: dict[str, str], rua: tuple[str, ...], fine: bool) -> None:
    problems = Here(load(environ={}, overrides=given))("example.com", rua)
    assert [(problem.code, problem.severity) for problem in problems] == ([] if fine else [("not_here", "warning")])


def test_what_to_publish_keeps_the_others() -> None:
    [problem] = Here(load(environ={}, overrides={}))("example.com", ("mailto:a@example.org",))
    assert problem.fix == "v=TLSRPTv1; rua=mailto:a@example.org,mailto:tlsrpt@example.com"
