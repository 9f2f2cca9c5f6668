"""A summary in sentences, which the plain text and the HTML lay out each in its own way. Pure.

Every sentence is a `Text`: `dashboard.text.language` tells it in the reader's language.
"""

from collector.text import Text, listed, say, say_n, sentences
from dashboard.summary.model import DomainWeek, Summary
from dashboard.text import percent_of
from dashboard.verdict import INSUFFICIENT_DATA, NOT_APPLICABLE, NOT_READY, READY

_MOST_NAMED = 3

WORDS = {
    READY: say("ready"),
    NOT_READY: say("not ready"),
    INSUFFICIENT_DATA: say("insufficient data"),
    NOT_APPLICABLE: say("not applicable"),
}


def needing(summary: Summary) -> list[DomainWeek]:
    """The domains that ask for something."""
    return [one for one in summary.domains if not one.is_well]


def subject(summary: Summary) -> Text:
    """The subject of the mail: the counts of the verdicts, the worst first."""
    counts = [
        (word, sum(one.verdict.word == word for one in summary.domains))
        for word in (NOT_READY, INSUFFICIENT_DATA, READY, NOT_APPLICABLE)
    ]
    told = [say("%(n)s %(verdict)s", n=count, verdict=WORDS[word]) for word, count in counts if count]
    if not told:
        return say("TLS reports %(week)s: no domain yet", week=str(summary.week))
    if len(summary.domains) == 1:
        [one] = summary.domains
        return say(
            "TLS reports %(week)s: %(domain)s %(verdict)s",
            week=str(summary.week),
            domain=one.domain,
            verdict=WORDS[one.verdict.word],
        )
    return say("TLS reports %(week)s: %(counts)s", week=str(summary.week), counts=listed(told))


def opening(summary: Summary) -> Text:
    """What the week was like, in a sentence or two."""
    count = len(needing(summary))
    if not summary.domains:
        return say("No domain has been added yet, so there is nothing to tell.")
    if not count:
        return say_n(
            "Your domain is well: there is nothing to do this week.",
            "All %(n)s domains are well: there is nothing to do this week.",
            len(summary.domains),
        )
    held = sum(one.held_back for one in summary.domains)
    need = _need(count, len(summary.domains))
    if not held:
        return need
    return sentences(
        need,
        say_n(
            "Mail was held back: %(n)s session failed under a policy in enforce.",
            "Mail was held back: %(n)s sessions failed under a policy in enforce.",
            held,
        ),
    )


def _need(count: int, domains: int) -> Text:
    if domains == 1:
        return say("Your domain asks for your attention.")
    return say_n(
        "%(n)s of %(all)s domains asks for your attention.",
        "%(n)s of %(all)s domains ask for your attention.",
        count,
        all=domains,
    )


def period(summary: Summary) -> Text:
    """Which days it is about; of a week that is not over, that it is not."""
    text = say(
        "Week %(week)s: %(first)s to %(last)s, UTC days.",
        week=str(summary.week),
        first=summary.week.first,
        last=summary.week.last,
    )
    if summary.made_at < summary.week.end:
        return sentences(text, say("The week is not over: these are the figures so far."))
    return text


def figures(one: DomainWeek) -> Text:
    """Sessions and failures, against the week before."""
    if not one.sessions:
        if not one.sessions_last_week:
            return say("No session was reported, nor in the week before.")
        return say_n(
            "No session was reported; %(n)s in the week before.",
            "No session was reported; %(n)s in the week before.",
            one.sessions_last_week,
        )
    told = say_n(
        "%(n)s session, %(failed)s failed (%(rate)s).",
        "%(n)s sessions, %(failed)s failed (%(rate)s).",
        one.sessions,
        failed=one.failed,
        rate=rate(one.failed, one.sessions),
    )
    if not one.sessions_last_week:
        return sentences(told, say("None were reported the week before."))
    return sentences(
        told,
        say_n(
            "The week before: %(n)s session, %(failed)s failed (%(rate)s).",
            "The week before: %(n)s sessions, %(failed)s failed (%(rate)s).",
            one.sessions_last_week,
            failed=one.failed_last_week,
            rate=rate(one.failed_last_week, one.sessions_last_week),
        ),
    )


def rate(failed: int, sessions: int) -> Text:
    """The share that failed: `0.12 %`."""
    return say("%(number)s %%", number=percent_of(failed, sessions))


THIS_WEEK, WEEK_BEFORE = say("This week"), say("The week before")


def mode(one: DomainWeek) -> Text:
    """The mode in force, and since when."""
    if one.mode_since is None:
        return say("mode %(mode)s", mode=one.mode)
    return say("mode %(mode)s since %(day)s", mode=one.mode, day=one.mode_since)


def failed(one: DomainWeek) -> Text:
    """The failures alone, for a line among many."""
    if not one.sessions:
        return say("no session")
    return say("%(failed)s failed", failed=one.failed)


def chart(one: DomainWeek) -> Text:
    """What the picture shows, for those who do not see it."""
    return say("Sessions of each day of two weeks: %(figures)s", figures=figures(one))


def further(after_some: bool) -> Text:
    """The heading over domains that have a line each."""
    return say("These ask for attention too") if after_some else say("These ask for attention")


def verdict(one: DomainWeek) -> Text:
    """The verdict in one sentence, and how it changed."""
    before, now = one.verdict_before, one.verdict.word
    if before is None or before == now:
        return sentences(one.verdict.sentence)
    return sentences(
        one.verdict.sentence,
        say("At the end of the week before: %(before)s; now: %(now)s.", before=WORDS[before], now=WORDS[now]),
    )


def quarantined(summary: Summary) -> Text | None:
    """What waits in quarantine from this week; None if nothing does, or it is not the reader's business."""
    if not summary.quarantined:
        return None
    waiting = sum(count for _, count in summary.quarantined)
    reasons = listed([say("%(name)s (%(n)s)", name=code, n=count) for code, count in summary.quarantined])
    return say_n(
        "%(n)s delivery of this week is in quarantine and not counted (%(reasons)s).",
        "%(n)s deliveries of this week are in quarantine and not counted (%(reasons)s).",
        waiting,
        reasons=reasons,
    )


def foreign(summary: Summary) -> Text | None:
    """Reports about domains that were not added."""
    if not summary.foreign:
        return None
    waiting = sum(count for _, count in summary.foreign)
    names = listed([say("%(name)s (%(n)s)", name=name, n=count) for name, count in summary.foreign], _MOST_NAMED)
    return say_n(
        "%(n)s delivery of this week is about domains that were not added: %(names)s.",
        "%(n)s deliveries of this week are about domains that were not added: %(names)s.",
        waiting,
        names=names,
    )
