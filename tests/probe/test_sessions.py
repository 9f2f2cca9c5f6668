"""What a host does before TLS: what is an error of it, and what only says that nothing is known from here."""

import itertools
import socket
import time

import pytest

from collector.settings import Monitor
from tests.probe.looking import HOST, codes, look_at
from tests.support.mx_host import Authority, MxHost

GREETING = b"220 mx.example.com ESMTP\r\n"

# what the host does | is STARTTLS offered | what is said of it
HOSTS: dict[str, tuple[dict[str, object], bool | None, list[str]]] = {
    # an error of the host
    "no STARTTLS": ({"hello": (b"mx.example.com", b"SIZE 1000")}, False, ["no_starttls!"]),
    "no extensions": ({"hello": (b"mx.example.com",)}, False, ["no_starttls!"]),
    "STARTTLS in the greeting line": ({"hello": (b"STARTTLS", b"SIZE 1")}, False, ["no_starttls!"]),
    "another word": ({"hello": (b"mx.example.com", b"XSTARTTLS")}, False, ["no_starttls!"]),
    "masked by a firewall": ({"hello": (b"mx.example.com", b"XXXXXXXA")}, False, ["no_starttls!"]),
    "refuses STARTTLS": ({"answers": {"STARTTLS": b"454 4.7.0 TLS not available\r\n"}}, True, ["starttls_refused!"]),
    "closes after STARTTLS": ({"certificate": None}, True, ["tls_failed!"]),
    "no TLS after STARTTLS": ({"after_starttls": [b"garbage garbage\r\n"]}, True, ["tls_failed!"]),
    "clear text behind STARTTLS": ({"answers": {"STARTTLS": b"220 go\r\n250 injected\r\n"}}, True, ["tls_failed!"]),
    "silent after STARTTLS": ({"after_starttls": [60.0]}, True, ["tls_failed!"]),
    "not SMTP": ({"steps": [b"SSH-2.0-example\r\n"]}, None, ["not_smtp!"]),
    "HTTP": ({"steps": [b"HTTP/1.1 400 Bad Request\r\n\r\n"]}, None, ["not_smtp!"]),
    "octets": ({"steps": [bytes(range(256)) * 20]}, None, ["not_smtp!"]),
    "a line without end": ({"steps": itertools.repeat(b"2" * 1000)}, None, ["not_smtp!"]),
    "a greeting without end": ({"steps": itertools.repeat(b"220-welcome\r\n" * 10)}, None, ["not_smtp!"]),
    "extensions without end": (
        {"steps": itertools.chain([GREETING, 0.05], itertools.repeat(b"250-X\r\n" * 10))},
        None,
        ["not_smtp!"],
    ),
    # nobody knows
    "silent": ({"steps": [60.0]}, None, ["unreachable"]),
    "speaks TLS at once, and waits": ({"at_once": True}, None, ["unreachable"]),
    "closes at once": ({"steps": []}, None, ["unreachable"]),
    "a greeting that drips": (
        {"steps": [part for octet in GREETING for part in (bytes([octet]), 0.2)]},
        None,
        ["unreachable"],
    ),
    "takes us for a spammer": ({"answers": {"": b"554 5.7.1 go away\r\n"}}, None, ["refused"]),
    "is busy": ({"answers": {"": b"421 too many connections\r\n"}}, None, ["refused"]),
    "does not like our name": ({"answers": {"EHLO": b"550 5.7.1 no such name\r\n"}}, None, ["refused"]),
    "closes after the greeting": ({"steps": [GREETING]}, None, ["broken_off"]),
    "silent after the greeting": ({"steps": [GREETING, 60.0]}, None, ["broken_off"]),
    # well, in its own way
    "a long greeting": ({"answers": {"": b"220-mx.example.com\r\n" * 20 + b"220 ready\r\n"}}, True, []),
    "LF only": ({"answers": {"": b"220 mx.example.com\n"}}, True, []),
    "a bare code": ({"answers": {"": b"220\r\n"}}, True, []),
    "lower case": ({"hello": (b"mx.example.com", b"starttls")}, True, []),
    "never says goodbye": ({"answers": {"QUIT": b"\r\n"}}, True, []),
}


# Those that only the time limit ends.
WAITED_FOR = {
    "silent",
    "silent after STARTTLS",
    "silent after the greeting",
    "speaks TLS at once, and waits",
    "a greeting that drips",
}


