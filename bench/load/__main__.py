"""By hand: `python -m bench.load sqlite:///big.db 1000000`."""

import argparse
from datetime import UTC, datetime

from bench.load import World, load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="an empty database")
    parser.add_argument("results", type=int, help="policy results, about")
    arguments = parser.parse_args()
    print(load(arguments.url, World(arguments.results, datetime.now(UTC).date())))


if __name__ == "__main__":
    main()
