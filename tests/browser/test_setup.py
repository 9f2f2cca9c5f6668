"""The setup page asks by itself: a tick comes when the record is there, and the self-test is seen to arrive."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine
from werkzeug.serving import make_server

from collector import settings
from dashboard.web import create_app
from tests.browser.conftest import watch
from tests.receive.listener import Listener
from tests.support.dns import DnsServer

_SECONDS = 30
_RECORD = ("_smtp._tls.example.com", "TXT")


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    zone = {
        ("example.com", "MX"): ["10 mx1.example.com."],
        ("reports.example.com", "MX"): ["10 mx.reports.example.com."],
        ("mx.reports.example.com", "A"): ["127.0.0.1"],
    }
    with DnsServer(zone) as server:
        yield server


@pytest.fixture
def address(sqlite_engine: Engine, dns: DnsServer) -> Iterator[str]:
    """The setup page of a dashboard beside a listener on the same database."""
    with Listener(sqlite_engine, auth__dkim="require", dns__nameservers=str(dns.address)) as listener:
        given = {"dns.nameservers": str(dns.address), "dns.timeout": "2", "monitor.smtp_port": str(listener.port)}
        app = create_app(settings.load(environ={}, overrides=given), sqlite_engine, now=lambda: datetime.now(UTC))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/domains/example.com/setup"
        server.shutdown()
        thread.join()
        server.server_close()


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Lets the page's own clock run, five seconds at a time, until it shows it."""
    give_up = time.monotonic() + _SECONDS
    while not is_so() and time.monotonic() < give_up:
        page.clock.run_for(5000)
        page.wait_for_timeout(200)
    assert is_so()


def test_a_tick_and_the_self_test_come_without_loading_the_page_again(
    browser: Browser, address: str, dns: DnsServer
) -> None:
    page = browser.new_page()
    seen = watch(page)
    page.clock.install()
    page.goto(address)
    tick = page.locator('[data-step="tlsrpt"] .live-mark')
    assert tick.inner_text() == "not seen"
    dns.zone[_RECORD] = ["v=TLSRPTv1; rua=mailto:tlsrpt@reports.example.com"]
    until(page, lambda: "live" in tick.inner_text())
    page.get_by_role("button", name="Send a test report").click()
    until(page, lambda: "it arrived" in page.locator("#ways").inner_text())
    assert "its DKIM signature came through unharmed" in page.locator("#ways").inner_text()
    assert seen.complaints == []
    page.close()
