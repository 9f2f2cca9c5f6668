"""Logging in and out, and being refused: with a wrong password, and by a limit to some domains."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House, log_in

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser that nobody has logged in with."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_in_and_out(page: Page, house: House) -> None:
    page.goto(house.url("/domains/example.com/mx"))
    expect(page).to_have_url(house.url("/login?next=%2Fdomains%2Fexample.com%2Fmx"))
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type("not her password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    page.get_by_label("Password").fill("correct horse battery staple")
    page.keyboard.press("Enter")
    expect(page).to_have_url(house.url("/domains/example.com/mx"))
    page.get_by_role("button", name="Log out ada").click()
    expect(page).to_have_url(house.url("/login"))
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_a_viewer_limited_to_one_domain(page: Page, house: House) -> None:
    log_in(page, house, "grace")
    expect(page.get_by_role("row")).to_have_count(2)  # the head, and example.org
    expect(page.get_by_role("link", name="Deliveries")).to_have_count(0)
    for path, status, told in (
        ("/domains/example.com", 404, "404"),
        ("/deliveries", 403, "This login is limited to some domains."),
        ("/settings/users", 403, "This is for admins."),
    ):
        answer = page.goto(house.url(path))
        assert answer is not None
        assert answer.status == status
        expect(page.get_by_role("main")).to_contain_text(told)
    page.get_by_role("link", name="To the list of domains").click()
    page.get_by_role("link", name="example.org").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("example.org")
    expect(page.get_by_role("button", name="Check now")).to_have_count(0)
