"""The made-up world: a hosting company's domains, one of them big, twenty reporters, and failures in bursts.

Every number comes from a generator with a seed, so that the same size is the same world on each database. A reporter
tells of as many sessions with a domain on each working day, and of half as many at the weekend.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bench.load.documents import Burst, Form, Mail, Reporter, form_of

BIG = "big.example"
DAYS = 180  # the last ends yesterday; 90 days and the 90 before can be compared
_A_PAGE, _MOST_DOMAINS = 110, 5000
_MOST_BIG = 100  # reports about the big domain in a day, five of each reporter
_RESULTS = 1.7  # in a report, on average
_PACE = 1  # milliseconds from one mail to the next
_SATURDAY = 5
# By how often they write about a small domain; and how many policy results stand in each of their reports.
REPORTERS = tuple(
    Reporter(name, f"{name}.example", f"tls@{name}.example", (1, 2, 1, 3, 2, 3)[number % 6])
    for number, name in enumerate(f"reporter{number}" for number in range(20))
)
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
    """About `results` policy results in the 180 days before `today`, or in the last `told` of these.

    `hosted`: about so many domains, instead of one for each 500.
    """

    results: int
    today: date
    told: int = DAYS
    hosted: int | None = None

    @property
    def domains(self) -> int:
        """How many there are, the big one included; more than a page of them from 2,200 results on."""
        if self.hosted is not None:
            return self.hosted
        return min(_MOST_DOMAINS, max(self.results // 500, min(self.results // 20, _A_PAGE)))

    @property
    def first(self) -> date:
        return self.today - timedelta(days=DAYS)

    def days(self) -> Iterator[list[Mail]]:
        """The mails day by day, in the order in which they came."""
        chance = random.Random(self.results)
        domains = [_Domain(number, rate, chance) for number, rate in enumerate(self._rates(chance))]
        for day in range(DAYS - self.told, DAYS):
            on = self.first + timedelta(days=day)
            arrival = datetime.combine(on + timedelta(days=1), time(1), UTC)
            forms = (form for domain in domains for form in domain.told(day, on.weekday() >= _SATURDAY))
            yield [
                Mail(form, on, number, arrival + timedelta(milliseconds=_PACE * place))
                for place, (number, form) in enumerate(forms)
            ]

    def _rates(self, chance: random.Random) -> list[float]:
        """Reports in a day, by domain: few have much mail, most have little."""
        in_a_day = self.results / _RESULTS / self.told
        big = min(_MOST_BIG, in_a_day / 3)
        weights = [chance.paretovariate(1.5) for _ in range(self.domains - 1)]
        each = (in_a_day - big) / sum(weights)
        return [big, *(each * weight for weight in weights)]


class _Domain:
    """One domain, and what its reporters say of it."""

    def __init__(self, number: int, rate: float, chance: random.Random) -> None:
        self._number, self._rate, self._chance = number, rate, chance
        self._name, self._mx = domain_name(number), mx_of(number)
        self._bursts = self._troubles()
        self._forms: dict[tuple[int, bool, tuple[Burst, ...]], Form] = {}
        self._usual: dict[int, int] = {}  # sessions on a working day

    def told(self, day: int, is_weekend: bool) -> Iterator[tuple[int, Form]]:
        """The reports about one day: its number, and what it says."""
        now = tuple(burst for burst in self._bursts if burst.first <= day < burst.last)
        for count in range(int(self._rate + self._chance.random())):
            yield count, self._form(count, is_weekend, now)

    def _form(self, count: int, is_weekend: bool, bursts: tuple[Burst, ...]) -> Form:
        form = self._forms.get((count, is_weekend, bursts))
        if form is None:
            form = self._forms[count, is_weekend, bursts] = self._made(count, is_weekend, bursts)
        return form

    def _made(self, count: int, is_weekend: bool, bursts: tuple[Burst, ...]) -> Form:
        usual = self._usual.setdefault(count, self._chance.randint(20, 400))
        place = count if self._number == 0 else count + self._number % 3
        reporter, sessions = REPORTERS[place % len(REPORTERS)], usual // 2 if is_weekend else usual
        return form_of(self._name, self._mx, reporter, sessions, bursts, self._chance)

    def _troubles(self) -> tuple[Burst, ...]:
        """Every fourth domain has a few days of trouble; the big one is never quite without."""
        chance, found = self._chance, []
        for _ in range(8 if self._number == 0 else chance.choice((0, 0, 0, 1))):
            fault, reason = chance.choice(_FAULTS)
            begin = chance.randrange(DAYS)
            found.append(Burst(begin, begin + chance.randint(2, 9), fault, chance.choice(self._mx), reason, 0.2))
        if self._number == 0:
            found.append(Burst(0, DAYS, "validation-failure", self._mx[0], None, 0.002))
        return tuple(found)
