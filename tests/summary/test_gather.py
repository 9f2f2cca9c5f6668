"""From histories in a database to the figures of a week; those are the ones that the API tells."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from collector import settings
from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.settings import Verdict as Thresholds
from collector.store import checks
from collector.store.engine import writing
from dashboard.summary.gather import gather
from dashboard.summary.model import DomainWeek, Summary, shortened
from dashboard.summary.shape import shape
from dashboard.summary.week import Week, parse
from dashboard.web import create_app
from tests.support import living
from tests.support.collector import Collector
from tests.support.reports import Json, detail, policy_result, report

MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
WEEK = Week(2026, 47)


def told(
    collector: Collector,
    *days: date,
    mode: str = "enforce",
    failed: int = 0,
    name: str = "a",
    domain: str = "example.com",
    result_type: str = "certificate-expired",
) -> None:
    """A report of `name` about each day: ten good sessions, and so many that failed."""
    details = (detail(result_type, failed),) if failed else ()
    for day in days:
        result = policy_result(domain, mode=mode, successful=10, details=details)
        document: Json = report([result], day=day.isoformat(), report_id=f"{name}-{day}", contact=f"tls@{name}.example")
        collector.take(document, signed_by=f"{name}.example")


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=each) for each in range(count)]


def of(collector: Collector, week: Week = WEEK, now: datetime = MONDAY) -> DomainWeek:
    [one] = gather(collector.engine, week, thresholds=Thresholds(), now=now, only=("example.com",)).domains
    return one


def test_a_week_ends_where_the_next_begins(collector: Collector) -> None:
    told(collector, date(2026, 11, 8), failed=1)
    told(collector, date(2026, 11, 9), date(2026, 11, 15), failed=2)
    told(collector, date(2026, 11, 16), date(2026, 11, 22), failed=3)
    told(collector, date(2026, 11, 23), failed=4)
    one = of(collector)
    assert (one.reports, one.successful, one.failed) == (2, 20, 6)
    assert (one.successful_last_week, one.failed_last_week) == (20, 4)
    assert [failed for _, _, failed in one.daily] == [2, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 3]
    assert one.daily[0][0] == date(2026, 11, 9)
    assert one.held_back == 6
    assert one.held_back_by == (("a.example", 6),)


YEARS = [
    ("2020-W53", date(2020, 12, 28), date(2021, 1, 3)),
    ("2021-W01", date(2021, 1, 4), date(2021, 1, 10)),
    ("2025-W01", date(2024, 12, 30), date(2025, 1, 5)),
]


@pytest.mark.parametrize(("name", "first", "last"), YEARS)
def test_weeks_at_the_turn_of_a_year(sqlite_engine: Engine, name: str, first: date, last: date) -> None:
    collector = Collector(sqlite_engine)
    collector.add("example.com")
    told(collector, *days(first - timedelta(days=8), 16))
    now = datetime(last.year, last.month, last.day, 7, tzinfo=UTC) + timedelta(days=1)
    one = of(collector, parse(name), now)
    assert (one.reports, one.successful, one.successful_last_week) == (7, 70, 70)
    assert (one.daily[7][0], one.daily[-1][0]) == (first, last)


def test_what_failed_under_testing_would_have_been_refused(collector: Collector) -> None:
    told(collector, date(2026, 11, 18), mode="testing", failed=5)
    told(collector, date(2026, 11, 18), mode="enforce", failed=2, name="b")
    told(collector, date(2026, 11, 11), mode="enforce", failed=9, name="b", result_type="validation-failure")
    one = of(collector)
    assert (one.would_refuse, one.held_back, one.held_back_by) == (5, 2, (("b.example", 2),))
    [cause] = one.top_failures
    assert (cause.result_type, cause.failed, cause.is_new) == ("certificate-expired", 7, True)
    assert (cause.reporters, cause.reporter) == ((("a.example", 5), ("b.example", 2)), None)
    assert cause.mx_hosts == (("mx1.example.com", 7),)


def test_the_verdict_is_compared_with_the_end_of_the_week_before(collector: Collector) -> None:
    """The first failure is on the Monday of the week: the mail of the week before could not know of it."""
    for each in range(30):
        collector.publish("enforce", MONDAY - timedelta(days=30 - each))
    for name in ("a", "b"):
        told(collector, *days(date(2026, 10, 26), 21), name=name)
    told(collector, *days(date(2026, 11, 16), 7), failed=3)
    now = of(collector, now=MONDAY + timedelta(hours=3))
    assert (now.verdict.word, now.verdict_before) == ("not_ready", "ready")
    later = of(collector, now=datetime(2027, 3, 1, tzinfo=UTC))
    assert (later.verdict.word, later.verdict_before, later.mode) == ("not_ready", "ready", "enforce")
    before = of(collector, WEEK.before, now=datetime(2027, 3, 1, tzinfo=UTC))
    assert (before.verdict.word, before.failed, before.held_back) == ("ready", 0, 0)


def test_a_policy_that_changed_and_who_has_picked_it_up(collector: Collector) -> None:
    for days_ago in range(40, 5, -1):
        collector.publish("testing", MONDAY - timedelta(days=days_ago))
    for days_ago in range(5, 0, -1):
        collector.publish("enforce", MONDAY - timedelta(days=days_ago))
    told(collector, *days(date(2026, 11, 9), 14), mode="testing", name="late")
    told(collector, *days(date(2026, 11, 9), 9), mode="testing", name="quick")
    told(collector, *days(date(2026, 11, 19), 3), mode="enforce", name="quick")
    one = of(collector)
    assert [(each.at, each.text) for each in one.policy_changes] == [
        (MONDAY - timedelta(days=5), "testing → enforce"),
    ]
    assert (one.mode, one.mode_since) == ("enforce", date(2026, 11, 18))
    assert one.drift is not None
    assert one.drift.startswith("1 of 2 reporters have picked up the change of 18 Nov 2026; not yet: late.example")
    before = of(collector, WEEK.before, now=datetime(2027, 3, 1, tzinfo=UTC))
    assert (before.policy_changes, before.drift, before.mode) == ((), None, "testing")
    assert before.mode_since == date(2026, 10, 14)


def test_certificates_that_end_within_thirty_days(collector: Collector) -> None:
    hosts = [
        MxCheck(f"mx{left}.example.com", True, True, Certificate(MONDAY + timedelta(days=left), ("a",), True))
        for left in (31, 30, 3)
    ]
    found = Check(
        "example.com", MONDAY - timedelta(hours=5), TlsrptCheck(None), StsCheck(None, None, None), tuple(hosts)
    )
    with writing(collector.engine) as connection:
        checks.record(connection, collector.id(), found, hosts_known=True)
    assert [(each.host, each.days_left) for each in of(collector).certificates] == [
        ("mx3.example.com", 3),
        ("mx30.example.com", 30),
    ]
    assert of(collector, WEEK.before, datetime(2027, 3, 1, tzinfo=UTC)).certificates == ()


SILENCE = [
    ("seven of the 28 days before, and nothing since", days(date(2026, 11, 9), 7), ("b.example",)),
    ("six are not regular", days(date(2026, 11, 9), 6), ()),
    ("too long ago", days(date(2026, 10, 13), 7), ()),
    ("the first days of the window", days(date(2026, 10, 19), 7), ("b.example",)),
    ("one day of the week is enough to be heard", [*days(date(2026, 11, 9), 7), date(2026, 11, 20)], ()),
]


@pytest.mark.parametrize(("reported", "silent"), [pytest.param(*row[1:], id=row[0]) for row in SILENCE])
def test_regular_reporters_that_fell_silent(
    sqlite_engine: Engine, reported: list[date], silent: tuple[str, ...]
) -> None:
    collector = Collector(sqlite_engine)
    collector.add("example.com")
    told(collector, date(2026, 11, 18))
    told(collector, *reported, name="b")
    assert of(collector).silent_reporters == silent


def test_who_gets_some_domains_is_told_of_these_alone(collector: Collector) -> None:
    collector.add("example.net")
    told(collector, date(2026, 11, 18), domain="foreign.example")
    # It arrives in week 48, whatever day it is about.
    later = datetime(2026, 11, 30, 7, tzinfo=UTC)
    every = gather(collector.engine, Week(2026, 48), thresholds=Thresholds(), now=later)
    assert [one.domain for one in every.domains] == ["example.com", "example.net"]
    assert every.foreign == (("foreign.example", 1),)
    some = gather(collector.engine, Week(2026, 48), thresholds=Thresholds(), now=later, only=("example.net", "x"))
    assert ([one.domain for one in some.domains], some.foreign, some.quarantined) == (["example.net"], None, None)


# The same as on the pages


@pytest.fixture(scope="module")
def weekly(living_engine: Engine) -> Summary:
    return gather(living_engine, WEEK, thresholds=Thresholds(), now=living.NOW)


@pytest.mark.xdist_group("weekly")
def test_figures_are_those_of_the_api(living_engine: Engine, weekly: Summary) -> None:
    client = create_app(settings.load(environ={}), living_engine, now=lambda: living.NOW).test_client()

    def asked(what: str, week: Week = WEEK) -> dict[str, Any]:
        answer = client.get(f"/api/v1/domains/{one.domain}/{what}?from={week.first}&to={week.last}")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json
        return found

    assert sorted(one.domain for one in weekly.domains) == list(living.NAMES)
    for one in weekly.domains:
        daily = [*asked("daily", WEEK.before)["days"], *asked("daily")["days"]]
        assert [(day["day"], day["successful"], day["failed"]) for day in daily] == [
            (day.isoformat(), successful, failed) for day, successful, failed in one.daily
        ]
        this = daily[7:]
        assert (one.reports, one.successful, one.failed) == tuple(
            sum(day[key] for day in this) for key in ("reports", "successful", "failed")
        )
        by_type: Counter[str] = Counter()
        for failure in asked("failures")["failures"]:
            by_type[failure["result_type"]] += failure["failed"]
        assert {each.result_type: each.failed for each in one.top_failures} == +by_type
        reported = {row["reporter"] for row in asked("reporters")["reporters"] if row["reports"]}
        assert not reported & set(one.silent_reporters)
        said = asked("verdict")
        assert (one.verdict.word, one.mode) == (said["verdict"], asked("daily")["days"][-1]["mode"])


@pytest.mark.xdist_group("weekly")
def test_the_most_important_are_told_in_full_however_many_there_are(living_engine: Engine, weekly: Summary) -> None:
    found = gather(living_engine, WEEK, thresholds=Thresholds(), now=living.NOW, in_full=3, at_once=2)
    assert found.domains == (*weekly.domains[:3], *map(shortened, weekly.domains[3:]))
    assert gather(living_engine, WEEK, thresholds=Thresholds(), now=living.NOW, at_once=2) == weekly


@pytest.mark.xdist_group("weekly")
def test_the_shape_is_that_of_the_contract(weekly: Summary) -> None:
    found = shape(weekly)
    assert {"week": "2026-W47", "from": "2026-11-16", "to": "2026-11-22"}.items() <= found.items()
    assert [one["domain"] for one in found["domains"]] == [one.domain for one in weekly.domains]
    for one in found["domains"]:
        assert {"domain", "mode", "verdict", "successful", "failed", "failed_last_week"} < set(one)
        assert all(isinstance(one[key], list) for key in ("top_failures", "policy_changes", "silent_reporters"))
        assert "DOMAIN" not in one["next_step"]
    worst = found["domains"][0]
    assert (worst["domain"], worst["mode"], worst["verdict"]) == ("example.com", "enforce", "not_ready")
    assert worst["top_failures"][0]["result_type"] == "certificate-expired"
    assert worst["top_failures"][0]["mx"] == "mx2.example.com"
    assert worst["held_back_by"][0]["reporter"] == "bigmail.example"
