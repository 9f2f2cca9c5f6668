"""The chart as it is drawn: bars, bands and marks in the SVG, under the Content-Security-Policy, wide and narrow."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

import dashboard.web
from tests.browser.conftest import Seen, watch

# One worker starts one browser.
pytestmark = pytest.mark.xdist_group("browser")

WIDE, PHONE = (1280, 900), (390, 844)
NINETY_DAYS = "from=2026-08-26&to=2026-11-23"
VENDOR = Path(dashboard.web.__file__).parent / "static" / "vendor"

Shown = tuple[Page, Seen]


@pytest.fixture(scope="module", params=[WIDE, PHONE], ids=["wide", "phone"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found


@pytest.fixture(scope="module", params=["light", "dark"])
def shown(request: pytest.FixtureRequest, browser: Browser, server: str, size: tuple[int, int]) -> Iterator[Shown]:
    """The page of example.com over 90 days, drawn."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=request.param)
    page = context.new_page()
    seen = watch(page)
    page.goto(f"{server}/domains/example.com?{NINETY_DAYS}")
    expect(page.locator("#main-chart .barlayer .trace")).to_have_count(2)
    yield page, seen
    context.close()


def test_every_day_with_sessions_has_a_bar(shown: Shown) -> None:
    page, _ = shown
    heights = """all => all.map(trace => [...trace.querySelectorAll("path")].filter(bar => bar.getBBox().height > 0).length)"""
    # The 90 days end today, of which nobody has reported yet.
    assert page.locator("#main-chart .barlayer .trace").evaluate_all(heights) == [89, 16]


def test_bands_name_the_mode_and_stand_behind_the_bars(shown: Shown) -> None:
    page, _ = shown
    bands = page.locator("#main-chart .layer-below .shapelayer path")
    expect(bands).to_have_count(3)  # testing as reported, testing as published, enforce
    fills = {band.get_attribute("style") for band in bands.all()}
    assert len(fills) == 3
    assert {"testing", "enforce"} <= set(bands.locator("xpath=..").locator("text").all_text_contents())
    assert page.locator("#main-chart .infolayer .legendtext").all_text_contents() == [
        "Successful",
        "Failed",
        "Unauthenticated",
        "testing",
        "enforce",
    ]


def test_a_changed_policy_is_marked(shown: Shown) -> None:
    page, _ = shown
    expect(page.locator("#main-chart .layer-above .shapelayer path")).to_have_count(1)
    # Our first look, and the change to enforce.
    expect(page.locator("#main-chart .xy3 .point")).to_have_count(2)


def test_a_day_tells_its_figures_under_the_pointer(shown: Shown) -> None:
    page, _ = shown
    page.locator("#main-chart").scroll_into_view_if_needed()
    box = page.locator("#main-chart .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * (88.5 / 90), box["y"] + box["height"] / 2)
    hover = page.locator("#main-chart .hoverlayer .legend")
    expect(hover).to_be_visible()
    text = " ".join(hover.locator("text").all_text_contents())
    assert "Sun 22 Nov 2026 (UTC)" in text
    assert "mode enforce" in text


def test_the_browser_has_nothing_to_complain_about(shown: Shown, server: str) -> None:
    page, seen = shown
    page.mouse.wheel(0, 2000)
    assert seen.complaints == []
    assert {"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in seen.requests} == {server}


def test_nothing_scrolls_sideways(shown: Shown, size: tuple[int, int]) -> None:
    page, _ = shown
    page.locator("details").evaluate_all("all => all.forEach(each => (each.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_choice_of_light_or_dark_is_kept(browser: Browser, server: str) -> None:
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(server)
    page.get_by_role("button", name="Change between light and dark").click()
    page.goto(f"{server}/domains/example.com")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    expect(page.locator("#main-chart .legendtext").first).to_have_css("fill", "rgb(228, 233, 238)")
    context.close()


def test_a_mode_that_is_not_known_is_told_in_the_language_of_the_page(browser: Browser, server: str) -> None:
    context = browser.new_context(locale="ja-JP")
    page = context.new_page()
    page.goto(f"{server}/domains/example.net")
    expect(page.locator("#main-chart .infolayer .legendtext").filter(has_text="不明")).to_have_count(1)
    context.close()


def test_strings_of_strangers_do_nothing(browser: Browser, server: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server}/domains/example.com/failures")
    page.get_by_role("link", name="Reports").last.click()
    page.locator("tbody a").first.click()
    assert "taken" not in page.title()
    context.close()


def test_the_linked_style_rules_are_those_of_the_bundle(browser: Browser) -> None:
    """Plotly would put them into the page, which the Content-Security-Policy forbids; the file must not fall behind."""
    context = browser.new_context()
    page = context.new_page()
    page.add_script_tag(path=VENDOR / "plotly-basic-4.1.1.min.js")
    rules = page.evaluate("[...document.getElementById('plotly.js-style-global').sheet.cssRules].map(r => r.cssText)")
    written = (VENDOR / "plotly-4.1.1.css").read_text().partition("*/\n")[2]
    assert written.splitlines() == rules
    context.close()


def test_paper_shows_the_chart_in_its_width_and_in_black(browser: Browser, server: str) -> None:
    context = browser.new_context(color_scheme="dark", viewport={"width": WIDE[0], "height": WIDE[1]})
    page = context.new_page()
    page.goto(f"{server}/domains/example.com")
    text = page.locator("#main-chart .legendtext").first
    expect(text).to_have_css("fill", "rgb(228, 233, 238)")
    drawing = page.locator("#main-chart .main-svg").first
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(drawing).to_have_attribute("width", "700")
    expect(text).to_have_css("fill", "rgb(0, 0, 0)")
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(drawing).not_to_have_attribute("width", "700")
    context.close()
