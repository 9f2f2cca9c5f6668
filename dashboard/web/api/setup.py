"""`/api/v1/domains/{d}/setup`: the steps with their ticks, looked at just now, and how far the self-test came."""

from typing import Any

from flask import Blueprint, Response

from collector.store.queries.shapes import Shape
from dashboard.web import respond, scope, state
from dashboard.web.actions import actions
from dashboard.web.api import answers
from dashboard.web.api.operation import LANG, operation
from dashboard.web.api.types import checks
from dashboard.web.i18n import recalled

_SECTIONS = ("begin", "roll_over", "removal")


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/domains/<domain>/setup", view_func=setup)
    blueprint.add_url_rule("/domains/<domain>/self-test", view_func=self_test, methods=["POST"])


@operation(checks.Setup, LANG, errors=(404,))
def setup(domain: str) -> Response:
    """What to publish, and what of it is live; it may take ten seconds."""
    name, domain_id = scope.domain(domain)
    act, now = actions().setup, state.now()
    plan = act.plan(name, domain_id, now)
    return answers.only_json(
        {
            "domain": name,
            "steps": [_step(section, step) for section in _SECTIONS for step in getattr(plan, section)],
            "notes": [recalled(note) for note in plan.notes],
            "self_test": _self_test(act.self_test(name, domain_id, now)),
        }
    )


@operation(checks.SelfTestBegun, status=202, errors=(404, 413, 429))
def self_test(domain: str) -> Response:
    """Starts one: 202, or 429 if one was started less than a minute ago. `setup` tells how far it comes."""
    name, domain_id = scope.domain(domain)
    act, now = actions().setup, state.now()
    if not act.begin_self_test(name, domain_id, now):
        response = respond.error(429, "too_many_requests", "A self-test was started less than a minute ago.")
        response.headers["Retry-After"] = "60"
        return response
    return respond.json({"domain": name, "self_test": _self_test(act.self_test(name, domain_id, now))}, 202)


def _step(section: str, step: Any) -> Shape:
    """`seen`: whether it is live; null where nobody can see it."""
    publish = [{"kind": item.kind, "name": item.name, "value": item.value} for item in step.publish]
    return {
        "section": section,
        "key": step.key,
        "title": recalled(step.title),
        "why": recalled(step.why),
        "seen": step.seen,
        "publish": publish,
    }


def _self_test(result: Any) -> Shape | None:
    """`arrived` null: it is under way."""
    if result is None:
        return None
    return {
        "started_at": result.started_at,
        "finished_at": result.finished_at,
        "arrived": result.arrived,
        "ways": [_way(way) for way in result.ways],
    }


def _way(way: Any) -> Shape:
    steps = [{"name": step.name, "ok": step.ok, "text": recalled(step.text)} for step in way.steps]
    return {"rua": way.rua, "steps": steps}
