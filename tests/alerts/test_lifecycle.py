"""Histories in, events out: what opens, grows and closes, when people are told, and when not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from collector.store.queries.silence import Silent
from collector.store.queries.trouble import Trouble
from dashboard.alerts import lifecycle, outlook, rules
from dashboard.alerts.facts import STATE_RULES, Facts
from dashboard.alerts.model import Closing, Condition, Key, Muted, Open, Opening, Update
from tests.alerts.made import (
    MX1,
    MX2,
    NOW,
    THRESHOLDS,
    broken,
    day,
    facts,
    failure,
    host,
    opened,
    policy,
    record,
    silence,
    trouble,
)

HELD = Condition("held_back", "example.com", "", 10, {"last_day": "2026-11-20"})


@dataclass
class Book:
    """Alerts as a database would keep them; each look tells its events, those that nobody is told of in brackets."""

    alerts: dict[Key, Open] = field(default_factory=dict)
    muted: dict[Key, Muted] = field(default_factory=dict)

    def look(self, seen: Facts, conditions: tuple[Condition, ...], at: datetime) -> list[str]:
        made = lifecycle.changes(list(self.alerts.values()), conditions, seen, at, muted=self.muted)
        return list(self._events(made, at))

    def _events(self, changes: tuple[object, ...], at: datetime) -> Iterator[str]:
        for change in changes:
            match change:
                case Opening(condition, muted):
                    until = None if muted is None else muted.until
                    self.alerts[condition.key] = opened(condition, opened_at=at, seen_at=at, muted_until=until)
                    yield "opened" if muted is None else "(opened)"
                case Update(before, condition, grows):
                    told = condition.size if grows else before.told_size
                    self.alerts[before.key] = replace(
                        before, size=condition.size, told_size=told, seen_at=at, evidence=condition.evidence
                    )
                    if grows:
                        yield "grown"
                case Closing(before, is_told, is_quiet):
                    del self.alerts[before.key]
                    if before.muted_until is not None:
                        self.muted[before.key] = Muted(before.muted_until, None)
                    yield "closed" if is_told and not is_quiet else "(closed)"

    def acknowledge(self) -> None:
        self.alerts = {
            key: replace(each, told_size=each.size, acknowledged_at=NOW) for key, each in self.alerts.items()
        }

    def mute(self, until: datetime) -> None:
        self.alerts = {key: replace(each, muted_until=until) for key, each in self.alerts.items()}


def sized(size: int, rule: str = "held_back") -> tuple[Condition, ...]:
    return (replace(HELD, rule=rule, size=size),)


OVER = facts(trouble())  # clean days with reports after the last failure
SIZES: list[tuple[str, str, list[int | None], list[str]]] = [
    ("opens once", "held_back", [10, 10, 10], ["opened"]),
    ("closes once", "held_back", [10, None, None], ["opened", "closed"]),
    ("opens again", "held_back", [10, None, 10], ["opened", "closed", "opened"]),
    ("twice as bad is told", "held_back", [10, 19, 20, 30, 39, 40], ["opened", "grown", "grown"]),
    ("getting better is not, nor what was known", "held_back", [40, 10, 40, 79], ["opened"]),
    ("two sessions instead of one are no other news", "held_back", [1, 2, 10, 11], ["opened", "grown"]),
    ("one that ends soon, and has ended", "certificate", [1, 1, 2, 2], ["opened", "grown"]),
    ("silence, each time it has doubled", "no_reports", [4, 5, 6, 7, 8, 12, 16], ["opened", "grown", "grown"]),
]


@pytest.mark.parametrize(("rule", "sizes", "events"), [case[1:] for case in SIZES], ids=[case[0] for case in SIZES])
def test_sizes_in_events_out(rule: str, sizes: list[int | None], events: list[str]) -> None:
    book, seen = Book(), replace(OVER, rules=STATE_RULES | {"no_reports"})
    told = []
    for number, size in enumerate(sizes):
        conditions = () if size is None else sized(size, rule)
        told += book.look(seen, conditions, NOW + timedelta(days=number))
    assert told == events


def test_hysteresis_what_is_not_enough_to_open_is_enough_to_stay_open() -> None:
    book, weak = Book(), tuple(replace(each, opens=False) for each in sized(10))
    assert book.look(OVER, weak, NOW) == []
    assert book.look(OVER, sized(10), NOW) == ["opened"]
    assert book.look(OVER, weak, NOW) == []
    assert book.look(OVER, (), NOW) == ["closed"]


def test_hysteresis_a_count_that_goes_up_and_down_does_not_open_and_close() -> None:
    book, full = Book(), (Condition("quarantine", "", "", 20, {}),)
    events = []
    for hour in range(9):
        events += book.look(OVER, full if hour % 2 == 0 else (), NOW + timedelta(hours=hour))
    assert events == ["opened"]
    assert book.look(OVER, (), NOW + timedelta(hours=13)) == []
    assert book.look(OVER, (), NOW + timedelta(hours=14)) == ["closed"]


def test_an_acknowledged_one_is_quiet_until_it_has_doubled_from_there_and_its_end_is_told() -> None:
    book = Book()
    book.look(OVER, sized(100), NOW)
    book.look(OVER, sized(150), NOW)
    book.acknowledge()
    assert book.look(OVER, sized(299), NOW) == []
    assert book.look(OVER, sized(300), NOW) == ["grown"]
    assert book.look(OVER, (), NOW) == ["closed"]


def test_a_muted_one_is_quiet_until_its_date() -> None:
    book, until = Book(), NOW + timedelta(days=3)
    book.look(OVER, sized(10), NOW)
    book.mute(until)
    assert book.look(OVER, sized(1000), NOW + timedelta(days=2)) == []
    assert book.look(OVER, sized(1000), until) == ["grown"]


def test_a_muted_one_closes_and_opens_again_without_a_word_until_its_date() -> None:
    book = Book()
    book.look(OVER, sized(10), NOW)
    book.mute(NOW + timedelta(days=3))
    assert book.look(OVER, (), NOW + timedelta(days=1)) == ["(closed)"]
    assert book.look(OVER, sized(10), NOW + timedelta(days=2)) == ["(opened)"]
    assert book.look(OVER, (), NOW + timedelta(days=4)) == ["closed"]
    assert book.look(OVER, sized(10), NOW + timedelta(days=5)) == ["opened"]


def test_a_rule_that_was_not_looked_at_closes_nothing() -> None:
    book = Book()
    book.look(OVER, sized(10), NOW)
    assert book.look(replace(OVER, rules=STATE_RULES - {"held_back"}), (), NOW) == []
    assert book.look(silence(), (), NOW) == []
    assert len(book.alerts) == 1


def test_a_rule_that_is_not_wanted_any_more_closes_without_a_word() -> None:
    book = Book()
    book.look(OVER, sized(10), NOW)
    off = replace(OVER, rules=STATE_RULES - {"held_back"}, off=frozenset({"held_back"}))
    assert book.look(off, (), NOW) == ["(closed)"]


# What it means that a rule does not hold any more. The last failure was three days ago in each case of days.

FAILED = Condition("held_back", "example.com", "", 10, {"last_day": day(3).isoformat()})
AT_HOST = Condition("certificate", "example.com", MX1, 1, {})
MISSING = Condition("mx_not_in_policy", "example.com", MX1, 2, {})
FETCH = Condition("policy_fetch", "example.com", "", 1, {})
RECORD = Condition("record_elsewhere", "example.com", "", 1, {})
NEWS = Condition("policy_changed", "example.com", "", 1, {})
QUIET = Condition("no_reports", "example.com", "", 5, {})
ONE_QUIET = Condition("reporter_silent", "example.com", "reporter.example", 5, {"last_day": day(8).isoformat()})
MANY = Condition("policy_fetch", "", "", 80, {"domains": 80})
WRONG = Condition("figures_differ", "", "", 12, {"differing_domains": 4})


def with_days(*days_ago: int) -> Facts:
    return facts(trouble(of_days=dict.fromkeys(days_ago, (100, 0))))


OUTLOOKS: list[tuple[str, Condition, Facts, str]] = [
    ("a day with reports came after it", FAILED, with_days(5, 4, 3, 2), outlook.OVER),
    ("no report since: nobody knows", FAILED, with_days(5, 4, 3), outlook.UNKNOWN),
    ("reports about days before it say nothing (rule 8)", FAILED, with_days(20, 10, 4), outlook.UNKNOWN),
    (
        "no look for days, and the last that came was no better",
        FAILED,
        facts(trouble(failure(2), failure(3), of_days=dict.fromkeys((4, 3, 2), (100, 10)))),
        outlook.UNKNOWN,
    ),
    (
        "what fails now is another thing",
        FAILED,
        facts(trouble(failure(2, mode="testing"), of_days=dict.fromkeys((4, 3, 2), (100, 10)))),
        outlook.OVER,
    ),
    (
        "the new failure went on",
        replace(FAILED, rule="new_failure", subject="certificate-expired"),
        facts(trouble(failure(2), of_days={3: (100, 10), 2: (100, 10)})),
        outlook.UNKNOWN,
    ),
    (
        "nobody will ever know",
        replace(FAILED, evidence={"last_day": day(29).isoformat()}),
        with_days(29),
        outlook.OLD,
    ),
    ("another certificate", AT_HOST, facts(trouble(hosts=(host(left=90),))), outlook.OVER),
    ("the host did not answer", AT_HOST, facts(trouble(hosts=(host(left=None),))), outlook.UNKNOWN),
    ("the host is no MX any more", AT_HOST, facts(trouble(hosts=(host(MX2),))), outlook.OVER),
    ("there are no hosts to be seen", AT_HOST, facts(trouble()), outlook.UNKNOWN),
    (
        "another certificate of the policy host",
        replace(AT_HOST, subject="mta-sts.example.com"),
        facts(trouble(history=(policy(certificate=90),))),
        outlook.OVER,
    ),
    (
        "the policy host does not answer",
        replace(AT_HOST, subject="mta-sts.example.com"),
        facts(trouble(history=(policy(last=1, certificate=90), broken()))),
        outlook.UNKNOWN,
    ),
    ("the policy names it", MISSING, facts(trouble(history=(policy(),), hosts=(host(),))), outlook.OVER),
    (
        "the policy could not be read",
        MISSING,
        facts(trouble(history=(policy(last=9), broken(first=9)), hosts=(host(matches=None),))),
        outlook.UNKNOWN,
    ),
    ("the policy was fetched", FETCH, facts(trouble(history=(broken(first=2, last=1), policy(first=1)))), outlook.OVER),
    ("one more failed look", FETCH, facts(trouble(history=(policy(last=1), broken()))), outlook.UNKNOWN),
    ("it leads here again", RECORD, facts(trouble(records=(record(),))), outlook.OVER),
    ("DNS does not answer", RECORD, facts(trouble(records=(record(None, "dns"),))), outlook.UNKNOWN),
    ("news of three days ago", NEWS, facts(trouble()), outlook.OLD),
    ("reports came", QUIET, silence(), outlook.OVER),
    ("none came about anything", QUIET, silence(last_stored=NOW - timedelta(days=2)), outlook.UNKNOWN),
    ("the reporter told of a day", ONE_QUIET, silence(), outlook.OVER),
    (
        "now all are silent about the domain",
        ONE_QUIET,
        silence(silent=(Silent("example.com", 28, day(5), NOW),)),
        outlook.UNKNOWN,
    ),
    (
        "a reporter that left the window",
        replace(ONE_QUIET, evidence={"last_day": day(32).isoformat()}),
        silence(),
        outlook.OLD,
    ),
    ("few are left of a crowd", MANY, facts(), outlook.OVER),
    ("figures are as counted afresh", WRONG, facts(), outlook.OVER),
    ("the domain was removed meanwhile", FETCH, facts(), outlook.UNKNOWN),
]


@pytest.mark.parametrize(
    ("condition", "seen", "expected"), [case[1:] for case in OUTLOOKS], ids=[case[0] for case in OUTLOOKS]
)
def test_outlook(condition: Condition, seen: Facts, expected: str) -> None:
    assert outlook.outlook(opened(condition), seen, NOW) == expected


def history(story: Callable[[int], Trouble], first: int, last: int) -> list[tuple[int, str]]:
    """Events by day, as the rules see what `story` tells of each day's noon (0 is NOW, later days are negative ago)."""
    book, told = Book(), []
    for number in range(first, last + 1):
        at = NOW + timedelta(days=number)
        seen = facts(story(number))
        told += [(number, event) for event in book.look(seen, rules.look(seen, THRESHOLDS, at), at)]
    return told


def test_a_fault_of_two_days_from_beginning_to_end() -> None:
    # It begins on day 0 and is mended on day 2; the report about a day comes on the next.
    def story(today: int) -> Trouble:
        known = list(range(-today + 1, 40))
        failing = [failure(back, 50) for back in known if back in (0, -1)]
        figures = {back: (1000, 50 if back in (0, -1) else 0) for back in known}
        return trouble(*failing, of_days=figures)

    assert history(story, 0, 8) == [
        (1, "opened"),
        (1, "opened"),
        (1, "opened"),
        (5, "closed"),
        (5, "closed"),
        (5, "closed"),
    ]


def test_a_fault_after_which_nothing_is_heard_does_not_close() -> None:
    def story(today: int) -> Trouble:
        known = range(max(-today + 1, 0), 40)
        return trouble(*[failure(0, 5)] * (today > 0), of_days=dict.fromkeys(known, (1000, 0)))

    assert history(story, 0, 20) == [(1, "opened"), (1, "opened")]


def test_a_late_report_of_an_old_day_opens_nothing() -> None:
    def story(today: int) -> Trouble:
        return trouble(failure(14, 500), of_days={back: (1000, 500 * (back == 14)) for back in range(1, 32)})

    assert history(story, 0, 1) == []
