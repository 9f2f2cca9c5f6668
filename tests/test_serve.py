"""`tlsrpt serve`, as a whole: real processes, real SMTP, real HTTP, SQLite in an empty folder."""

import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.exchange import DOMAIN, SESSIONS, dns, send, sessions
from tests.support.processes import Running, free_port, listens, running, until


@dataclass(frozen=True)
class Installation:
    folder: Path
    nameserver: str
    web: int = field(default_factory=free_port)
    smtp: int = field(default_factory=free_port)

    def serve(self, **variables: str) -> AbstractContextManager[Running]:
        own = {
            "TLSRPT_DOMAINS": DOMAIN,
            "TLSRPT_SMTP_LISTEN": f"127.0.0.1:{self.smtp}",
            "TLSRPT_WEB_LISTEN": f"127.0.0.1:{self.web}",
            "TLSRPT_DNS_NAMESERVERS": self.nameserver,
        }
        return running("serve", cwd=self.folder, variables=own | variables)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    """Settings for an empty folder and free ports."""
    with dns() as server:
        yield Installation(tmp_path, str(server.address))


def children(pid: int) -> dict[str, int]:
    """The processes that `serve` started, by command."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(") ")[2].split()[1])
            command = stat.with_name("cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == pid:
            found[command[-2].decode()] = int(stat.parent.name)
    return found


def test_a_report_goes_in_and_figures_come_out(here: Installation) -> None:
    lmtp = here.folder / "lmtp"
    with here.serve(TLSRPT_LMTP_LISTEN=str(lmtp)) as serve:
        assert serve.says("dashboard:") == f"dashboard: http://127.0.0.1:{here.web}/\n"
        assert serve.says("smtp:") == f"smtp: 127.0.0.1:{here.smtp}\n"
        assert serve.says("lmtp:") == f"lmtp: {lmtp}\n"
        assert sessions(here.web) == (0, 0)
        send(here.smtp)
        assert sessions(here.web) == SESSIONS
        assert sorted(children(serve.process.pid)) == ["collect", "schedule", "web"]
        assert serve.stop() == 0
    assert "Traceback" not in "".join(serve.stderr)
    assert not lmtp.exists()
    assert not listens(here.smtp)
    assert not listens(here.web)


def test_the_listener_is_back_after_it_was_killed(here: Installation) -> None:
    with here.serve() as serve:
        serve.says("smtp:")
        os.kill(children(serve.process.pid)["collect"], signal.SIGKILL)
        serve.says("collect ended (signal 9); it starts again in 1 s")
        until(lambda: listens(here.smtp), 30, "the listener to be back")
        send(here.smtp)
        assert sessions(here.web) == SESSIONS
        assert serve.stop(signal.SIGINT) == 0


def test_nobody_is_left_when_serve_is_killed(here: Installation) -> None:
    with here.serve() as serve:
        serve.says("smtp:")
        started = children(serve.process.pid).values()
        serve.process.kill()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started), 30, "the children to end")
    assert not listens(here.smtp)


def test_a_dashboard_for_everybody_needs_a_user(here: Installation) -> None:
    with here.serve(TLSRPT_WEB_LISTEN=f"0.0.0.0:{here.web}") as serve:
        assert serve.wait() == 2
    assert len([line for line in serve.stderr if "web.listen: " in line and "no user is defined" in line]) == 1
