"""The resolver against a real DNS server on loopback."""

import asyncio
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collector.errors import ConfigurationError
from collector.resolver import LookupFailed, NoSuchName, Resolver, TxtAnswer
from collector.settings import Address, Dns
from tests.support.dns import REFUSED, SERVFAIL, SILENCE, DnsServer, Truncated, Zone

ZONE: Zone = {
    ("one.example", "TXT"): ["v=TLSRPTv1; rua=mailto:a@example.com"],
    ("two.example", "TXT"): ["first", "second"],
    ("split.example", "TXT"): [("v=STSv1; ", "id=", "1")],
    ("octets.example", "TXT"): [b"\xff\x00;"],
    ("long.example", "TXT"): ["k" * 4000],
    ("truncated.example", "TXT"): Truncated(["by TCP"]),
    ("alias.example", "CNAME"): ["alias2.example"],
    ("alias2.example", "CNAME"): ["one.example"],
    ("dangling.example", "CNAME"): ["nothing.example.net"],
    ("loop.example", "CNAME"): ["loop.example"],
    ("servfail.example", "TXT"): SERVFAIL,
    ("refused.example", "TXT"): REFUSED,
    ("silent.example", "TXT"): SILENCE,
    ("below.parent.example", "TXT"): ["x"],
    ("both.example", "A"): ["192.0.2.1", "192.0.2.2"],
    ("both.example", "AAAA"): ["2001:db8::1"],
    ("v4.example", "A"): ["192.0.2.1"],
    ("v6.example", "AAAA"): ["2001:db8::1"],
    ("half.example", "A"): ["192.0.2.1"],
    ("half.example", "AAAA"): SERVFAIL,
    ("doubt.example", "A"): SERVFAIL,
    ("cname.example", "CNAME"): ["both.example"],
    ("mail.example", "MX"): ["20 MX2.mail.example", "10 mx1.mail.example", "10 a.mail.example"],
    ("null.example", "MX"): ["0 ."],
    ("odd.example", "MX"): ["10 192.0.2.1", "20 mx.odd.example"],
    ("brokenmx.example", "MX"): SERVFAIL,
    ("brokenmx.example", "A"): ["192.0.2.1"],
}


@pytest.fixture(scope="module")
def server() -> Iterator[DnsServer]:
    with DnsServer(ZONE) as running:
        yield running


@pytest.fixture(scope="module")
def resolver(server: DnsServer) -> Resolver:
    return Resolver(server.settings(timeout=30))


@pytest.fixture(scope="module")
def impatient(server: DnsServer) -> Resolver:
    """For names that nobody answers for."""
    return Resolver(server.settings(timeout=0.6))


TXT = [
    ("one.example", (b"v=TLSRPTv1; rua=mailto:a@example.com",)),
    ("ONE.example.", (b"v=TLSRPTv1; rua=mailto:a@example.com",)),
    ("two.example", (b"first", b"second")),
    ("split.example", (b"v=STSv1; id=1",)),  # R8, M4: no blanks between character-strings
    ("octets.example", (b"\xff\x00;",)),
    ("long.example", (b"k" * 4000,)),  # over the EDNS payload: TCP
    ("truncated.example", (b"by TCP",)),
    ("alias.example", (b"v=TLSRPTv1; rua=mailto:a@example.com",)),  # M4: CNAMEs are followed
]


@pytest.mark.parametrize(("name", "records"), TXT)
def test_txt(resolver: Resolver, name: str, records: tuple[bytes, ...]) -> None:
    assert resolver.txt(name) == TxtAnswer(records, 300)
    assert asyncio.run(resolver.txt_async(name)) == TxtAnswer(records, 300)


NO_TXT = [
    ("nowhere.example", NoSuchName, "nowhere.example does not exist in DNS"),
    ("both.example", NoSuchName, "both.example has no TXT record"),
    ("parent.example", NoSuchName, "parent.example has no TXT record"),
    ("dangling.example", NoSuchName, "dangling.example does not exist in DNS"),
    ("x" * 64 + ".example", NoSuchName, "cannot exist in DNS"),
    ("loop.example", LookupFailed, "DNS look-up of loop.example TXT failed"),
    ("servfail.example", LookupFailed, "SERVFAIL"),
    ("refused.example", LookupFailed, "REFUSED"),
]


