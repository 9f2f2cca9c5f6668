"""Tells the audit log what a request changed: one line for each that changed something, whichever view did it."""

import logging

from flask import Flask, Response, g, request

from collector.errors import StoreUnavailable
from collector.store import audit
from collector.store.audit import By
from dashboard.web import state
from dashboard.web.access import identify, local, rules
from dashboard.web.access.viewer import viewer

log = logging.getLogger("tlsrpt.web")

# What a request that is no GET means, by the path of the pages; paths of the API are the same without /api/v1.
# None: the log has it already, or nothing is changed.
MEANING: dict[tuple[str, str], str | None] = {
    ("POST", "/login"): None,
    ("POST", "/logout"): "logout",
    ("POST", "/unsubscribe/<token>"): None,
    ("POST", "/domains/<domain>/adopt"): "domain_added",
    ("DELETE", "/domains/<domain>"): "domain_removed",
    ("POST", "/domains/<domain>/check"): "domain_checked",
    ("POST", "/domains/<domain>/self-test"): "self_test",
    ("POST", "/domains/<domain>/setup/self-test"): "self_test",
    ("POST", "/domains/<domain>/setup/policy"): "policy_served",
    ("POST", "/domains/<domain>/setup/policy/end"): "policy_ended",
    ("POST", "/deliveries/<uuid:delivery_id>/retry"): "delivery_retried",
    ("POST", "/deliveries/retry/<reason>"): "delivery_retried",
    ("POST", "/alerts/<uuid:alert_id>/acknowledge"): "alert_acknowledged",
    ("POST", "/alerts/<uuid:alert_id>/mute"): "alert_muted",
    ("POST", "/alerts/<uuid:alert_id>/unmute"): "alert_unmuted",
    ("POST", "/settings/sessions/end"): "sessions_ended",
    ("POST", "/settings/users/sessions/end"): "sessions_ended",
    ("POST", "/settings/password"): "password_changed",
    ("POST", "/settings/domains"): "domain_added",
    ("POST", "/settings/domains/<domain>/remove"): "domain_removed",
    ("POST", "/settings/users"): "user_added",
    ("POST", "/users"): "user_added",
    ("PATCH", "/users/<uuid:user_id>"): "user_changed",
    ("DELETE", "/users/<uuid:user_id>"): "user_removed",
    ("DELETE", "/sessions/<uuid:session_id>"): "sessions_ended",
    ("POST", "/tokens"): "token_added",
    ("DELETE", "/tokens/<uuid:token_id>"): "token_removed",
    ("POST", "/settings/users/<uuid:user_id>"): "user_changed",
    ("POST", "/settings/users/<uuid:user_id>/remove"): "user_removed",
    ("POST", "/settings/mail/recipients"): "recipient_changed",
    ("POST", "/settings/mail/recipients/remove"): "recipient_removed",
    ("POST", "/settings/mail/recipients/subscribe"): "subscribed",
    ("POST", "/settings/mail/again"): "mail_sent_again",
    ("POST", "/recipients"): "recipient_changed",
    ("POST", "/recipients/remove"): "recipient_removed",
    ("POST", "/recipients/subscribe"): "subscribed",
    ("POST", "/summaries/again"): "mail_sent_again",
    ("POST", "/settings/tokens"): "token_added",
    ("POST", "/settings/tokens/<uuid:token_id>/remove"): "token_removed",
}


def register(app: Flask) -> None:
    app.after_request(_after)


def about(subject: str, **details: str) -> None:
    """For a view: what the request was about, where its address does not say it. Never give it a secret."""
    g.audit_about = subject, details


def entered(name: str, way: str) -> None:
    """Somebody logged in."""
    audit.record(state.engine(), By(name, way, identify.client_address()), "login", now=state.now())


def refused(name: str | None, way: str, why: str) -> None:
    """Somebody wanted to log in and was not let in. `name` None: it may be a password in the wrong field."""
    by = By(None, way, identify.client_address())
    audit.record(state.engine(), by, "login_refused", name, now=state.now(), details={"why": why})


def meaning(method: str, path: str) -> str | None:
    """The action of a route, by its path as the pages have it; None for what is not logged."""
    return MEANING.get((method, path))


def _after(response: Response) -> Response:
    found, rule = viewer(), request.url_rule
    if found is None or rule is None or request.method in local.SAFE_METHODS or response.status_code >= 400:
        return response
    action = meaning(request.method, rules.path(rule))
    if action is None:
        return response
    subject, details = g.get("audit_about") or (_subject(), {})
    by = By(found.name, found.way, identify.client_address())
    try:
        audit.record(state.engine(), by, action, subject, now=state.now(), details=details)
    except StoreUnavailable as error:
        # It is done, and the answer has to say so.
        log.error("not in the audit log, the database went away: %s %s by %r: %s", action, subject, found.name, error)
    return response


def _subject() -> str | None:
    values = request.view_args or {}
    return next((str(value) for value in values.values()), None)
