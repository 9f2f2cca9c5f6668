"""What is sent, and what each answer means for it. The receivers are real, on loopback."""

import hashlib
import hmac
import logging
import re
from datetime import UTC, datetime

import pytest

from collector.alert_rules import RULES
from dashboard.alerts import render
from dashboard.alerts.channels.apprise import Service
from dashboard.alerts.channels.outcome import LOST, PUT_OFF, REFUSED, SENT, UNANSWERED, Message, Outcome
from dashboard.alerts.channels.webhook import Webhook, host_of
from dashboard.alerts.words import TITLES, words
from dashboard.text import LANGUAGES, language
from tests.alerts.receiver import Receiver
from tests.alerts.world import content
from tests.support.collector import NOW
from tests.support.processes import free_port

# Apprise imports it, where Python still has it.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "whsec-of-the-receiver"
ENGLISH = language("en")
EVIL = '<script>alert(1)</script>\r\nBcc: all@example.net\x00\u202eevil "=?utf-8?q?x?="'


def post(url: str, *contents: dict[str, object], secret: str | None = SECRET, seconds: float = 5.0) -> Outcome:
    hook = Webhook(url, secret, "https://tls.example.com", ENGLISH, seconds)
    return hook(Message("0190-id", tuple(contents or (dict(content()),))), lambda: True)


ANSWERS = [
    (200, SENT),
    (204, SENT),
    (301, REFUSED),
    (400, REFUSED),
    (404, REFUSED),
    (410, REFUSED),
    (408, PUT_OFF),
    (429, PUT_OFF),
    (500, PUT_OFF),
    (503, PUT_OFF),
]


@pytest.mark.parametrize(("status", "kind"), ANSWERS)
def test_what_an_answer_means(status: int, kind: str) -> None:
    with Receiver(status) as receiver:
        outcome = post(receiver.url())
    assert outcome.kind == kind
    assert len(receiver.requests) == 1  # no redirect is followed
    assert "secret-token" not in outcome.why


def test_a_receiver_that_is_down() -> None:
    outcome = post(f"http://127.0.0.1:{free_port()}/secret-token")
    assert outcome.kind == PUT_OFF
    assert "secret-token" not in outcome.why


def test_a_receiver_that_is_too_slow_may_have_taken_it() -> None:
    with Receiver(None) as receiver:
        outcome = post(receiver.url(), seconds=0.3)
    assert outcome == Outcome(UNANSWERED, f"127.0.0.1:{receiver.port}: no answer within 0.3 s")


def test_an_address_that_is_none() -> None:
    outcome = post("http://[secret-token/")
    assert outcome.kind == REFUSED
    assert "secret" not in outcome.why


def test_nothing_is_posted_once_the_claim_is_lost() -> None:
    with Receiver() as receiver:
        hook = Webhook(receiver.url(), SECRET, None, ENGLISH)
        assert hook(Message("id", (content(),)), lambda: False) == Outcome(LOST)
    assert receiver.requests == []


def test_what_is_posted() -> None:
    made = dict(content())
    with Receiver() as receiver:
        assert post(receiver.url("/hook?token=x"), made) == Outcome(SENT)
    [request] = receiver.requests
    assert request.path == "/hook?token=x"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-Tlsrpt-Id"] == "0190-id"
    assert request.json == {
        "version": 1,
        "id": "0190-id",
        "event": "opened",
        "at": "2026-11-24T12:00:00+00:00",
        "alert": {
            "id": made["alert"],
            "rule": "certificate",
            "domain": "example.com",
            "subject": "mx1.example.com",
            "size": 1,
            "evidence": {"not_after": "2026-11-24T12:00:00+00:00", "ended": None},
            "opened_at": "2026-11-24T12:00:00+00:00",
            "url": f"https://tls.example.com/alerts/{made['alert']}",
        },
        "title": "new: example.com: a certificate ends",
        "text": "The certificate of mx1.example.com ends on 24 Nov 2026, 12:00 UTC. Then senders that check it, as all do "
        "under enforce, deliver there no more.",
        "action": "Renew the certificate, and have the mail server load it: a restart or a reload.",
        "url": "https://tls.example.com/domains/example.com/mx/mx1.example.com",
    }


