"""What people come for, click by click, in a browser before a real server."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import House, watch

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def page(admin: BrowserContext, house: House) -> Iterator[Page]:
    """Before the overview, as ada; nothing may be complained about on any journey."""
    page = admin.new_page()
    seen = watch(page)
    page.goto(house.url("/"))
    yield page
    assert seen.faults(house.address) == []
    page.close()


def test_the_failing_mx_is_two_clicks_from_the_overview(page: Page) -> None:
    page.get_by_role("link", name="See the cause and what to do: example.com").click()
    page.get_by_role("link", name="mx2.example.com").first.click()
    expect(page.get_by_role("heading", name="mx2.example.com")).to_be_visible()
    facts = page.get_by_role("region", name="In short")
    expect(facts).to_contain_text("350 sessions failed at this host")
    expect(facts).to_contain_text("Renew the certificate")


def test_a_foreign_domain_is_adopted_with_its_backlog(page: Page) -> None:
    page.get_by_role("link", name="Add what is yours").click()
    page.get_by_role("button", name="Add this domain: new.example").click()
    expect(page.get_by_role("status")).to_contain_text("1 report now counts for it.")
    page.get_by_role("status").get_by_role("link", name="new.example").click()
    page.get_by_role("row", name=re.compile("19 Nov 2026")).first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("new.example")


def test_a_delivery_in_quarantine_is_tried_again_and_counts(page: Page) -> None:
    page.get_by_role("link", name="Deliveries").first.click()
    page.get_by_role("link", name="quarantined").click()
    page.get_by_role("row", name=re.compile("dkim_missing")).last.get_by_role("link").click()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("status")).to_contain_text("Tried again: it counts now.")
    page.get_by_role("link", name="the report").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Report about example.com, Fri 20 Nov 2026")


def test_days_drawn_across_the_chart_become_the_range(page: Page) -> None:
    page.get_by_role("link", name="example.com", exact=True).click()
    page.locator("#main-chart .infolayer .legend").wait_for()
    page.locator("#main-chart").scroll_into_view_if_needed()
    box = page.locator("#main-chart .nsewdrag").first.bounding_box()
    assert box is not None
    # 30 days from 25 October: from the middle of the 11th one to the middle of the 20th.
    left, right = (box["x"] + box["width"] * (day + 0.5) / 30 for day in (10, 19))
    height = box["y"] + box["height"] / 2
    page.mouse.move(left, height)
    page.mouse.down()
    page.mouse.move(right, height, steps=5)
    page.mouse.up()
    page.wait_for_url("**from=2026-11-04&to=2026-11-13")
    expect(page.get_by_label("From")).to_have_value("2026-11-04")
    expect(page.get_by_label("To", exact=True)).to_have_value("2026-11-13")
    expect(page.get_by_role("heading", name=re.compile("Wed 4 Nov to Fri 13 Nov 2026"))).to_be_visible()


def test_the_language_that_was_chosen_stays(page: Page) -> None:
    page.get_by_role("link", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.get_by_role("link", name="example.com", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("navigation", name="example.com").get_by_role("link").first).to_have_text("概要")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "/domains/example.com" in page.url


def test_the_weekly_mail_is_looked_at_in_its_frame(page: Page) -> None:
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Mail", exact=True).click()
    page.get_by_role("link", name="Preview of the weekly mail", exact=True).click()
    page.locator("select[name=recipient]").select_option("ann@example.net")
    page.get_by_role("button", name="Show").click()
    mail = page.frame_locator("iframe.mail")
    expect(mail.locator("html")).to_have_attribute("lang", "ja")
    page.get_by_role("link", name="Mail", exact=True).last.click()
    page.get_by_role("link", name="Preview of the weekly mail", exact=True).click()
    expect(mail.get_by_role("heading", level=1)).to_contain_text("Mail was held back")
    assert mail.get_by_role("img").first.evaluate("image => image.naturalWidth") == 1080
    expect(page.get_by_text("Week 2026-W47: 16 Nov 2026")).not_to_be_visible()
    page.get_by_text("As text").click()
    expect(page.get_by_text("Week 2026-W47: 16 Nov 2026")).to_be_visible()
