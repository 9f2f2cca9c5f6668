"""A summary in sentences, which the plain text and the HTML lay out each in its own way. Pure.

Every sentence is a `Text`: `dashboard.text.language` tells it in the reader's language.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from collector.text import Text, clauses, listed, say, say_n, sentences
from dashboard.summary.model import DomainWeek, EndingCertificate, Summary, TopFailure
from dashboard.summary.rank import MOVE_ON, level
from dashboard.text import percent_of
from dashboard.verdict import INSUFFICIENT_DATA, NOT_APPLICABLE, NOT_READY, READY
from dashboard.verdict.blame import EVERYBODY, ONE_MX, ONE_REPORTER

_MOST_NAMED = 3
_MOST_CAUSES = 5
_URGENT_DAYS = 14
_TOLD_BY_CAUSES = ("held_back", "would_refuse")

WORDS = {
    READY: say("ready"),
    NOT_READY: say("not ready"),
    INSUFFICIENT_DATA: say("insufficient data"),
    NOT_APPLICABLE: say("not applicable"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is said of a domain.

    `kind` says what it is about, `weight` how much it weighs: `bad`, `look` or `ok`. `action`: what to do about it.
    DOMAIN in both texts stands for the domain's name, as in dashboard.explain: it is put in once they are told.
    """

    kind: str
    text: str
    weight: str = "look"
    action: str = ""


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
    need = say_n(
        "%(n)s of %(all)s domains asks for your attention.",
        "%(n)s of %(all)s domains ask for your attention.",
        count,
        all=len(summary.domains),
    )
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
    return say("%(failed)s failed (%(rate)s)", failed=one.failed, rate=rate(one.failed, one.sessions))


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
        say("A week ago: %(before)s; now: %(now)s.", before=WORDS[before], now=WORDS[now]),
    )


def lines(one: DomainWeek) -> Iterator[Line]:
    """Everything else there is to say of a domain, most important first."""
    yield from _mode(one)
    yield from _causes(one)
    yield from _why(one)
    for change in one.policy_changes:
        yield Line("policy", say("%(when)s, published policy: %(change)s.", when=change.at, change=change.text))
    if one.drift is not None:
        yield Line("drift", one.drift, "ok")
    is_told = any(reason.code == "certificates" and reason.ok is False for reason in one.verdict.reasons)
    for certificate in one.certificates:
        if not is_told or certificate.days_left >= _URGENT_DAYS:
            yield _certificate(certificate)
    yield from _silence(one)


def _mode(one: DomainWeek) -> Iterator[Line]:
    if one.would_refuse:
        text = say_n(
            "enforce would have held back %(n)s session of this week.",
            "enforce would have held back %(n)s sessions of this week.",
            one.would_refuse,
        )
        yield Line("would_refuse", text)
    if one.held_back:
        text = say_n(
            "Mail is being held back: %(n)s session failed under a policy in enforce.",
            "Mail is being held back: %(n)s sessions failed under a policy in enforce.",
            one.held_back,
        )
        if one.held_back_by:
            names = [say("%(name)s (%(n)s)", name=name, n=count) for name, count in one.held_back_by]
            text = sentences(text, say("By: %(names)s.", names=listed(names, _MOST_NAMED)))
        yield Line("held_back", text, "bad")


def _why(one: DomainWeek) -> Iterator[Line]:
    """What stands in the way of the verdict and is not told by the causes; or the advice to move on."""
    if level(one) == MOVE_ON:
        yield Line("next", one.verdict.next_step, "ok")
    if one.is_well:
        return
    said: set[str] = set()
    for reason in one.verdict.reasons:
        if reason.ok is False and reason.stops == one.verdict.word and reason.code not in _TOLD_BY_CAUSES:
            fix = "" if reason.fix in said else reason.fix
            said.add(reason.fix)
            yield Line("reason", reason.text, "bad" if reason.stops == NOT_READY else "look", fix)


