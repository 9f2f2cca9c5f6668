"""The mail as a real browser shows it, as wide as on a desk and on a phone. It leaves pictures in build/screenshots."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboard.summary import html
from dashboard.summary.links import Links
from dashboard.text import LANGUAGES, language
from tests.browser.conftest import browser  # noqa: F401  a fixture
from tests.browser.looking import SCREENSHOTS, Scheme
from tests.summary.weeks import everything

pytestmark = pytest.mark.xdist_group("browser")
_WIDTHS = """() => ({
  page: document.documentElement.scrollWidth,
  wide: [...document.querySelectorAll("td, p, h1, h2, a, img")]
    .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth)
    .map((each) => each.outerHTML.slice(0, 120)),
  drawn: [...document.images].map((image) => image.naturalWidth > 0 && image.width > 100),
})"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The mail in each language, its pictures beside it as a mail program has them."""
    made = {}
    for tag in LANGUAGES:
        written, images = html.render(everything(), language(tag), Links("https://tls.example.com"), with_charts=True)
        for cid, png in images:
            (tmp_path / f"{cid}.png").write_bytes(png)
        made[tag] = tmp_path / f"{tag}.html"
        made[tag].write_text(written.replace('src="cid:', 'src="').replace('" width="540"', '.png" width="540"'))
    return made


def test_it_fits_a_desk_and_a_phone(browser: Browser, files: dict[str, Path]) -> None:  # noqa: F811
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    looks: tuple[tuple[int, Scheme], ...] = ((600, "light"), (360, "light"), (600, "dark"), (360, "dark"))
    for tag, path in files.items():
        for width, scheme in looks:
            with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
                page = context.new_page()
                asked: list[str] = []
                page.on("request", lambda request, asked=asked: asked.append(request.url))  # type: ignore[misc]
                page.goto(path.as_uri())
                found = page.evaluate(_WIDTHS)
                assert (found["page"], found["wide"]) == (width, []), (tag, width)
                assert found["drawn"]
                assert all(found["drawn"])
                assert all(url.startswith("file:") for url in asked)
                page.screenshot(path=SCREENSHOTS / f"weekly-mail-{tag}-{width}-{scheme}.png", full_page=True)
