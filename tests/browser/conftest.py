"""A real Chromium before a real server on loopback."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from collector import settings
from collector.store.engine import Engine, open_engine
from dashboard.web import create_app
from tests.browser import furnished
from tests.support import living
from tests.support.dns import DnsServer

CHROMIUM = Path("/usr/bin/chromium")
_SWITCHES = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


# Not for the session: as long as playwright runs, its event loop does, and no other test could start one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=_SWITCHES.split())
        yield running
        running.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the living installation, to be copied."""
    path = tmp_path_factory.mktemp("living") / "tlsrpt.db"
    living.database(path).dispose()
    return path


@pytest.fixture(scope="session")
def server(filled: Path) -> Iterator[str]:
    """The address of the dashboard over the living installation, open to whoever is here."""
    path = filled.with_name("open.db")
    shutil.copyfile(filled, path)
    with serving(open_engine(f"sqlite:///{path}")) as address:
        yield address


@pytest.fixture(scope="session")
def empty_server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard that knows no domain yet."""
    path = tmp_path_factory.mktemp("empty") / "tlsrpt.db"
    shutil.copyfile(sqlite_template, path)
    with serving(open_engine(f"sqlite:///{path}")) as address:
        yield address


@dataclass(frozen=True)
class House:
    """The furnished installation behind its login: its address, and what `{...}` in a path of its pages stands for."""

    address: str
    names: dict[str, str]

    def url(self, path: str) -> str:
        return self.address + path.format(**self.names)


@pytest.fixture(scope="session")
def house(filled: Path) -> Iterator[House]:
    engine = furnished.database(filled, filled.with_name("furnished.db"))
    names = furnished.names(engine)
    with DnsServer(dict(furnished.ZONE)) as dns:
        asking = {"dns.nameservers": str(dns.address), "dns.timeout": "2", "summary.recipients": "ops@example.com"}
        with serving(engine, asking) as address:
            yield House(address, names)


@contextmanager
def serving(engine: Engine, overrides: dict[str, str] | None = None) -> Iterator[str]:
    """The address of a dashboard over `engine`, whose clock stands still; `engine` is closed in the end."""
    given = settings.gather(environ={}, overrides=overrides or {})
    app = create_app(settings.build(given), engine, now=lambda: living.NOW, given=given)
    listening = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
        engine.dispose()


class _Quiet(WSGIRequestHandler):
    """Keeps connections open, as the real server does, and says nothing."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def admin(browser: Browser, house: House) -> Iterator[BrowserContext]:
    """The browser of ada, who is logged in."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    log_in(page, house, "ada")
    page.close()
    yield context
    context.close()


def log_in(page: Page, house: House, name: str, password: str = furnished.PASSWORD) -> None:
    page.goto(house.url("/login"))
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    # The next page is waited for: to close one while it comes hangs now and then.
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name="Log in").click()


@dataclass
class Seen:
    """What the browser complained about, and where it went."""

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def faults(self, address: str) -> list[str]:
        """Complaints, and whatever was asked of another server than that of `address`; forgotten then."""
        foreign = [f"asked for {url}" for url in self.requests if not url.startswith(f"{address}/")]
        found = [*self.complaints, *foreign]
        self.complaints.clear()
        self.requests.clear()
        return found


# Chromium tells it in the console too; the event is the standard's own word, whatever the console does.
_TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error("CSP", event.violatedDirective, event.blockedURI))"""


def watch(page: Page) -> Seen:
    """Listens to everything that `page` says from now on, violations of the Content-Security-Policy included."""
    seen = Seen()
    page.add_init_script(_TELL_VIOLATIONS)
    page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.complaints.append(f"error: {error}"))
    page.on("requestfailed", lambda request: seen.complaints.extend(_failure(request)))
    page.on("request", lambda request: seen.requests.append(request.url))
    return seen


def _failure(request: Request) -> list[str]:
    # Going on to the next page breaks off what the last one still wanted: no complaint.
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url} {request.failure}"]
