"""What to do about deliveries that were quarantined, by reason code (what each means: dashboard.explain.reason)."""

from dashboard.text import Text, say

_DKIM = say(
    "If the mail came through a server of your own, let it pass report mail unchanged, or let it say what it saw "
    "(auth.trusted_results). If you want to count such mail all the same, set auth.dkim to record. Then retry."
)
_BROKEN = say(
    "Download one and look at it. If its sender is known, tell the contact; after an upgrade of this program a retry "
    "may read it."
)
_TO_DO = {
    "dkim_missing": _DKIM,
    "dkim_fail": _DKIM,
    "dkim_unaligned": say(
        "Look at From, TLS-Report-Submitter and the contact: if they are of another company than the signature, "
        "somebody sends in another's name. Otherwise tell the sender."
    ),
    "dkim_length_tag": say("Tell the sender: RFC 8460 section 3 forbids l= in the signature of a report."),
    "dkim_service": say("Tell the sender: the s= of its DKIM key must be absent, * or hold tlsrpt."),
    "not_a_report": say("Nothing, unless it should have been a report. Old ones go by themselves (keep.*)."),
    "unpack": _BROKEN,
    "json": _BROKEN,
    "schema": _BROKEN,
    "limit": say("If it is a real report, raise the limit that the message names (limits.*), then retry."),
}


def to_do(code: str) -> Text:
    """What to do about it, in a sentence or two."""
    return _TO_DO.get(code, _BROKEN)
