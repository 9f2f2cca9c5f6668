"""The states of a domain's checks as intervals, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, update

from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.model import Observation, Problem, StsPolicy
from collector.store import checks, domains, published, queries
from collector.store.engine import reading, writing
from collector.store.tables import check_state

T0 = datetime(2026, 11, 1, 6, tzinfo=UTC)
LEASE = timedelta(minutes=10)
SHORT = Problem("max_age_short", "warning", "too short", "max_age: 1209600")
EXPIRES = Problem("certificate_expires", "warning", "9 days left")
EXPIRED = Problem("certificate_expired", "error", "over")
SHOWN = Certificate(datetime(2027, 1, 1, tzinfo=UTC), ("mx1.example.com",), True)
MX1 = MxCheck("mx1.example.com", True, True, SHOWN, ("3 1 1 00ff",), True)
MX2 = MxCheck("mx2.example.com", False, None)
FULL = Check(
    "example.com",
    T0,
    TlsrptCheck("v=TLSRPTv1; rua=mailto:a@example.com", ("mailto:a@example.com",)),
    StsCheck("v=STSv1; id=1", "1", StsPolicy("enforce", 86400, ("mx1.example.com",), ""), None, (SHORT,)),
    (MX1, MX2),
)


def day(number: float) -> datetime:
    return T0 + timedelta(days=number)


@pytest.fixture
def example(engine: Engine) -> UUID:
    domains.add(engine, ["example.com"], T0)
    found = queries.find_domain(engine, "example.com")
    assert found is not None
    return found


def record(engine: Engine, domain_id: UUID, check: Check, *, hosts_known: bool = True) -> bool:
    with writing(engine) as connection:
        return checks.record(connection, domain_id, check, hosts_known=hosts_known)


def history(engine: Engine, domain_id: UUID) -> list[tuple[str, float, float, float | None, tuple[str, ...]]]:
    """(part or host, from, last seen, ended, codes), oldest first."""

    def number(at: datetime) -> float:
        return (at - T0) / timedelta(days=1)

    return [
        (
            each.host or each.part,
            number(each.first_seen),
            number(each.last_seen),
            number(each.ended_at) if each.ended_at else None,
            each.codes,
        )
        for each in sorted(
            queries.check_states(engine, domain_id), key=lambda each: (each.part, each.host, each.first_seen)
        )
    ]


def test_the_last_check_comes_back_whole(engine: Engine, example: UUID) -> None:
    assert queries.last_check(engine, example) is None
    assert record(engine, example, FULL)
    assert queries.last_check(engine, example) == FULL
    with reading(engine) as connection:
        hosts = queries.checked_hosts(connection, [example], at=T0)
    assert [(each.found, each.at) for each in hosts[example]] == [(MX1, T0), (MX2, T0)]


def test_the_same_again_makes_the_interval_longer(engine: Engine, example: UUID) -> None:
    record(engine, example, FULL)
    assert not record(engine, example, replace(FULL, at=day(1)))
    assert history(engine, example) == [
        ("mta_sts", 0, 1, None, ("max_age_short",)),
        ("mx1.example.com", 0, 1, None, ()),
        ("mx2.example.com", 0, 1, None, ()),
        ("tlsrpt", 0, 1, None, ()),
    ]


def test_other_words_for_the_same_problem_are_the_same_state_with_the_last_words(engine: Engine, example: UUID) -> None:
    for number in (0, 1, 2):
        told = replace(MX1, problems=(replace(EXPIRES, text=f"{9 - number} days left"),))
        record(engine, example, replace(FULL, at=day(number), mx=(told,)))
    assert ("mx1.example.com", 0, 2, None, ("certificate_expires",)) in history(engine, example)
    found = queries.last_check(engine, example)
    assert found is not None
    assert found.mx[0].problems[0].text == "7 days left"


def test_a_change_touches_only_the_part_that_changed(engine: Engine, example: UUID) -> None:
    record(engine, example, FULL)
    assert record(engine, example, replace(FULL, at=day(1), mx=(replace(MX1, problems=(EXPIRES, EXPIRED)), MX2)))
    assert record(engine, example, replace(FULL, at=day(2)))
    assert [row for row in history(engine, example) if row[0] == "mx1.example.com"] == [
        ("mx1.example.com", 0, 0, 1, ()),
        ("mx1.example.com", 1, 1, 2, ("certificate_expired", "certificate_expires")),
        ("mx1.example.com", 2, 2, None, ()),
    ]
    assert ("tlsrpt", 0, 2, None, ()) in history(engine, example)


def test_a_host_that_is_gone_ends_and_may_come_back(engine: Engine, example: UUID) -> None:
    record(engine, example, FULL)
    record(engine, example, replace(FULL, at=day(1), mx=(MX1,)))
    record(engine, example, replace(FULL, at=day(2)))
    assert [row[:4] for row in history(engine, example) if row[0] == "mx2.example.com"] == [
        ("mx2.example.com", 0, 0, 1),
        ("mx2.example.com", 2, 2, None),
    ]


def test_hosts_that_could_not_be_looked_up_stay_as_they_were(engine: Engine, example: UUID) -> None:
    record(engine, example, FULL)
    record(engine, example, replace(FULL, at=day(1), mx=()), hosts_known=False)
    found = queries.last_check(engine, example)
    assert found is not None
    assert (found.at, found.mx) == (day(1), FULL.mx)


def test_a_check_that_comes_late_adds_nothing(engine: Engine, example: UUID) -> None:
    record(engine, example, replace(FULL, at=day(1)))
    assert not record(engine, example, replace(FULL, mx=(), at=T0))
    assert queries.last_check(engine, example) == replace(FULL, at=day(1))


def test_look_check_and_due_are_written_together(engine: Engine, example: UUID) -> None:
    seen = Observation(T0, "1", FULL.mta_sts.policy, mx_hosts=("mx1.example.com", "mx2.example.com"))
    published.record(engine, example, seen, day(1), check=FULL, id_due=T0 + timedelta(hours=1))
    assert queries.last_check(engine, example) == FULL
    assert published.claim_due(engine, T0 + timedelta(minutes=59), 9, LEASE) == ()
    [due] = published.claim_due(engine, T0 + timedelta(hours=1), 9, LEASE)
    assert (due.whole, due.policy_id, due.polled_at) == (False, "1", T0)
    published.put_off(engine, example, day(5))  # the whole look comes sooner
    assert published.claim_due(engine, day(0.99), 9, LEASE) == ()
    [due] = published.claim_due(engine, day(1), 9, LEASE)
    assert due.whole


def test_a_domain_that_was_asked_for_is_looked_at_as_a_whole(engine: Engine, example: UUID) -> None:
    seen = Observation(T0, "1", FULL.mta_sts.policy)
    published.record(engine, example, seen, day(1), id_due=T0 + timedelta(hours=1))
    published.ask_now(engine, ["example.com"], day(0.1))
    assert [due.whole for due in published.claim_due(engine, day(0.1), 9, LEASE)] == [True]


def test_a_start_asks_for_whole_looks_though_an_id_is_due(engine: Engine, example: UUID) -> None:
    published.record(engine, example, Observation(T0, "1", FULL.mta_sts.policy), day(1), id_due=day(0.05))
    assert published.ask_all(engine, day(0.1), seen_before=day(0.06)) == 1
    assert [due.whole for due in published.claim_due(engine, day(0.1), 9, LEASE)] == [True]


def test_a_domain_takes_its_states_along(engine: Engine, example: UUID) -> None:
    record(engine, example, FULL)
    domains.remove(engine, "example.com")
    assert queries.last_check(engine, example) is None


def test_what_is_wrong_and_what_ends_is_found_without_reading_the_results(engine: Engine, example: UUID) -> None:
    def searched() -> dict[str, tuple[str | None, datetime | None]]:
        with reading(engine) as connection:
            rows = connection.execute(select(check_state).where(check_state.c.ended_at.is_(None))).all()
        return {row.host or row.part: (row.codes, row.not_after) for row in rows}

    record(engine, example, replace(FULL, mx=(replace(MX1, problems=(EXPIRES, SHORT)),)))
    assert searched() == {
        "tlsrpt": (None, None),
        "mta_sts": (" max_age_short ", None),
        "mx1.example.com": (" certificate_expires max_age_short ", SHOWN.not_after),
    }
    with writing(engine) as connection:  # as an older version left it
        connection.execute(update(check_state).values(codes=None, not_after=None))
    record(engine, example, replace(FULL, at=day(1), mx=(replace(MX1, problems=(EXPIRES, SHORT)),)))
    assert searched()["mx1.example.com"] == (" certificate_expires max_age_short ", SHOWN.not_after)
