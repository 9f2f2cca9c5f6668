"""Whose fault it looks like: failures by reporter, MX and day in, one answer for each result type out. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collector.store.queries import FailedDay, PublishedPolicy
from collector.text import Text, clauses, say, sentences
from dashboard import explain
from dashboard.charts.modes import changes
from dashboard.verdict import words

ONE_REPORTER = "one_reporter"
ONE_MX = "one_mx"
EVERYBODY = "everybody"
SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Blame:
    """One result type: `kind` is what its failures have in common; `reporter` and `mx` are set if all share it.

    `is_new`: before `first_day` there were days without it. `changed`: what changed in the published
    policy then, in words.
    """

    result_type: str
    kind: str
    failed: int
    first_day: date
    last_day: date
    reporter: str | None = None
    mx: str | None = None
    is_new: bool = False
    changed: tuple[Text, ...] = ()

    @property
    def text(self) -> Text:
        """A sentence, and what else is known of the first day."""
        what = say(
            "%(title)s (%(code)s), %(days)s: %(common)s.",
            title=explain.result_type(self.result_type).title,
            code=self.result_type,
            days=words.days(self.first_day, self.last_day),
            common=self._common(),
        )
        since = say("There was none before %(day)s.", day=self.first_day) if self.is_new else ""
        changed = say("What changed then: %(changes)s.", changes=clauses(self.changed)) if self.changed else ""
        return sentences(what, since, changed)

    def _common(self) -> Text:
        match self.kind:
            case "one_reporter":
                return say(
                    "one reporter only (%(reporter)s), so look for the fault on its side or on the way to it first",
                    reporter=self.reporter or "",
                )
            case "one_mx":
                return say("one MX only (%(mx)s), so look at that host first", mx=self.mx or "")
            case "everybody":
                return say("most reporters tell it, so it is likely yours")
            case _:
                return say("neither one reporter nor one MX stands out")


def blame(
    failed: Iterable[FailedDay],
    *,
    reporters: int,
    mx: Sequence[str],
    days: Sequence[date],
    history: Sequence[PublishedPolicy] = (),
) -> tuple[Blame, ...]:
    """The result types, most failures first.

    `reporters`: how many reported at all; `mx`: the live MX hosts; `days`: those with reports; `history`: the
    published policy's. Who reports alone, and a host that is the only one, cannot be told from everybody.
    """
    by_type: dict[str, list[FailedDay]] = {}
    for failure in failed:
        by_type.setdefault(failure.result_type, []).append(failure)
    hosts = {*mx, *(failure.mx for failures in by_type.values() for failure in failures if failure.mx)}
    found = [_one(name, of_type, reporters, len(hosts), days, history) for name, of_type in by_type.items()]
    return tuple(sorted(found, key=lambda each: (-each.failed, each.result_type)))


def _one(
    result_type: str,
    failures: Sequence[FailedDay],
    reporters: int,
    hosts: int,
    days: Sequence[date],
    history: Sequence[PublishedPolicy],
) -> Blame:
    told_by = {failure.reporter for failure in failures}
    first = min(failure.day for failure in failures)
    mx = _only_mx(failures)
    if len(told_by) == 1 and reporters > 1:
        kind = ONE_REPORTER
    elif mx is not None and hosts > 1:
        kind = ONE_MX
    elif len(told_by) > 1 and 2 * len(told_by) > reporters:
        kind = EVERYBODY
    else:
        kind = SEVERAL
    is_new = any(day < first for day in days)
    return Blame(
        result_type=result_type,
        kind=kind,
        failed=sum(failure.failed for failure in failures),
        first_day=first,
        last_day=max(failure.day for failure in failures),
        reporter=told_by.pop() if kind == ONE_REPORTER else None,
        mx=mx,
        is_new=is_new,
        changed=_changed(history, first) if is_new and kind != ONE_REPORTER else (),
    )


def _only_mx(failures: Sequence[FailedDay]) -> str | None:
    """The MX that all of them name. Who names none (Q52) does not speak against it, unless most do not."""
    by_mx: Counter[str] = Counter()
    for failure in failures:
        by_mx[failure.mx or ""] += failure.failed
    unnamed = by_mx.pop("", 0)
    [mx, *others] = by_mx or [None]
    return mx if mx is not None and not others and by_mx[mx] >= unnamed else None


def _changed(history: Sequence[PublishedPolicy], first: date) -> tuple[Text, ...]:
    """What changed in the published policy on that day or the day before: senders learn of it within a day (M15)."""
    return tuple(
        say("%(day)s, published policy: %(change)s", day=change.at.date(), change=change.text)
        for change in changes(history)
        if change.kind != "first" and first - timedelta(days=1) <= change.at.date() <= first
    )
