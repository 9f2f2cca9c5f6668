"""How a POST comes in: in chunks, after `100 Continue`, too large, broken off, or slowly. Over real gunicorn."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.receive_https.site import GZIP, PATH, Heard, Site, heard, packed, serving
from tests.support import processes, reports

LIMIT = 50_000
THREADS = 2


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("requests")
    variables = {"LIMITS_MESSAGE_BYTES": str(LIMIT), "LIMITS_POSTS_PER_MINUTE": "0", "WEB_THREADS": str(THREADS)}
    with serving(folder, **variables) as site:
        yield site


def head(*fields: str) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", "Host: reports.example.com", f"Content-Type: {GZIP}", *fields, "", ""]
    return "\r\n".join(lines).encode()


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


def until_closed(connection: socket.socket) -> bytes:
    text = b""
    while got := connection.recv(65536):
        text += got
    return text


def say(site: Site, *pieces: bytes) -> bytes:
    """Sends these bytes as they are; what comes back until the connection ends."""
    with site.socket() as connection:
        for piece in pieces:
            connection.sendall(piece)
        return until_closed(connection)


def test_in_chunks(site: Site) -> None:
    body = packed("chunks")
    with closing(site.connect()) as connection:
        connection.request("POST", PATH, (body[at : at + 50] for at in range(0, len(body), 50)), {"Content-Type": GZIP})
        assert heard(connection.getresponse()).status == 201


def test_several_on_one_connection(site: Site) -> None:
    with closing(site.connect()) as connection:
        for number in range(3):
            connection.request("POST", PATH, packed(f"kept {number}"))
            assert heard(connection.getresponse()).status == 201


def test_expect_continue(site: Site) -> None:
    """Q97: curl asks first whether it may send."""
    body = packed("expect")
    with site.socket() as connection:
        connection.sendall(head(f"Content-Length: {len(body)}", "Expect: 100-continue", "Connection: close"))
        assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert until_closed(connection).startswith(b"HTTP/1.1 201 ")


def test_too_large_is_told_before_it_is_sent(site: Site) -> None:
    for expect in ("Expect: 100-continue", "Accept: */*"):
        told = say(site, head(f"Content-Length: {LIMIT + 1}", expect))
        assert told.startswith(b"HTTP/1.1 413 ")
        assert b'"code":"too_large"' in told


def test_too_large_in_chunks_is_told_before_its_end(site: Site) -> None:
    with site.socket() as connection:
        connection.sendall(head("Transfer-Encoding: chunked") + chunk(bytes(LIMIT)) + chunk(b"x"))
        assert connection.recv(13) == b"HTTP/1.1 413 "


def test_as_large_as_may_be(site: Site) -> None:
    body = packed("largest")
    assert site.post(body + bytes(LIMIT - len(body))).status == 201  # Q83: what stands behind gzip data is left out


BROKEN = [
    ("half of the length", head("Content-Length: 100") + bytes(50)),
    ("chunks without an end", head("Transfer-Encoding: chunked") + chunk(bytes(50))),
    ("within a chunk", head("Transfer-Encoding: chunked") + chunk(bytes(50))[:-10]),
    ("a chunk without a size", head("Transfer-Encoding: chunked") + b"x\r\n"),
]


@pytest.mark.parametrize(("what", "sent"), BROKEN, ids=[case[0] for case in BROKEN])
def test_what_breaks_off_is_not_kept(site: Site, what: str, sent: bytes) -> None:
    with site.socket() as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert until_closed(connection).startswith(b"HTTP/1.1 400 ")


def posts(site: Site, report_id: str) -> tuple[Heard, float]:
    """An answer, and the seconds until it came."""
    began = time.monotonic()
    return site.post(packed(report_id)), time.monotonic() - began


def test_silent_connections_take_no_thread(site: Site) -> None:
    with ExitStack() as open_ones:
        for _ in range(50 * THREADS):
            open_ones.enter_context(site.socket())
        told, seconds = posts(site, "beside silent ones")
        assert told.status == 201
        assert seconds < 4


def test_a_slow_client_holds_up_nobody(site: Site) -> None:
    """One does not matter. Of as many as there are threads the first is cut off in some seconds, though it goes on."""
    with ExitStack() as open_ones:
        slow = [open_ones.enter_context(site.socket()) for _ in range(THREADS)]
        slow[0].sendall(head("Content-Length: 1000"))
        time.sleep(0.3)
        told, seconds = posts(site, "beside a slow one")
        assert told.status == 201
        assert seconds < 4
        for connection in slow[1:]:
            connection.sendall(head("Transfer-Encoding: chunked") + b"3e8\r\n")
        time.sleep(0.3)
        with site.socket() as waiting:
            body = packed("beside slow ones only")
            waiting.sendall(head(f"Content-Length: {len(body)}", "Connection: close") + body)
            waiting.settimeout(0.2)

            def answered() -> bytes | None:
                for connection in slow:
                    try:
                        connection.sendall(b"x")
                    except OSError:  # cut off
                        continue
                try:
                    return waiting.recv(13)
                except TimeoutError:
                    return None

            assert processes.until(answered, 20, "the answer") == b"HTTP/1.1 201 "
        assert slow[0].recv(13) == b"HTTP/1.1 400 "


def test_a_report_that_takes_long_to_read_holds_up_nobody(site: Site) -> None:
    details = [reports.detail(receiving_ip=f"198.51.100.{number % 250}") for number in range(3000)]
    large = packed("large", details=details)
    assert len(large) < LIMIT
    with site.socket() as first:
        first.sendall(head(f"Content-Length: {len(large)}", "Connection: close") + large)
        assert posts(site, "beside a large one")[0].status == 201
        assert until_closed(first).startswith(b"HTTP/1.1 201 ")
