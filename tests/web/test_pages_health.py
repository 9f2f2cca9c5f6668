"""What an operator has to look at first, and how causes are gathered: tables of made rows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from collector.store.queries import Daily, DayFigures, DomainOverview, Failure, MxFigures, MxTable, NotAttributable
from dashboard.causes import causes, consequences, grouped, headline
from dashboard.health import Health, health, order

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def row(
    *daily: tuple[int, int],
    mode: str = "enforce",
    error: str | None = None,
    age: float | None = 0.2,
    name: str = "a.example",
) -> DomainOverview:
    failed = sum(each for _, each in daily)
    sessions = sum(each for each, _ in daily)
    last = None if age is None else NOW - timedelta(days=age)
    return DomainOverview(name, UUID(int=1), mode, error, sessions - failed, failed, last, daily)


OLD_FAULT = ((100, 50), (5000, 0), (5000, 0), (5000, 0))
NEW_FAULT = ((50_000, 0), (10, 0), (10, 0), (10, 5), (0, 0))


@pytest.mark.parametrize(
    ("given", "level", "texts"),
    [
        (row((100, 0)), "ok", ("no failures",)),
        (row((10_000, 1)), "look", ("some failures",)),
        (row((100, 1)), "bad", ("failing now, mail held back",)),
        (row((100, 1), mode="testing"), "bad", ("failing now",)),
        (row(*NEW_FAULT), "bad", ("failing now, mail held back",)),
        (row(*OLD_FAULT), "look", ("failures until 20 Nov 2026",)),
        (row((100, 90), *[(100, 0)] * 5), "look", ("failures until 18 Nov 2026",)),
        (row(*OLD_FAULT, (0, 0)), "look", ("failures until 19 Nov 2026",)),
        (row((0, 0), age=None), "look", ("no report yet",)),
        (row((100, 0), age=2.9), "ok", ("no failures",)),
        (row((100, 0), age=3.0), "look", ("no report for 3 days",)),
        (row((100, 0), error="timeout", mode="unknown"), "bad", ("policy fetch fails: timeout",)),
        (row((100, 0), error="no_record", mode="unknown"), "look", ("no MTA-STS record",)),
        (
            row((9999, 1), error="tls", age=5),
            "bad",
            ("policy fetch fails: tls", "some failures", "no report for 5 days"),
        ),
    ],
)
def test_health(given: DomainOverview, level: str, texts: tuple[str, ...]) -> None:
    assert health(given, NOW, NOW.date()) == Health(level, texts)


def test_problems_come_first_then_the_higher_rate_then_the_name() -> None:
    rows = [
        row((100, 0), name="clean.example"),
        row((10_000, 1), name="b.example"),
        row((10_000, 2), name="c.example"),
        row((100, 50), name="worst.example"),
        row((100, 0), name="also-clean.example"),
    ]
    names = [each.name for each in sorted(rows, key=lambda each: order(each, health(each, NOW, NOW.date())))]
    assert names == ["worst.example", "c.example", "b.example", "also-clean.example", "clean.example"]


def failure(
    result_type: str, failed: int, *, mode: str = "enforce", mx: str | None = "mx1.example", day: int = 1
) -> Failure:
    seen = date(2026, 11, day)
    return Failure(result_type, mx, None, None, "reporter.example", True, None, mode, failed, seen, seen)


TABLE = MxTable(
    (
        MxFigures("mx1.example", 9, None, {"certificate-expired": 7, "validation-failure": 2}),
        MxFigures("mx2.example", 1, None, {"certificate-expired": 1}),
    ),
    NotAttributable(100, 4, {"unspecified": 4}),
)
LISTED = [
    failure("certificate-expired", 4, day=3),
    failure("certificate-expired", 3, mode="testing", day=2),
    failure("certificate-expired", 1, mx="mx2.example", day=5),
    failure("validation-failure", 2, mode="none", mx=None),
]


NO_DAYS = Daily(())


def told(result_type: str, reporter: str, mx: str) -> Failure:
    return replace(failure(result_type, 1, mx=mx), reporter=reporter)


def test_causes_are_grouped_by_what_their_failures_have_in_common() -> None:
    listed = [
        told("certificate-expired", "one.example", "mx1.example"),
        told("certificate-expired", "two.example", "mx1.example"),
        told("validation-failure", "one.example", "mx1.example"),
        told("starttls-not-supported", "one.example", "mx1.example"),
        told("starttls-not-supported", "two.example", "mx2.example"),
    ]
    by_type = {"certificate-expired": 2, "validation-failure": 1, "starttls-not-supported": 2, "unspecified": 1}
    table = MxTable((), NotAttributable(0, 6, by_type))
    groups = grouped(causes(table, listed, NO_DAYS, 3))
    assert [(kind, [cause.result_type for _, cause in found]) for kind, found in groups] == [
        ("everybody", ["starttls-not-supported"]),
        ("one_mx", ["certificate-expired"]),
        ("one_reporter", ["validation-failure"]),
        ("several", ["unspecified"]),
    ]
    assert [index for _, found in groups for index, _ in found] == [2, 1, 3, 4]


def test_causes_have_the_totals_of_the_table_most_first() -> None:
    assert [(cause.result_type, cause.failed) for cause in causes(TABLE, LISTED, NO_DAYS, 2)] == [
        ("certificate-expired", 8),
        ("unspecified", 4),
        ("validation-failure", 2),
    ]


def test_a_cause_says_when_where_and_under_which_mode() -> None:
    first, unspecified, last = causes(TABLE, LISTED, NO_DAYS, 2)
    assert (first.first_day, first.last_day) == (date(2026, 11, 2), date(2026, 11, 5))
    assert first.mx == (("mx1.example", 7), ("mx2.example", 1))
    assert first.by_mode == (("enforce", 5), ("testing", 3))
    assert first.reporters == (("reporter.example", 8),)
    assert (unspecified.first_day, unspecified.mx) == (None, ())
    assert last.mx == ()


def test_consequences_over_all_causes_the_gravest_first() -> None:
    assert consequences(causes(TABLE, LISTED, NO_DAYS, 2)) == (("enforce", 5), ("testing", 3), ("none", 2))


def test_the_headline_counts_days_with_failures_only() -> None:
    figures = [(5, 0), (4, 1), (5, 0), (3, 2), (5, 0)]
    found = headline(
        Daily(
            tuple(
                DayFigures(date(2026, 11, day), "enforce", "published", 1, *pair) for day, pair in enumerate(figures, 1)
            )
        )
    )
    assert (found.sessions, found.failed, found.reports, found.failed_days, found.clean_days) == (25, 3, 5, 2, 1)
    assert (found.first_failed, found.last_failed) == (date(2026, 11, 2), date(2026, 11, 4))
