"""`POST /api/v1/domains/{d}/check`: a check of the domain, now."""

from flask import Blueprint, Response

from dashboard.web import respond, scope
from dashboard.web.actions import actions


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/domains/<domain>/check", view_func=check, methods=["POST"])


def check(domain: str) -> Response:
    """Looks at everything that the domain publishes, and answers as `tlsrpt check --json` when that is done."""
    name, _ = scope.domain(domain)
    return respond.json(actions().check(name))
