"""Codes that stand on pages as words: outcomes, roles, scopes, what the audit log holds. English has them as codes."""

from dashboard.text import Text, say

_WORDS: dict[str, Text] = {
    str(text): text
    for text in (
        # outcomes of a delivery
        *(say("stored"), say("duplicate"), say("conflict"), say("unassigned"), say("quarantined")),
        # roles and scopes
        *(say("viewer"), say("operator"), say("admin"), say("read"), say("write")),
        # actions in the audit log
        *(say("login"), say("login_refused"), say("logout"), say("sessions_ended"), say("password_changed")),
        *(say("domain_added"), say("domain_removed"), say("domain_checked"), say("self_test")),
        *(say("policy_served"), say("policy_ended"), say("delivery_retried"), say("deliveries_retried")),
        *(say("unsubscribed"), say("kind"), say("summary"), say("alerts")),
        *(say("alert_acknowledged"), say("alert_muted"), say("alert_unmuted")),
        *(say("user_added"), say("user_changed"), say("user_removed"), say("token_added"), say("token_removed")),
        *(say("recipient_changed"), say("recipient_removed"), say("subscribed"), say("mail_sent_again"), say("week")),
        # its details
        *(say("role"), say("domains"), say("sessions"), say("scope"), say("ends"), say("changed"), say("why")),
        *(say("all"), say("one"), say("never"), say("until")),
        *(say("wrong name or password"), say("in no group of web.groups")),
        # ways in
        *(say("password"), say("proxy"), say("token"), say("local"), say("command"), say("none")),
    )
}


def word(code: str) -> str:
    """The word for a code; a code without one is its own."""
    return _WORDS.get(code, code)
