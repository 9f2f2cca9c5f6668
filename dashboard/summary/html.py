"""A summary as HTML for mail programs (`dashboard.mail.html`): bars of table cells, nothing from elsewhere.

As many domains as fit are told in full, further ones in a line each, the rest by their number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from collector import log
from collector.text import listed, say, say_n
from dashboard.mail.html import BAD, GOOD, MOST_BYTES, NEUTRAL, as_many_as_fit, templates
from dashboard.summary import chart, says
from dashboard.summary.lines import Line, lines
from dashboard.summary.links import Links
from dashboard.summary.model import MOST_IN_FULL, DomainWeek, Summary
from dashboard.text import Language
from dashboard.verdict import INSUFFICIENT_DATA, NOT_APPLICABLE, NOT_READY, READY

_FOR_CARDS = 42_000
_MOST_CHARTS = 10
_MOST_WELL = 30
_VERDICT_COLOURS = {NOT_READY: BAD, INSUFFICIENT_DATA: NEUTRAL, READY: GOOD, NOT_APPLICABLE: NEUTRAL}
WELL, LOOK, ALL_FIGURES = say("Well"), say("Look at them"), say("All figures of the week")
_WEIGHTS = {"bad": ("✕", BAD), "look": ("!", BAD), "ok": ("✓", GOOD)}

_templates = templates("dashboard.summary")


@dataclass(frozen=True, slots=True)
class _Bar:
    """`width` in hundredths of the widest; `good` and `bad` in hundredths of the bar, together 100."""

    label: str
    width: int
    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class _Item:
    mark: str
    colour: str
    text: str
    action: str


def render(
    summary: Summary, language: Language, links: Links, *, with_charts: bool
) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    """The mail's HTML part, and the pictures that it names: (Content-ID, PNG). At most MOST_BYTES in UTF-8."""
    return _Renderer(summary, language, links, with_charts=with_charts).render()


class _Renderer:
    def __init__(self, summary: Summary, language: Language, links: Links, *, with_charts: bool) -> None:
        self._summary = summary
        self._language = language
        self._links = links
        self._with_charts = with_charts
        self._charts: list[tuple[str, bytes]] = []

    def render(self) -> tuple[str, tuple[tuple[str, bytes], ...]]:
        needing = says.needing(self._summary)
        cards = as_many_as_fit(needing[:MOST_IN_FULL], _FOR_CARDS, self._card)
        left = needing[len(cards) :]
        room = MOST_BYTES - len(self._page(cards, [], left).encode()) - 500
        rows = as_many_as_fit(left, room, self._row)
        return self._page(cards, rows, left), tuple(self._charts)

    def _page(self, cards: Sequence[Markup], rows: Sequence[Markup], left: Sequence[DomainWeek]) -> str:
        summary, told = self._summary, self._told
        well = [one.domain for one in summary.domains if one.is_well]
        more = len(left) - len(rows)
        return _templates.get_template("mail.html").render(
            tag=self._language.tag,
            subject=told(says.subject(summary)),
            period=told(says.period(summary)),
            opening=told(says.opening(summary)),
            verdicts=self._verdicts(),
            cards=cards,
            brief=rows,
            brief_title=told(says.further(bool(cards))),
            brief_more=told(say_n("And %(n)s more.", "And %(n)s more.", more)) if more else "",
            well=told(listed(well, _MOST_WELL)) if well else "",
            well_title=told(WELL),
            deliveries=self._deliveries(),
            look=told(LOOK),
            overview=self._links.overview(summary.week),
            all_figures=told(ALL_FIGURES),
        )

    def _verdicts(self) -> list[tuple[str, str, str]]:
        found = []
        for word, colour in _VERDICT_COLOURS.items():
            count = sum(one.verdict.word == word for one in self._summary.domains)
            if count:
                found.append((self._language.number(count), self._told(says.WORDS[word]), colour))
        return found

    def _deliveries(self) -> list[tuple[str, str | None]]:
        both = ((says.quarantined(self._summary), "quarantined"), (says.foreign(self._summary), "unassigned"))
        return [(self._told(text), self._links.deliveries(outcome)) for text, outcome in both if text is not None]

    def _card(self, one: DomainWeek) -> str:
        name = self._drawn(one)
        return _templates.get_template("card.html").render(
            colour=_VERDICT_COLOURS[one.verdict.word],
            domain=self._told(one.domain),
            address=self._links.domain(one.domain, self._summary.week),
            verdict=self._told(says.WORDS[one.verdict.word]),
            mode=self._told(says.mode(one)),
            sentence=self._told(says.verdict(one)),
            figures=self._told(says.figures(one)),
            bars=self._bars(one),
            chart=name,
            chart_text=self._told(says.chart(one)) if name else "",
            lines=[self._item(line, one) for line in lines(one)],
        )

    def _drawn(self, one: DomainWeek) -> str:
        """The Content-ID of the domain's chart; "" where none is drawn."""
        if not self._with_charts or len(self._charts) >= _MOST_CHARTS or not (one.sessions + one.sessions_last_week):
            return ""
        name = f"chart{len(self._charts) + 1}"
        self._charts.append((name, chart.draw(one.daily)))
        return name

    def _bars(self, one: DomainWeek) -> list[_Bar]:
        weeks = (
            (says.THIS_WEEK, one.successful, one.failed),
            (says.WEEK_BEFORE, one.successful_last_week, one.failed_last_week),
        )
        widest = max(successful + failed for _, successful, failed in weeks)
        return [
            _bar(self._told(label), successful, failed, widest)
            for label, successful, failed in weeks
            if successful + failed
        ]

    def _item(self, line: Line, one: DomainWeek) -> _Item:
        mark, colour = _WEIGHTS[line.weight]
        action = ""
        if line.action:
            action = self._told(say("What to do: %(action)s", action=line.action)).replace("DOMAIN", one.domain)
        return _Item(mark, colour, self._told(line.text).replace("DOMAIN", one.domain), action)

    def _row(self, one: DomainWeek) -> str:
        return _templates.get_template("row.html").render(
            domain=self._told(one.domain),
            address=self._links.domain(one.domain, self._summary.week),
            verdict=self._told(says.WORDS[one.verdict.word]),
            colour=_VERDICT_COLOURS[one.verdict.word],
            failed=self._told(says.failed(one)),
        )

    def _told(self, text: str) -> str:
        """On one line, control characters written out; it is escaped where it is put in."""
        return log.escape(self._language.value(text))


def _bar(label: str, successful: int, failed: int, widest: int) -> _Bar:
    """A failure is never too small to be seen, nor is what is left beside it."""
    bad = round(100 * failed / (successful + failed))
    if failed:
        bad = min(max(bad, 1), 99 if successful else 100)
    return _Bar(label, max(1, round(100 * (successful + failed) / widest)), 100 - bad, bad)
