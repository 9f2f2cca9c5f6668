"""What of an HTML mail reaches its readers. Whatever is not named here, some mail program drops or shows wrongly.

After what Gmail, Outlook (which draws with Word) and the mail programs of phones document: no style sheet, no script,
no form, no position, float, flex or grid, no picture or font from elsewhere.
"""

import re
from html.parser import HTMLParser

TAGS = {
    *("html", "head", "meta", "title", "body", "h1", "h2", "p", "br", "span", "a", "img"),
    *("table", "tr", "td"),
}
ATTRIBUTES = {
    "html": {"lang"},
    "meta": {"charset", "name", "content"},
    "body": {"style"},
    "table": {"role", "width", "cellpadding", "cellspacing", "border", "bgcolor", "style"},
    "td": {"width", "height", "align", "valign", "bgcolor", "style"},
    "a": {"href", "style"},
    "img": {"src", "width", "alt", "style"},
    **{tag: {"style"} for tag in ("h1", "h2", "p", "span")},
}
PROPERTIES = {
    *("margin", "padding", "width", "max-width", "height", "border", "border-left", "border-bottom"),
    *(
        "color",
        "background-color",
        "font-family",
        "font-size",
        "font-weight",
        "line-height",
        "text-align",
        "word-break",
    ),
}
_EMPTY = {"meta", "br", "img"}
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class _Linter(HTMLParser):
    def __init__(self, public_url: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.images: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self._public_url = public_url
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.faults.append(f"<{tag}>")
        if tag not in _EMPTY:
            self._open.append(tag)
        given = {name: value or "" for name, value in attrs}
        self.faults += [f"<{tag} {name}>" for name in given if name not in ATTRIBUTES.get(tag, set())]
        self._style(given.get("style", ""))
        if tag == "a":
            self.links.append(given["href"])
            if self._public_url is None or not given["href"].startswith(f"{self._public_url}/"):
                self.faults.append(f"a link to {given['href']}")
        if tag == "img":
            self.images.append(given["src"].removeprefix("cid:"))
            if not given["src"].startswith("cid:") or not given.get("alt"):
                self.faults.append(f"a picture from {given['src']}")
        if tag == "table" and given.get("role") != "presentation":
            self.faults.append("a table that a screen reader would read out as one")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> ends nothing")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}-->")

    def close(self) -> None:
        super().close()
        self.faults += [f"<{tag}> does not end" for tag in self._open]

    def _style(self, style: str) -> None:
        for declaration in filter(None, map(str.strip, style.split(";"))):
            name, _, value = (part.strip() for part in declaration.partition(":"))
            if name not in PROPERTIES:
                self.faults.append(f"{name}: {value}")
            if "(" in value or ("color" in name and not _COLOUR.fullmatch(value)):
                self.faults.append(f"{name}: {value}")


def lint(html: str, *, public_url: str | None = None) -> _Linter:
    """The page as it was read: its `faults`, `images` (content ids), `links` and `texts`."""
    reader = _Linter(public_url)
    reader.feed(html)
    reader.close()
    return reader
