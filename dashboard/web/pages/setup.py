"""`/domains/DOMAIN/setup`: what to publish and what of it is live, the self-test, the policy we serve ourselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from collector.errors import UsageError
from collector.store import hosted
from dashboard.web import access, scope, state
from dashboard.web.actions import actions
from dashboard.web.pages.domain import render

_FIELDS = ("mode", "max_age", "mx")
_MODES = ("testing", "enforce", "none")


def register(blueprint: Blueprint) -> None:
    path = "/domains/<domain>/setup"
    blueprint.add_url_rule(path, "domain_setup", setup)
    for name, view in (("self-test", self_test), ("policy", serve), ("policy/end", stop_serving)):
        blueprint.add_url_rule(f"{path}/{name}", f"setup_{view.__name__}", view, methods=["POST"])


def setup(domain: str) -> str:
    name, domain_id = scope.domain(domain)
    act, now = actions().setup, state.now()
    fields = {field: request.args[field] for field in _FIELDS if field in request.args}
    draft = _draft(name, fields, now) if fields else None
    suggested = act.suggestion(name, now)
    return render(
        "domain_setup.html",
        name,
        plan=act.plan(name, domain_id, now),
        self_test=act.self_test(name, domain_id, now),
        is_too_soon=request.args.get("told") == "too-soon",
        history=hosted.history(state.engine(), domain_id),
        modes=_MODES,
        draft=draft,
        fields=fields or {"mode": suggested.mode, "max_age": suggested.max_age, "mx": "\n".join(suggested.mx)},
    )


def self_test(domain: str) -> Response:
    """Starts a self-test; the page shows how far it comes."""
    name, domain_id = scope.domain(domain)
    begun = actions().setup.begin_self_test(name, domain_id, state.now())
    told = {} if begun else {"told": "too-soon"}
    return redirect(url_for("pages.domain_setup", domain=name, _anchor="self-test", **told), 303)  # type: ignore[arg-type]


def serve(domain: str) -> Response:
    """Serves the policy of the form from now on."""
    name, domain_id = scope.domain(domain)
    now = state.now()
    draft = _draft(name, request.form, now)
    if draft.policy is None:
        raise UsageError(draft.problems[0].text)
    actions().setup.serve(name, domain_id, draft.policy, access.name(), now)
    return _back(name)


def stop_serving(domain: str) -> Response:
    """Serves no policy any more."""
    name, domain_id = scope.domain(domain)
    actions().setup.stop_serving(domain_id, access.name(), state.now())
    return _back(name)


def _draft(name: str, fields: Mapping[str, str], now: datetime) -> Any:
    mode, max_age, mx = (fields.get(field, "") for field in _FIELDS)
    return actions().setup.draft(name, mode, max_age, mx, now)


def _back(name: str) -> Response:
    return redirect(url_for("pages.domain_setup", domain=name, _anchor="policy-title"), 303)
