"""What a code in a report or in a policy fetch means, whose fault it is and what to do. Plain text, no HTML.

Sources: modes RFC 8461 section 5; policy fetches RFC 8461 section 3.3. The result types have a table of their own.
Unknown codes get an explanation too.
"""

from dataclasses import dataclass

from collector.text import say
from dashboard.result_types import Explanation as Explanation
from dashboard.result_types import result_type as result_type

# Keyed by the reported policy's mode; the singular and plural fit "1 session ..." and "2 sessions ...".
_CONSEQUENCES = {
    "enforce": (
        say("held back"),
        say(
            "The sender applied your policy in enforce: it did not deliver over this session. It tried another MX, "
            "tried again later, or returned the mail."
        ),
    ),
    "testing": (
        say("would have been held back"),
        say(
            "The sender applied your policy in testing: the mail was delivered all the same. Under enforce it "
            "would not have been."
        ),
    ),
    "none": (
        say("may have gone in clear"),
        say("The sender had no policy to apply: it may have delivered the mail without encryption."),
    ),
    "unknown": (
        say("reported without a mode (DANE; may be the same sessions)"),
        say("The report does not say under which mode. DANE has none: a sender that uses it holds the mail back."),
    ),
}


def consequence(mode: str) -> tuple[str, str]:
    """What a failure meant under the reported mode (rule 7): a few words, and a sentence or two."""
    return _CONSEQUENCES.get(mode, _CONSEQUENCES["unknown"])


_MODES = {
    "enforce": say("Senders deliver only over validated TLS to an MX of the policy."),
    "testing": say("Senders report failures and deliver all the same."),
    "none": say("No MTA-STS policy is in force: senders may deliver in clear."),
    "unknown": say("The policy could not be fetched, or nobody has looked yet."),
}


def mode(code: str) -> str:
    """One sentence about a mode."""
    return _MODES.get(code, _MODES["unknown"])


@dataclass(frozen=True, slots=True)
class FetchError:
    """What a failed look at the published policy met. `source` is the RFC section that makes it a failure."""

    meaning: str
    action: str
    source: str = ""


_FETCH_ERRORS = {
    "dns": FetchError(
        say("DNS did not answer for the record or the policy host."),
        say("Check the name servers of DOMAIN, and that mta-sts.DOMAIN has an address."),
        "RFC 8461 3.1, 3.3",
    ),
    "no_record": FetchError(
        say("There is no _mta-sts TXT record."), say('Publish one: "v=STSv1; id=20260101".'), "RFC 8461 3.1"
    ),
    "several_records": FetchError(
        say("There is more than one _mta-sts record: senders take none."), say("Delete all but one."), "RFC 8461 3.1"
    ),
    "bad_record": FetchError(
        say("The _mta-sts record is not valid."),
        say('It reads "v=STSv1; id=" and 1 to 32 letters and digits.'),
        "RFC 8461 3.1",
    ),
    "connect": FetchError(
        say("The policy host did not take the connection, or broke it off."),
        say("Check port 443 of mta-sts.DOMAIN from outside, on each of its addresses."),
        "RFC 8461 3.3",
    ),
    "tls": FetchError(
        say("The certificate of the policy host does not validate."),
        say("Renew it, with mta-sts.DOMAIN among its names, and send the whole chain."),
        "RFC 8461 3.3",
    ),
    "timeout": FetchError(
        say("The policy host was too slow."),
        say("Senders wait a minute at most: serve the file as a plain static file."),
        "RFC 8461 3.3",
    ),
    "redirect": FetchError(
        say("The policy host answers with a redirect."),
        say("Serve the file there: senders must not follow."),
        "RFC 8461 3.3",
    ),
    "status": FetchError(
        say("The policy host did not answer 200."), say("Serve the file at /.well-known/mta-sts.txt."), "RFC 8461 3.3"
    ),
    "media_type": FetchError(
        say("The policy is not sent as text/plain."),
        say("Set the media type of the file to text/plain."),
        "RFC 8461 3.2",
    ),
    "too_large": FetchError(
        say("The policy is over 64 KB."), say("Shorten it: a policy is a few lines."), "RFC 8461 3.3"
    ),
    "syntax": FetchError(
        say("The policy file is not valid."), say("One field on a line: version, mode, mx, max_age."), "RFC 8461 3.2"
    ),
}


def fetch_error(code: str) -> FetchError:
    """What a fetch error of a published policy means, and what to do."""
    return _FETCH_ERRORS.get(
        code, FetchError(say("The policy could not be fetched."), say("Check the record and the policy host."))
    )


_OUTCOMES = {
    "stored": say("Counted."),
    "duplicate": say("The same report was here before: it is counted once."),
    "conflict": say("A report with the same identity and other content was here before: the first one counts."),
    "unassigned": say("About a domain that was not added: kept, not counted."),
    "quarantined": say("Kept, not counted: see the reason."),
}


def outcome(code: str) -> str:
    """What an outcome of a delivery means for the figures."""
    return _OUTCOMES.get(code, "")


_REASONS = {
    "dkim_missing": say(
        "The mail has no DKIM signature, and reports must have one (RFC 8460 section 3). A relay or a "
        "mailing list before the collector may have dropped it."
    ),
    "dkim_fail": say(
        "No DKIM signature verifies. A banner, a footer or a virus scanner before the collector changes the "
        "mail: let report mail pass unchanged."
    ),
    "dkim_unaligned": say("A DKIM signature verifies, and its domain has nothing to do with the sender of the report."),
    "dkim_length_tag": say("The DKIM signature covers a part of the mail only (l=), which RFC 8460 section 3 forbids."),
    "dkim_service": say("The DKIM key is for another service than reports (s= without tlsrpt)."),
    "not_a_report": say("The mail holds no TLS report. Other mail to this address is harmless."),
    "unpack": say("The report could not be unpacked: the attachment is damaged."),
    "json": say("The report is no valid JSON."),
    "schema": say("The report is JSON, and not one that can be counted."),
    "limit": say("The report is over a limit of the settings."),
}


def reason(code: str) -> str:
    """Why a delivery was not counted, in a sentence or two."""
    return _REASONS.get(code, "")
