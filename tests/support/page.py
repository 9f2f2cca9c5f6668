"""A page as a test reads it: its text, links and fields, and whether its HTML is whole."""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "link", "img", "input", "br"})
_INLINE = frozenset({"a", "bdi", "code", "small", "span", "strong", "q", "time"})
_FOREIGN = frozenset({"path"})  # closed within its own tag, as SVG does

Attributes = dict[str, str]


@dataclass
class Page:
    """`problems` names every tag left open or closed twice, every repeated id and everything inline."""

    tags: list[tuple[str, Attributes]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def all(self, tag: str, **attributes: str) -> list[Attributes]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [given for name, given in self.tags if name == tag and wanted.items() <= given.items()]

    def links(self) -> list[str]:
        return [given["href"] for given in self.all("a") if "href" in given]

    @property
    def text(self) -> str:
        """The text of the page with blanks collapsed."""
        return " ".join("".join(self.texts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.page.tags.append((tag, given))
        if tag not in _INLINE:
            self.page.texts.append(" ")
        self.page.problems += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "script" and "src" not in given:
            self.page.problems.append("inline script")
        if tag not in _VOID | _FOREIGN:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.page.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.page.texts.append(data)

    def finish(self) -> Page:
        self.close()
        self.page.problems += [f"<{tag}> is left open" for tag in self._open]
        ids = Counter(given["id"] for _, given in self.page.tags if "id" in given)
        self.page.problems += [f"id {name} {count} times" for name, count in ids.items() if count > 1]
        return self.page


def read(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    return reader.finish()
