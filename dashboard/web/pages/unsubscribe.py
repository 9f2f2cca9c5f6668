"""The link in a mail that ends such mails (RFC 8058): no login, no cookie, and nothing is done by looking.

Whoever holds the link was sent it. A mail program posts to it by itself; a person gets a form that does the same.
"""

from flask import Blueprint, abort, render_template

from collector.store import audit, recipients
from collector.store.audit import By
from collector.store.recipients import KINDS
from dashboard.mail import message
from dashboard.mail.recipients import without_links
from dashboard.mail.unsubscribing import Tokens
from dashboard.text import say
from dashboard.web import state
from dashboard.web.access import identify


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/unsubscribe/<token>", "unsubscribe", ask)
    blueprint.add_url_rule("/unsubscribe/<token>", "unsubscribed", done, methods=["POST"])


def ask(token: str) -> str:
    kind, address = _read(token)
    return _page(kind, address, is_done=(address, kind) in recipients.unsubscribed(state.engine()))


def done(token: str) -> str:
    """Done when this answers, however often it is asked (RFC 8058 section 3.2: no redirect)."""
    kind, address = _read(token)
    if recipients.unsubscribe(state.engine(), address, kind, state.now()):
        by = By(None, "none", identify.client_address())
        audit.record(state.engine(), by, "unsubscribed", address, now=state.now(), details={"kind": kind})
    return _page(kind, address, is_done=True)


def _page(kind: str, address: str, *, is_done: bool) -> str:
    engine, settings = state.engine(), state.settings()
    others = {one.address for each in KINDS if each != kind for one in without_links(engine, settings, each)}
    return render_template(
        "unsubscribe.html",
        kind=kind,
        address=address,
        is_done=is_done,
        gets_other=address in others,
        sender=message.sender(settings.mail).address,
    )


def _read(token: str) -> tuple[str, str]:
    found = Tokens(state.engine(), state.now()).read(token)
    if found is None:
        abort(404, say("This link is none of ours, or its end was cut off: open it again from the mail."))
    return found
