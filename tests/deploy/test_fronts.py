"""The examples for nginx and Caddy in our documentation, in a real one before a real `tlsrpt web`."""

import http.client
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from collector.settings import Limits
from collector.store import accounts, hosted, queries
from collector.store.engine import open_engine
from collector.store.hosted import HostedRow
from dashboard.passwords import hash_password
from tests.receive_https.site import GZIP, packed, serving
from tests.support import caddy, page
from tests.support.nginx import Front, documented, nginx

PASSWORD = "correct horse battery staple"
CLIENT = "127.0.0.2"  # no proxy that is trusted
NOW = datetime.now(UTC)


NGINX = (("nginx", "reverse-proxy.md"), ("nginx", "install.md"))
every_front = pytest.mark.parametrize("site", [*NGINX, ("caddy", "reverse-proxy.md")], indirect=True, ids=" ".join)
nginx_only = pytest.mark.parametrize("site", NGINX, indirect=True, ids=" ".join)


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Front, str, Path]]:
    """The web server as a page of the documentation has it, the path below which the dashboard is, and its folder."""
    program, name = request.param
    if program == "caddy" and caddy.installed() is None:
        pytest.skip("caddy is missing (apt install caddy): its example in the documentation is not tried")
    folder = tmp_path_factory.mktemp(program)
    below = "/tlsrpt" if name == "reverse-proxy.md" else ""
    with serving(folder, WEB_PUBLIC_URL=f"https://example.com{below}", WEB_TRUSTED_PROXIES="127.0.0.1") as behind:
        engine = open_engine(f"sqlite:///{folder / 'tlsrpt.db'}")
        accounts.add_user(engine, "ada", role="admin", password_hash=hash_password(PASSWORD), domains=(), now=NOW)
        domain_id = queries.find_domain(engine, "example.com")
        assert domain_id is not None
        hosted.put(engine, domain_id, HostedRow(NOW, None, "enforce", 604800, ("mx1.example.com",), "1"))
        engine.dispose()
        with front(program, name, folder, behind.port) as server:
            yield server, below, folder


def front(program: str, name: str, folder: Path, port: int) -> AbstractContextManager[Front]:
    """The web server before the dashboard at `port`, as the page `name` has it."""
    if program == "caddy":
        found = caddy.installed()
        assert found is not None
        return caddy.caddy(found, folder, port, caddy.documented(name))
    locations = documented(name) + (documented("posts.md") if name == "install.md" else "")
    return nginx(folder, port, locations, documented("setup.md"))


def ask(
    server: Front, method: str, path: str, body: bytes | None = None, host: str = "example.com", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = server.connect(host, CLIENT)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"Host": host, **given})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer, text


def logged_in(server: Front, below: str) -> str:
    """The cookie of somebody who went through the form."""
    form, text = ask(server, "GET", f"{below}/login")
    found = page.read(text.decode())
    fields = {each["name"]: each.get("value", "") for each in found.all("input")} | {
        "name": "ada",
        "password": PASSWORD,
    }
    cookies: SimpleCookie = SimpleCookie(form.headers["Set-Cookie"])
    given = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    sent = {"Cookie": given, "Content_Type": "application/x-www-form-urlencoded", "Origin": "https://example.com"}
    inside, _ = ask(server, "POST", f"{below}/login", urlencode(fields).encode(), **sent)
    assert (inside.status, inside.headers["Location"]) == (303, f"{below}/")
    kept = SimpleCookie(inside.headers["Set-Cookie"])
    assert all(morsel["secure"] and morsel["path"] == (below or "/") for morsel in kept.values())
    return "; ".join(f"{name}={morsel.value}" for name, morsel in kept.items())


@every_front
def test_every_link_leads_to_a_page_of_ours(site: tuple[Front, str, Path]) -> None:
    server, below, _ = site
    cookie = logged_in(server, below)
    first, text = ask(server, "GET", f"{below}/", Cookie=cookie)
    assert first.status == 200
    assert first.headers["Strict-Transport-Security"]
    found = page.read(text.decode())
    files = [given.get("href") or given.get("src") for tag in ("link", "script", "img") for given in found.all(tag)]
    inside = {urlsplit(urljoin(f"{below}/", each)).path for each in (*found.links(), *files) if each}
    assert len(inside) > 8
    for path in inside:
        assert path.startswith(f"{below}/"), path
        answer, _ = ask(server, "GET", path, Cookie=cookie)
        assert answer.status == 200, path


@every_front
def test_without_its_slash_the_path_leads_there_too(site: tuple[Front, str, Path]) -> None:
    server, below, _ = site
    if below:
        answer, _ = ask(server, "GET", below)
        assert answer.status in (301, 302)
        assert urlsplit(answer.headers["Location"]).path == f"{below}/"
    stranger, _ = ask(server, "GET", f"{below}/")
    assert stranger.headers["Location"].startswith(f"{below}/login")


@every_front
def test_a_report_is_taken_and_its_client_known(site: tuple[Front, str, Path]) -> None:
    server, below, folder = site
    forged = {"X_Forwarded_For": "203.0.113.9", "Content_Type": GZIP}
    answer, text = ask(server, "POST", f"{below}/v1/tlsrpt", packed("by-proxy"), **forged)
    assert answer.status == 201, text
    engine = open_engine(f"sqlite:///{folder / 'tlsrpt.db'}")
    [delivery] = queries.deliveries(engine).items
    engine.dispose()
    assert str(delivery.id) == json.loads(text)["delivery"]
    assert delivery.envelope["peer"] == CLIENT


@nginx_only
def test_what_is_as_large_as_allowed_comes_through(site: tuple[Front, str, Path]) -> None:
    """limits.message_bytes and client_max_body_size are the same."""
    server, below, _ = site
    largest = Limits().message_bytes
    answer, text = ask(server, "POST", f"{below}/v1/tlsrpt", bytes(largest), Content_Type="text/plain")
    assert (answer.status, json.loads(text)["error"]["code"]) == (415, "unsupported_media_type")
    refused, text = ask(server, "POST", f"{below}/v1/tlsrpt", bytes(largest + 1), Content_Type="text/plain")
    assert (refused.status, b"nginx" in text) == (413, True)


@nginx_only
def test_the_policy_under_its_own_name_and_nothing_else(site: tuple[Front, str, Path]) -> None:
    server, _, _ = site
    answer, text = ask(server, "GET", "/.well-known/mta-sts.txt", host="mta-sts.example.com")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain")
    assert text.startswith(b"version: STSv1\r\nmode: enforce\r\n")
    for path in ("/", "/login", "/v1/tlsrpt", "/tlsrpt/"):
        assert ask(server, "GET", path, host="mta-sts.example.com")[0].status == 404, path
