"""What adding a domain did: from the request that did it, by the query of a redirect, to the page that says so."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import request

from collector import domains
from collector.store import queries
from dashboard.text import Text, clauses, say, say_n, sentences
from dashboard.web import access, params, state
from dashboard.web.actions import Adopted

# An address has its bounds, and so has a sentence.
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Done:
    """Everything but `name` and `is_new` is about reports that came before; see `Adopted`."""

    name: str
    is_new: bool
    reports: int
    before: tuple[tuple[str, int], ...]
    more_before: int  # domains that `before` leaves out
    is_whole: bool

    @property
    def text(self) -> Text:
        """What became of the reports that came before."""
        rest = "" if self.is_whole else say("The scheduler counts the rest within minutes.")
        if not self.reports:
            return sentences("" if rest else say("No earlier report counts for it."), rest)
        if not self.before:
            counted = say_n("%(n)s report now counts for it.", "%(n)s reports now count for it.", self.reports)
        else:
            counted = say_n(
                "%(n)s report now counts for it; %(before)s.",
                "%(n)s reports now count for it; %(before)s.",
                self.reports,
                before=clauses(self._told_before()),
            )
        return sentences(counted, rest)

    def _told_before(self) -> Iterator[Text]:
        for other, number in self.before:
            name = domains.display(other)
            if self.reports == 1:
                yield say("it counted for %(name)s before", name=name)
            else:
                yield say("%(number)s of them counted for %(name)s before", number=number, name=name)
        if self.more_before:
            yield say_n(
                "some counted for %(n)s more domain before",
                "some counted for %(n)s more domains before",
                self.more_before,
            )


def counted_before(done: Adopted) -> dict[str, int]:
    """Of the reports that count now, how many counted for other domains; of domains that the viewer may see."""
    return {name: number for name, number in done.before.items() if access.may_see(name)}


def query(name: str, done: Adopted) -> dict[str, str | Sequence[str]]:
    """For the redirect to a page that shows `told()`."""
    before = sorted(counted_before(done).items(), key=lambda item: (-item[1], item[0]))
    return {
        "added": name,
        "new": "yes" if done.is_new else "no",
        "reports": str(done.reports),
        "before": [f"{other}:{number}" for other, number in before[:_MOST_NAMED]],
        "more_before": str(max(len(before) - _MOST_NAMED, 0)),
        "complete": "yes" if done.is_whole else "no",
    }


def told() -> Done | None:
    """What the query of this request says, as far as it is about known domains that the viewer may see.

    Raises UsageError.
    """
    name = params.domain(request.args, "added")
    if name is None or not _is_known(name):
        return None
    return Done(
        name=name,
        is_new=request.args.get("new") != "no",
        reports=_number(request.args.get("reports", "")),
        before=tuple(_before()),
        more_before=_number(request.args.get("more_before", "")),
        is_whole=request.args.get("complete") != "no",
    )


def _before() -> Iterator[tuple[str, int]]:
    for given in request.args.getlist("before")[:_MOST_NAMED]:
        other, _, number = given.partition(":")
        name, count = params.domain({"before": other}, "before"), _number(number)
        if name is not None and count and _is_known(name):
            yield name, count


def _is_known(name: str) -> bool:
    return access.may_see(name) and queries.find_domain(state.reader(), name) is not None


def _number(given: str) -> int:
    return int(given) if re.fullmatch(r"[0-9]{1,12}", given) else 0
