"""What there is to say of a domain's week beside its verdict and its figures, line by line. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from collector.text import Text, clauses, listed, say, say_n, sentences
from dashboard.summary.model import DomainWeek, EndingCertificate, TopFailure
from dashboard.summary.rank import MOVE_ON, level
from dashboard.verdict import NOT_READY
from dashboard.verdict.blame import EVERYBODY, ONE_MX, ONE_REPORTER
from dashboard.verdict.published import CERTIFICATE_LEFT

_MOST_NAMED = 3
_MOST_CAUSES = 5
_URGENT_DAYS = CERTIFICATE_LEFT.days
_TOLD_BY_CAUSES = ("held_back", "would_refuse")
# Of no session at all one sentence is enough: the reason `recent`.
_TOLD_BY_SILENCE = ("clean_days", "sessions", "reporters")


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
            text = sentences(text, say("By: %(names)s.", names=_counted(one.held_back_by)))
        yield Line("held_back", text, "bad")


def _why(one: DomainWeek) -> Iterator[Line]:
    """What stands in the way of the verdict and is not told by the causes; or the advice to move on."""
    if level(one) == MOVE_ON:
        yield Line("next", one.verdict.next_step, "ok")
    if one.is_well:
        return
    told_already = _TOLD_BY_CAUSES if one.verdict.evidence.sessions else (*_TOLD_BY_CAUSES, *_TOLD_BY_SILENCE)
    said: set[str] = set()
    for reason in one.verdict.reasons:
        if reason.ok is False and reason.stops == one.verdict.word and reason.code not in told_already:
            fix = "" if reason.fix in said else reason.fix
            said.add(reason.fix)
            yield Line("reason", reason.text, "bad" if reason.stops == NOT_READY else "look", fix)


def _causes(one: DomainWeek) -> Iterator[Line]:
    for cause in one.top_failures[:_MOST_CAUSES]:
        yield Line("cause", _cause(cause, one), "bad" if one.mode == "enforce" else "look", cause.action)
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


def _cause(cause: TopFailure, one: DomainWeek) -> Text:
    where: list[str] = []
    if cause.is_new:
        where.append(say("new this week"))
    if cause.kind == ONE_REPORTER and cause.reporter is not None:
        where.append(say("told by one reporter only, %(reporter)s", reporter=cause.reporter))
    elif cause.kind == EVERYBODY:
        where.append(say("most reporters tell it"))
    elif cause.reporters and cause.reporters != one.held_back_by:  # those stand there by name already
        where.append(say("told by %(reporters)s", reporters=_counted(cause.reporters)))
    if cause.kind == ONE_MX and cause.mx is not None:
        where.append(say("at one MX only, %(mx)s", mx=cause.mx))
    elif cause.mx_hosts:
        where.append(say("at %(hosts)s", hosts=_counted(cause.mx_hosts)))
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


def _counted(names: Iterable[tuple[str, int]]) -> Text:
    return listed([say("%(name)s (%(n)s)", name=name, n=count) for name, count in names], _MOST_NAMED)


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
