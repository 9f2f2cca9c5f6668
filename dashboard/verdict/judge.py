"""The judgement: every reason by itself, then the verdict that they make together. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from collector.settings import Verdict as Thresholds
from collector.store.queries import WINDOW_DAYS, Evidence
from dashboard import explain
from dashboard.verdict import published, words
from dashboard.verdict.blame import Blame, blame
from dashboard.verdict.model import INSUFFICIENT_DATA, NOT_APPLICABLE, NOT_READY, READY, Figures, Reason, Verdict
from dashboard.verdict.relevant import Sorted, sort

# R18, R38: a report comes a day after its day, hours late, and is retried for another day.
_SILENCE = timedelta(days=3)
_ASK = "See that the _smtp._tls record asks for reports at an address that reaches this collector, and wait."


def judge(evidence: Evidence, thresholds: Thresholds, now: datetime) -> Verdict:
    """Whether it is safe to go, or to stay, in `enforce`. `now` is aware, UTC.

    A known fault makes `not_ready`; without one, what is not known for sure makes `insufficient_data`.
    """
    failed = sort(evidence)
    clean = [day for day in evidence.days if failed.last_day is None or day > failed.last_day]
    figures = Figures(len(clean), evidence.sessions, evidence.reporters, sum(failed.refused.values()))
    off = _not_applicable(evidence)
    if off is not None:
        return Verdict(NOT_APPLICABLE, evidence.mode, (off,), figures, _NOTHING, off.fix)
    blamed = _blamed(evidence, failed)
    since = now.date() - timedelta(days=thresholds.days)
    reasons = (
        *published.reasons(evidence, now),
        *_failures(evidence.mode, failed, blamed, since),
        *_enough(evidence, figures, failed, thresholds, now.date()),
        *_told(evidence, failed),
    )
    word = _word(reasons)
    return Verdict(
        word, evidence.mode, reasons, figures, _sentence(word, evidence.mode), _next(word, evidence, reasons)
    )


def _not_applicable(evidence: Evidence) -> Reason | None:
    """Without MTA-STS, or with mode none on purpose, there is nothing to judge."""
    if evidence.mode == "none":
        source = "is published" if evidence.history else "is what the reports tell: their senders found no policy"
        text = f"Mode none {source}. Senders may deliver in clear."
        return Reason("mode", text, None, fix="Publish a policy with mode testing to begin with.")
    if evidence.mode == "unknown" and evidence.history and evidence.history[-1].error == "no_record":
        text = "No MTA-STS policy is published. Senders may deliver in clear."
        return Reason("mode", text, None, fix="Publish a policy with mode testing to begin with.")
    return None


_NOTHING = "There is no enforce to judge."


def _word(reasons: Sequence[Reason]) -> str:
    stops = {reason.stops for reason in reasons if reason.ok is False}
    return next((word for word in (NOT_READY, INSUFFICIENT_DATA) if word in stops), READY)


def _blamed(evidence: Evidence, failed: Sorted) -> tuple[Blame, ...]:
    """Whose fault it looks like; nothing where the evidence does not tell reporters."""
    return blame(
        (failure for failure in failed.relevant if failure.reporter is not None),
        reporters=evidence.reporters,
        mx=evidence.mx or (),
        days=evidence.days,
        history=evidence.history,
    )


def _failures(mode: str, failed: Sorted, blamed: Sequence[Blame], since: date) -> Iterator[Reason]:
    """`since`: failures from that day on are too young for `ready`."""
    fix = next((explain.result_type(each.result_type).action for each in blamed if each.last_day >= since), _FIND)
    for of_mode, code in (("testing", "would_refuse"), ("enforce", "held_back")):
        by_day = {day: count for (day, reported), count in failed.refused.items() if reported == of_mode}
        if by_day or of_mode == mode:
            yield _refused(code, by_day, since, fix)
    if failed.policy:
        yield _policy_failures(failed, since, fix)
    for one in blamed:
        yield Reason(f"blame_{one.kind}", one.text, None)


_REFUSED = {
    "would_refuse": "under a policy in testing: enforce would have held that mail back",
    "held_back": "under a policy in enforce: that mail was held back",
}


def _refused(code: str, by_day: dict[date, int], since: date, fix: str) -> Reason:
    meant = _REFUSED[code]
    if not by_day:
        return Reason(code, f"No session failed in the last {WINDOW_DAYS} days {meant.partition(':')[0]}.", True)
    last = max(by_day)
    text = f"{words.count(sum(by_day.values()), 'session')} failed {meant}"
    if last < since:
        return Reason(code, f"{text}. The last of them on {words.day(last)}, and none since.", True)
    return Reason(code, f"{text}, {words.days(min(by_day), last)}.", False, fix=fix)


_FIND = "Find the cause of the failures, below by result type, and wait until the clean days are full."


def _policy_failures(failed: Sorted, since: date, fix: str) -> Reason:
    first, last = min(each.day for each in failed.policy), max(each.day for each in failed.policy)
    times = words.count(sum(each.failed for each in failed.policy), "failure")
    text = f"Senders could not get your policy ({times}), {words.days(first, last)}: enforce protects nobody then."
    return Reason("policy_failures", text, last < since, fix=fix)


def _enough(evidence: Evidence, figures: Figures, failed: Sorted, least: Thresholds, today: date) -> Iterator[Reason]:
    after = "" if failed.last_day is None else f" after the last failure, on {words.day(failed.last_day)}"
    text = f"{words.count(figures.days, 'clean day')} with reports{after}; {least.days} are needed."
    yield Reason("clean_days", text, figures.days >= least.days, stops=INSUFFICIENT_DATA, fix=_WAIT)
    text = f"{words.count(figures.sessions, 'session')} under your policy in the last {WINDOW_DAYS} days; "
    enough = figures.sessions >= least.sessions
    yield Reason("sessions", f"{text}{least.sessions:,} are needed.", enough, stops=INSUFFICIENT_DATA, fix=_WAIT)
    text = f"{words.count(figures.reporters, 'reporter')} told of them; {least.reporters:,} are needed."
    enough = figures.reporters >= least.reporters
    yield Reason("reporters", text, enough, stops=INSUFFICIENT_DATA, fix=_WAIT)
    yield _recent(evidence.days, today)


_WAIT = "Wait for more reports; the policy can stay as it is."


def _recent(days: Sequence[date], today: date) -> Reason:
    """Silence is not health: clean days of three weeks ago say nothing about now."""
    if not days:
        text = f"No report of the last {WINDOW_DAYS} days tells of a session under your policy."
        return Reason("recent", text, False, stops=INSUFFICIENT_DATA, fix=_ASK)
    text = f"The last day that was reported is {words.day(days[-1])}"
    if today - days[-1] > _SILENCE:
        return Reason("recent", f"{text}: silence since then.", False, stops=INSUFFICIENT_DATA, fix=_ASK)
    return Reason("recent", f"{text}.", True)


def _told(evidence: Evidence, failed: Sorted) -> Iterator[Reason]:
    """What weighs nothing, and is good to know."""
    if failed.dane:
        kinds = words.listed(sorted({each.result_type for each in failed.dane}))
        text = (
            f"{words.count(sum(each.failed for each in failed.dane), 'failure')} of DANE alone ({kinds}): enforce does "
            "not look at these, senders that use DANE hold that mail back in any mode."
        )
        yield Reason("dane", text, None)
    if failed.unjudged:
        text = (
            f"{words.count(sum(each.failed for each in failed.unjudged), 'failure')} told without an MTA-STS policy: "
            "by senders that had none, or for DANE, which may be the same sessions again. They are not judged."
        )
        yield Reason("not_judged", text, None)
    if evidence.unauthenticated:
        text = (
            f"{evidence.unauthenticated:,} of the {words.count(evidence.sessions, 'session')} are told by reports "
            "without authentication: anybody could have sent those."
        )
        yield Reason("unauthenticated", text, None)


def _sentence(word: str, mode: str) -> str:
    if word == READY:
        return "Enforce is healthy: no mail is held back." if mode == "enforce" else "It is safe to go to enforce."
    if word == INSUFFICIENT_DATA:
        return "There is not enough to judge by yet."
    return "Enforce is not healthy." if mode == "enforce" else "It is not safe to go to enforce yet."


def _next(word: str, evidence: Evidence, reasons: Sequence[Reason]) -> str:
    if word == READY and evidence.mode == "enforce":
        return "Nothing. Stay in enforce; the verdict follows what comes in."
    if word == READY:
        return "Publish the policy with mode enforce: the file first, then a new id in the _mta-sts record."
    return next(reason.fix for reason in reasons if reason.ok is False and reason.stops == word)
