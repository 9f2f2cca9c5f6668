"""The rules about reports that do not come. What is silent for chance is not told: it had to be regular before."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from collector.settings import Alerts
from collector.store.queries.silence import SPAN_DAYS, Silent, SilentReporter
from dashboard.alerts.facts import Facts
from dashboard.alerts.model import Condition, Figures

# Who tells of one day in four may well be silent for a week. Four times the usual gap is no chance any more.
_GAPS = 4
_LEAST_DAYS = 7  # of the four weeks
# The longer a reporter is silent, the fewer days are left in the window: of fewer than these nothing is regular.
_LEAST_SPAN = 14
# Where more of a domain's fall silent at a time, these are enough to see that it is not about them.
_MOST_REPORTERS = 5


def no_reports(facts: Facts, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """No report about a domain for days, or about any. `size`: days since the last one came."""
    quiet = [each for each in facts.silent if each.last_day is not None]
    if everything_is_silent(facts, thresholds, now) and len(quiet) > 1 and facts.last_stored is not None:
        evidence = {"last_report": facts.last_stored.isoformat(), "last_day": facts.last_stored.date().isoformat()}
        yield Condition("no_reports", "", "", (now - facts.last_stored).days, evidence)
        return
    for each in quiet:
        yield from _no_reports(each, thresholds, now)


def everything_is_silent(facts: Facts, thresholds: Alerts, now: datetime) -> bool:
    """Whether it is not a domain that is silent, but all: then the fault is here, and one alert says so."""
    last = facts.last_stored
    return last is not None and now - last >= timedelta(days=thresholds.silent_days)


def _no_reports(domain: Silent, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    assert domain.last_day is not None
    assert domain.last_received is not None
    silent = (now - domain.last_received).days
    if silent < thresholds.silent_days:
        return  # late reports about days long past: they come
    needed = max(thresholds.silent_days, _patience(domain.days, SPAN_DAYS))
    opens = domain.days >= _LEAST_DAYS and needed <= silent <= max(2 * needed, SPAN_DAYS)
    evidence: Figures = {
        "last_report": domain.last_received.isoformat(),
        "last_day": domain.last_day.isoformat(),
        "regular_days": domain.days,
    }
    yield Condition("no_reports", domain.name, "", silent, evidence, opens)


def reporter_silent(facts: Facts, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """A reporter that told of most days tells of none. `size`: days since the last one it told of.

    Not where the whole domain is silent, or all: that is told already.
    """
    if everything_is_silent(facts, thresholds, now):
        return
    for domain in facts.silent:
        opening = 0
        for each in sorted(domain.reporters, key=lambda each: (-each.days, each.reporter)):
            condition = _reporter_silent(domain.name, each, thresholds, now.date())
            opening += condition.opens
            if not condition.opens or opening <= _MOST_REPORTERS:
                yield condition


def _reporter_silent(name: str, found: SilentReporter, thresholds: Alerts, today: date) -> Condition:
    silent = (today - found.last_day).days
    span = (found.last_day - found.first_day).days + 1
    is_regular = 2 * found.days >= span >= _LEAST_SPAN
    evidence: Figures = {"last_day": found.last_day.isoformat(), "regular_days": found.days}
    opens = is_regular and silent > max(thresholds.silent_days, _patience(found.days, span))
    return Condition("reporter_silent", name, found.reporter[:200], silent, evidence, opens)


def _patience(days: int, span: int) -> int:
    """How many days of silence are no chance for who reported about `days` of `span`."""
    return _GAPS * span // max(days, 1)
