"""A summary as plain text: everything that the HTML says, for people who read their mail that way."""

from collections.abc import Iterator, Sequence

from collector import log
from collector.text import listed, say
from dashboard.mail.columns import WIDTH, width, wrapped
from dashboard.summary import says
from dashboard.summary.lines import Line, lines
from dashboard.summary.links import Links
from dashboard.summary.model import DomainWeek, Summary
from dashboard.text import Language

# Further domains that ask for something are named only: nobody reads on from there.
MOST_IN_FULL = 20
_MOST_NAMED = 100
_MARKS = {"bad": "!", "look": "*", "ok": "-"}


def render(summary: Summary, language: Language, links: Links) -> str:
    """The mail's text part. Strings from strangers are on one line, control characters written out."""
    return "\n".join(_Writer(language, links).lines(summary)) + "\n"


class _Writer:
    def __init__(self, language: Language, links: Links) -> None:
        self._language = language
        self._links = links

    def lines(self, summary: Summary) -> Iterator[str]:
        yield from self._paragraph(says.period(summary))
        yield ""
        yield from self._paragraph(says.opening(summary))
        needing = says.needing(summary)
        for one in needing[:MOST_IN_FULL]:
            yield ""
            yield from self._domain(one, summary)
        yield from self._named(
            needing[MOST_IN_FULL:],
            say("%(heading)s:", heading=says.further(True)),
        )
        yield from self._named([one for one in summary.domains if one.is_well], say("Well:"))
        yield from self._deliveries(summary)
        yield from self._link(self._links.overview(summary.week), before="")

    def _domain(self, one: DomainWeek, summary: Summary) -> Iterator[str]:
        heading = say(
            "%(domain)s: %(verdict)s (%(mode)s)",
            domain=one.domain,
            verdict=says.WORDS[one.verdict.word],
            mode=says.mode(one),
        )
        title = self._told(heading, one)
        yield title
        yield "-" * min(width(title), WIDTH)
        yield from self._paragraph(says.verdict(one), one)
        yield from self._paragraph(says.figures(one), one)
        for line in lines(one):
            yield from self._item(line, one)
        yield from self._link(self._links.domain(one.domain, summary.week))

    def _item(self, line: Line, one: DomainWeek) -> Iterator[str]:
        yield from wrapped(self._told(line.text, one), WIDTH, f"{_MARKS[line.weight]} ", "  ")
        if line.action:
            action = say("What to do: %(action)s", action=self._told(line.action, one))
            yield from wrapped(self._told(action, one), WIDTH, "  ", "  ")

    def _named(self, domains: Sequence[DomainWeek], heading: str) -> Iterator[str]:
        if not domains:
            return
        names = listed([one.domain for one in domains], _MOST_NAMED)
        yield ""
        yield from self._paragraph(say("%(heading)s %(names)s.", heading=heading, names=names))

    def _deliveries(self, summary: Summary) -> Iterator[str]:
        for text, outcome in ((says.quarantined(summary), "quarantined"), (says.foreign(summary), "unassigned")):
            if text is not None:
                yield ""
                yield from self._paragraph(text)
                yield from self._link(self._links.deliveries(outcome))

    def _link(self, address: str | None, before: str | None = None) -> Iterator[str]:
        if address is not None:
            if before is not None:
                yield before
            yield address

    def _paragraph(self, text: str, one: DomainWeek | None = None) -> Iterator[str]:
        yield from wrapped(self._told(text, one), WIDTH)

    def _told(self, text: str, one: DomainWeek | None = None) -> str:
        told = self._language.value(text)
        return log.escape(told if one is None else told.replace("DOMAIN", one.domain))
