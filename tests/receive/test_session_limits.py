"""Each limit of a session, reached."""

import time
import tracemalloc
from collections.abc import Callable

import pytest

from tests.receive.listener import Client, Listener

Listen = Callable[..., Listener]
MAIL = b"Subject: none\r\n\r\nnothing\r\n"


def test_connections_in_all(listen: Listen) -> None:
    listener = listen(smtp__connections="2")
    first, second = listener.client(), listener.client()
    assert first.reply().startswith("220")
    assert second.reply().startswith("220")
    with listener.client() as third:
        assert third.reply().startswith("421 4.7.0")
        assert third.reply() == ""
    assert first.ask("QUIT").startswith("221")
    assert first.reply() == ""
    with listener.client() as fourth:
        assert fourth.reply().startswith("220")
    first.close()
    second.close()


def test_connections_of_one_address(listen: Listen) -> None:
    listener = listen(smtp__connections_per_address="1", smtp__listen="127.0.0.1:0,[::1]:0")
    ipv4, ipv6 = listener.addresses
    with Client(ipv4.port) as first, Client(ipv4.port) as second, Client(ipv4.port, source="127.0.0.2") as other:
        assert first.reply().startswith("220")
        assert second.reply().startswith("421 4.7.0")
        assert other.reply().startswith("220")
        with Client(ipv6.port, "::1") as client:
            assert client.reply().startswith("220")


def test_commands_of_one_session(listen: Listen) -> None:
    with listen(smtp__session_commands="10").client() as client:
        client.reply()
        client.send(b"NOOP\r\n" * 11)
        assert client.replies(11) == ["250"] * 10 + ["421"]
        assert client.reply() == ""


def test_silence(listen: Listen) -> None:
    with listen(smtp__command_seconds="0.4").client() as client:
        client.reply()
        for _ in range(4):  # whoever speaks now and then is not silent
            time.sleep(0.2)
            assert client.ask("NOOP").startswith("250")
        assert client.reply().startswith("421 4.4.2")
        assert client.reply() == ""


def test_silence_within_a_mail(listen: Listen) -> None:
    listener = listen(smtp__command_seconds="0.4")
    with listener.client() as client:
        client.greet().ask("DATA")
        for _ in range(4):
            time.sleep(0.2)
            client.send(b"a line\r\n")
        assert client.reply().startswith("421 4.4.2")
        assert client.reply() == ""
    assert listener.deliveries() == []


def test_session_in_all(listen: Listen) -> None:
    with listen(smtp__session_seconds="0.6").client() as client:
        client.reply()
        answers = []
        while not answers or answers[-1].startswith("250"):
            answers.append(client.ask("NOOP"))
            time.sleep(0.1)
        assert answers[-1].startswith("421 4.4.2")
        assert 3 <= len(answers) <= 8


def test_client_that_never_reads_is_cut_off(listen: Listen) -> None:
    listener = listen(smtp__command_seconds="0.5", smtp__session_commands="10000000", smtp__connections="1")
    with listener.client() as client:
        client.socket.settimeout(2)
        with pytest.raises(OSError):
            client.send(b"NOOP\r\n" * 5_000_000)
        time.sleep(0.5)
        # Its place is free again, though it never took its answers.
        with listener.client() as other:
            assert other.reply().startswith("220")


def test_size_at_mail_and_the_session_goes_on(listen: Listen) -> None:
    listener = listen(limits__message_bytes="1000")
    with listener.client() as client:
        client.reply()
        assert "SIZE 1000" in client.ask("EHLO client.example")
        assert client.ask("MAIL FROM:<> SIZE=1001").startswith("552 5.3.4")
        assert client.begin().data(MAIL).startswith("250")


@pytest.mark.parametrize("size", [1001, 1_000_000])
def test_size_at_the_end_of_data_and_the_session_goes_on(listen: Listen, size: int) -> None:
    listener = listen(limits__message_bytes="1000")
    with listener.client() as client:
        client.greet()
        assert client.data(b"x" * (size - 2) + b"\r\n").startswith("552 5.3.4")
        assert client.begin().data(b"x" * 998 + b"\r\n").startswith("250")
    assert [delivery.size for delivery in listener.deliveries()] == [1000]


def test_mail_that_never_ends_is_cut_off(listen: Listen) -> None:
    listener = listen(limits__message_bytes="1000")
    with listener.client() as client:
        client.greet().ask("DATA")
        client.send(b"x" * (64 * 2**20 + 1001))
        assert client.reply().startswith("552 5.3.4")
        assert client.reply() == ""
    assert listener.deliveries() == []


def test_mail_over_the_limit_is_not_held(listen: Listen) -> None:
    limit, megabyte = 2**20, b"x" * 2**20
    listener = listen(limits__message_bytes=str(limit))
    with listener.client() as client:
        client.greet().ask("DATA")
        tracemalloc.start()
        try:
            for _ in range(40):
                client.send(megabyte)
            assert client.send(b"\r\n.\r\n").reply().startswith("552 5.3.4")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 2 * limit


def test_long_lines_are_content(listener: Listener) -> None:
    with listener.client() as client:
        assert client.greet().data(b"Subject: x\r\n\r\n" + b"x" * 1_000_000 + b"\r\n").startswith("250")
    assert listener.deliveries()[0].size == 1_000_016
