"""Reports per second over real SMTP: signed, DKIM required, durable (SQLite, synchronous=FULL), 8 senders.

Beside it, in the same run and turn by turn: a bare aiosmtpd with a handler that does nothing, under the same senders;
and parsedmarc, which merely parses the same mails from memory. Prints the ratios and the collector's memory; exits 1
if a mark is missed (`--no-limits`: never).
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import mails, parsedmarc_env, servers
from bench.pushing import Round, check, push, tell
from bench.senders import Senders
from tests.support.mails import rsa_key

MARK = 0.7  # of the bare handler
MARK_PARSING = 2.0  # of parsedmarc
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
        parsed: list[float] = []
        with (
            parsedmarc_env.parsing() as parse,
            Senders(batches, processes=PROCESSES, connections=CONNECTIONS) as senders,
            servers.collector(settings) as collector,
            servers.bare() as null,
        ):
            for batch in range(ROUNDS):
                ours.append(push(senders, collector, batch, MAILS))
                theirs.append(push(senders, null, batch, MAILS))
                if parse is not None:
                    parsed.append(parse(batches[batch]))
            memory = collector.peak_memory()
        check(url, ROUNDS * MAILS)
    rate = tell("collector", ours)
    ratio = rate / tell("bare aiosmtpd", theirs)
    print(f"ratio                  {ratio:6.2f}            mark: at least {MARK}")
    more = MARK_PARSING
    if parsed:
        parsing = statistics.median(parsed)
        more = rate / parsing
        print(f"parsedmarc, parsing    {parsing:6.0f} reports/s  rounds: {' '.join(f'{each:.0f}' for each in parsed)}")
        print(f"ratio                  {more:6.2f}            mark: at least {MARK_PARSING}")
    print(f"memory                 {sum(memory):6.0f} MiB ({' + '.join(f'{part:.0f}' for part in memory)})", end="")
    print(f"  mark: at most {MEMORY}")
    is_well = ratio >= MARK and more >= MARK_PARSING and sum(memory) <= MEMORY
    return 0 if arguments.no_limits or is_well else 1


if __name__ == "__main__":
    sys.exit(main())