@pytest.mark.parametrize("case", HOSTS)
def test_session(authority: Authority, case: str) -> None:
    how, starttls, said = HOSTS[case]
    how = {"certificate": authority.certificate(HOST)} | how
    before = time.monotonic()
    with MxHost(**how) as host:  # type: ignore[arg-type]
        check = look_at(host.settings(authority, timeout=0.8 if case in WAITED_FOR else 20))
    assert time.monotonic() - before < 15
    assert check.starttls is starttls
    assert (check.certificate is not None) is (said == [] and starttls is True)
    assert codes(check) == said
    assert all(problem.text.isprintable() and problem.fix for problem in check.problems)


def test_quits_politely_in_clear_text(authority: Authority) -> None:
    with MxHost(hello=(b"mx.example.com",)) as host:
        look_at(host.settings(authority))
    assert host.seen.commands[-1] == "QUIT"


WORDS = [
    (
        {"answers": {"": b"554 5.7.1 go away\r\n"}},
        "127.0.0.1 does not talk to us: 554 5.7.1 go away. So nothing is known",
    ),
    (
        {"answers": {"STARTTLS": b"454 no key\r\n"}},
        "127.0.0.1 offers STARTTLS and then refuses it: 454 no key. Under your",
    ),
    ({"steps": [b"\x1b[2Jhello\r\n"]}, "127.0.0.1 does not speak SMTP: ?[2Jhello."),
    ({"hello": (b"mx.example.com",)}, "the host does not offer STARTTLS. Under your policy senders hold back the mail"),
]


@pytest.mark.parametrize(("how", "words"), WORDS)
def test_words(authority: Authority, how: dict[str, object], words: str) -> None:
    with MxHost(authority.certificate(HOST), **how) as host:  # type: ignore[arg-type]
        check = look_at(host.settings(authority))
    assert check.problems[0].text.startswith(words)


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_nobody_listens(authority: Authority) -> None:
    check = look_at(Monitor(ca_file=authority.ca_file, smtp_port=closed_port(), timeout=2))
    assert codes(check) == ["unreachable"]
    assert "gives no connection: Connection refused" in check.problems[0].text
    assert (check.starttls, check.certificate, check.dnssec) == (None, None, False)


def test_the_first_address_that_answers_is_judged(authority: Authority) -> None:
    with (
        MxHost(authority.certificate(HOST), address="127.0.0.3") as good,
        MxHost(address="127.0.0.1", port=good.port, steps=[60.0]) as silent,
        MxHost(address="127.0.0.2", port=good.port, answers={"": b"554 no\r\n"}) as refusing,
    ):
        check = look_at(good.settings(authority, 6), addresses=[f"127.0.0.{last}" for last in (1, 2, 3, 4)])
    assert codes(check) == []
    assert (silent.seen.connections, refusing.seen.connections, good.seen.connections) == (1, 1, 1)


def test_of_addresses_without_an_answer_all_are_named(authority: Authority) -> None:
    with MxHost(answers={"": b"554 no\r\n"}) as refusing:
        check = look_at(refusing.settings(authority), addresses=["127.0.0.2", "127.0.0.1"])
    assert codes(check) == ["refused"]
    assert "127.0.0.2 port" in check.problems[0].text
    assert "127.0.0.1 does not talk to us" in check.problems[0].text


def test_ipv6(authority: Authority) -> None:
    with MxHost(authority.certificate(HOST), address="::1") as host:
        check = look_at(host.settings(authority), addresses=["::1"])
    assert codes(check) == []
    assert check.starttls


def test_a_host_that_is_an_alias(authority: Authority) -> None:
    zone = {(HOST, "CNAME"): ["host.example.net"], ("host.example.net", "A"): ["127.0.0.1"]}
    with MxHost(authority.certificate(HOST)) as host:
        check = look_at(host.settings(authority), addresses=[], zone=zone)
    assert codes(check) == ["mx_alias"]
    assert "host.example.net" in check.problems[0].text


def test_a_host_without_an_address(authority: Authority) -> None:
    check = look_at(Monitor(), addresses=[], zone={(HOST, "TXT"): ["none"]})
    assert codes(check) == ["no_address!"]
    assert check.starttls is None
