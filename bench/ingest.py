"""Reports per second over real SMTP: signed, DKIM required, durable (SQLite, synchronous=FULL), 8 senders.

Beside it a bare aiosmtpd with a handler that does nothing, under the same senders in the same run, turn by turn.
Prints both, their ratio and the collector's memory; exits 1 if a mark is missed (`--no-limits`: never).
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import mails, servers
from bench.pushing import Round, check, push, tell
from bench.senders import Senders
from tests.support.mails import rsa_key

MARK = 0.35  # of the bare handler
MEMORY = 150  # MiB
ROUNDS = 5
MAILS = 1600  # in one round
PROCESSES = 2
CONNECTIONS = 4  # of each sending process


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-limits", action="store_true", help="only measure")
    arguments = parser.parse_args()
    key = rsa_key()
    batches = mails.batches(ROUNDS, MAILS, key)
    with tempfile.TemporaryDirectory() as folder, mails.dns(key) as dns:
        url = f"sqlite:///{folder}/bench.db"
        settings = {
            "database.url": url,
            "domains": ",".join(mails.DOMAINS),
            "dns.nameservers": str(dns.address),
        }
        ours: list[Round] = []
        theirs: list[Round] = []
        with (
            Senders(batches, processes=PROCESSES, connections=CONNECTIONS) as senders,
            servers.collector(settings) as collector,
            servers.bare() as null,
        ):
            for batch in range(ROUNDS):
                ours.append(push(senders, collector, batch, MAILS))
                theirs.append(push(senders, null, batch, MAILS))
            memory = collector.peak_memory()
        check(url, ROUNDS * MAILS)
    ratio = tell("collector", ours) / tell("bare aiosmtpd", theirs)
    print(f"ratio                  {ratio:6.2f}            mark: at least {MARK}")
    print(f"memory                 {sum(memory):6.0f} MiB ({' + '.join(f'{part:.0f}' for part in memory)})", end="")
    print(f"  mark: at most {MEMORY}")
    return 0 if arguments.no_limits or (ratio >= MARK and sum(memory) <= MEMORY) else 1


if __name__ == "__main__":
    sys.exit(main())
