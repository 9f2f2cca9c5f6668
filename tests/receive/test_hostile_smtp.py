"""Hostile clients. After each of them a good report is still taken within five seconds, and nobody was told anything."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import trustme

from tests.receive.listener import HOSTNAME, Client, Listener, day, good_report
from tests.support import reports

Listen = Callable[..., Listener]
# What an answer may hold: no path, no name of ours but the one in the greeting, no library, no traceback.
TELLING = re.compile(r"traceback|exception|error:|\.py|/work|sqlite|aiosmtpd|python|tlsrpt\.db", re.IGNORECASE)


@pytest.fixture
def victim(listen: Listen) -> Iterator[Listener]:
    """A listener that has to be well afterwards."""
    listener = listen()
    yield listener
    good_report(listener)
    assert listener.deliveries()[-1].outcome == "stored"


# Who asks for a relay, in all the forms that were ever let through somewhere (RFC 5321 appendix F.2).
RELAYS = [
    "victim@elsewhere.example",
    "tlsrpt@elsewhere.example@example.com",
    "tlsrpt%elsewhere.example@example.com",
    "victim%elsewhere.example",
    "victim%elsewhere.example@[127.0.0.1]",
    "victim@elsewhere.example@[127.0.0.1]",
    "@example.com:victim@elsewhere.example",
    "@example.com,@example.net:tlsrpt@example.com",
    "@elsewhere.example:tlsrpt@example.com",
    '"victim@elsewhere.example"',
    '"victim@elsewhere.example"@example.com',
    '"victim%elsewhere.example"@example.com',
    '"tlsrpt"@example.com',
    "elsewhere.example!victim",
    "elsewhere.example!victim@example.com",
    "example.com!elsewhere.example!victim",
    "victim",
    "tlsrpt",
    "victim@[192.0.2.1]",
    "tlsrpt@[127.0.0.1]",
    "tlsrpt@127.0.0.1",
    "tlsrpt@[IPv6:2001:db8::1]",
    "tlsrpt@",
    "@example.com",
    "tlsrpt@example.com>,<victim@elsewhere.example",
    "tlsrpt@example.com victim@elsewhere.example",
    "tlsrpt@example.com;victim@elsewhere.example",
    "tlsrpt@example.com\tvictim@elsewhere.example",
    "tlsrpt@example..com",
    "tlsrpt@.example.com",
    "tlsrpt@-example.com",
    "tlsrpt\\@elsewhere.example@example.com",
    "tlsrpt(comment)@example.com",
    "|/bin/sh@example.com",
    "/etc/passwd@example.com",
    "../../etc/passwd@example.com",
    "tlsrpt@example.com\x00",
    "postmaster@example.com",
]  # fmt: skip


@pytest.mark.parametrize("address", RELAYS)
def test_no_relay(victim: Listener, address: str) -> None:
    with victim.client() as client:
        client.reply()
        client.ask("EHLO client.example")
        client.ask("MAIL FROM:<who@client.example>")
        assert client.ask(f"RCPT TO:<{address}>")[:3] in ("550", "501", "555", "500"), address
        assert client.ask("DATA").startswith("554")


def test_nobody_is_told_who_exists(victim: Listener) -> None:
    """Right, wrong and odd addresses hear the same."""
    with victim.client() as client:
        client.reply()
        client.ask("EHLO client.example")
        for verb in ("VRFY", "EXPN"):
            addresses = ("tlsrpt", "tlsrpt@example.com", "nobody@example.com", "root", "<tlsrpt@example.com>", "", "*")
            assert len({client.ask(f"{verb} {address}".rstrip()) for address in addresses}) == 1
            client.ask("RSET")


LINES: list[tuple[str, bytes]] = [
    ("2,000 bytes of an argument", b"EHLO " + b"x" * 2000 + b"\r\n"),
    ("60,000 bytes of a verb", b"x" * 60_000 + b"\r\n"),
    ("a megabyte without an end", b"x" * 1_000_000),
    ("an address of 1,500 bytes", b"EHLO x\r\nMAIL FROM:<" + b"a" * 1500 + b"@client.example>\r\n"),
    ("a host name of 300 labels", b"EHLO x\r\nMAIL FROM:<a@" + b"b." * 300 + b"example>\r\n"),
    ("a thousand quoted pairs", b'EHLO x\r\nMAIL FROM:<"' + b"\\a" * 900 + b'"@client.example>\r\n'),
    ("quotes that never end", b'EHLO x\r\nMAIL FROM:<"' + b"\\\\" * 900 + b"\r\n"),
    ("a route of many hosts", b"EHLO x\r\nMAIL FROM:<" + b"@a.example," * 150 + b"\r\n"),
    ("a hundred parameters", b"EHLO x\r\nMAIL FROM:<>" + b" A=B" * 400 + b"\r\n"),
    ("many blanks", b"EHLO x\r\nMAIL FROM:" + b" " * 1900 + b"<>\r\n"),
    ("a size of many digits", b"EHLO x\r\nMAIL FROM:<> SIZE=" + b"9" * 1900 + b"\r\n"),
    ("all bytes", b"".join(bytes([byte]) * 3 + b"\r\n" for byte in range(256))),
    ("zeros", b"\0" * 50_000 + b"\r\n"),
    ("line feeds", b"\n" * 5_000),
    ("carriage returns", b"\r" * 50_000 + b"\n"),
    ("a TLS handshake", bytes.fromhex("16030100a5010000a10303") + b"\x55" * 160),
    ("HTTP", b"POST / HTTP/1.1\r\nHost: mx.example.com\r\nContent-Length: 24\r\n\r\nMAIL FROM:<>\r\nRCPT TO:<>\r\n"),
    ("a PROXY header", b"PROXY TCP4 203.0.113.7 198.51.100.25 40000 25\r\n"),
    ("telnet options", b"\xff\xfb\x1f\xff\xfd\x03\xff\xfa\x1f\x00P\x00\x18\xff\xf0\r\n"),
    ("a mail before it is asked for", b"Subject: x\r\n\r\nbody\r\n.\r\n"),
    ("UTF-8 of no kind", b"EHLO \xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\r\nMAIL FROM:<\xff@\xfe>\r\n"),
]


@pytest.mark.parametrize(("what", "line"), LINES, ids=[case[0] for case in LINES])
def test_lines_that_are_none(victim: Listener, what: str, line: bytes) -> None:
    with victim.client() as client:
        client.socket.settimeout(5)
        with suppress(OSError):  # it may be cut off while it still speaks
            client.send(line).socket.shutdown(socket.SHUT_WR)
        answers = everything(client)
    assert not TELLING.search(answers), answers
    assert all(re.fullmatch(r"[2-5]\d\d[ -][ -~]*", answer) for answer in answers.splitlines())


def everything(client: Client) -> str:
    """All that the server has to say, to the end."""
    heard = b""
    try:
        while chunk := client.socket.recv(65536):
            heard += chunk
    except ConnectionError:
        pass
    return heard.decode("ascii")


def test_an_answer_cannot_be_injected(victim: Listener) -> None:
    """What a client says never comes back, and so no answer is of its making."""
    marks = (
        "MARK\r250 2.0.0 injected",
        "MARK\n250 2.0.0 injected",
        "MARK%0d%0a250 injected",
        "MARK\x0b250",
        "MARK\u2028250",
    )
    with victim.client() as client:
        client.reply()
        client.send(
            *(
                f"{verb}{mark}{end}\r\n".encode()
                for verb, end in (("EHLO ", ""), ("MAIL FROM:<", "@x>"), ("RCPT TO:<", "@x>"), ("HELP ", ""), ("", ""))
                for mark in marks
            ),
            b"QUIT\r\n",
        )
        answers = everything(client)
    assert "MARK" not in answers
    assert "injected" not in answers
    assert all(re.fullmatch(r"[2-5]\d\d[ -][ -~]*", answer) for answer in answers.splitlines())


# (what ends the mail for a careless server, so that commands follow)
SMUGGLING = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n\x00.\r\n",
    b"\n\n.\n\n",
    b"\r\n.\r\r\n",
]


@pytest.mark.parametrize("end", SMUGGLING)
def test_smuggled_commands_are_content(victim: Listener, end: bytes) -> None:
    smuggled = b"MAIL FROM:<>\r\nRCPT TO:<tlsrpt@example.com>\r\nDATA\r\nSubject: two\r\n\r\ntwo"
    with victim.client() as client:
        client.greet().ask("DATA")
        client.send(b"Subject: one\r\n\r\none" + end + smuggled + b"\r\n.\r\nNOOP\r\n")
        assert client.replies(2) == ["250", "250"]
    assert len(victim.deliveries()) == 1


def test_slow_loris(listen: Listen) -> None:
    """Two hundred clients that say a byte now and then, in a command and within a mail, disturb nobody."""
    listener = listen(smtp__connections_per_address="250", smtp__command_seconds="60")
    with ExitStack() as stack:
        slow = [stack.enter_context(listener.client()) for _ in range(200)]
        for client in slow[:100]:
            client.greet().ask("DATA")
        for _ in range(3):
            for client in slow:
                client.send(b"x")
            good_report(listener)


def test_idle_connections(listen: Listen) -> None:
    """Whoever is one too many is turned away, and once the others have been silent for too long there is room."""
    listener = listen(smtp__connections="20", smtp__command_seconds="1")
    with ExitStack() as stack:
        idle = [stack.enter_context(listener.client()) for _ in range(20)]
        assert idle[-1].reply().startswith("220")
        with listener.client() as another:
            assert another.reply().startswith("421 4.7.0")
        assert idle[-1].reply().startswith("421 4.4.2")
        good_report(listener)


def test_five_hundred_idle_and_a_reporter(listen: Listen) -> None:
    listener = listen(smtp__connections="600", smtp__connections_per_address="600")
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(listener.client())
        good_report(listener)


@pytest.mark.parametrize(
    ("what", "garbage"),
    [
        ("nothing", b""),
        ("zeros", b"\0" * 5000),
        ("plain commands", b"EHLO x\r\nMAIL FROM:<>\r\n"),
        ("a broken handshake", bytes.fromhex("1603010200010001fc0303") + b"\xff" * 600),
        ("an alert", bytes.fromhex("15030300020228")),
        ("SSL 2", bytes.fromhex("802b0100020012000000100100800700c003008006004002008004008000000d")),
    ],
)
def test_garbage_instead_of_tls(listen: Listen, tmp_path: Path, what: str, garbage: bytes) -> None:
    issued = trustme.CA().issue_cert(HOSTNAME)
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    listener = listen(smtp__tls_cert=str(tmp_path / "both.pem"), smtp__tls_key=str(tmp_path / "both.pem"))
    with listener.client() as client:
        client.reply()
        client.ask("EHLO client.example")
        assert client.ask("STARTTLS").startswith("220")
        client.send(garbage).socket.shutdown(socket.SHUT_WR)
        heard = b""
        try:
            while chunk := client.socket.recv(65536):
                heard += chunk
        except ConnectionError:
            pass
    assert heard == b"" or heard[0] in (0x15, 0x16)  # an alert of TLS, or nothing: never a word of SMTP
    good_report(listener)


def test_a_handshake_that_is_broken_off(listen: Listen, tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert(HOSTNAME)
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    listener = listen(smtp__tls_cert=str(tmp_path / "both.pem"), smtp__tls_key=str(tmp_path / "both.pem"))
    for _ in range(10):
        with listener.client() as client:
            client.reply()
            client.ask("EHLO client.example")
            client.ask("STARTTLS")
            ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            with pytest.raises(ssl.SSLWantReadError):
                context.wrap_bio(ours, theirs, server_hostname=HOSTNAME).do_handshake()
            client.send(theirs.read()[:-5])
    good_report(listener)


def test_half_closed_and_reset_connections(victim: Listener) -> None:
    for how in (socket.SHUT_WR, None):
        for beginning in (
            b"",
            b"EHLO x\r\n",
            b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<tlsrpt@example.com>\r\nDATA\r\nSubj",
        ):
            with victim.client() as client:
                client.send(beginning)
                if how is not None:
                    client.socket.shutdown(how)
                    everything(client)
                else:  # closing now sends RST
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert victim.deliveries() == []


def test_hung_up_while_the_mail_is_stored(victim: Listener) -> None:
    mail = reports.mail(reports.report(day=day(1)))
    for _ in range(5):
        with victim.client() as client:
            client.greet().ask("DATA")
            client.send(mail + b".\r\n")
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    good_report(victim)
    assert len(victim.deliveries()) <= 6


def test_pipelined_floods(victim: Listener) -> None:
    floods = [
        b"NOOP\r\n" * 9_000,
        b"EHLO x\r\n" * 9_000,
        b"MAIL FROM:<>\r\nRSET\r\n" * 4_000,
        b"RCPT TO:<a@b>\r\n" * 9_000,
    ]

    def flood(chunk: bytes) -> None:
        with victim.client() as client:
            client.socket.settimeout(20)
            reader = threading.Thread(target=everything, args=(client,))
            reader.start()
            client.send(b"EHLO x\r\n", chunk, b"QUIT\r\n")
            reader.join()

    threads = [threading.Thread(target=flood, args=(chunk,)) for chunk in floods * 2]
    for thread in threads:
        thread.start()
    good_report(victim)
    for thread in threads:
        thread.join()


def test_flood_of_commands_without_reading_the_answers(victim: Listener) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            client = stack.enter_context(victim.client())
            client.socket.setblocking(False)
            with suppress(OSError):  # the buffers are full, or it was too many commands
                for _ in range(100):
                    client.socket.send(b"HELP\r\n" * 10_000)
        good_report(victim)
