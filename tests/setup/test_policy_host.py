"""The dashboard as policy host: that name, that path, and nothing else under it."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from collector.monitor.policy import read
from collector.store import hosted, queries
from collector.store.hosted import HostedRow
from tests.setup.conftest import MakeApp
from tests.web import world
from tests.web.conftest import add_user

HOST = "mta-sts.example.com"
PATH = "/.well-known/mta-sts.txt"
TEXT = "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n"
ROW = HostedRow(world.NOW, None, "enforce", 604800, ("mx1.example.com", "*.example.net"), "a1")
NONE = HostedRow(world.NOW + timedelta(minutes=1), None, None, None, (), None)


@pytest.fixture
def client(make_app: MakeApp, filled: Engine) -> FlaskClient:
    put(filled, ROW)
    return make_app().test_client()


def put(engine: Engine, row: HostedRow) -> None:
    domain_id = queries.find_domain(engine, "example.com")
    assert domain_id is not None
    hosted.put(engine, domain_id, row)


@pytest.mark.parametrize("host", [HOST, "MTA-STS.Example.COM", f"{HOST}:8080", f"{HOST}."])
@pytest.mark.parametrize("with_users", [False, True])
def test_the_policy_is_for_everybody(client: FlaskClient, filled: Engine, host: str, *, with_users: bool) -> None:
    if with_users:
        add_user(filled)
    answer = client.get(PATH, headers={"Host": host, "X-Forwarded-For": "192.0.2.1"})
    assert (answer.status_code, answer.data.decode()) == (200, TEXT)
    assert answer.content_type == "text/plain"
    assert answer.headers["Cache-Control"] == "no-store"
    assert read(answer.data).problems == ()


def test_head_and_other_methods(client: FlaskClient) -> None:
    head = client.head(PATH, headers={"Host": HOST})
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(TEXT))
    answer = client.post(PATH, headers={"Host": HOST})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path", ["/", "/login", "/healthz", "/api/v1/domains", f"{PATH}/", "/.well-known/MTA-STS.txt", "/%2e"]
)
@pytest.mark.parametrize("with_users", [False, True])
def test_nothing_else_is_there(client: FlaskClient, filled: Engine, path: str, *, with_users: bool) -> None:
    if with_users:
        add_user(filled)
    answer = client.get(path, headers={"Host": HOST})
    assert answer.status_code == 404
    assert answer.content_type == "text/plain"


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("example.com", id="the domain itself"),
        pytest.param("mta-sts.example.net", id="known, and nothing is served"),
        pytest.param("mta-sts.stranger.example", id="not known"),
        pytest.param("mta-sts.", id="nothing"),
        pytest.param("mta-sts.mta-sts.example.com", id="one label more"),
        pytest.param("xmta-sts.example.com", id="another label"),
    ],
)
def test_other_names_are_as_strange_as_before(client: FlaskClient, host: str) -> None:
    assert client.get(PATH, headers={"Host": host}).status_code == 421


def test_under_its_own_name_the_dashboard_has_no_policy(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 404
    assert client.get("/").status_code == 200


def test_a_dashboard_under_that_very_name_is_not_shut_out(client: FlaskClient, make_app: MakeApp) -> None:
    both = make_app(**{"web.public_url": f"https://{HOST}"}).test_client()
    assert both.get("/", headers={"Host": HOST}).status_code == 200
    assert both.get(PATH, headers={"Host": HOST}).text == TEXT


def test_when_serving_ends_the_name_is_strange_again(client: FlaskClient, filled: Engine) -> None:
    put(filled, NONE)
    assert client.get(PATH, headers={"Host": HOST}).status_code == 421


def test_a_policy_of_mode_none(client: FlaskClient, filled: Engine) -> None:
    put(filled, HostedRow(world.NOW + timedelta(minutes=1), None, "none", 86400, (), "a2"))
    answer = client.get(PATH, headers={"Host": HOST})
    assert answer.text == "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
