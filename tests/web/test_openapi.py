"""openapi.json: every route is in it, every answer is as it says, and schemathesis finds nothing."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from collector.store.engine import Engine
from dashboard.web.api import openapi
from dashboard.web.api.operation import declared
from tests.support import alerting
from tests.web import world
from tests.web.conftest import MakeApp

# Asked of the network, which has tests of its own: test_check.py, tests/setup.
ASKS_THE_NETWORK = {"setup", "policy_draft", "self_test", "check"}
# There is none of it in this world; their own tests have some.
NOT_HERE = {"last_check", "delivery_differences"}
# What stands in a path, where one example will do.
_ONE_EACH = {"position": "0", "host": "mx1.example.com", "reporter": "reporter.example", "name": "foreign.example"}


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json is not None
    return answer.json


def test_every_route_is_declared(app: Flask) -> None:
    assert [rule.rule for rule in openapi.rules(app) if declared(app.view_functions[rule.endpoint]) is None] == []


def test_the_document_is_whole(document: dict[str, Any]) -> None:
    operations = [of for methods in document["paths"].values() for of in methods.values()]
    assert len({of["operationId"] for of in operations}) == len(operations)
    assert [of["operationId"] for of in operations if not of["summary"]] == []
    assert document["openapi"].startswith("3.1.")


def strict(schema: Any) -> Any:
    """The schema, with no field beside those it declares."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if "properties" in made and isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def asked(document: dict[str, Any], filled: Engine, client: FlaskClient) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every GET with a place of the world in it, and the operation that it is."""
    reports = world.report_ids(filled)
    deliveries = client.get("/api/v1/deliveries").json
    assert deliveries is not None
    alert_id = alerting.open_one(filled, "held_back", world.NOW)
    of_path = {
        "alert_id": [alert_id],
        "report_id": [*reports.values()],
        "delivery_id": [UUID(row["id"]) for row in deliveries["deliveries"]],
        "domain": ["example.com", "quiet.example"],
        "code": ["certificate-expired", "made-up"],
    }
    for path, methods in document["paths"].items():
        if "get" not in methods or methods["get"]["operationId"] in ASKS_THE_NETWORK:
            continue
        names = [name for name in of_path if f"{{{name}}}" in path]
        for values in product(*(of_path[name] for name in names)):
            places = dict(zip(names, values, strict=True)) | _ONE_EACH
            yield re.sub(r"\{(\w+)\}", lambda found, places=places: str(places[found[1]]), path), methods["get"]


def test_every_answer_is_as_declared(client: FlaskClient, filled: Engine, document: dict[str, Any]) -> None:
    components = {"components": strict(document["components"])}
    seen = set()
    for path, operation in asked(document, filled, client):
        answer = client.get(f"/api/v1{path}")
        told = operation["responses"][str(answer.status_code)]
        assert answer.mimetype in told["content"], path
        if schema := told["content"][answer.mimetype].get("schema"):
            Draft202012Validator({**schema, **components}).validate(answer.json)
        if answer.status_code == 200:
            seen.add(operation["operationId"])
    every = {of["get"]["operationId"] for of in document["paths"].values() if "get" in of}
    assert every - seen <= ASKS_THE_NETWORK | NOT_HERE


def test_every_example_is_one(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        for field, of in schema.get("properties", {}).items():
            for example in of.get("examples", ()):
                Draft202012Validator({**of, "components": document["components"]}).validate(example), field


def test_what_does_not_change_is_not_sent_twice(client: FlaskClient, filled: Engine) -> None:
    report = world.report_ids(filled)["r1"]
    delivery = client.get("/api/v1/deliveries").json["deliveries"][0]["id"]  # type: ignore[index]
    for path in ("openapi.json", f"reports/{report}", f"reports/{report}/raw", f"deliveries/{delivery}/raw"):
        first = client.get(f"/api/v1/{path}")
        assert first.headers["Cache-Control"] == "private, no-cache"
        for method in ("GET", "HEAD"):
            again = client.open(f"/api/v1/{path}", method=method, headers={"If-None-Match": first.headers["ETag"]})
            assert (again.status_code, again.data) == (304, b"")
    figures = client.get("/api/v1/domains")
    assert figures.headers["Cache-Control"] == "no-store"
    assert "ETag" not in figures.headers


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("domains", "text/html", 406),
        ("domains", "application/xml, text/csv;q=0.1", 200),
        ("domains?format=json", "text/html", 200),
        ("domains/example.com/verdict", "text/csv", 406),
        ("domains/example.com/verdict", "application/*", 200),
        ("domains/example.com/mx/daily", "text/csv", 200),
    ],
)
def test_what_can_be_had(client: FlaskClient, path: str, accept: str, status: int) -> None:
    answer = client.get(f"/api/v1/{path}", headers={"Accept": accept})
    assert answer.status_code == status
    assert status == 200 or answer.json["error"]["code"] == "not_acceptable"  # type: ignore[index]


def test_other_methods(client: FlaskClient) -> None:
    whole, head = client.get("/api/v1/domains"), client.head("/api/v1/domains")
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(whole.data))
    options = client.options("/api/v1/domains")
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    large = client.post("/api/v1/domains/example.com/adopt", data=b"x" * 70_000)
    assert (large.status_code, large.json["error"]["code"]) == (413, "too_large")  # type: ignore[index]


def test_failures_by_mx_and_day(client: FlaskClient) -> None:
    assert client.get("/api/v1/domains/example.com/mx/daily").json == {
        "mx_days": [
            {"mx": "mx1.example.com", "day": "2026-11-20", "failed": 6},
            {"mx": "mx2.example.com", "day": "2026-11-20", "failed": 4},
        ]
    }


def test_the_page_shows_every_operation(client: FlaskClient, document: dict[str, Any]) -> None:
    page = client.get("/api/v1/docs")
    assert page.content_type.startswith("text/html")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f'id="{operation["operationId"]}"' in page.text
            assert f"{method.upper()} {path}" in page.text
            assert method == "get" or f"curl -X {method.upper()} " in page.text
    assert 'Send <code>application/json</code>: <a href="#shape-NewUser">NewUser</a>' in page.text
    assert "<script>" not in page.text


@pytest.mark.xdist_group("pages")
def test_the_examples_of_the_documentation(living_app: Flask) -> None:
    """Each curl line of docs/api.md, asked as it stands there; `tlsrpt demo` has these names too."""
    client = living_app.test_client()
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    lines = re.findall(r"^curl (.*)$", text, re.MULTILINE)
    assert len(lines) > 5
    for line in lines:
        *given, address = shlex.split(line)
        headers = dict(value.split(": ", 1) for option, value in pairwise(given) if option == "-H")
        answer = client.get(address.removeprefix("$URL"), headers={**headers, "Authorization": ""})
        assert answer.status_code == 200, line
        assert answer.mimetype == headers.get("Accept", "application/json")
