"""Every page in light and dark, wide and on a phone: accessible, within its window, and nothing to complain about."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from werkzeug.routing import Rule

from collector import settings
from collector.store.engine import Engine
from dashboard.web import create_app
from tests.browser.conftest import House
from tests.browser.looking import IN_JAPANESE, LOOKS, PHONE, Looker
from tests.browser.pages import BEFORE_LOGIN, NO_PAGES, PAGES, STATES

# One worker starts one browser; another than that of the other tests, which take as long as these.
pytestmark = pytest.mark.xdist_group("browser-pages")

MAIN = (
    "pages.overview",
    "pages.domain_overview",
    "pages.report",
    "pages.deliveries",
    "pages.domain_check",
)
PRINTED = ("pages.overview", "pages.domain_overview")


@pytest.fixture(scope="module")
def looker(admin: BrowserContext, house: House) -> Looker:
    return Looker(admin.new_page(), house.address)


@pytest.fixture(scope="module")
def japanese(browser: Browser, admin: BrowserContext, house: House) -> Iterator[Looker]:
    """As ada, who reads Japanese."""
    context = browser.new_context(locale="ja-JP", storage_state=admin.storage_state())
    yield Looker(context.new_page(), house.address)
    context.close()


def is_page(rule: Rule) -> bool:
    """The API answers no pages, but for the one that tells what it is."""
    return "GET" in (rule.methods or ()) and (rule.endpoint == "api.docs" or not rule.rule.startswith("/api/v1/"))


def test_every_page_is_looked_at(sqlite_engine: Engine) -> None:
    app = create_app(settings.load(environ={}), sqlite_engine)
    views = {rule.endpoint for rule in app.url_map.iter_rules() if is_page(rule)}
    assert views == set(PAGES) | NO_PAGES | BEFORE_LOGIN


@pytest.mark.parametrize("view", PAGES)
def test_page(looker: Looker, house: House, view: str) -> None:
    looker.open(house.url(PAGES[view]))
    looker.keep(view)
    if view in MAIN:
        looker.keep(view, PHONE, "dark")
    if view in PRINTED:
        looker.keep_print(view)
    assert list(looker.faults()) == []


@pytest.mark.parametrize("state", STATES)
def test_state(looker: Looker, house: House, state: str) -> None:
    status = {"/nothing": 404, "/reports?from=yesterday": 400}.get(STATES[state], 200)
    looker.open(house.url(STATES[state]), status)
    # axe has read a chart with the page of its domain; the bars of another range are many, and the same to it.
    looker.page.locator("#main-chart").evaluate_all("all => all.forEach((each) => each.replaceChildren())")
    refused = f"error: Failed to load resource: the server responded with a status of {status}"
    assert [fault for fault in looker.faults(LOOKS[::2]) if not fault.startswith(refused)] == []


@pytest.mark.parametrize("view", [view for view in PAGES if view.startswith("pages.")])
def test_page_in_japanese(japanese: Looker, house: House, view: str) -> None:
    japanese.open(house.url(PAGES[view]))
    expect(japanese.page.locator("html")).to_have_attribute("lang", "ja")
    if view in MAIN:
        japanese.keep(f"{view}-ja")
    assert list(japanese.faults(IN_JAPANESE, axe=view in MAIN)) == []


def test_login_page(browser: Browser, house: House) -> None:
    context = browser.new_context()
    looker = Looker(context.new_page(), house.address)
    looker.open(house.url("/login"))
    looker.keep("access.login")
    assert list(looker.faults()) == []
    context.close()


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_the_page_that_ends_mails_as_strangers_see_it(browser: Browser, house: House, locale: str) -> None:
    context = browser.new_context(locale=locale, extra_http_headers={"X-Forwarded-For": "192.0.2.7"})
    looker = Looker(context.new_page(), house.address)
    looker.open(house.url(PAGES["pages.unsubscribe"]))
    expect(looker.page.locator("html")).to_have_attribute("lang", locale[:2])
    for scheme in ("light", "dark"):
        looker.keep(f"unsubscribe {locale[:2]}", PHONE, scheme)
    assert list(looker.faults(((PHONE, "light", LOOKS[0][2]), (PHONE, "dark", LOOKS[1][2])))) == []
    context.close()


def test_empty_installation(browser: Browser, empty_server: str) -> None:
    context = browser.new_context()
    looker = Looker(context.new_page(), empty_server)
    for path in ("/", "/reports", "/deliveries/foreign", "/settings/users"):
        looker.open(empty_server + path)
        if path == "/":
            looker.keep("nothing set up")
        assert [f"{path}: {fault}" for fault in looker.faults(LOOKS[::2])] == []
    context.close()
