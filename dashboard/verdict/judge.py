"""The judgement: every reason by itself, then the verdict that they make together. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from collector.settings import Verdict as Thresholds
from collector.store.queries import WINDOW_DAYS, Evidence
from collector.text import Text, listed, say, say_n
from dashboard import explain
from dashboard.verdict import published, words
from dashboard.verdict.blame import Blame, blame
from dashboard.verdict.model import INSUFFICIENT_DATA, NOT_APPLICABLE, NOT_READY, READY, Figures, Reason, Verdict
from dashboard.verdict.relevant import Sorted, sort

# R18, R38: a report comes a day after its day, hours late, and is retried for another day.
_SILENCE = timedelta(days=3)
_ASK = say("See that the _smtp._tls record asks for reports at an address that reaches this collector, and wait.")


def judge(evidence: Evidence, thresholds: Thresholds, now: datetime) -> Verdict:
    """Whether it is safe to go, or to stay, in `enforce`. `now` is aware, UTC.

    A known fault makes `not_ready`; without one, what is not known for sure makes `insufficient_data`.
    """
    failed = sort(evidence)
    last_failed = failed.last_day
    clean = [day for day in evidence.days if last_failed is None or day > last_failed]
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
        if evidence.history:
            text = say("Mode none is published. Senders may deliver in clear.")
        else:
            text = say(
                "Mode none is what the reports tell: their senders found no policy. Senders may deliver in clear."
            )
        return Reason("mode", text, None, fix=_BEGIN)
    if evidence.mode == "unknown" and evidence.history and evidence.history[-1].error == "no_record":
        return Reason("mode", say("No MTA-STS policy is published. Senders may deliver in clear."), None, fix=_BEGIN)
    return None


_BEGIN = say("Publish a policy with mode testing to begin with.")
_NOTHING = say("There is no enforce to judge.")


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


def _refused(code: str, by_day: dict[date, int], since: date, fix: str) -> Reason:
    if not by_day:
        return Reason(code, _none_failed(code), True)
    last, text = max(by_day), _some_failed(code, sum(by_day.values()))
    if last < since:
        text = say("%(failed)s. The last of them on %(day)s, and none since.", failed=text, day=last)
        return Reason(code, text, True)
    text = say("%(failed)s, %(days)s.", failed=text, days=words.days(min(by_day), last))
    return Reason(code, text, False, fix=fix)


def _none_failed(code: str) -> Text:
    if code == "held_back":
        return say("No session failed in the last %(days)s days under a policy in enforce.", days=WINDOW_DAYS)
    return say("No session failed in the last %(days)s days under a policy in testing.", days=WINDOW_DAYS)


def _some_failed(code: str, failed: int) -> Text:
    if code == "held_back":
        return say_n(
            "%(n)s session failed under a policy in enforce: that mail was held back",
            "%(n)s sessions failed under a policy in enforce: that mail was held back",
            failed,
        )
    return say_n(
        "%(n)s session failed under a policy in testing: enforce would have held that mail back",
        "%(n)s sessions failed under a policy in testing: enforce would have held that mail back",
        failed,
    )


_FIND = say("Find the cause of the failures, below by result type, and wait until the clean days are full.")


def _policy_failures(failed: Sorted, since: date, fix: str) -> Reason:
    first, last = min(each.day for each in failed.policy), max(each.day for each in failed.policy)
    text = say_n(
        "Senders could not get your policy (%(n)s failure), %(days)s: enforce protects nobody then.",
        "Senders could not get your policy (%(n)s failures), %(days)s: enforce protects nobody then.",
        sum(each.failed for each in failed.policy),
        days=words.days(first, last),
    )
    return Reason("policy_failures", text, last < since, fix=fix)


def _enough(evidence: Evidence, figures: Figures, failed: Sorted, least: Thresholds, today: date) -> Iterator[Reason]:
    text = _clean_days(figures.days, failed.last_day, least.days)
    yield Reason("clean_days", text, figures.days >= least.days, stops=INSUFFICIENT_DATA, fix=_WAIT)
    text = say_n(
        "%(n)s session under your policy in the last %(days)s days; %(least)s are needed.",
        "%(n)s sessions under your policy in the last %(days)s days; %(least)s are needed.",
        figures.sessions,
        days=WINDOW_DAYS,
        least=least.sessions,
    )
    enough = figures.sessions >= least.sessions
    yield Reason("sessions", text, enough, stops=INSUFFICIENT_DATA, fix=_WAIT)
    text = say_n(
        "%(n)s reporter told of them; %(least)s are needed.",
        "%(n)s reporters told of them; %(least)s are needed.",
        figures.reporters,
        least=least.reporters,
    )
    enough = figures.reporters >= least.reporters
    yield Reason("reporters", text, enough, stops=INSUFFICIENT_DATA, fix=_WAIT)
    yield _recent(evidence.days, today)


_WAIT = say("Wait for more reports; the policy can stay as it is.")


def _clean_days(days: int, last_failed: date | None, least: int) -> Text:
    if last_failed is None:
        return say_n(
            "%(n)s clean day with reports; %(least)s are needed.",
            "%(n)s clean days with reports; %(least)s are needed.",
            days,
            least=least,
        )
    return say_n(
        "%(n)s clean day with reports after the last failure, on %(day)s; %(least)s are needed.",
        "%(n)s clean days with reports after the last failure, on %(day)s; %(least)s are needed.",
        days,
        day=last_failed,
        least=least,
    )


def _recent(days: Sequence[date], today: date) -> Reason:
    """Silence is not health: clean days of three weeks ago say nothing about now."""
    if not days:
        text = say("No report of the last %(days)s days tells of a session under your policy.", days=WINDOW_DAYS)
        return Reason("recent", text, False, stops=INSUFFICIENT_DATA, fix=_ASK)
    if today - days[-1] > _SILENCE:
        text = say("The last day that was reported is %(day)s: silence since then.", day=days[-1])
        return Reason("recent", text, False, stops=INSUFFICIENT_DATA, fix=_ASK)
    return Reason("recent", say("The last day that was reported is %(day)s.", day=days[-1]), True)


def _told(evidence: Evidence, failed: Sorted) -> Iterator[Reason]:
    """What weighs nothing, and is good to know."""
    if failed.dane:
        text = say_n(
            "%(n)s failure of DANE alone (%(kinds)s): enforce does not look at these, senders that use DANE hold that "
            "mail back in any mode.",
            "%(n)s failures of DANE alone (%(kinds)s): enforce does not look at these, senders that use DANE hold that "
            "mail back in any mode.",
            sum(each.failed for each in failed.dane),
            kinds=listed(sorted({each.result_type for each in failed.dane})),
        )
        yield Reason("dane", text, None)
    if failed.unjudged:
        text = say_n(
            "%(n)s failure told without an MTA-STS policy: by senders that had none, or for DANE, which may be the "
            "same sessions again. They are not judged.",
            "%(n)s failures told without an MTA-STS policy: by senders that had none, or for DANE, which may be the "
            "same sessions again. They are not judged.",
            sum(each.failed for each in failed.unjudged),
        )
        yield Reason("not_judged", text, None)
    if evidence.unauthenticated:
        text = say_n(
            "%(some)s of the %(n)s session are told by reports without authentication: anybody could have sent those.",
            "%(some)s of the %(n)s sessions are told by reports without authentication: anybody could have sent those.",
            evidence.sessions,
            some=evidence.unauthenticated,
        )
        yield Reason("unauthenticated", text, None)


def _sentence(word: str, mode: str) -> str:
    if word == READY:
        if mode == "enforce":
            return say("Enforce is healthy: no mail is held back.")
        return say("It is safe to go to enforce.")
    if word == INSUFFICIENT_DATA:
        return say("There is not enough to judge by yet.")
    return say("Enforce is not healthy.") if mode == "enforce" else say("It is not safe to go to enforce yet.")


def _next(word: str, evidence: Evidence, reasons: Sequence[Reason]) -> str:
    if word == READY and evidence.mode == "enforce":
        return say("Nothing. Stay in enforce; the verdict follows what comes in.")
    if word == READY:
        return say("Publish the policy with mode enforce: the file first, then a new id in the _mta-sts record.")
    return next(reason.fix for reason in reasons if reason.ok is False and reason.stops == word)
