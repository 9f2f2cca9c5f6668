"""While no user is defined: open to callers on this machine, closed to everything that only looks like one."""

from ipaddress import ip_network

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from collector.store.engine import Engine
from dashboard.web import peers
from dashboard.web.access import local
from tests.web.conftest import MakeApp

PUBLIC = "https://tls.example.net/reports"


@pytest.mark.parametrize(
    ("host", "public_url", "ours"),
    [
        ("localhost", None, True),
        ("localhost:8080", None, True),
        ("LocalHost:8080", None, True),
        ("127.0.0.1:8080", None, True),
        ("127.8.9.1", None, True),
        ("[::1]:8080", None, True),
        ("[::ffff:127.0.0.1]:8080", None, True),
        ("evil.example:8080", None, False),
        ("localhost.evil.example", None, False),
        ("127.0.0.1.evil.example", None, False),
        ("192.0.2.1:8080", None, False),
        ("[2001:db8::1]", None, False),
        ("tls.example.net", None, False),
        ("tls.example.net", PUBLIC, True),
        ("TLS.example.net:443", PUBLIC, True),
        ("localhost", PUBLIC, True),
        ("evil.example", PUBLIC, False),
        ("tls.example.net@evil.example", PUBLIC, False),
        ("", None, False),
        ("[::1", None, False),
    ],
)
def test_host(host: str, public_url: str | None, ours: bool) -> None:
    assert local.answers_to(host, public_url) is ours


@pytest.mark.parametrize(
    ("peer", "headers", "is_local"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("192.0.2.1", {}, False),
        (None, {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, True),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, False),  # a proxy speaks for somebody else
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"}, False),
        ("127.0.0.1", {"X-Real-IP": "2001:db8::1"}, False),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.1"}, False),
    ],
)
def test_caller(peer: str | None, headers: dict[str, str], is_local: bool) -> None:
    assert local.is_local_caller(peer, Headers(headers)) is is_local


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", "192.0.2.1"),  # a stranger may say anything
        ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.5", "203.0.113.5"),  # what the proxy itself has added
        ("::1", "203.0.113.5, 198.51.100.9", "203.0.113.5"),  # a second proxy of ours
        ("::ffff:127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        (None, "", ""),
    ],
)
def test_client_address(peer: str | None, forwarded_for: str, address: str) -> None:
    headers = Headers({"X-Forwarded-For": forwarded_for} if forwarded_for else {})
    trusted = [ip_network(text) for text in ("127.0.0.0/8", "::1", "198.51.100.9")]
    assert peers.client_address(peer, headers, trusted) == address


@pytest.mark.parametrize(
    ("headers", "cross_site"),
    [
        ({}, False),  # no browser
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-site"}, True),  # another port of this host
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8080"}, True),
        ({"Origin": "http://localhost:8080"}, False),
        ({"Origin": "https://tls.example.net"}, False),
        ({"Origin": "http://localhost:3000"}, True),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": ""}, True),
    ],
)
def test_site(headers: dict[str, str], cross_site: bool) -> None:
    assert local.is_cross_site(Headers({"Host": "localhost:8080", **headers}), PUBLIC) is cross_site


@pytest.mark.parametrize("path", ["/", "/api/v1/domains", "/domains/example.com", "/metrics", "/reports"])
def test_open_to_local_callers(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/v1/domains", "/domains/example.com", "/metrics", "/nothing"])
@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"HTTP_HOST": "evil.example"}, 421),  # DNS rebinding
        ({"HTTP_HOST": "evil.example:8080"}, 421),
        ({"REMOTE_ADDR": "192.0.2.1"}, 403),
        ({"HTTP_X_FORWARDED_FOR": "192.0.2.1"}, 403),
    ],
)
def test_closed_to_others(client: FlaskClient, path: str, environ: dict[str, str], status: int) -> None:
    answer = client.get(path, environ_overrides=environ)
    assert answer.status_code == status
    assert b"quiet.example" not in answer.data


def test_public_host_name(filled: Engine, make_app: MakeApp) -> None:
    client = make_app(**{"web.public_url": PUBLIC}).test_client()
    assert client.get("/api/v1/domains", headers={"Host": "tls.example.net"}).status_code == 200
    assert client.get("/api/v1/domains", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 405),  # let in; there is just nothing to post to
        ({"Origin": "http://localhost"}, 405),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_no_cross_site_post(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/api/v1/domains", headers=headers).status_code == status


def test_address_that_others_reach_is_never_open(filled: Engine, make_app: MakeApp) -> None:
    """Its last user may have been removed while it runs."""
    client = make_app(**{"web.listen": "0.0.0.0:8080"}).test_client()
    assert client.get("/api/v1/domains").status_code == 401
    assert client.get("/").headers["Location"] == "/login"


def test_nothing_to_log_in_to(client: FlaskClient) -> None:
    answer = client.get("/login")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
