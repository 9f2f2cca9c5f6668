"""Who gets which mail is changed by an admin, and what became of the weekly mails is shown with its reason."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from collector.store import audit, recipients
from collector.store.engine import Engine
from collector.store.queries import outgoing
from tests.support import alerting
from tests.web import world
from tests.web.test_settings_pages import admin, send

__all__ = ["admin"]  # a fixture


def kept(engine: Engine) -> list[tuple[str, tuple[str, ...], str | None, bool, bool, bool]]:
    return [
        (each.address, each.domains, each.language, each.gets_summary, each.gets_alerts, each.only_if_needed)
        for each in recipients.kept(engine)
    ]


def test_a_recipient_is_added_changed_and_removed(admin: FlaskClient, filled: Engine) -> None:
    form = {"address": "Ops@Example.COM", "domains": "example.com, Example.net", "language": "ja", "alerts": "yes"}
    assert send(admin, "/mail/recipients", **form).status_code == 303
    assert kept(filled) == [("ops@example.com", ("example.com", "example.net"), "ja", False, True, False)]
    assert "ops@example.com" in admin.get("/settings/mail").text
    again = {"address": "ops@example.com", "domains": "", "language": "", "summary": "yes", "only_if_needed": "yes"}
    assert send(admin, "/mail/recipients", **again).status_code == 303
    assert kept(filled) == [("ops@example.com", (), None, True, False, True)]
    assert send(admin, "/mail/recipients/remove", address="ops@example.com").status_code == 303
    assert kept(filled) == []
    entries = [(entry.action, entry.subject, dict(entry.details)) for entry in audit.entries(filled).items]
    assert entries[:3] == [
        ("recipient_removed", "ops@example.com", {}),
        ("recipient_changed", "ops@example.com", {"kind": "summary", "domains": "all"}),
        ("recipient_changed", "ops@example.com", {"kind": "alerts", "domains": "example.com,example.net"}),
    ]


BAD = [
    {"address": "nobody", "summary": "yes"},
    {"address": "a@example.com\r\nBcc: b@example.com", "summary": "yes"},
    {"address": "a@example.com"},
    {"address": "a@example.com", "summary": "yes", "language": "xx"},
    {"address": "a@example.com", "summary": "yes", "domains": "not a domain!"},
]


@pytest.mark.parametrize("form", BAD, ids=str)
def test_what_makes_no_sense_is_refused_with_a_word(admin: FlaskClient, filled: Engine, form: dict[str, str]) -> None:
    answer = send(admin, "/mail/recipients", **form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert kept(filled) == []


def test_who_asked_for_no_more_is_shown_and_taken_back(admin: FlaskClient, filled: Engine) -> None:
    recipients.unsubscribe(filled, "ann@example.net", "summary", world.NOW)  # named by the settings
    assert "Subscribe again" in admin.get("/settings/mail").text
    assert send(admin, "/mail/recipients/subscribe", address="ann@example.net", kind="summary").status_code == 303
    assert recipients.unsubscribed(filled) == {}
    assert "Subscribe again" not in admin.get("/settings/mail").text
    assert send(admin, "/mail/recipients/subscribe", address="ann@example.net", kind="summary").status_code == 400


def test_what_became_of_the_weekly_mails_is_shown_with_its_reason(admin: FlaskClient, filled: Engine) -> None:
    alerting.mails(filled, world.NOW)
    page = admin.get("/settings/mail").text
    for text in ("put off, tried again at the time told", "421 4.3.2 come later", alerting.REFUSED, "not needed"):
        assert text in page
    assert "Weekly mails did not arrive" in page
    assert page.count("Send it now") == 2 * 3  # put off, given up, not needed: the word, and its label


def test_a_mail_that_was_given_up_is_sent_again_by_hand(admin: FlaskClient, filled: Engine) -> None:
    alerting.mails(filled, world.NOW)
    form = {"week": "2026-W47", "recipient": "given_up@example.com"}
    assert send(admin, "/mail/again", **form).status_code == 303
    later = world.NOW + timedelta(seconds=1)
    runs = {run.recipient: run.state for run in outgoing.summary_runs(filled, now=later)}
    assert runs["given_up@example.com"] == outgoing.PUT_OFF  # due at once
    assert runs["sent@example.com"] == outgoing.SENT


def test_it_says_what_keeps_mails_from_going_out(admin: FlaskClient) -> None:
    page = admin.get("/settings/mail").text
    assert "Nobody is told of alerts." in page
