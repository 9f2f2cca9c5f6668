"""Two schedulers send at once and one is killed, at every step: each recipient gets the week's mail exactly once.

There is one point at which nobody can know: the relay has taken the mail and its sender died before it could write
that down. There, and only there, the mail comes once more, under the same Message-ID.
"""

from collections import Counter
from datetime import timedelta

import pytest

from collector.store.engine import open_engine
from collector.store.queries import outgoing
from dashboard.mail.post import STEPS
from tests.summary.schedulers import NOW, WEEK, begin, context, finish, go_on
from tests.support.relay import Relay

PEOPLE = tuple(f"{name}@example.net" for name in ("ada", "bob", "cyd", "dan", "eve"))
LATER = timedelta(hours=1)  # after every claim of the dead has run out
KILLED = -9


def given(relay: Relay) -> dict[str, str]:
    return relay.settings(mail__from="tlsrpt@example.com", summary__recipients=",".join(PEOPLE))


def arrived(relay: Relay) -> Counter[str]:
    """How often each recipient got it; a second one is the same mail."""
    by_person: dict[str, set[str]] = {}
    for mail in relay.mails:
        by_person.setdefault(mail.recipient, set()).add(mail.message_id)
    assert all(len(ids) == 1 for ids in by_person.values()), by_person
    return Counter(mail.recipient for mail in relay.mails)


def states(url: str, late: timedelta = LATER) -> Counter[str]:
    engine = open_engine(url)
    runs = outgoing.summary_runs(engine, now=NOW + late, week=str(WEEK))
    engine.dispose()
    return Counter(run.state for run in runs)


@pytest.mark.parametrize("step", STEPS)
def test_two_at_once_of_which_one_is_killed(step: str, migrated_url: str) -> None:
    with Relay() as relay:
        start = context.Barrier(2)
        killed = begin(migrated_url, given(relay), step=step, start=start)
        other = begin(migrated_url, given(relay), start=start)
        assert finish(other) == 0
        was_killed = finish(killed) == KILLED  # the other may have left it nothing to do
        go_on(migrated_url, given(relay), late=LATER)
        counts = arrived(relay)
    assert set(counts) == set(PEOPLE)
    assert states(migrated_url) == {outgoing.SENT: len(PEOPLE)}
    twice = 1 if was_killed and step == "taken" else 0
    assert counts.total() == len(PEOPLE) + twice


@pytest.mark.parametrize(("step", "count"), [*zip(STEPS, (3, 1, 3, 1, 3, 1), strict=True)])
def test_one_is_killed_and_another_goes_on(step: str, count: int, migrated_url: str) -> None:
    with Relay() as relay:
        assert finish(begin(migrated_url, given(relay), step=step, count=count)) == KILLED
        before = arrived(relay)
        go_on(migrated_url, given(relay))
        # What the dead one had claimed waits until its claim is over.
        claimed = 0 if step == "recorded" else 1
        assert states(migrated_url, timedelta()) == Counter(
            {outgoing.SENT: len(PEOPLE) - claimed, **({outgoing.SENDING: 1} if claimed else {})}
        )
        go_on(migrated_url, given(relay), late=LATER)
        counts = arrived(relay)
    assert before.total() == count - (0 if step in ("taken", "recorded") else 1)
    assert set(counts) == set(PEOPLE)
    assert counts.total() == len(PEOPLE) + (1 if step == "taken" else 0)
    assert states(migrated_url) == {outgoing.SENT: len(PEOPLE)}


@pytest.mark.parametrize("step", ["handed_over", "taken"])
def test_who_dies_twice_where_nobody_can_know_does_not_send_a_third_time(step: str, migrated_url: str) -> None:
    with Relay() as relay:
        settings = given(relay) | {"summary.recipients": PEOPLE[0]}
        for hours in range(2):
            late = timedelta(hours=hours)
            assert finish(begin(migrated_url, settings, step=step, late=late)) == KILLED
        go_on(migrated_url, settings, late=timedelta(hours=2))
        assert arrived(relay).total() == (2 if step == "taken" else 0)
    assert states(migrated_url) == {outgoing.UNCERTAIN: 1}  # and that is shown


def test_two_at_once_share_the_work(migrated_url: str) -> None:
    with Relay() as relay:
        start = context.Barrier(2)
        both = [begin(migrated_url, given(relay), start=start) for _ in range(2)]
        assert [finish(process) for process in both] == [0, 0]
        assert arrived(relay) == Counter(PEOPLE)
    assert states(migrated_url) == {outgoing.SENT: len(PEOPLE)}
