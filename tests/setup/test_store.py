"""What is set up with our help, in both databases: hosted policies with their history, and self-tests."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from collector.delivery import Envelope, Reason
from collector.errors import UsageError
from collector.store import domains, hosted, queries, self_tests
from collector.store.hosted import HostedRow
from tests.support.collector import Collector
from tests.web import world

NOW = world.NOW
NONE = HostedRow(NOW + timedelta(hours=2), "ada", None, None, (), None)


def policy(hours: int, mode: str = "testing") -> HostedRow:
    return HostedRow(
        NOW + timedelta(hours=hours), None, mode, 86400, ("*.example.com", "mx1.example.com"), f"id{hours}"
    )


@pytest.fixture
def domain_id(engine: Engine) -> UUID:
    domains.add(engine, ("example.com", "example.net"), NOW)
    found = queries.find_domain(engine, "example.com")
    assert found is not None
    return found


def test_the_newest_policy_is_served_and_the_others_are_kept(engine: Engine, domain_id: UUID) -> None:
    assert hosted.served(engine, "example.com") is None
    hosted.put(engine, domain_id, policy(0))
    hosted.put(engine, domain_id, policy(1, "enforce"))
    assert hosted.served(engine, "example.com") == policy(1, "enforce")
    assert hosted.history(engine, domain_id) == (policy(1, "enforce"), policy(0))
    assert hosted.served(engine, "example.net") is None
    assert hosted.served(engine, "unknown.example") is None


def test_serving_can_be_ended(engine: Engine, domain_id: UUID) -> None:
    hosted.put(engine, domain_id, policy(0))
    hosted.put(engine, domain_id, NONE)
    assert hosted.served(engine, "example.com") is None
    assert hosted.history(engine, domain_id) == (NONE, policy(0))


def test_what_was_set_meanwhile_is_not_overwritten(engine: Engine, domain_id: UUID) -> None:
    hosted.put(engine, domain_id, policy(1))
    for late in (policy(1, "enforce"), policy(0)):
        with pytest.raises(UsageError, match="in the meantime"):
            hosted.put(engine, domain_id, late)
    assert hosted.served(engine, "example.com") == policy(1)


def test_it_goes_with_its_domain(engine: Engine, domain_id: UUID) -> None:
    hosted.put(engine, domain_id, policy(0))
    assert self_tests.begin(engine, domain_id, "t1", "v=DKIM1", NOW)
    domains.remove(engine, "example.com")
    assert hosted.history(engine, domain_id) == ()
    assert self_tests.last(engine, domain_id) is None


def test_one_self_test_in_a_minute(engine: Engine, domain_id: UUID) -> None:
    assert self_tests.begin(engine, domain_id, "t1", "v=DKIM1; p=1", NOW)
    assert not self_tests.begin(engine, domain_id, "t2", "v=DKIM1; p=2", NOW + timedelta(seconds=59))
    routes = [{"rua": "mailto:tlsrpt@example.com", "steps": [{"name": "dns", "ok": True, "text": "found"}]}]
    self_tests.note(engine, domain_id, "t1", routes, NOW)
    found = self_tests.last(engine, domain_id)
    assert found == self_tests.SelfTestRow("t1", NOW, "v=DKIM1; p=1", routes, NOW)
    assert self_tests.begin(engine, domain_id, "t2", "v=DKIM1; p=2", NOW + timedelta(seconds=60))
    self_tests.note(engine, domain_id, "t1", routes, NOW)  # it is over: nobody asks any more
    found = self_tests.last(engine, domain_id)
    assert found is not None
    assert (found.token, found.routes, found.finished_at) == ("t2", [], None)


def test_another_domain_may_be_tested_at_the_same_time(engine: Engine, domain_id: UUID) -> None:
    other = queries.find_domain(engine, "example.net")
    assert other is not None
    assert self_tests.begin(engine, domain_id, "t1", "k", NOW)
    assert self_tests.begin(engine, other, "t2", "k", NOW)


def test_what_a_self_test_sent_is_found_again(engine: Engine, domain_id: UUID) -> None:
    collector = Collector(engine)
    sent = world.bare(b"Subject: x\r\n\r\ntoken1", Envelope("smtp"), Reason("dkim_fail", "no key"))
    other = world.bare(b"Subject: x\r\n\r\ntoken2", Envelope("smtp"), Reason("dkim_fail", "no key"))
    large = world.bare(b"token1" + b"x" * 70_000, Envelope("smtp"), Reason("dkim_fail", "no key"))
    collector.deliver(sent, other, large)
    [found] = self_tests.arrivals(engine, "token1", NOW)
    assert (found.delivery_id, found.channel, found.outcome) == (sent.id, "smtp", "quarantined")
    assert found.reason_code == "dkim_fail"
    assert found.raw == sent.raw
    assert self_tests.arrivals(engine, "token1", NOW + timedelta(minutes=5)) == ()
    assert self_tests.arrivals(engine, "token1", datetime(2020, 1, 1, tzinfo=UTC)) == (found,)
