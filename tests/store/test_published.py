"""The history of the published policy: intervals from looks, and who looks next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from collector.monitor.model import Observation, StsPolicy
from collector.store import domains, published, queries
from collector.store.engine import reading
from collector.store.tables import domain_mx

T0 = datetime(2026, 11, 1, 6, tzinfo=UTC)
LEASE = timedelta(minutes=10)


def day(number: float) -> datetime:
    return T0 + timedelta(days=number)


def look(
    number: float, mode: str = "enforce", policy_id: str = "1", mx: tuple[str, ...] = ("mx.example.com",)
) -> Observation:
    policy = StsPolicy(mode, 604800, mx, text=f"version: STSv1\r\nmode: {mode}\r\n")
    return Observation(day(number), policy_id, policy, mx_hosts=mx)


def failure(number: float, error: str = "connect", detail: str = "refused") -> Observation:
    return Observation(day(number), None, None, error, detail)


@pytest.fixture
def example(engine: Engine) -> UUID:
    domains.add(engine, ["example.com"], T0)
    found = queries.find_domain(engine, "example.com")
    assert found is not None
    return found


def record(engine: Engine, domain_id: UUID, *looks: Observation) -> list[bool]:
    return [published.record(engine, domain_id, seen, seen.at + timedelta(days=1)) for seen in looks]


def history(engine: Engine, domain_id: UUID) -> list[tuple[str, str | None, float, float, float | None]]:
    def number(at: datetime) -> float:
        return (at - T0) / timedelta(days=1)

    rows = queries.policies(engine, domain_id, now=day(50)).published
    return [
        (
            row.mode,
            row.error,
            number(row.first_seen),
            number(row.last_seen),
            number(row.ended_at) if row.ended_at else None,
        )
        for row in rows
    ]


def test_equal_looks_are_one_interval(engine: Engine, example: UUID) -> None:
    assert record(engine, example, look(0), look(1), look(2)) == [True, False, False]
    assert history(engine, example) == [("enforce", None, 0, 2, None)]


def test_a_change_ends_the_interval_and_begins_another(engine: Engine, example: UUID) -> None:
    record(
        engine, example, look(0, "testing"), look(1, "testing"), look(2, "enforce"), look(3, "enforce", policy_id="2")
    )
    assert history(engine, example) == [
        ("testing", None, 0, 1, 2),
        ("enforce", None, 2, 2, 3),
        ("enforce", None, 3, 3, None),
    ]


def test_a_failed_fetch_is_unknown_with_its_reason(engine: Engine, example: UUID) -> None:
    record(
        engine, example, look(0), failure(1, detail="first"), failure(2, detail="second"), failure(3, "tls"), look(4)
    )
    assert history(engine, example) == [
        ("enforce", None, 0, 0, 1),
        ("unknown", "connect", 1, 2, 3),
        ("unknown", "tls", 3, 3, 4),
        ("enforce", None, 4, 4, None),
    ]
    assert queries.policies(engine, example, now=day(5)).published[1].error_detail == "second"


def test_a_look_that_comes_late_changes_nothing(engine: Engine, example: UUID) -> None:
    assert record(engine, example, look(2), look(1, "testing")) == [True, False]
    assert history(engine, example) == [("enforce", None, 2, 2, None)]


def test_a_removed_domain_is_recorded_no_more(engine: Engine, example: UUID) -> None:
    domains.remove(engine, "example.com")
    assert record(engine, example, look(0)) == [False]


def test_mx_hosts_stay_known_after_they_left_dns(engine: Engine, example: UUID) -> None:
    record(engine, example, look(0, mx=("mx1.example.com",)), look(1, mx=("mx2.example.com",)), failure(2))
    with reading(engine) as connection:
        rows = connection.execute(select(domain_mx.c.host, domain_mx.c.last_seen).order_by(domain_mx.c.host)).all()
    assert [tuple(row) for row in rows] == [("mx1.example.com", day(0)), ("mx2.example.com", day(1))]


def test_new_domains_are_due_at_once_and_claimed_by_one(engine: Engine) -> None:
    domains.add(engine, ["a.example", "b.example", "c.example"], T0)
    first = published.claim_due(engine, day(0), 2, LEASE)
    second = published.claim_due(engine, day(0), 2, LEASE)
    assert [len(first), len(second)] == [2, 1]
    assert {due.name for due in first + second} == {"a.example", "b.example", "c.example"}
    assert published.claim_due(engine, day(0), 2, LEASE) == ()
    assert len(published.claim_due(engine, day(0) + LEASE, 9, LEASE)) == 3  # who claimed them has died


def test_a_look_sets_when_the_next_is_due_and_counts_failures(engine: Engine, example: UUID) -> None:
    record(engine, example, failure(0), failure(1))
    assert published.claim_due(engine, day(1.9), 9, LEASE) == ()
    [due] = published.claim_due(engine, day(2), 9, LEASE)
    assert (due.domain_id, due.name, due.failures) == (example, "example.com", 2)
    record(engine, example, look(2))
    [due] = published.claim_due(engine, day(3), 9, LEASE)
    assert due.failures == 0


def test_asking_makes_a_domain_due_at_once(engine: Engine, example: UUID) -> None:
    record(engine, example, look(0))
    published.ask_now(engine, ["example.com"], day(0.1))
    assert [due.name for due in published.claim_due(engine, day(0.1), 9, LEASE)] == ["example.com"]


def test_the_end_of_the_policy_hosts_certificate_is_that_of_the_last_look(engine: Engine, example: UUID) -> None:
    looks = [replace(look(number), certificate_ends=day(ends)) for number, ends in ((0, 30), (1, 30), (2, 90))]
    record(engine, example, *looks, failure(3))
    rows = queries.policies(engine, example, now=day(50)).published
    assert [row.certificate_ends for row in rows] == [day(90), None]
