"""Alerts of every rule as they are kept, with what was told of them, and weekly mails in every state."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from collector.ids import new_id
from collector.store import alerts, outbox, recipients
from collector.store.alerts import Closed, Notice, Opened
from collector.store.engine import Engine
from collector.store.outbox import NOTICES, SUMMARIES
from collector.store.recipients import Kept
from dashboard.alerts.targets import digest

DAYS = {"first_day": "2026-11-20", "last_day": "2026-11-21"}
NAMED = {
    "result_types": ["certificate-expired"],
    "mx": ["mx2.example.com"],
    "reporters": ["bigmail.example"],
}
# By rule: domain ("" the installation), subject, size, evidence.
OF_RULE: Mapping[str, tuple[str, str, int, Mapping[str, Any]]] = {
    "held_back": ("example.com", "", 12, {"failed": 15, **DAYS, **NAMED}),
    "policy_fetch": ("example.com", "", 1, {"error": "tls", "since": "2026-11-20T06:00:00+00:00", "until": None}),
    "certificate": ("example.com", "mx2.example.com", 1, {"not_after": "2026-11-28T06:00:00+00:00", "ended": None}),
    "mx_not_in_policy": ("example.com", "mx2.example.com", 2, {"mode": "enforce", "patterns": ["mx1.example.com"]}),
    "record_elsewhere": ("example.com", "", 1, {"record": None}),
    "figures_differ": (
        "",
        "",
        12,
        {
            "differing_domains": 4,
            "names": ["example.com", "example.net", "example.org"],
            "rows": 12,
            "last_check": "2026-11-21",
        },
    ),
    "failure_rate": (
        "example.com",
        "",
        150,
        {"day": "2026-11-20", "failed": 15, "sessions": 100, "permille": 150, **NAMED},
    ),
    "new_failure": (
        "example.com",
        "certificate-expired",
        9,
        {"kind": "result_type", "failed": 9, "quiet_days": 28, "mx": ["mx2.example.com"], "reporters": [], **DAYS},
    ),
    "no_reports": ("", "", 3, {"last_report": "2026-11-20T06:00:00+00:00", "last_day": "2026-11-20"}),
    "reporter_silent": ("example.com", "bigmail.example", 9, {"last_day": "2026-11-12", "regular_days": 27}),
    "policy_changed": (
        "example.com",
        "policy",
        1,
        {
            "at": "2026-11-20T06:00:00+00:00",
            "kind": "mode",
            "old": "testing",
            "new": "enforce",
            "fields": ["mode"],
            "changes": 1,
        },
    ),
    "quarantine": ("", "", 25, {"deliveries": 25, "reasons": ["dkim_fail (20)", "json (5)"]}),
}
REFUSED = "550 5.1.1 no such user"


def open_all(engine: Engine, now: datetime) -> dict[str, UUID]:
    """An open alert of each rule, opened an hour ago; their ids by rule."""
    return {rule: open_one(engine, rule, now - timedelta(hours=1)) for rule in OF_RULE}


def open_one(
    engine: Engine, rule: str, at: datetime, domain: str | None = None, subject: str | None = None, told: bool = True
) -> UUID:
    """One alert, and its notices: a mail, and a webhook."""
    usual_domain, usual_subject, size, evidence = OF_RULE[rule]
    alert_id = new_id(int(at.timestamp() * 1000))
    hook = digest("https://hook.example/secret")
    notices = (
        Notice("opened", "mail", "ops@example.com", f"<{alert_id}@example.com>", {}),
        Notice("opened", "webhook", hook, str(alert_id), {}),
    )
    row = Opened(
        alert_id,
        usual_domain if domain is None else domain,
        rule,
        usual_subject if subject is None else subject,
        size,
        evidence,
        notices=notices if told else (),
    )
    assert alerts.write(engine, at, opened=[row]) == (1, 0, 0)
    return alert_id


def close(engine: Engine, alert_id: UUID, at: datetime) -> None:
    assert alerts.write(engine, at, closed=[Closed(alert_id, ())]) == (0, 0, 1)


def arrived(engine: Engine, alert_id: UUID, now: datetime) -> None:
    """The mail about it was taken, the webhook refused it for good."""
    for channel in ("mail", "webhook"):
        where = {"alert_id": alert_id, "channel": channel}
        claimed = outbox.claim(engine, NOTICES, where, owner=new_id(), now=now, lease=timedelta(minutes=5))
        if channel == "mail":
            outbox.sent(engine, claimed, now)
        else:
            outbox.give_up(engine, claimed, now, REFUSED)


def mails(engine: Engine, now: datetime) -> None:
    """Recipients beside those of the settings, and the mails of one week: sent, put off, given up, not needed."""
    recipients.add(engine, Kept("ann@example.net", ("example.net",), "ja", True, False, True, now))
    recipients.add(engine, Kept("bob@example.org", (), None, True, True, False, now))
    recipients.unsubscribe(engine, "bob@example.org", "summary", now)
    names = ("sent", "put_off", "given_up", "skipped", "waiting")
    rows = [
        {"week": "2026-W47", "recipient": f"{name}@example.com", **outbox.fresh(f"<{name}@example.com>", now)}
        for name in names
    ]
    outbox.put(engine, SUMMARIES, rows)
    for name in names[:-1]:
        where = {"week": "2026-W47", "recipient": f"{name}@example.com"}
        claimed = outbox.claim(engine, SUMMARIES, where, owner=new_id(), now=now, lease=timedelta(minutes=5))
        match name:
            case "sent":
                outbox.sent(engine, claimed, now)
            case "put_off":
                outbox.put_off(engine, claimed, now + timedelta(hours=1), "421 4.3.2 come later")
            case "given_up":
                outbox.give_up(engine, claimed, now, REFUSED)
            case _:
                outbox.skip(engine, claimed, now, "nothing to say: all is well")
