"""Below a path behind a web server in front: every address on every page stays below it."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urljoin, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask.testing import FlaskClient

from collector.store.engine import Engine
from dashboard.web import mounts
from tests.support import page
from tests.web.conftest import PASSWORD, MakeApp, add_user

PREFIX = "/tools/tlsrpt"
PUBLIC = f"https://example.net{PREFIX}"
_ATTRIBUTES = {"a": "href", "link": "href", "form": "action", "script": "src", "img": "src"}


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def proxy(target: int, *, takes_off: bool, told: str | None) -> ThreadingHTTPServer:
    """A small web server in front, which passes on what lies below PREFIX: with it, or without (nginx: a `/` more)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path
            if not path.startswith(f"{PREFIX}/"):
                self.send_error(404)
                return
            headers = {"Host": "example.net", "X-Forwarded-For": "127.0.0.1"}
            if told is not None:
                headers["X-Forwarded-Prefix"] = told
            behind = http.client.HTTPConnection("127.0.0.1", target, timeout=10)
            behind.request("GET", path.removeprefix(PREFIX) if takes_off else path, headers=headers)
            answer = behind.getresponse()
            body = answer.read()
            behind.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() in ("content-type", "location", "set-cookie"):
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def addresses(found: page.Page) -> set[str]:
    return {given[_ATTRIBUTES[tag]] for tag, given in found.tags if given.get(_ATTRIBUTES.get(tag, ""))}


@pytest.mark.parametrize(
    ("takes_off", "told", "public"),
    [(True, None, PUBLIC), (False, None, PUBLIC), (True, f"{PREFIX}/", "https://example.net")],
    ids=["taken off", "passed on", "told in a header"],
)
def test_every_link_of_every_page_leads_somewhere_below_the_path(
    make_app: MakeApp, takes_off: bool, told: str | None, public: str
) -> None:
    app = make_app(**{"web.public_url": public})
    behind = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    with serving(behind) as target, serving(proxy(target, takes_off=takes_off, told=told)) as port:  # type: ignore[arg-type]
        wanted, seen = [f"{PREFIX}/"], set()
        while wanted and len(seen) < 60:
            path = wanted.pop(0)
            if path in seen:
                continue
            seen.add(path)
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            asked.request("GET", path)
            answer = asked.getresponse()
            body = answer.read()
            asked.close()
            assert answer.status in (200, 302, 303, 405), path  # 405: a form that is posted
            location = answer.headers["Location"]
            # The API's page shows examples, of which not every one is there in this world.
            is_page = answer.headers.get_content_type() == "text/html" and path != f"{PREFIX}/api/v1/docs"
            found = {location} if location else addresses(page.read(body.decode())) if is_page else set()
            for address in found:
                parts = urlsplit(urljoin(path, address))
                if not parts.scheme and not parts.netloc:
                    assert parts.path.startswith(f"{PREFIX}/"), f"{address} on {path}"
                    wanted.append(parts.path)
        assert f"{PREFIX}/domains/example.com" in seen
        assert f"{PREFIX}/login" not in seen


@pytest.fixture
def client(make_app: MakeApp, filled: Engine) -> FlaskClient:
    add_user(filled)
    return make_app(**{"web.public_url": PUBLIC}).test_client()


def test_a_login_leads_back_below_the_path_and_its_cookie_goes_nowhere_else(client: FlaskClient) -> None:
    asked = client.get(f"{PREFIX}/domains/example.com?from=2026-11-01", base_url="https://example.net")
    assert asked.headers["Location"].startswith(f"{PREFIX}/login?next=")
    form = client.get(asked.headers["Location"], base_url="https://example.net")
    assert f"Path={PREFIX}" in form.headers["Set-Cookie"]
    assert "__Host-" not in form.headers["Set-Cookie"]  # browsers take it for the path / only
    fields = {each["name"]: each.get("value", "") for each in page.read(form.text).all("input")}
    fields |= {"name": "ada", "password": PASSWORD}
    inside = client.post(f"{PREFIX}/login", data=fields, base_url="https://example.net")
    assert inside.headers["Location"] == f"{PREFIX}/domains/example.com?from=2026-11-01"
    assert client.get(inside.headers["Location"], base_url="https://example.net").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", f"{PREFIX}/healthz"])
def test_callers_on_this_machine_may_leave_the_path_out(client: FlaskClient, path: str) -> None:
    assert client.get(path).json == {"status": "up"}


@pytest.mark.parametrize(
    "told", ["//evil.example", "/../..", "/a b", "https://evil.example", "/a\\b", '/"x', "/" * 300]
)
def test_a_prefix_that_is_no_path_is_not_believed(make_app: MakeApp, told: str) -> None:
    answer = make_app().test_client().get("/", headers={"X-Forwarded-Prefix": told})
    assert "evil" not in answer.text
    # An address of ours, and nothing before it.
    assert "/domains/example.com" in [link.partition("?")[0] for link in page.read(answer.text).links()]


def test_a_prefix_is_believed_of_trusted_proxies_only(make_app: MakeApp) -> None:
    asked = {"X-Forwarded-Prefix": PREFIX}
    for trusted, expected in (("127.0.0.1", f"{PREFIX}/domains/example.com"), ("192.0.2.1", "/domains/example.com")):
        answer = make_app(**{"web.trusted_proxies": trusted}).test_client().get("/", headers=asked)
        assert expected in [link.partition("?")[0] for link in page.read(answer.text).links()]


def test_posts_of_reports_are_taken_below_the_path_too(make_app: MakeApp) -> None:
    class Mount:
        path = "/v1/tlsrpt"

        def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
            start_response("201 Created", [])
            return [environ["SCRIPT_NAME"].encode()]

        def gauges(self) -> dict[str, int]:
            return {}

        def close(self) -> None:
            """Nothing is open."""

    app = make_app(**{"web.public_url": PUBLIC})
    mounts.put_before(app, [Mount()])
    assert app.test_client().post(f"{PREFIX}/v1/tlsrpt").text == PREFIX
