"""Run by parsedmarc's own interpreter: parses batches of mails from memory. Stores, verifies and validates nothing.

Reads the paths of pickled lists of mails from standard input; prints how many seconds each took.
"""

import pickle
import sys
import time
from pathlib import Path

import parsedmarc  # type: ignore[import-not-found]


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        mails = pickle.loads(Path(line.strip()).read_bytes())
        started = time.perf_counter()
        for mail in mails:
            found = parsedmarc.parse_report_email(mail, offline=True)
            assert found["report_type"] == "smtp_tls", found["report_type"]
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()
