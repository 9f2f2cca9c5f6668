"""`tlsrpt import` into PostgreSQL against parsedmarc's parse-and-save into PostgreSQL of the same signed mails.

Both are run as commands, on one mailbox of typical mails (2 policies, 8 details), each into a database of its own on
one server with fsync on, several times turn by turn. The time is that of the whole command, start and all; the best
run counts. CPU is that of the command's processes and, apart from it, of the server for it.

What differs: parsedmarc looks at no DKIM signature and no schema, keeps no raw mail, counts nothing by day, and
commits each report by itself; we commit about 200 at once.

Prints the ratio; exits 1 if it is below the mark (`--no-limits`: never). Where parsedmarc cannot be had, only we are
measured.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg
from sqlalchemy import make_url

from bench import mails, parsedmarc_env
from collector.store.engine import open_engine
from collector.store.startup import upgrade
from tests.support.mails import rsa_key
from tests.support.postgres import Server, create_database

MARK = 5.0
MAILS = 10_000
ROUNDS = 2
SECONDS = 300.0  # at most for one run
_TICKS = os.sysconf("SC_CLK_TCK")
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """Seconds: of the clock, of the command's processes on a CPU, of the server's."""

    wall: float
    command: float
    server: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-limits", action="store_true", help="only measure")
    parser.add_argument("--mails", type=int, default=MAILS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    programs = parsedmarc_env.environment()
    count: int = arguments.mails
    key = rsa_key()
    postgres = Server.create(settings={"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"})
    with tempfile.TemporaryDirectory() as folder, mails.dns(key) as dns:
        mailbox = Path(folder) / "mailbox"
        write(mailbox, mails.batches(1, count, key)[0])
        try:
            postgres.start()
            ours, theirs = [], []
            for _ in range(arguments.rounds):
                ours.append(tlsrpt(postgres, mailbox, str(dns.address), count))
                if programs is not None:
                    theirs.append(parsedmarc(postgres, programs, mailbox, count))
        finally:
            postgres.remove()
    fast = tell("tlsrpt import", ours, count)
    if not theirs:
        print("no ratio: there is nothing to compare with")
        return 0
    slow = tell(f"parsedmarc {parsedmarc_env.VERSION}", theirs, count)
    print(f"ratio {fast / slow:.1f} (mark: at least {MARK:g})")
    return 1 if fast / slow < MARK and not arguments.no_limits else 0


def write(mailbox: Path, signed: Sequence[bytes]) -> None:
    with mailbox.open("wb") as file:
        for mail in signed:
            file.write(b"From tls@reporter.example Sat Nov 21 04:00:00 2026\n" + mail.replace(b"\r\n", b"\n") + b"\n")


def tlsrpt(postgres: Server, mailbox: Path, nameserver: str, count: int) -> Run:
    url = create_database(postgres.admin_url)
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    settings = {"database.url": url, "domains": ",".join(mails.DOMAINS), "dns.nameservers": nameserver}
    line = [sys.executable, "-m", "collector.cli"]
    for name, value in settings.items():
        line += ["--set", f"{name}={value}"]
    # Whatever does not verify would be quarantined, and the count below be wrong.
    run = measure(postgres, [*line, "import", "--require-dkim", str(mailbox)])
    assert counted(url, "SELECT count(*) FROM report WHERE authenticated") == count
    return run


def parsedmarc(postgres: Server, programs: Path, mailbox: Path, count: int) -> Run:
    url = create_database(postgres.admin_url)
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    configuration = mailbox.with_name("parsedmarc.ini")
    configuration.write_text(
        "[general]\noffline = True\nsilent = True\nsave_smtp_tls = True\n"  # offline: it looks nothing up
        f"[postgresql]\nconnection_string = {plain}\n"
    )
    run = measure(postgres, [str(programs / "parsedmarc"), "-c", str(configuration), str(mailbox)])
    assert counted(url, "SELECT count(*) FROM smtp_tls_report") == count
    assert counted(url, "SELECT count(*) FROM smtp_tls_failure_detail") == 8 * count
    return run


def measure(postgres: Server, line: Sequence[str]) -> Run:
    """Runs a command to its end."""
    server, command, began = server_seconds(postgres), command_seconds(), time.perf_counter()
    subprocess.run(line, cwd=_ROOT, check=True, stdout=subprocess.DEVNULL, timeout=SECONDS)
    wall = time.perf_counter() - began
    return Run(wall, command_seconds() - command, server_seconds(postgres) - server)


def command_seconds() -> float:
    """Of all commands so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def server_seconds(postgres: Server) -> float:
    """Of all its processes so far, those that have ended too."""
    children = Path(f"/proc/{postgres.pid}/task/{postgres.pid}/children").read_text().split()
    total = 0
    for pid in (str(postgres.pid), *children):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:13]))  # its own; of the first one also its children's that have ended
        total += sum(map(int, fields[13:15])) if pid == str(postgres.pid) else 0
    return total / _TICKS


def counted(url: str, query: str) -> int:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return int(row[0])


def tell(name: str, runs: Sequence[Run], count: int) -> float:
    """Prints a row; returns the mails per second of the best run."""
    best = {field: min(getattr(run, field) for run in runs) for field in ("wall", "command", "server")}
    rate = count / best["wall"]
    each = " ".join(f"{count / run.wall:.0f}" for run in runs)
    cpu = " + ".join(f"{best[field] / count * 1000:.2f}" for field in ("command", "server"))
    print(f"{name:18} {rate:6.0f} mails/s  ms CPU each, command + server: {cpu}  rounds: {each}", flush=True)
    return rate


if __name__ == "__main__":
    raise SystemExit(main())