def _causes(one: DomainWeek) -> Iterator[Line]:
    for cause in one.top_failures[:_MOST_CAUSES]:
        yield Line("cause", _cause(cause), "bad" if one.mode == "enforce" else "look", cause.action)
    left = one.top_failures[_MOST_CAUSES:]
    if left:
        yield Line(
            "cause",
            say_n(
                "And %(n)s more result type: %(names)s.",
                "And %(n)s more result types: %(names)s.",
                len(left),
                names=listed([cause.result_type for cause in left]),
            ),
        )


def _cause(cause: TopFailure) -> Text:
    where: list[str] = []
    if cause.is_new:
        where.append(say("new this week"))
    if cause.kind == ONE_REPORTER and cause.reporter is not None:
        where.append(say("told by one reporter only, %(reporter)s", reporter=cause.reporter))
    elif cause.kind == EVERYBODY:
        where.append(say("most reporters tell it"))
    if cause.kind == ONE_MX and cause.mx is not None:
        where.append(say("at one MX only, %(mx)s", mx=cause.mx))
    elif cause.mx_hosts:
        hosts = [say("%(name)s (%(n)s)", name=name, n=count) for name, count in cause.mx_hosts]
        where.append(say("at %(hosts)s", hosts=listed(hosts, _MOST_NAMED)))
    what = say_n(
        "%(title)s (%(code)s): %(n)s failure",
        "%(title)s (%(code)s): %(n)s failures",
        cause.failed,
        title=cause.title,
        code=cause.result_type,
    )
    if not where:
        return say("%(said)s.", said=what)
    return say("%(what)s; %(where)s.", what=what, where=clauses(where))


def _certificate(found: EndingCertificate) -> Line:
    host, day, days_left = found.host, found.not_after.date(), found.days_left
    if days_left < 0:
        return Line("certificate", say("The certificate of %(host)s ended on %(day)s.", host=host, day=day), "bad")
    text = say_n(
        "The certificate of %(host)s ends on %(day)s, in %(n)s day.",
        "The certificate of %(host)s ends on %(day)s, in %(n)s days.",
        days_left,
        host=host,
        day=day,
    )
    return Line("certificate", text, "bad" if days_left < _URGENT_DAYS else "look")


def _silence(one: DomainWeek) -> Iterator[Line]:
    if one.silent_reporters:
        text = say_n(
            "%(n)s regular reporter sent nothing about this week: %(names)s.",
            "%(n)s regular reporters sent nothing about this week: %(names)s.",
            len(one.silent_reporters),
            names=listed(one.silent_reporters, _MOST_NAMED),
        )
        yield Line("silence", text)
    if not one.reports:
        if one.last_report is None:
            yield Line("no_report", say("No report about this domain has ever come."))
        else:
            yield Line("no_report", say("The last report came on %(when)s.", when=one.last_report))


def quarantined(summary: Summary) -> Text | None:
    """What waits in quarantine from this week; None if nothing does, or it is not the reader's business."""
    if not summary.quarantined:
        return None
    return say_n(
        "%(n)s delivery of this week is in quarantine and not counted (%(reasons)s).",
        "%(n)s deliveries of this week are in quarantine and not counted (%(reasons)s).",
        sum(count for _, count in summary.quarantined),
        reasons=listed([say("%(name)s (%(n)s)", name=code, n=count) for code, count in summary.quarantined]),
    )


def foreign(summary: Summary) -> Text | None:
    """Reports about domains that were not added."""
    if not summary.foreign:
        return None
    return say_n(
        "%(n)s delivery of this week is about domains that were not added: %(names)s.",
        "%(n)s deliveries of this week are about domains that were not added: %(names)s.",
        sum(count for _, count in summary.foreign),
        names=listed([say("%(name)s (%(n)s)", name=name, n=count) for name, count in summary.foreign], _MOST_NAMED),
    )
