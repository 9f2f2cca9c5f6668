"""Everything without a mouse: each control is come to, in the order of the page, and is seen to have the focus."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import House
from tests.browser.pages import PAGES

pytestmark = pytest.mark.xdist_group("browser")

WALKED = ("pages.overview", "pages.domain_overview", "pages.deliveries", "pages.domain_setup", "settings.users")
_MARK = """() => {
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const reached = [...document.querySelectorAll(controls)].filter((each) => each.checkVisibility({ visibilityProperty: true }));
  reached.forEach((each, index) => each.setAttribute("data-stop", index));
  return reached.length;
}"""
_FOCUSED = """() => {
  const { activeElement: at } = document, { outlineStyle, outlineWidth } = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  return { stop: Number(at.dataset.stop ?? -1), what: at.outerHTML.slice(0, 90),
    isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && box.bottom > 0 && box.top < innerHeight };
}"""


@pytest.fixture
def page(admin: BrowserContext) -> Iterator[Page]:
    page = admin.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("view", WALKED)
def test_tab_comes_to_every_control(page: Page, house: House, view: str) -> None:
    page.goto(house.url(PAGES[view]))
    wanted = list(range(page.evaluate(_MARK)))
    reached: list[int] = []
    for _ in range(4 * len(wanted)):  # a date has a stop for each of its parts
        page.keyboard.press("Tab")
        at = page.evaluate(_FOCUSED)
        assert at["isSeen"], at["what"]
        if at["stop"] not in reached[-1:]:
            reached.append(at["stop"])
        if at["stop"] == wanted[-1]:
            break
    assert reached == wanted


def test_past_the_head_to_the_content(page: Page, house: House) -> None:
    page.goto(house.url("/domains/example.com"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("main").get_by_role("link", name="Domains")).to_be_focused()


def test_the_table_of_the_chart_unfolds(page: Page, house: House) -> None:
    page.goto(house.url("/domains/example.com"))
    page.get_by_text("The figures as a table").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("region", name="Days", exact=True)).to_be_focused()
    expect(page.get_by_role("rowheader", name="Sun 22 Nov 2026").first).to_be_visible()


def test_light_and_dark(page: Page, house: House) -> None:
    page.goto(house.url("/"))
    page.get_by_role("button", name="Change between light and dark").focus()
    for theme in ("dark", "light"):
        page.keyboard.press("Enter")
        expect(page.locator("html")).to_have_attribute("data-theme", theme)


def test_the_language(page: Page, house: House) -> None:
    page.goto(house.url("/"))
    for name, tag in (("日本語", "ja"), ("English", "en")):
        page.get_by_role("link", name=name).focus()
        page.keyboard.press("Enter")
        expect(page.locator("html")).to_have_attribute("lang", tag)


def test_a_field_sends_its_form(page: Page, house: House) -> None:
    page.goto(house.url("/domains/example.com/daily"))
    page.get_by_label("Reporter").focus()
    page.keyboard.type("office.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Only what one reporter told: office.example.")
