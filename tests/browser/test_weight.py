"""The first view of a domain's page: how heavy it is, how much work its chart is, and that nothing jumps when it comes."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.browser.looking import PHONE, WIDE

pytestmark = pytest.mark.xdist_group("browser")

_MOST_BYTES = 600_000
# A second is what people may wait. What the page's own work takes of it was 0.3 to 0.6 s when this was written, and nine
# tenths of what the work below takes: a machine that is slow just now is slow with both.
_MOST_TIMES = 1.8
_SOME_WORK = """() => {
  const rows = [];
  for (let n = 0; n < 400000; n++) rows.push({ key: `row-${(n * 7919) % 400009}`, value: n });
  rows.sort((a, b) => (a.key < b.key ? -1 : 1));
  return JSON.stringify(rows).length;
}"""
_MOST_SHIFT = 0.01
# Adds up what the layout-instability entries say; moves that follow upon a click are no surprise.
_NOTE_SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""


@dataclass
class Weighed:
    """Bytes over the wire, time of the page's own thread until the chart stood (as a multiple of that of some other
    work in the same browser), the sum of all layout shifts.
    """

    size: int
    times: float
    shifted: float


def weigh(browser: Browser, address: str, size: tuple[int, int]) -> Weighed:
    """The page in a browser that has kept nothing yet."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.add_init_script(_NOTE_SHIFTS)
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    # Ticks of the thread: what else the machine does meanwhile does not count.
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    sizes: list[int] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address)
    page.locator("#main-chart .infolayer .legend").wait_for()
    page.wait_for_function("document.getElementById('main-chart-note') === null")
    drawn = busy(devtools)
    page.evaluate(_SOME_WORK)
    times = drawn / (busy(devtools) - drawn)
    # A shift is told with the frame after it.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shifted: float = page.evaluate("window.shifted")
    context.close()
    return Weighed(sum(sizes), times, shifted)


def busy(devtools: CDPSession) -> float:
    """Seconds that the page's thread has worked so far."""
    metrics = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    seconds: float = metrics["TaskDuration"]
    return seconds


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_first_view_of_a_domain(browser: Browser, server: str, size: tuple[int, int]) -> None:
    found = weigh(browser, f"{server}/domains/example.com", size)
    assert 100_000 < found.size <= _MOST_BYTES  # less would be a page without its chart
    assert found.times <= _MOST_TIMES
    assert found.shifted <= _MOST_SHIFT
