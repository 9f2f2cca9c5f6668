"""From reports and checks to alerts and notices, on both databases; and two schedulers that look at once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from collector.errors import ConfigurationError, StoreUnavailable
from collector.ids import new_id
from collector.recount import recount
from collector.settings import Limits
from collector.store import alerts as store
from collector.store import domains
from collector.store.engine import open_engine, writing
from collector.store.queries.alerts import alert, muted_closed, notices, open_by_rule, open_count
from collector.store.recipients import Kept, add
from collector.store.tables import rollup_day
from dashboard.alerts import look
from dashboard.alerts.job import targets
from dashboard.alerts.targets import digest
from tests.alerts.world import HOOK, World, configured
from tests.support.collector import NOW
from tests.support.relay import Relay


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def later(days: float) -> timedelta:
    return timedelta(days=days)


def test_mail_held_back_from_the_report_to_the_end(world: World) -> None:
    for back in range(20, 1, -1):
        world.report(back)
    world.look()
    assert world.rows() == ()
    world.report(1, 30)
    world.look()
    assert open_by_rule(world.engine) == {"held_back": 1, "failure_rate": 1, "new_failure": 1}
    row = world.one("held_back")
    assert (row.domain, row.subject, row.size, row.is_open) == ("example.com", "", 30, True)
    assert row.evidence["mx"] == ["mx1.example.com"]
    world.look(NOW + later(0.1))
    assert world.one("held_back").seen_at == NOW + later(0.1)
    world.report(-1)  # a clean day
    world.look(NOW + later(5))
    assert world.told("held_back") == ["opened", "closed"]
    assert (open_count(world.engine), world.rows(state="open")) == (0, ())


def test_a_late_report_of_last_month_opens_nothing(world: World) -> None:
    for back in range(20, 0, -1):
        world.report(back)
    world.report(15, 500, successful=0)
    world.look()
    assert world.rows() == ()


def test_what_is_published(world: World) -> None:
    world.check(NOW - later(3))
    world.look()
    assert world.rows() == ()
    world.check(NOW - later(1), left=5, mx="mx9.example.com", record="mailto:a@elsewhere.example", codes=("not_here",))
    world.look()
    assert open_by_rule(world.engine) == {
        "certificate": 1,
        "mx_not_in_policy": 1,
        "record_elsewhere": 1,
        "policy_changed": 1,
    }
    assert world.one("certificate").subject == "mx9.example.com"
    world.check(NOW, left=90)
    world.look(NOW + later(2.1))
    assert open_count(world.engine) == 0
    assert world.told("certificate") == ["opened", "closed"]
    assert world.told("policy_changed") == ["opened"]  # news needs no end


def test_a_policy_that_cannot_be_fetched(world: World) -> None:
    world.check(NOW - later(3))
    world.check(NOW - later(1), error="tls")
    world.look()
    assert world.rows() == ()  # the first blip
    world.check(NOW - later(0.9), error="tls")
    world.look()
    assert (world.one("policy_fetch").size, world.told("policy_fetch")) == (1, ["opened"])
    world.look(NOW + later(10))  # nobody has looked since: nothing closes, and its max_age is over
    assert world.told("policy_fetch") == ["opened", "grown"]
    world.check(NOW + later(10))
    world.look(NOW + later(11))
    assert world.told("policy_fetch") == ["opened", "grown", "closed"]


def test_silence(world: World) -> None:
    for back in range(40, 8, -1):
        world.report(back)
    at = NOW + later(6.01)  # the last report came at NOW
    world.look(at, look.SILENCE)
    assert [(row.rule, row.size) for row in world.rows()] == [("no_reports", 6)]
    world.look(at)
    assert open_count(world.engine) == 1  # a look at states knows nothing of it
    world.collector.arrivals = 6_500 * 86_400  # milliseconds after NOW
    world.report(-5)
    world.look(NOW + later(6.6), look.SILENCE)
    assert world.told("no_reports") == ["opened", "closed"]


def test_figures_that_are_wrong_until_they_are_counted_afresh(world: World) -> None:
    def count(at: datetime, *, is_check: bool) -> int:
        domain_id, name = world.collector.id(), "example.com"
        found = recount(world.engine, domain_id, name, limits=Limits(), is_check=is_check, now=at, pause=lambda _: None)
        return len(list(found))

    world.report(3)
    assert count(NOW, is_check=True) == 0
    world.look()
    assert world.rows() == ()
    with writing(world.engine) as connection:
        connection.execute(update(rollup_day).values(successful=rollup_day.c.successful + 1))
    assert count(NOW, is_check=True) == 1
    world.look()
    row = world.one("figures_differ")
    assert (row.domain, row.size, row.evidence["names"]) == (None, 1, ["example.com"])
    assert count(NOW + later(1), is_check=True) == 1
    world.look(NOW + later(1))
    assert world.one("figures_differ").evidence["last_check"] == "2026-11-25"
    assert count(NOW + later(2), is_check=False) == 1
    world.look(NOW + later(2))
    assert world.told("figures_differ") == ["opened", "closed"]


def test_acknowledged_and_muted(world: World) -> None:
    world.check(NOW, left=5)
    world.look()
    row = world.one("certificate")
    assert store.acknowledge(world.engine, row.id, by="ada", now=NOW)
    assert store.mute(world.engine, row.id, NOW + later(30), by="ada")
    world.look(NOW + later(6))  # it has ended by now: twice as bad, and muted
    seen = alert(world.engine, row.id)
    assert seen is not None
    assert (seen.acknowledged_by, seen.muted_by, seen.size, seen.told_size) == ("ada", "ada", 2, 1)
    world.check(NOW + later(6.1), left=90)
    world.look(NOW + later(7))
    assert world.told("certificate") == ["opened", "(closed)"]
    assert [each.id for each in muted_closed(world.engine, NOW + later(8))] == [row.id]
    world.check(NOW + later(8), left=9)
    world.look(NOW + later(8))
    assert world.told("certificate") == ["opened", "(closed)", "(opened)"]
    assert not store.unmute(world.engine, row.id)  # it is closed
    assert store.unmute(world.engine, world.rows(state="open", rule="certificate")[0].id)


def test_whom_an_alert_concerns(world: World) -> None:
    world.collector.add("example.net")
    with Relay() as relay:
        world = world.with_settings(
            **relay.settings(),
            alerts__recipients="all@ops.example,com@ops.example=example.com,net@ops.example=example.net",
            alerts__webhooks=f"{HOOK},{HOOK}",
            alerts__apprise="json://hooks.example/token",
        )
        add(world.engine, Kept("kept@ops.example", ("example.com",), "ja", False, True, False, NOW))
        world.check(NOW, left=5)
        world.look()
    told = notices(world.engine, world.one("certificate").id)
    assert [(each.channel, each.target) for each in told] == [
        ("mail", "all@ops.example"),
        ("mail", "com@ops.example"),
        ("mail", "kept@ops.example"),
        ("webhook", digest(HOOK)),
        ("apprise", digest("json://hooks.example/token")),
    ]
    assert {each.state for each in told} == {"waiting"}


def test_what_is_told_of_the_installation_is_for_those_who_get_all(world: World) -> None:
    found = targets(
        world.engine,
        configured(mail__relay="127.0.0.1:1", alerts__recipients="a@ops.example,b@ops.example=example.com"),
        NOW,
    )
    assert [each.name for each in found if each.wants("")] == ["a@ops.example"]


def test_a_domain_that_is_removed_takes_its_alerts_with_it(world: World) -> None:
    world.check(NOW, left=5)
    world.look()
    assert domains.remove(world.engine, "example.com")
    world.look()
    assert world.rows() == ()


def test_what_the_pages_ask_for(world: World) -> None:
    world.check(NOW, left=5, mx="mx9.example.com")
    world.look()
    rules = [row.rule for row in world.rows()]
    assert rules == [row.rule for row in world.rows(domain_name="example.com", only=["example.com"])]
    assert world.rows(only=[]) == world.rows(domain_name="") == world.rows(state="closed") == ()
    assert open_count(world.engine, only=["example.net"]) == 0
    assert [row.rule for row in world.rows(rule="certificate")] == ["certificate"]


def test_closed_alerts_are_kept_for_a_year(world: World) -> None:
    world.check(NOW, left=5)
    world.look()
    world.check(NOW + later(1), left=90)
    world.look(NOW + later(2))
    assert store.expire(world.engine, NOW + later(1)) == 0
    assert store.expire(world.engine, NOW + later(3)) == 1
    assert world.rows() == ()


def test_a_name_of_no_rule_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"alerts\.off.*'held_bak' is none of held_back, "):
        configured(alerts__off="certificate,held_bak")


# Two schedulers.


def at_once(*acts: Callable[[], object]) -> list[object]:
    """All of them, each in a thread, begun at one time."""
    begin, results = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        begin.wait()
        results.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_two_that_look_at_once_make_one_alert_and_tell_each_target_once(world: World, migrated_url: str) -> None:
    world.check(NOW - later(3))
    world.check(NOW - later(1), left=5, mx="mx9.example.com")
    other = open_engine(migrated_url)
    second = World.__new__(World)
    second.engine, second.settings = other, world.settings
    at_once(world.look, second.look)
    assert sorted(row.rule for row in world.rows()) == ["certificate", "mx_not_in_policy"]
    assert world.told("certificate") == world.told("mx_not_in_policy") == ["opened"]
    at_once(lambda: world.look(NOW + later(6)), lambda: second.look(NOW + later(6)))
    assert world.told("certificate") == ["opened", "grown"]
    world.check(NOW + later(6.5), left=90)
    at_once(lambda: world.look(NOW + later(7)), lambda: second.look(NOW + later(7)))
    assert world.told("certificate") == ["opened", "grown", "closed"]
    other.dispose()


def claim(world: World, minutes: float) -> bool:
    at, every, lease = NOW + timedelta(minutes=minutes), timedelta(minutes=5), timedelta(minutes=15)
    return store.claim_look(world.engine, "states", owner=new_id(), now=at, every=every, lease=lease)


def test_one_scheduler_looks_at_a_time(world: World) -> None:
    assert sorted(at_once(*[lambda: claim(world, 0)] * 4)) == [False, False, False, True]


def test_nobody_looks_more_often_than_it_has_to_be(world: World) -> None:
    def looks(minutes: float) -> bool:
        return look.look_if_due(world.engine, world.settings, tuple, NOW + timedelta(minutes=minutes), new_id())

    assert [looks(minutes) for minutes in (0, 1, 4, 5, 6)] == [True, False, False, True, False]


def test_one_that_dies_while_it_looks_is_followed_by_another(world: World) -> None:
    assert [claim(world, minutes) for minutes in (0, 5, 14, 15, 16)] == [True, False, False, True, False]


def test_a_look_that_failed_may_be_taken_again_at_once(world: World) -> None:
    def fails() -> tuple[()]:
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        look.look_if_due(world.engine, world.settings, fails, NOW, new_id())
    assert look.look_if_due(world.engine, world.settings, tuple, NOW, new_id())
