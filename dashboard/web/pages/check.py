"""What the last check of a domain found, with what to publish instead; and the states before."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from collector.store import queries
from dashboard.web import scope, state
from dashboard.web.actions import actions
from dashboard.web.pages.domain import render


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/domains/<domain>/check", "domain_check", show)
    blueprint.add_url_rule("/domains/<domain>/check", "check", check, methods=["POST"])


def show(domain: str) -> str:
    name, domain_id = scope.domain(domain)
    engine = state.reader()
    return render(
        "check.html",
        name,
        check=queries.last_check(engine, domain_id),
        states=queries.check_states(engine, domain_id),
        now=state.now(),
    )


def check(domain: str) -> Response:
    """Checks it now; its page says what was found."""
    name, _ = scope.domain(domain)
    actions().check(name)
    return redirect(url_for("pages.domain_check", domain=name), 303)