def test_the_signature_is_what_the_documentation_says() -> None:
    with Receiver() as receiver:
        post(receiver.url())
    [request] = receiver.requests
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", request.headers["X-Tlsrpt-Signature"])
    assert found is not None
    expected = hmac.new(SECRET.encode(), found[1].encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert found[2] == expected
    assert abs(int(found[1]) - datetime.now(UTC).timestamp()) < 60


def test_without_a_secret_nothing_is_signed() -> None:
    with Receiver() as receiver:
        post(receiver.url(), secret=None)
    assert "X-Tlsrpt-Signature" not in receiver.requests[0].headers


def test_what_may_be_shown_of_an_address() -> None:
    assert host_of("https://user:secret@hooks.example:8443/token?key=secret") == "hooks.example:8443"
    assert host_of("https://hooks.example:secret/") == "webhook"


# Apprise, whose json:// posts to any server.


def serve(receiver: Receiver, *contents: object) -> Outcome:
    url = f"json://user:secret-password@127.0.0.1:{receiver.port}/secret-token"
    return Service(url, "https://tls.example.com", ENGLISH)(Message("id", tuple(contents)), lambda: True)  # type: ignore[arg-type]


def test_apprise_tells_all_alerts_of_a_look_in_one_message(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver() as receiver:
        assert serve(receiver, content(), content(event="closed", domain="example.net")) == Outcome(SENT)
    [request] = receiver.requests
    assert (request.json["title"], request.json["type"]) == ("2 alerts", "warning")
    assert "new: example.com: a certificate ends\n" in request.json["message"]
    assert "over: example.net: a certificate ends\nIt was so since 24 Nov 2026, 12:00 UTC." in request.json["message"]
    assert "secret" not in caplog.text


def test_apprise_says_that_all_is_over_in_green() -> None:
    with Receiver() as receiver:
        serve(receiver, content(event="closed"))
    assert receiver.requests[0].json["type"] == "success"


@pytest.mark.parametrize("status", [404, 500])
def test_apprise_says_no_more_than_that_it_was_not_taken(
    status: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver(status) as receiver:
        outcome = serve(receiver, content())
    assert outcome == Outcome(PUT_OFF, "json: the service did not take it")
    told = caplog.text + "".join(capfd.readouterr())
    assert "secret" not in told


@pytest.mark.parametrize("url", ["nosuchservice://secret-token", "secret-token", "mailto://"])
def test_apprise_urls_that_are_none(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    outcome = Service(url, None, ENGLISH)(Message("id", (content(),)), lambda: True)
    assert outcome.kind == REFUSED
    assert "secret" not in outcome.why + "".join(capfd.readouterr())


# Words.

EVIDENCE: dict[str, dict[str, object]] = {
    "held_back": {"failed": 3, "first_day": "2026-11-20", "last_day": "2026-11-21", "result_types": [EVIL], "mx": [EVIL], "reporters": [EVIL]},
    "policy_fetch": {"error": EVIL, "since": NOW.isoformat(), "until": None},
    "certificate": {"not_after": NOW.isoformat(), "ended": "yes"},
    "mx_not_in_policy": {"mode": "enforce", "patterns": [EVIL]},
    "record_elsewhere": {"record": EVIL},
    "figures_differ": {"differing_domains": 4, "names": [EVIL], "rows": 12, "last_check": "2026-11-24"},
    "failure_rate": {"day": "2026-11-20", "failed": 3, "sessions": 60, "permille": 50, "result_types": [EVIL]},
    "new_failure": {"kind": "mx", "failed": 5, "first_day": "2026-11-20", "last_day": "2026-11-20", "quiet_days": 28, "reporters": [EVIL]},
    "no_reports": {"last_report": NOW.isoformat(), "regular_days": 28},
    "reporter_silent": {"last_day": "2026-11-20", "regular_days": 20},
    "policy_changed": {"at": NOW.isoformat(), "kind": "mode", "old": EVIL, "new": EVIL, "fields": ["mode"], "changes": 2},
    "quarantine": {"deliveries": 30, "reasons": [EVIL]},
}  # fmt: skip


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("rule", list(TITLES))
def test_every_rule_has_words_whatever_strangers_wrote(rule: str, tag: str) -> None:
    made = content(rule, subject=EVIL, evidence=EVIDENCE[rule])
    told, spoken = render.told(made, language(tag), "https://tls.example.com"), language(tag)
    for text in (told.title, told.sentence, told.action, render.subject([made], spoken)):
        assert text
        assert text.isprintable()
    assert told.url is not None
    assert re.fullmatch(r"https://tls\.example\.com/[\w./%?=-]*", told.url)
    assert "DOMAIN" not in told.action
    body = render.body([made, made], spoken, "https://tls.example.com")
    assert all(line.isprintable() for line in body.splitlines())
    assert "\nBcc:" not in body


def test_the_rules_with_words_are_the_rules() -> None:
    assert tuple(TITLES) == RULES
    assert set(EVIDENCE) == set(TITLES)


def test_a_certificate_of_the_policy_host_is_another_matter_than_that_of_an_mx() -> None:
    said = words("certificate", "example.com", "mta-sts.example.com", EVIDENCE["certificate"])
    assert "senders cannot fetch the policy" in said.sentence
    assert said.action == "Renew the certificate, and have the web server load it."
    assert said.path == "/domains/example.com/policies"


def test_a_crowd_is_told_by_its_number_and_some_names() -> None:
    evidence = {"domains": 80, "examples": ["a.example", "b.example"]}
    said = words("certificate", "", "mx.example.net", evidence)
    assert said.title == "mx.example.net, of 80 domains: a certificate ends"
    assert "a.example and b.example" in said.sentence
    assert said.path == "/mx/mx.example.net"


def test_a_long_message_names_the_first_and_says_how_many_more_there_are() -> None:
    body = render.body([content()] * 100, ENGLISH, "https://tls.example.com")
    assert body.count("a certificate ends") == render.MOST_TOLD
    assert body.endswith("And 70 more, on the page of the alerts.\nhttps://tls.example.com/alerts\n")
