"""How a page is looked at: wide and on a phone, in light and in dark, with axe, and at what the browser complains of."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Page

from tests.browser.conftest import watch

Scheme = Literal["light", "dark"]
Look = tuple[tuple[int, int], Scheme, dict[str, str | list[str]]]

WIDE, PHONE = (1280, 900), (390, 844)
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_ALL: dict[str, str | list[str]] = {"type": "tag", "values": _LEVELS}
# What the dark may change, and what a narrow window may.
_COLOURS: dict[str, str | list[str]] = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_ROOM: dict[str, str | list[str]] = {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}
LOOKS: tuple[Look, ...] = ((WIDE, "light", _ALL), (WIDE, "dark", _COLOURS), (PHONE, "dark", _ROOM))
IN_JAPANESE: tuple[Look, ...] = ((PHONE, "dark", _ALL),)
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"

_AXE = """async (rules) => {
  const { violations } = await axe.run({ runOnly: rules, resultTypes: ["violations"], iframes: false });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}"""
# Elements wider than the page, the innermost ones: what has to be mended, and not only that something has.
_TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const scrolls = (element) => element.closest(".scroll, pre") !== null;
  const out = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width + 1);
  const which = out.filter((e) => !scrolls(e) && !out.some((other) => other !== e && e.contains(other)));
  return ["scrolls sideways", ...which.slice(0, 5).map((e) => `too wide: ${e.outerHTML.slice(0, 120)}`)];
}"""
_OPEN_ALL = "all => all.forEach(each => (each.open = true))"
# The same lines of a template make every row: axe reads some of each kind, and not five hundred.
_THIN = """() => {
  const more = "tbody > tr:nth-child(n+9), main li:nth-child(n+9), main > section:nth-of-type(n+9)";
  document.querySelectorAll(more).forEach((element) => element.remove());
}"""
_TALLEST = 5000  # px of a picture


class Looker:
    """A page of a browser that goes from one address of `address` to the next."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.seen, self._address = page, watch(page), address

    def open(self, url: str, expected: int = 200) -> None:
        """Opens `url` wide and light, with its chart drawn if it has one."""
        self._as(WIDE, "light")
        answer = self.page.goto(url)
        assert answer is not None
        assert answer.status == expected, url
        assert answer.headers["content-type"].startswith("text/html"), url
        if self.page.locator("#main-chart").count():
            self.page.locator("#main-chart .infolayer .legend").wait_for()

    def faults(self, looks: tuple[Look, ...] = LOOKS, *, axe: bool = True) -> Iterator[str]:
        """Whatever is wrong with the page that is open, with everything in it that can be unfolded."""
        self.page.locator("details").evaluate_all(_OPEN_ALL)
        for size in dict.fromkeys(look[0] for look in looks):
            self._as(size, "light")
            yield from (f"{size[0]} px: {fault}" for fault in self.page.evaluate(_TOO_WIDE))
        yield from self.seen.faults(self._address)
        if not axe:
            return
        self.page.evaluate(_THIN)
        self.page.evaluate(AXE_SCRIPT)
        for size, scheme, rules in looks:
            self._as(size, scheme)
            found: list[str] = self.page.evaluate(_AXE, rules)
            yield from (f"{size[0]} px, {scheme}: {fault}" for fault in found)

    def keep(self, name: str, size: tuple[int, int] = WIDE, scheme: Scheme = "light") -> None:
        """A picture of the whole page below build/screenshots, for whoever wants to see what it looks like."""
        self._as(size, scheme)
        which = f"{_file_name(name)}-{'wide' if size == WIDE else 'phone'}-{scheme}"
        height = min(self.page.evaluate("document.documentElement.scrollHeight"), _TALLEST)
        self.page.screenshot(
            path=SCREENSHOTS / f"{which}.jpg",
            type="jpeg",
            quality=80,
            full_page=True,
            clip={"x": 0, "y": 0, "width": size[0], "height": height},
        )

    def keep_print(self, name: str) -> None:
        """As it comes out of a printer, from a page that is dark on the screen."""
        self._as(WIDE, "dark")
        self.page.pdf(path=SCREENSHOTS / f"{_file_name(name)}.pdf", format="A4")

    def _as(self, size: tuple[int, int], scheme: Scheme) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme=scheme)


def _file_name(name: str) -> str:
    return re.sub("[^a-z0-9]+", "-", name)
