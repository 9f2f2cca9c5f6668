"""What the listener tells of itself: figures of what really went on, over HTTP, to scrapers and not to the curious."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from collector.commands.collect import figure_ports
from collector.errors import ConfigurationError
from collector.receive.smtp.figures import HELP, Figures
from collector.receive.smtp.told import told
from collector.settings import Address
from tests.receive.listener import Client, Listener, LmtpClient, day
from tests.support import reports
from tests.support.processes import until


def read(text: str) -> dict[str, float]:
    """Each series with its labels' values behind it: `tlsrpt_collector_answers_total smtp 250`."""
    return {
        " ".join((sample.name.removeprefix("tlsrpt_collector_"), *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(listener: Listener) -> dict[str, float]:
    return read(listener.figures.text().decode())


def mail(number: int) -> bytes:
    return reports.mail(reports.report(day=day(number)))


def test_mails_are_counted_by_channel_and_answer(listen: Callable[..., Listener]) -> None:
    listener = listen(lmtp__listen="127.0.0.1:0", limits__message_bytes="20000")
    with listener.client() as client, LmtpClient(listener.addresses[1]) as other:
        assert client.greet().data(mail(1)).startswith("250")
        assert client.begin().data(b"Subject: x\r\n\r\n" + b"x" * 30_000 + b"\r\n").startswith("552")
        assert other.greet().data(mail(2)).startswith("250")
        found = of(listener)
        assert (found["connections smtp"], found["connections lmtp"]) == (1, 1)
        listener.close_store()
        assert client.begin().data(mail(3)).startswith("451")
        with listener.client() as idle, listener.client() as sending:
            sending.greet().ask("DATA")
            sending.send(b"x" * 1000)
            until(lambda: of(listener)["in_hand_bytes"] >= 1000, 10, "bytes in hand")
            assert idle.reply().startswith("220")
    until(lambda: of(listener)["connections smtp"] == 0, 10, "the clients to be gone")
    found = of(listener)
    assert [found[f"answers_total smtp {code}"] for code in (250, 451, 452, 552)] == [1, 1, 0, 1]
    assert [found[f"answers_total lmtp {code}"] for code in (250, 451, 452, 552)] == [1, 0, 0, 0]
    # What is too large was never taken in; what could not be stored was, and took its time.
    assert (found["ingest_seconds_count smtp"], found["ingest_seconds_count lmtp"]) == (2, 1)
    assert 0 < found["ingest_seconds_sum smtp"] < 20
    assert (found["in_hand"], found["in_hand_bytes"], found["waiting"]) == (0, 0, 0)


def test_who_finds_no_room_is_counted(listen: Callable[..., Listener]) -> None:
    listener = listen(smtp__connections="1")
    with listener.client() as client:
        assert client.reply().startswith("220")
        with listener.client() as other:
            assert other.reply().startswith("421")
        assert of(listener)["turned_away_total"] == 1


def test_each_figure_has_its_words_and_a_first_value() -> None:
    text = Figures().text().decode()
    assert [name for name in HELP if f"# HELP {name} " not in text] == []
    found = read(text)
    assert found["ingest_seconds_count smtp"] == found["answers_total lmtp 451"] == found["writer_lost_total"] == 0
    assert any(name.startswith("process_resident_memory_bytes") for name in found)


def get(url: str, method: str = "GET") -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_they_are_told_over_http_and_nothing_else_is() -> None:
    async def main() -> None:
        async with told(Address("127.0.0.1", 0), Figures().text) as [where]:
            base = f"http://{where}"
            status, kind, text = await asyncio.to_thread(get, f"{base}/metrics")
            assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
            assert "tlsrpt_build_info" in text
            assert (await asyncio.to_thread(get, f"{base}/"))[0] == 404
            assert (await asyncio.to_thread(get, f"{base}/metrics?x=y", "POST"))[0] == 405
            assert await asyncio.to_thread(silent, where, b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 20_000) == b""
            assert (await asyncio.to_thread(silent, where, b"\0\xff\r\n\r\n")).startswith(b"HTTP/1.1 404")
            with pytest.raises(ConfigurationError, match=r"metrics\.listen: "):
                async with told(where, Figures().text):
                    """It is taken."""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(where.host, where.port)
        async with told(None, Figures().text) as nowhere:
            assert nowhere == ()

    asyncio.run(main())


def silent(where: Address, sent: bytes) -> bytes:
    """All that comes back for these bytes."""
    with Client(where.port) as client:
        try:
            client.send(sent)
            return client.socket.recv(100)
        except ConnectionError:
            return b""


def test_each_process_has_a_port_of_its_own() -> None:
    assert figure_ports(Address("::1", 9100), 3) == ["[::1]:9100", "[::1]:9101", "[::1]:9102"]
    assert figure_ports(Address("127.0.0.1", 0), 2) == ["127.0.0.1:0", "127.0.0.1:0"]
    assert figure_ports(None, 2) == ["", ""]
    with pytest.raises(ConfigurationError, match=r"metrics\.listen: .* not enough ports"):
        figure_ports(Address("127.0.0.1", 65535), 2)
