"""The PROXY protocol: whose header is believed, what it says, and what comes of rubbish."""

import socket
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.receive.smtp.proxy import BadHeader, Header, parse
from tests.receive.listener import HOSTNAME, Client, Listener

Listen = Callable[..., Listener]
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
BALANCER = "127.0.0.2"


def v2(command: int, family: int, addresses: bytes, length: int | None = None) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(addresses) if length is None else length) + addresses


def v2_tcp(source: str, more: bytes = b"") -> bytes:
    """The header for a client of that address, with `more` behind it (TLVs)."""
    kind, family = (socket.AF_INET6, 0x21) if ":" in source else (socket.AF_INET, 0x11)
    target = socket.inet_pton(kind, "2001:db8::25" if ":" in source else "198.51.100.25")
    return v2(0x21, family, socket.inet_pton(kind, source) + target + struct.pack("!HH", 40_000, 25) + more)


HEADERS: list[tuple[str, bytes, str | None]] = [
    ("IPv4", b"PROXY TCP4 192.0.2.1 198.51.100.25 40000 25\r\n", "192.0.2.1"),
    ("IPv6", b"PROXY TCP6 2001:db8::1 2001:db8::25 40000 25\r\n", "2001:db8::1"),
    ("IPv6 written otherwise", b"PROXY TCP6 2001:DB8:0:0::0:1 2001:db8::25 40000 25\r\n", "2001:db8::1"),
    ("IPv4 as IPv6", b"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 40000 25\r\n", "192.0.2.1"),
    ("port 0 and the last one", b"PROXY TCP4 192.0.2.1 198.51.100.25 0 65535\r\n", "192.0.2.1"),
    ("unknown", b"PROXY UNKNOWN\r\n", None),
    ("unknown, and whatever", b"PROXY UNKNOWN ffff::1 junk \x00\xff\r\n", None),
    ("the longest line", b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n", None),
    ("binary IPv4", v2_tcp("192.0.2.1"), "192.0.2.1"),
    ("binary IPv6", v2_tcp("2001:db8::1"), "2001:db8::1"),
    ("binary IPv4 as IPv6", v2_tcp("::ffff:192.0.2.1"), "192.0.2.1"),
    ("binary with more behind it", v2_tcp("192.0.2.1", b"\x20\x00\x05" + b"x" * 500), "192.0.2.1"),
    ("binary, local", v2(0x20, 0x00, b""), None),
    ("binary, local, with what is to be ignored", v2(0x20, 0xFF, b"x" * 36), None),
    ("binary, unspecified", v2(0x21, 0x00, b"x" * 7), None),
    ("binary, unix socket", v2(0x21, 0x31, b"/run/x".ljust(108, b"\0") * 2), None),
    ("the longest", v2(0x20, 0x00, b"x" * 4096), None),
]

BAD: list[tuple[str, bytes]] = [
    ("SMTP", b"EHLO client.example\r\n"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01"),
    ("lower case", b"proxy TCP4 192.0.2.1 198.51.100.25 1 25\r\n"),
    ("no blank", b"PROXYTCP4 192.0.2.1 198.51.100.25 1 25\r\n"),
    ("nothing", b"PROXY \r\n"),
    ("no addresses", b"PROXY TCP4\r\n"),
    ("too few", b"PROXY TCP4 192.0.2.1 198.51.100.25 1\r\n"),
    ("too many", b"PROXY TCP4 192.0.2.1 198.51.100.25 1 25 x\r\n"),
    ("two blanks", b"PROXY TCP4 192.0.2.1  198.51.100.25 1 25\r\n"),
    ("UDP", b"PROXY UDP4 192.0.2.1 198.51.100.25 1 25\r\n"),
    ("a name", b"PROXY TCP4 client.example 198.51.100.25 1 25\r\n"),
    ("leading zeros", b"PROXY TCP4 192.0.02.1 198.51.100.25 1 25\r\n"),
    ("the other family", b"PROXY TCP4 2001:db8::1 2001:db8::2 1 25\r\n"),
    ("IPv4 in IPv6", b"PROXY TCP6 192.0.2.1 198.51.100.25 1 25\r\n"),
    ("a zone", b"PROXY TCP6 fe80::1%eth0 2001:db8::25 1 25\r\n"),
    ("bytes that are no ASCII", "PROXY TCP4 192.0.2.١ 198.51.100.25 1 25\r\n".encode()),
    ("a port beyond", b"PROXY TCP4 192.0.2.1 198.51.100.25 65536 25\r\n"),
    ("a port with a zero", b"PROXY TCP4 192.0.2.1 198.51.100.25 025 25\r\n"),
    ("a port of none", b"PROXY TCP4 192.0.2.1 198.51.100.25 -1 25\r\n"),
    ("line feed alone", b"PROXY UNKNOWN\n" + b"x" * 100),
    ("a line too long", b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n"),
    ("binary, version 1", v2(0x11, 0x11, b"x" * 12)),
    ("binary, an unknown command", v2(0x22, 0x11, b"x" * 12)),
    ("binary, datagrams", v2(0x21, 0x12, b"x" * 12)),
    ("binary, an unknown family", v2(0x21, 0x41, b"x" * 12)),
    ("binary, addresses too short", v2(0x21, 0x11, b"x" * 11)),
    ("binary, IPv6 too short", v2(0x21, 0x21, b"x" * 35)),
    ("binary, too long", v2(0x20, 0x00, b"", length=4097)),
    ("binary, one byte wrong", SIGNATURE[:-1] + b"\r" + b"\x20\x00\x00\x00"),
]


@pytest.mark.parametrize(("what", "header", "client"), HEADERS, ids=[case[0] for case in HEADERS])
def test_header(what: str, header: bytes, client: str | None) -> None:
    for rest in (b"", b"EHLO client.example\r\n", b"\0"):
        assert parse(header + rest) == Header(len(header), client)
    for length in range(len(header)):
        assert parse(bytearray(header[:length])) is None, length


@pytest.mark.parametrize(("what", "header"), BAD, ids=[case[0] for case in BAD])
def test_what_is_no_header(what: str, header: bytes) -> None:
    with pytest.raises(BadHeader):
        parse(header)


@given(
    st.one_of(
        st.binary(),
        st.builds(lambda text: b"PROXY " + text, st.binary()),
        st.builds(lambda text: b"PROXY TCP4 " + text.encode() + b"\r\n", st.text("0123456789. ")),
        st.builds(lambda text: SIGNATURE + text, st.binary()),
    )
)
def test_any_bytes_are_a_header_or_not_or_not_yet(data: bytes) -> None:
    try:
        header = parse(data)
    except BadHeader:
        return
    assert header is None or 0 < header.length <= len(data)


def balanced(listen: Listen, **settings: str) -> Listener:
    """A listener that believes one address and no other."""
    return listen(smtp__proxy_from=f"192.0.2.0/24,{BALANCER}", **settings)


def through(listener: Listener, header: bytes) -> Client:
    return Client(listener.port, source=BALANCER).send(header)


@pytest.mark.parametrize(
    ("header", "peer"),
    [
        (b"PROXY TCP4 203.0.113.7 198.51.100.25 40000 25\r\n", "203.0.113.7"),
        (v2_tcp("2001:db8::7"), "2001:db8::7"),
        (v2(0x20, 0x00, b""), BALANCER),
        (b"PROXY UNKNOWN\r\n", BALANCER),
    ],
)
def test_the_client_in_the_header_is_the_one_that_counts(listen: Listen, header: bytes, peer: str) -> None:
    listener = balanced(listen)
    with through(listener, header) as client:
        assert client.greet().data(b"x\r\n").startswith("250")
    assert listener.deliveries()[0].envelope["peer"] == peer


def test_byte_by_byte_and_in_one_piece_with_what_follows(listen: Listen) -> None:
    listener = balanced(listen)
    header = b"PROXY TCP4 203.0.113.7 198.51.100.25 40000 25\r\n"
    with Client(listener.port, source=BALANCER) as client:
        assert client.send(*(bytes([byte]) for byte in header)).reply() == f"220 {HOSTNAME} ESMTP"
    with through(listener, header + b"EHLO client.example\r\nQUIT\r\n") as client:
        assert client.replies(3) == ["220", "250", "221"]


def test_nobody_else_may_send_one(listen: Listen) -> None:
    with balanced(listen).client() as client:
        assert client.reply().startswith("220")
        assert client.ask("PROXY TCP4 203.0.113.7 198.51.100.25 40000 25").startswith("500 5.5.1")
    with balanced(listen).client() as client:
        client.send(v2_tcp("203.0.113.7"))
        assert client.replies(1) == ["220"]
        assert client.reply().startswith("500")


def test_without_the_setting_nobody_may(listener: Listener) -> None:
    with through(listener, b"PROXY TCP4 203.0.113.7 198.51.100.25 40000 25\r\n") as client:
        assert client.replies(2) == ["220", "500"]


@pytest.mark.parametrize(("what", "header"), BAD, ids=[case[0] for case in BAD])
def test_rubbish_is_cut_off_without_a_word(listen: Listen, what: str, header: bytes) -> None:
    with through(balanced(listen), header) as client:
        assert client.reply() == ""


def test_a_header_that_does_not_come_is_waited_for_in_silence(listen: Listen) -> None:
    listener = balanced(listen, smtp__command_seconds="0.3")
    for beginning in (b"", b"PROXY TCP4 ", SIGNATURE):
        with through(listener, beginning) as client:
            assert client.reply() == ""
    with through(listener, b"PROXY") as client:
        client.socket.shutdown(socket.SHUT_WR)
        assert client.reply() == ""


def test_the_end_does_not_wait_for_a_header(listen: Listen) -> None:
    listener = balanced(listen)
    with through(listener, b"PROXY") as client, through(listener, b"PROXY UNKNOWN\r\n") as ready:
        assert ready.reply().startswith("220")
        listener.stop()
        assert client.reply() == ""
        listener.ended()


def test_limits_are_those_of_the_client(listen: Listen) -> None:
    listener = balanced(listen, smtp__connections_per_address="1")
    header = "PROXY TCP4 203.0.113.{} 198.51.100.25 40000 25\r\n"
    first, second = through(listener, header.format(1).encode()), through(listener, header.format(2).encode())
    with first, second, through(listener, header.format(1).encode()) as third:
        assert first.reply().startswith("220")
        assert second.reply().startswith("220")
        assert third.reply().startswith("421 4.7.0")
        assert third.reply() == ""
    with through(listener, header.format(1).encode()) as again:
        assert again.reply().startswith("220")


def test_connections_in_all_count_before_the_header(listen: Listen) -> None:
    listener = balanced(listen, smtp__connections="2", smtp__connections_per_address="1")
    header = b"PROXY TCP4 203.0.113.7 198.51.100.25 40000 25\r\n"
    with through(listener, b"") as first, through(listener, b"") as second:
        assert second.send(header).reply().startswith("220")  # both are inside now
        with through(listener, header) as third:
            assert third.reply() == ""
        first.send(header)
        assert first.reply().startswith("421 4.7.0")  # that client has one already
    with through(listener, header) as again:
        assert again.reply().startswith("220")


def test_lmtp_has_no_balancers(listen: Listen) -> None:
    listener = listen(smtp__proxy_from="127.0.0.0/8", lmtp__listen="127.0.0.1:0")
    with Client(listener.addresses[-1].port) as client:
        assert client.reply() == f"220 {HOSTNAME} LMTP"
