"""Who gets which mail, and what became of the weekly ones, by the API: for admins, told to the audit log."""

from collector.store import audit, recipients
from collector.store.engine import Engine
from tests.support import alerting
from tests.web import world
from tests.web.conftest import MakeApp, add_token, add_user

OPS = {
    "address": "ops@example.com",
    "kinds": ["summary", "alerts"],
    "domains": ["example.com"],
    "language": "ja",
    "only_if_needed": True,
    "is_kept": True,
    "unsubscribed": {},
}


def test_a_recipient_is_added_changed_and_removed(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    client, token = make_app().test_client(), add_token(filled, "admin")
    asked = {key: value for key, value in OPS.items() if key not in ("is_kept", "unsubscribed")}
    answer = client.post("/api/v1/recipients", json=asked | {"address": "Ops@Example.com"}, headers=token)
    assert answer.json == {"recipients": [OPS]}
    assert client.get("/api/v1/recipients", headers=token).json == answer.json
    fewer = {"address": "ops@example.com", "kinds": ["alerts"]}
    answer = client.post("/api/v1/recipients", json=fewer, headers=token)
    changed = OPS | {"kinds": ["alerts"], "domains": [], "language": "en", "only_if_needed": False}
    assert answer.json == {"recipients": [changed]}
    removed = client.post("/api/v1/recipients/remove", json={"address": "ops@example.com"}, headers=token)
    assert removed.json == {"recipients": []}
    again = client.post("/api/v1/recipients/remove", json={"address": "ops@example.com"}, headers=token)
    assert again.status_code == 400
    told = [(entry.action, entry.subject) for entry in audit.entries(filled).items]
    assert told[:3] == [
        ("recipient_removed", "ops@example.com"),
        ("recipient_changed", "ops@example.com"),
        ("recipient_changed", "ops@example.com"),
    ]


def test_an_entry_that_is_no_domain_lifts_no_limit(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    client, token = make_app().test_client(), add_token(filled, "admin")
    asked = {"address": "ops@example.com", "kinds": ["summary"], "domains": [""]}
    assert client.post("/api/v1/recipients", json=asked, headers=token).status_code == 400
    assert recipients.kept(filled) == ()


def test_a_subscription_is_taken_up_again(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    alerting.mails(filled, world.NOW)  # bob wants no weekly mail any more
    client, token = make_app().test_client(), add_token(filled, "admin")
    asked = {"address": "bob@example.org", "kind": "summary"}
    answer = client.post("/api/v1/recipients/subscribe", json=asked, headers=token)
    assert answer.json is not None
    assert [row["unsubscribed"] for row in answer.json["recipients"]] == [{}, {}]
    assert client.post("/api/v1/recipients/subscribe", json=asked, headers=token).status_code == 400


def test_the_weekly_mails_and_one_that_is_sent_again(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    alerting.mails(filled, world.NOW)
    client, token = make_app().test_client(), add_token(filled, "admin")
    listed = client.get("/api/v1/summaries", headers=token).json
    assert listed is not None
    states = {mail["recipient"].partition("@")[0]: mail["state"] for mail in listed["mails"]}
    assert states == {name: name for name in ("sent", "put_off", "given_up", "skipped", "waiting")}
    for name, count in (("given_up", 1), ("sent", 0)):
        asked = {"week": "2026-W47", "recipient": f"{name}@example.com"}
        assert client.post("/api/v1/summaries/again", json=asked, headers=token).json == {"count": count}
    bad = {"week": "2026-W60", "recipient": "given_up@example.com"}
    assert client.post("/api/v1/summaries/again", json=bad, headers=token).status_code == 400
