"""The made-up world: a hosting company's domains, one of them big, twenty reporters, and failures in bursts.

Every number comes from a generator with a seed, so that the same size is the same world on each database.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bench.load.documents import Burst, Reporter, deliver
from collector.delivery import Delivery

BIG = "big.example"
DAYS = 180  # the last ends yesterday; 90 days and the 90 before can be compared
_A_PAGE, _MOST_DOMAINS = 110, 5000
_MOST_BIG = 100  # reports about the big domain in a day, five of each reporter
_RESULTS = 1.7  # in a report, on average
# By how often they write about a small domain; and how many policy results stand in each of their reports.
REPORTERS = tuple(Reporter(f"reporter{number}.example", (1, 2, 1, 3, 2, 3)[number % 6]) for number in range(20))
_FAULTS = (
    ("certificate-expired", "CERT_HAS_EXPIRED"),
    ("starttls-not-supported", None),
    ("certificate-host-mismatch", "names mail.example.com only"),
    ("validation-failure", None),
)


def domain_name(number: int) -> str:
    """Domain 0 is the big one."""
    return f"d{number:05}.example" if number else BIG


def mx_of(number: int) -> tuple[str, ...]:
    """Every third domain has two."""
    hosts = 2 if number % 3 == 0 else 1
    return tuple(f"mx{host}.{domain_name(number)}" for host in range(1, hosts + 1))


@dataclass(frozen=True, slots=True)
class World:
    """About `results` policy results in the 180 days before `today`."""

    results: int
    today: date

    @property
    def domains(self) -> int:
        """How many there are, the big one included; more than a page of them from 2,200 results on."""
        return min(_MOST_DOMAINS, max(self.results // 500, min(self.results // 20, _A_PAGE)))

    @property
    def first(self) -> date:
        return self.today - timedelta(days=DAYS)

    def days(self) -> Iterator[list[Delivery]]:
        """The deliveries day by day, in the order in which they came."""
        chance = random.Random(self.results)
        rates = self._rates(chance)
        bursts = [self._bursts(number, chance) for number in range(self.domains)]
        for day in range(DAYS):
            yield self._day(day, rates, bursts, chance)

    def _rates(self, chance: random.Random) -> list[float]:
        """Reports in a day, by domain: few have much mail, most have little."""
        in_a_day = self.results / _RESULTS / DAYS
        big = min(_MOST_BIG, in_a_day / 3)
        weights = [chance.paretovariate(1.5) for _ in range(self.domains - 1)]
        each = (in_a_day - big) / sum(weights)
        return [big, *(each * weight for weight in weights)]

    def _bursts(self, number: int, chance: random.Random) -> tuple[Burst, ...]:
        """Every fourth domain has a few days of trouble; the big one is never quite without."""
        mx = mx_of(number)
        found = []
        for _ in range(8 if number == 0 else chance.choice((0, 0, 0, 1))):
            fault, reason = chance.choice(_FAULTS)
            begin = chance.randrange(DAYS)
            found.append(Burst(begin, begin + chance.randint(2, 9), fault, chance.choice(mx), reason, 0.2))
        if number == 0:
            found.append(Burst(0, DAYS, "validation-failure", mx[0], None, 0.002))
        return tuple(found)

    def _day(
        self, day: int, rates: list[float], bursts: list[tuple[Burst, ...]], chance: random.Random
    ) -> list[Delivery]:
        on = self.first + timedelta(days=day)
        arrival = datetime.combine(on + timedelta(days=1), time(1), UTC)
        found: list[Delivery] = []
        for number, rate in enumerate(rates):
            now = tuple(burst for burst in bursts[number] if burst.first <= day < burst.last)
            for count in range(int(rate + chance.random())):
                reporter = REPORTERS[(count if number == 0 else count + number % 3) % len(REPORTERS)]
                at = arrival + timedelta(milliseconds=100 * len(found))
                name = domain_name(number)
                found.append(deliver(name, mx_of(number), reporter, on, count, at, now, chance))
        return found
