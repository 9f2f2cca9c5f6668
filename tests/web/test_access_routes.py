"""What each role may do, and what somebody limited to some domains gets, over every route there is."""

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from collector.roles import ROLES
from collector.store import queries
from collector.store.engine import Engine
from dashboard.web.access import audit, rules
from tests.web import world
from tests.web.conftest import MakeApp, add_token, add_user, enter

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# For everybody who is let in, whatever the role: about oneself.
ONES_OWN = {("POST", "/logout"), ("POST", "/settings/password"), ("POST", "/settings/sessions/end")}
# For admins only.
ADMIN = {
    *(("GET", f"/settings/{page}") for page in ("users", "tokens", "mail", "configuration", "audit")),
    *(("GET", f"/settings/mail/{page}") for page in ("preview", "preview/html")),
    *(("POST", f"/settings/{page}") for page in ("users", "tokens", "users/sessions/end")),
    *(
        ("POST", f"/settings/mail/{what}")
        for what in ("again", "recipients", "recipients/remove", "recipients/subscribe")
    ),
    *((method, "/settings/domains/<domain>/remove") for method in ("GET", "POST")),
    *((method, "/settings/users/<uuid:user_id>") for method in ("GET", "POST")),
    *((method, "/settings/users/<uuid:user_id>/remove") for method in ("GET", "POST")),
    *((method, "/settings/tokens/<uuid:token_id>/remove") for method in ("GET", "POST")),
    ("GET", "/audit"),
    *((method, "/recipients") for method in ("GET", "POST")),
    *(("POST", f"/recipients/{what}") for what in ("remove", "subscribe")),
    ("GET", "/summaries"),
    ("POST", "/summaries/again"),
    ("GET", "/configuration"),
    *((method, path) for path in ("/users", "/tokens") for method in ("GET", "POST")),
    ("GET", "/sessions"),
    ("DELETE", "/sessions/<uuid:session_id>"),
    *((method, "/users/<uuid:user_id>") for method in ("PATCH", "DELETE")),
    ("DELETE", "/tokens/<uuid:token_id>"),
    ("DELETE", "/domains/<domain>"),
}
# For operators, though nothing is changed by looking.
OPERATOR = {("GET", "/settings/domains")}
# Of other domains, or of all of them.
HIDDEN = ("quiet.example", "foreign.example", "mx1.example.com", "example.com<", '"example.com')


def every_rule(make_app: MakeApp) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in make_app().url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"GET", *UNSAFE})
    ]


def test_least_role_of_every_route(make_app: MakeApp) -> None:
    for rule, method in every_rule(make_app):
        route = (method, rules.path(rule))
        if route in ADMIN:
            wanted = "admin"
        elif route in ONES_OWN:
            wanted = "viewer"
        elif method in UNSAFE or route in OPERATOR:
            wanted = "operator"
        else:
            wanted = "viewer"
        assert rules.role(rule, method) == wanted, route


def test_every_change_has_its_word_in_the_audit_log(make_app: MakeApp) -> None:
    changes = {(method, rules.path(rule)) for rule, method in every_rule(make_app) if method in UNSAFE}
    assert changes <= set(audit.MEANING), changes - set(audit.MEANING)


def address(rule: Rule, filled: Engine, domain: str) -> str:
    """A path of the rule, about the given domain."""
    report = next(row for row in queries.reports(filled).items if row.domain == "example.com")
    values = {
        "domain": domain,
        "report_id": str(report.id),
        "delivery_id": str(report.delivery_id),
        "position": "0",
        "alert_id": str(uuid4()),
        "user_id": str(uuid4()),
        "token_id": str(uuid4()),
        "session_id": str(uuid4()),
        "digest": "x",
    }
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda match: values.get(match[1], "x"), rule.rule)


@pytest.mark.parametrize("by", ["password", "token"])
def test_other_domains_stay_hidden_everywhere(filled: Engine, make_app: MakeApp, by: str) -> None:
    """An admin with a limit is none: neither pages nor API tell anything about the others."""
    client = make_app().test_client()
    headers = {}
    if by == "token":
        add_user(filled)
        headers = add_token(filled, "admin", "example.net")
    else:
        enter(client, filled, add_user(filled, "grace", "admin", "example.net"))
    for rule, method in every_rule(make_app):
        if method != "GET" or rules.path(rule) in rules.ALWAYS_OPEN | rules.BEFORE_LOGIN:
            continue
        path = address(rule, filled, "example.com")
        answer = client.get(path, headers=headers)
        assert answer.status_code in (200, 302, 403, 404), path
        if answer.status_code == 200:
            text = re.sub(r'<a class="language".*?</a>', "", answer.text)
            # What is the same for everybody tells of example.com as an example.
            if rules.path(rule) not in rules.ABOUT_NOTHING | {"/result-types"}:
                assert not [name for name in HIDDEN if name in text], path
            assert "domain" not in rule.arguments, path


@pytest.mark.parametrize("role", ROLES)
def test_changes_by_role(filled: Engine, make_app: MakeApp, role: str) -> None:
    """With the form's token and without the role nothing is done."""
    client = make_app().test_client()
    enter(client, filled, add_user(filled, "ada", role))
    token = form_token(client)
    for rule, method in every_rule(make_app):
        least = rules.role(rule, method)
        if (
            method not in UNSAFE
            or rules.path(rule) in {"/login", "/logout", *rules.ALWAYS_OPEN}
            or not rule.endpoint.startswith(("p", "a"))
        ):
            continue
        if ROLES.index(role) < ROLES.index(least):
            path = address(rule, filled, "example.com")
            answer = client.open(path, method=method, headers={"X-CSRF-Token": token})
            assert answer.status_code == 403, path


@pytest.mark.parametrize(("scope", "allowed"), [("read", False), ("write", False), ("admin", True)])
def test_scope_admin(filled: Engine, make_app: MakeApp, scope: str, allowed: bool) -> None:
    add_user(filled)
    answer = make_app().test_client().get("/api/v1/audit", headers=add_token(filled, scope))
    assert answer.status_code == (200 if allowed else 403)


def form_token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', client.get("/").text)
    assert found is not None
    return found[1]


def test_last_use_of_a_token_is_noted(filled: Engine, make_app: MakeApp) -> None:
    from collector.store import tokens

    add_user(filled)
    make_app().test_client().get("/api/v1/domains", headers=add_token(filled))
    (token,) = tokens.tokens(filled)
    assert token.last_used_at == world.NOW