@pytest.mark.parametrize(("name", "error", "words"), NO_TXT)
def test_no_txt(resolver: Resolver, name: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        resolver.txt(name)
    with pytest.raises(error, match=words):
        asyncio.run(resolver.txt_async(name))


def test_only_a_failed_look_up_is_temporary() -> None:
    assert LookupFailed.temporary
    assert not NoSuchName.temporary


def test_a_negative_answer_says_how_long_it_holds(resolver: Resolver) -> None:
    for name in ("nowhere.example", "both.example"):
        with pytest.raises(NoSuchName) as caught:
            resolver.txt(name)
        assert caught.value.ttl == 60


def test_silence_ends_at_the_time_limit(impatient: Resolver) -> None:
    before = time.monotonic()
    for ask in (impatient.txt, lambda name: asyncio.run(impatient.txt_async(name))):
        with pytest.raises(LookupFailed, match=r"no answer from DNS for silent\.example TXT within 0\.6 s"):
            ask("silent.example")
    assert time.monotonic() - before < 30


ADDRESSES = [
    ("both.example", ("192.0.2.1", "192.0.2.2", "2001:db8::1")),
    ("v4.example", ("192.0.2.1",)),
    ("v6.example", ("2001:db8::1",)),
    ("half.example", ("192.0.2.1",)),  # one family away
    ("cname.example", ("192.0.2.1", "192.0.2.2", "2001:db8::1")),
    ("one.example", NoSuchName),
    ("nowhere.example", NoSuchName),
    ("doubt.example", LookupFailed),  # no AAAA, and nobody knows about A
]


@pytest.mark.parametrize(("name", "expected"), ADDRESSES)
def test_addresses(resolver: Resolver, name: str, expected: tuple[str, ...] | type[Exception]) -> None:
    if isinstance(expected, tuple):
        assert asyncio.run(resolver.addresses_async(name)) == expected
    else:
        with pytest.raises(expected):
            asyncio.run(resolver.addresses_async(name))


MX = [
    ("mail.example", ((10, "a.mail.example"), (10, "mx1.mail.example"), (20, "mx2.mail.example"))),
    ("null.example", ()),  # RFC 7505
    ("odd.example", ((20, "mx.odd.example"),)),  # an address is no host name
    ("v6.example", ((0, "v6.example"),)),  # RFC 5321 section 5.1
    ("one.example", NoSuchName),
    ("nowhere.example", NoSuchName),
    ("brokenmx.example", LookupFailed),  # a failure is not "no MX"
]


@pytest.mark.parametrize(("name", "expected"), MX)
def test_mx(resolver: Resolver, name: str, expected: tuple[tuple[int, str], ...] | type[Exception]) -> None:
    if isinstance(expected, tuple):
        assert asyncio.run(resolver.mx_async(name)) == expected
    else:
        with pytest.raises(expected):
            asyncio.run(resolver.mx_async(name))


def test_small_answers_come_over_udp_and_large_ones_over_tcp(server: DnsServer, resolver: Resolver) -> None:
    server.queries.clear()
    server.tcp_queries.clear()
    resolver.txt("one.example")
    resolver.txt("long.example")
    assert server.queries == {("one.example", "TXT"): 1, ("long.example", "TXT"): 2}
    assert +server.tcp_queries == {("long.example", "TXT"): 1}


def test_threads_share_one_resolver(resolver: Resolver) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(resolver.txt, ["one.example", "two.example"] * 20))
    assert {len(answer.records) for answer in answers[::2]} == {1}
    assert {len(answer.records) for answer in answers[1::2]} == {2}


def test_the_second_nameserver_answers_where_the_first_is_away(server: DnsServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        away = Address("127.0.0.1", unused.getsockname()[1])
        two = Resolver(Dns(nameservers=(away, server.address), timeout=30))
        assert two.txt("one.example").records
        with pytest.raises(LookupFailed, match="no answer from DNS"):
            Resolver(Dns(nameservers=(away,), timeout=0.3)).txt("one.example")


def test_a_nameserver_may_be_named(server: DnsServer) -> None:
    named = Resolver(Dns(nameservers=(Address("localhost", server.address.port),), timeout=30))
    assert named.txt("one.example").records


def test_a_nameserver_without_address_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError, match=r"dns\.nameservers: ns\.invalid"):
        Resolver(Dns(nameservers=(Address("ns.invalid", 53),)))


SYSTEMS = [
    ("one", "nameserver 192.0.2.53\n", ["192.0.2.53"]),
    ("two", "search example.com\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n", ["192.0.2.53", "2001:db8::53"]),
    ("none named", "search example.com\n", ["127.0.0.1"]),  # resolv.conf(5)
    ("no file", None, ["127.0.0.1"]),
]


@pytest.mark.parametrize(("content", "servers"), [case[1:] for case in SYSTEMS], ids=[case[0] for case in SYSTEMS])
def test_without_setting_the_system_decides(content: str | None, servers: list[str], tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    if content is not None:
        file.write_text(content)
    assert Resolver(Dns(), resolv_conf=file).nameservers == tuple(Address(server, 53) for server in servers)


def test_settings_are_asked_instead_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 192.0.2.53\n")
    address = Address("192.0.2.1", 5353)
    assert Resolver(Dns(nameservers=(address,)), resolv_conf=tmp_path / "resolv.conf").nameservers == (address,)
