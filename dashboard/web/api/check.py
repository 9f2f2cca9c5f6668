"""`/api/v1/domains/{d}/check`: the last check of a domain, and one now; `/checks`: the states before."""

from flask import Blueprint, Response, abort

from collector.store import queries
from collector.store.queries import shapes as found_shapes
from dashboard.web import respond, scope, state
from dashboard.web.actions import actions
from dashboard.web.api import answers, shapes
from dashboard.web.api.operation import operation
from dashboard.web.api.types import checks as types


def add_to(blueprint: Blueprint) -> None:
    path = "/domains/<domain>/check"
    blueprint.add_url_rule(path, view_func=last_check)
    blueprint.add_url_rule(path, view_func=check, methods=["POST"])
    blueprint.add_url_rule("/domains/<domain>/checks", view_func=checks)


@operation(types.Check, errors=(404,))
def last_check(domain: str) -> Response:
    """What the last check found; 404 if there was none."""
    _, domain_id = scope.domain(domain)
    found = queries.last_check(state.reader(), domain_id)
    if found is None:
        abort(404, "This domain was never checked.")
    return answers.only_json(found_shapes.check(found))


@operation(types.Check, errors=(404, 413))
def check(domain: str) -> Response:
    """Looks at everything that the domain publishes, and answers as `tlsrpt check --json` when that is done."""
    name, _ = scope.domain(domain)
    return respond.json(actions().check(name))


@operation(types.CheckHistory, errors=(404,))
def checks(domain: str) -> Response:
    """What checks found in each part over time."""
    _, domain_id = scope.domain(domain)
    return answers.only_json(
        {"checks": [shapes.check_state(row) for row in queries.check_states(state.reader(), domain_id)]}
    )
