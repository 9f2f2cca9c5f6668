"""One process against two, on PostgreSQL (fsync on): reports per second, and CPU per report, which must not grow.

Prints the ratios; exits 1 if two are not faster, or need more CPU (`--no-limits`: never).
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import mails, servers
from bench.pushing import Round, check, cpu_of, push, tell
from bench.senders import Senders
from collector.store.engine import open_engine
from collector.store.startup import upgrade
from tests.support.mails import rsa_key
from tests.support.postgres import Server, create_database

CPU_GROWTH = 1.1  # what the measuring itself may be off by
ROUNDS = 3
MAILS = 1600
CONNECTIONS = 8  # of each of the two sending processes: the kernel deals them out to the listeners


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-limits", action="store_true", help="only measure")
    arguments = parser.parse_args()
    key = rsa_key()
    batches = mails.batches(ROUNDS, MAILS, key)
    postgres = Server.create(settings={"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"})
    try:
        postgres.start()
        one = measure(postgres.admin_url, 1, batches)
        two = measure(postgres.admin_url, 2, batches)
    finally:
        postgres.remove()
    faster = tell("two processes", two) / tell("one process", one)
    dearer = cpu_of(two) / cpu_of(one)
    print(f"two are {faster:.2f} times as fast (mark: more than 1)")
    print(f"and use {dearer:.2f} times the CPU per report (mark: at most {CPU_GROWTH})")
    return 0 if arguments.no_limits or (faster > 1 and dearer <= CPU_GROWTH) else 1


def measure(admin_url: str, processes: int, batches: list[list[bytes]]) -> list[Round]:
    """Each into a database of its own."""
    url = create_database(admin_url)
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    with mails.dns(rsa_key()) as dns:
        settings = {
            "database.url": url,
            "domains": ",".join(mails.DOMAINS),
            "dns.nameservers": str(dns.address),
        }
        with (
            Senders(batches, processes=2, connections=CONNECTIONS) as senders,
            servers.collector(settings, processes) as collector,
        ):
            rounds = [push(senders, collector, batch, MAILS) for batch in range(ROUNDS)]
    check(url, ROUNDS * MAILS)
    return rounds


if __name__ == "__main__":
    sys.exit(main())
