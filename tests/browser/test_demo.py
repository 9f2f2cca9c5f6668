"""What a newcomer sees within a minute: `tlsrpt demo`, in a browser."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import watch
from tests.support import processes

pytestmark = pytest.mark.xdist_group("browser")


def test_the_demo_shows_bars_and_bands_of_ninety_days(browser: Browser, tmp_path: Path) -> None:
    port = processes.free_port()
    with processes.running("demo", cwd=tmp_path, variables={"TLSRPT_WEB_LISTEN": f"127.0.0.1:{port}"}) as demo:
        processes.until(lambda: processes.listens(port), 60, "the dashboard", alive=demo.process)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        seen = watch(page)
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.get_by_role("link", name="Alerts 2", exact=True)).to_be_visible()
        page.get_by_role("link", name="example.com", exact=True).click()
        bars = page.locator("#main-chart .barlayer .trace")
        expect(bars).to_have_count(2)
        page.get_by_role("link", name="90 days").click()
        page.wait_for_url("**/domains/example.com?from=*")
        expect(bars).to_have_count(2)
        drawn = "all => all.map(trace => [...trace.querySelectorAll('path')].filter(bar => bar.getBBox().height > 0).length)"
        successful, failed = bars.evaluate_all(drawn)
        assert successful >= 80
        assert failed > 0
        modes = page.locator("#main-chart .layer-below .shapelayer text").all_text_contents()
        assert {"testing", "enforce"} <= set(modes)
        today = datetime.now(UTC).date()
        assert page.locator("input[name=from]").input_value() in {str(today - timedelta(days=ago)) for ago in (89, 90)}
        assert seen.complaints == []
        context.close()
        assert demo.stop() == 0
