"""The end: what is in hand is finished, the rest is told to come again."""

import os
import re
import signal
import socket
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from collector.errors import ConfigurationError
from collector.receive.smtp import sockets
from collector.settings import Address
from collector.settings.values import address
from collector.store.engine import open_engine
from collector.store.queries import deliveries
from tests.receive.listener import Client, Listener, LmtpClient, day
from tests.support import reports
from tests.support.processes import Running, listens, running, until


def report_mail(number: int = 0) -> bytes:
    return reports.mail(reports.report(day=day(number)))


def test_idle_clients_are_told(listener: Listener) -> None:
    with listener.client() as fresh, listener.client() as client:
        assert fresh.reply().startswith("220")
        client.greet()
        listener.stop()
        assert client.reply().startswith("421 4.3.2")
        assert client.reply() == ""
        assert fresh.reply().startswith("421 4.3.2")
        listener.ended()


def test_mail_in_hand_is_finished(listener: Listener) -> None:
    with listener.client() as client:
        client.greet().ask("DATA")
        mail = report_mail()
        client.send(mail[:200])
        listener.stop()
        until(lambda: not listens(listener.port), 10, "the listener to close: nobody else is let in")
        client.send(mail[200:] + b".\r\n")
        assert client.reply().endswith("stored")
        assert client.reply().startswith("421 4.3.2")
        assert client.reply() == ""
    listener.ended()
    assert listener.outcomes() == ["stored"]


def test_mail_that_does_not_end_is_cut_off(sqlite_engine: Engine) -> None:
    with Listener(sqlite_engine, grace=0.3) as listener, listener.client() as client:
        client.greet().ask("DATA")
        client.send(b"Subject: for ever\r\n")
        listener.stop()
        assert client.reply().startswith("421 4.3.2")
        assert client.reply() == ""
        listener.ended()
    assert listener.deliveries() == []


# The command, as a process


def started(folder: Path, *arguments: str, **variables: str) -> AbstractContextManager[Running]:
    own = {
        "TLSRPT_DATABASE_URL": f"sqlite:///{folder / 'tlsrpt.db'}",
        "TLSRPT_DOMAINS": "example.com",
        "TLSRPT_SMTP_LISTEN": "127.0.0.1:0",
        "TLSRPT_AUTH_DKIM": "off",
    }
    return running("collect", *arguments, cwd=folder, variables=own | variables)


def port_of(process: Running) -> int:
    return int(process.says("SMTP on 127.0.0.1:").rpartition(":")[2])


def outcomes(folder: Path) -> list[str]:
    engine = open_engine(f"sqlite:///{folder / 'tlsrpt.db'}")
    try:
        return [delivery.outcome for delivery in deliveries(engine).items]
    finally:
        engine.dispose()


def test_sigterm_in_the_middle_of_a_mail(tmp_path: Path) -> None:
    with started(tmp_path) as process, Client(port := port_of(process)) as client:
        client.greet().ask("DATA")
        mail = report_mail()
        client.send(mail[:200])
        process.process.terminate()
        until(lambda: not listens(port), 10, "the listener to close")
        client.send(mail[200:] + b".\r\n")
        assert client.reply().endswith("stored")
        assert process.wait() == 0
    assert outcomes(tmp_path) == ["stored"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_either_signal_ends_with_status_0(tmp_path: Path, how: signal.Signals) -> None:
    with started(tmp_path) as process:
        port_of(process)
        assert process.stop(how) == 0


def stored_by_each(process: Running) -> float:
    """What both processes tell at addresses of their own, together."""
    told = {url for line in process.stderr for url in re.findall(r"figures on (http:\S+)", line)}
    assert len(told) == 2
    texts = [urllib.request.urlopen(url, timeout=10).read().decode() for url in told]
    return sum(
        float(re.findall(r'^tlsrpt_collector_answers_total\{channel="smtp",code="250"\} (.+)$', text, re.MULTILINE)[0])
        for text in texts
    )


def test_several_processes_on_one_port(tmp_path: Path) -> None:
    with started(tmp_path, "--processes", "2", TLSRPT_METRICS_LISTEN="127.0.0.1:0") as process:
        port = port_of(process)
        until(lambda: len([line for line in process.stderr if "SMTP on" in line]) == 2, 30, "both processes")
        for number in range(12):  # the kernel chooses: with twelve connections both have some
            with Client(port) as client:
                assert client.greet().data(report_mail(number)).endswith("stored")
        assert stored_by_each(process) == 12
        [first, second] = listeners(process.process.pid)
        os.kill(first, signal.SIGKILL)
        process.says("it starts again")
        until(lambda: len(set(listeners(process.process.pid)) - {first}) == 2, 30, "a new process")
        assert second in listeners(process.process.pid)
        assert process.stop() == 0
    assert outcomes(tmp_path) == ["stored"] * 12


def test_lmtp_alone_and_beside_smtp(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    for smtp in ("", "127.0.0.1:0"):
        with started(tmp_path, TLSRPT_SMTP_LISTEN=smtp, TLSRPT_LMTP_LISTEN=f"127.0.0.1:0,{path}") as process:
            said = process.says("LMTP on 127.0.0.1:")
            assert said.endswith(f", {path}\n")
            port = int(said.rpartition(",")[0].rpartition(":")[2])
            for address in (Address("127.0.0.1", port), Address("", 0, str(path))):
                with LmtpClient(address) as client:
                    assert client.greet().data(report_mail()).startswith("250")
            assert bool(smtp) == any("SMTP on" in line for line in process.stderr)
            assert process.stop() == 0
        assert not path.exists()
    assert sorted(outcomes(tmp_path)) == ["duplicate"] * 3 + ["stored"]


def test_several_processes_at_one_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with started(tmp_path, "--processes", "2", TLSRPT_LMTP_LISTEN=str(path)) as process:
        until(lambda: len([line for line in process.stderr if f"LMTP on {path}" in line]) == 2, 30, "both processes")
        [first, _] = listeners(process.process.pid)
        os.kill(first, signal.SIGKILL)
        process.says("it starts again")
        for number in range(8):
            with LmtpClient(Address("", 0, str(path))) as client:
                assert client.greet().data(report_mail(number)).endswith("stored")
        assert process.stop() == 0
    assert outcomes(tmp_path) == ["stored"] * 8
    assert not path.exists()


def listeners(pid: int) -> list[int]:
    """The children of a supervisor, without the writer that they share."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"collect\0" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_port_in_use_stops_the_start(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        for arguments in ((), ("--processes", "2")):
            with started(tmp_path, *arguments, TLSRPT_SMTP_LISTEN=listen) as process:
                assert process.wait() == 2
                assert f"smtp.listen: {listen}: Address already in use" in process.stderr[-1]


def test_nowhere_to_listen_stops_the_start(tmp_path: Path) -> None:
    with started(tmp_path, TLSRPT_SMTP_LISTEN="") as process:
        assert process.wait() == 2
        assert process.stderr == ["smtp.listen, lmtp.listen: there is no address to listen on\n"]


def test_sockets_that_cannot_be_bound_name_the_key() -> None:
    with pytest.raises(ConfigurationError, match=r"^smtp\.listen: 192\.0\.2\.1:2525: Cannot assign"):
        sockets.bind([address("192.0.2.1:2525")])
    with pytest.raises(ConfigurationError, match=r"^smtp\.listen: no-such-host\.invalid:25: "):
        sockets.bind([address("no-such-host.invalid:25")])
