"""Which domain comes first in a summary, and which need not be spoken of. Pure."""

from dataclasses import replace

from dashboard.summary.model import DomainWeek
from dashboard.verdict import INSUFFICIENT_DATA, NOT_APPLICABLE, NOT_READY, READY

# Most important first: the place of each says how a summary is ordered.
HELD_BACK, NOT_HEALTHY, NEWLY_NOT_READY, BLOCKED, FAILURES, NEWS, MOVE_ON, WAITING, WELL = range(9)


def level(one: DomainWeek) -> int:
    """One of the places above."""
    word = one.verdict.word
    if one.held_back:
        return HELD_BACK
    if word == NOT_READY:
        if one.mode == "enforce":
            return NOT_HEALTHY
        return BLOCKED if one.verdict_before == NOT_READY else NEWLY_NOT_READY
    if one.failed:
        return FAILURES
    if _has_news(one):
        return NEWS
    if word == READY and one.mode != "enforce":
        return MOVE_ON
    return WAITING if word == INSUFFICIENT_DATA else WELL


def rank(one: DomainWeek) -> tuple[int, int, str]:
    """Sort key."""
    return level(one), -one.failed, one.domain


def is_well(one: DomainWeek) -> DomainWeek:
    """The same with its `is_well`: nobody has to do anything, and nothing changed.

    Too little to judge by is no news the second time, as long as reports come.
    """
    place = level(one)
    waits = place == WAITING and one.verdict_before == INSUFFICIENT_DATA
    return replace(one, is_well=place == WELL or waits)


def _has_news(one: DomainWeek) -> bool:
    silent = one.reports == 0 and one.verdict.word != NOT_APPLICABLE
    changed = one.verdict_before != one.verdict.word and one.verdict.word == NOT_APPLICABLE
    return bool(one.policy_changes or one.certificates or one.silent_reporters) or silent or changed
