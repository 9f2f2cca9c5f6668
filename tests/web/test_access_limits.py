"""A viewer limited to some domains sees these and nothing else, whatever is asked for."""

import pytest
from flask.testing import FlaskClient

from collector.store import queries
from collector.store.engine import Engine
from tests.web import world
from tests.web.conftest import MakeApp, add_user, enter


@pytest.fixture
def client(filled: Engine, make_app: MakeApp) -> FlaskClient:
    """Logged in, and limited to example.net."""
    client = make_app().test_client()
    enter(client, filled, add_user(filled, "grace", "operator", "example.net"))
    return client


@pytest.mark.parametrize(
    "path",
    [
        *(f"/domains/example.com{rest}" for rest in ("", "/daily", "/mx", "/failures", "/reporters", "/policies")),
        *(
            f"/api/v1/domains/example.com/{rest}"
            for rest in ("daily", "mx", "failures", "reporters", "policies", "chart")
        ),
        "/api/v1/domains/EXAMPLE.com./daily",
        "/api/v1/domains/example.com/daily?format=csv",
        "/api/v1/domains/unknown.example/daily",
    ],
)
def test_other_domains_do_not_exist(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/deliveries", "/deliveries/foreign", "/api/v1/deliveries", "/api/v1/deliveries/foreign", "/metrics"]
)
def test_closed(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("under", ["", "/api/v1"])
@pytest.mark.parametrize("delivery_path", ["/deliveries/{}", "/deliveries/{}/raw", "/deliveries/{}/documents/0"])
def test_closed_delivery(client: FlaskClient, filled: Engine, under: str, delivery_path: str) -> None:
    for row in queries.deliveries(filled).items:
        assert client.get(under + delivery_path.format(row.id)).status_code == 403


@pytest.mark.parametrize("path", ["daily", "mx", "failures", "reporters", "policies", "chart"])
def test_own_domain(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/domains/example.net/{path}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/domains", "/reports", "/domains/example.net", "/api/v1/domains", "/api/v1/reports", "/?search=e"),
        *("/api/v1/domains?format=csv", "/api/v1/reports?domain=example.com", "/api/v1/reports?format=csv"),
    ],
)
def test_lists_are_narrowed(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    for hidden in ("example.com<", '"example.com', ",example.com,", "quiet.example", "foreign.example"):
        assert hidden not in answer.text


@pytest.mark.parametrize("path", ["/reports/{}", "/api/v1/reports/{}", "/api/v1/reports/{}/raw"])
def test_reports_of_other_domains(client: FlaskClient, filled: Engine, path: str) -> None:
    ids = world.report_ids(filled)
    assert client.get(path.format(ids["r1"])).status_code == 404
    assert client.get(path.format(ids["r3"])).status_code == 200


def test_document_about_other_domains_too(client: FlaskClient, filled: Engine) -> None:
    world.submit(filled, world.both_domains())
    (own,) = (row for row in queries.reports(filled, domain="example.net").items if row.report_id == "r5")
    assert client.get(f"/api/v1/reports/{own.id}").status_code == 200
    assert client.get(f"/api/v1/reports/{own.id}/raw").status_code == 404
