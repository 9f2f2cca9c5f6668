"""Our mails as a real browser shows them, as wide as on a desk and on a phone, with pictures in build/screenshots."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dashboard.alerts.mail import mail as alert_mail
from dashboard.summary import html
from dashboard.summary.links import Links
from dashboard.text import LANGUAGES, language
from tests.alerts.test_mail import GIVEN, hostile
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


_LOOKS: tuple[tuple[int, Scheme], ...] = ((600, "light"), (360, "light"), (600, "dark"), (360, "dark"))
_TALLEST = 3000  # px of a picture: the first domains of many
_ALERTS = [*GIVEN["every event"], hostile()]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The mails in each language, with their pictures beside them as a mail program has them."""
    made = {}
    for tag in LANGUAGES:
        weekly, images = html.render(everything(), language(tag), Links("https://tls.example.com"), with_charts=True)
        for cid, png in images:
            (tmp_path / f"{cid}.png").write_bytes(png)
        made[f"weekly-mail-{tag}"] = weekly.replace('src="cid:', 'src="').replace('" width="540"', '.png" width="540"')
        made[f"alert-mail-{tag}"] = alert_mail(_ALERTS, tag, "https://tls.example.com").html
    for name, written in made.items():
        (tmp_path / f"{name}.html").write_text(written)
    return {name: tmp_path / f"{name}.html" for name in made}


def test_it_fits_a_desk_and_a_phone(browser: Browser, files: dict[str, Path]) -> None:  # noqa: F811
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name, path in files.items():
        page.goto(path.as_uri())
        for width, scheme in _LOOKS:
            page.set_viewport_size({"width": width, "height": _TALLEST})
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate(_WIDTHS)
            assert (found["page"], found["wide"]) == (width, []), (name, width)
            assert bool(found["drawn"]) is name.startswith("weekly")
            assert all(found["drawn"])
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.jpg", type="jpeg", quality=80)
    assert all(url.startswith("file:") for url in asked)
    page.close()
