"""What a code in a report or in a policy fetch means, whose fault it is and what to do. Plain text, no HTML.

Sources: result types RFC 8460 section 4.3; modes RFC 8461 section 5; policy fetches RFC 8461 section 3.3;
DANE RFC 7672. Unknown codes get an explanation too: the registry may grow (R19, Q55).
"""

from dataclasses import dataclass

YOURS = "yours"
SENDER = "the sender's, or the network between"
EITHER = "yours or the sender's"
UNCLEAR = "not clear from the report"


@dataclass(frozen=True, slots=True)
class Explanation:
    """`fault` completes "the fault is most likely ..."; `source` is the RFC section that defines the code."""

    title: str
    meaning: str
    fault: str
    action: str
    source: str = ""


_RESULT_TYPES = {
    "starttls-not-supported": Explanation(
        "No STARTTLS offered",
        "The MX did not offer STARTTLS, so the sender could not encrypt.",
        EITHER,
        "Look at the MX from outside: openssl s_client -starttls smtp -connect MX:25. If STARTTLS is offered there, "
        "something between strips it (a firewall that inspects SMTP), or the sender reached another host.",
        "RFC 8460 4.3.1",
    ),
    "certificate-host-mismatch": Explanation(
        "Certificate names another host",
        "The MX showed a certificate that is not for the name it was reached by.",
        YOURS,
        "Put the MX host name, as it stands in the MX record, among the names of the certificate (subjectAltName), "
        "and see that the server sends that certificate to clients with and without SNI.",
        "RFC 8460 4.3.1",
    ),
    "certificate-expired": Explanation(
        "Certificate expired",
        "The MX showed a certificate whose time is over.",
        YOURS,
        "Renew the certificate and restart or reload the mail server: a renewed file that was never loaded is the "
        "usual cause. Look at every host behind the name.",
        "RFC 8460 4.3.1",
    ),
    "certificate-not-trusted": Explanation(
        "Certificate not trusted",
        "The sender could not build a chain from the certificate of the MX to an authority that it trusts.",
        YOURS,
        "Send the whole chain: the certificate and its intermediates, from an authority in the public stores. "
        "A self-signed certificate is good for DANE only. The reason code tells more.",
        "RFC 8460 4.3.1",
    ),
    "validation-failure": Explanation(
        "Validation failed",
        "The sender did not accept the TLS session, for a reason that has no code of its own.",
        EITHER,
        "Read the reason code. Often it is a session that broke off, a protocol version or cipher that one side does "
        "not offer, or a time-out. A few from one sender only are likely that sender's.",
        "RFC 8460 4.3.1",
    ),
    "tlsa-invalid": Explanation(
        "TLSA record does not fit",
        "No TLSA record matched the certificate of the MX, or none could be used.",
        YOURS,
        "Publish the TLSA record of the certificate in use. At a key change publish the new record first, wait for "
        "twice its TTL, then change the certificate.",
        "RFC 8460 4.3.2.1, RFC 7672",
    ),
    "dnssec-invalid": Explanation(
        "DNSSEC does not validate",
        "The resolver of the sender could not validate the DNS answers for the MX.",
        YOURS,
        "Check the zone of the MX for expired signatures and for a DS record at the parent that fits no key.",
        "RFC 8460 4.3.2.1, RFC 7672",
    ),
    "dane-required": Explanation(
        "DANE demanded, no TLSA record",
        "The sender is set up to demand DANE, and the MX has no usable TLSA record.",
        EITHER,
        "Publish TLSA records in a signed zone, or ask the sender why it demands them.",
        "RFC 8460 4.3.2.1",
    ),
    "sts-policy-fetch-error": Explanation(
        "Policy could not be fetched",
        "The sender saw your _mta-sts record and could not get the policy file.",
        EITHER,
        "Look at the policy host from outside (curl -v https://mta-sts.DOMAIN/.well-known/mta-sts.txt): address, "
        "answer 200, no redirect, quick. If it is well, the sender's way to it was not.",
        "RFC 8460 4.3.2.2, RFC 8461 3.3",
    ),
    "sts-policy-invalid": Explanation(
        "Policy is not valid",
        "The sender fetched the policy file and could not read it.",
        YOURS,
        "Compare the file with the fields version, mode, mx and max_age, one on a line, as text/plain. "
        "The policy page shows what we read there ourselves.",
        "RFC 8460 4.3.2.2, RFC 8461 3.2",
    ),
    "sts-webpki-invalid": Explanation(
        "Certificate of the policy host",
        "The HTTPS certificate of mta-sts.DOMAIN did not validate.",
        YOURS,
        "Renew the certificate of the policy host, with mta-sts.DOMAIN among its names and the whole chain.",
        "RFC 8460 4.3.2.2, RFC 8461 3.3",
    ),
    "unspecified": Explanation(
        "Not explained by the reporter",
        "The summary of the report counts these failures, and no failure detail explains them.",
        UNCLEAR,
        "Compare with what other reporters say about the same days. If it lasts, ask the reporter: the contact "
        "stands in its reports.",
        "RFC 8460 4.2",
    ),
}


def result_type(code: str) -> Explanation:
    """What a result type means. One that no RFC knows is explained as such."""
    known = _RESULT_TYPES.get(code)
    if known is not None:
        return known
    return Explanation(
        code,
        "This result type is not in RFC 8460; the reporter made it up, or it is newer than this program.",
        UNCLEAR,
        "Read the reason code and the additional information in the report.",
        "RFC 8460 4.3",
    )


# Keyed by the reported policy's mode; the singular and plural fit "1 session ..." and "2 sessions ...".
_CONSEQUENCES = {
    "enforce": (
        "held back",
        "The sender applied your policy in enforce: it did not deliver over this session. It tried another MX, tried "
        "again later, or returned the mail.",
    ),
    "testing": (
        "would have been held back",
        "The sender applied your policy in testing: the mail was delivered all the same. Under enforce it would not "
        "have been.",
    ),
    "none": (
        "may have gone in clear",
        "The sender had no policy to apply: it may have delivered the mail without encryption.",
    ),
    "unknown": (
        "reported without a mode (DANE; may be the same sessions)",
        "The report does not say under which mode. DANE has none: a sender that uses it holds the mail back.",
    ),
}


def consequence(mode: str) -> tuple[str, str]:
    """What a failure meant under the reported mode (rule 7): a few words, and a sentence or two."""
    return _CONSEQUENCES.get(mode, _CONSEQUENCES["unknown"])


_MODES = {
    "enforce": "Senders deliver only over validated TLS to an MX of the policy.",
    "testing": "Senders report failures and deliver all the same.",
    "none": "No MTA-STS policy is in force: senders may deliver in clear.",
    "unknown": "The policy could not be fetched, or nobody has looked yet.",
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
        "DNS did not answer for the record or the policy host.",
        "Check the name servers of DOMAIN, and that mta-sts.DOMAIN has an address.",
        "RFC 8461 3.1, 3.3",
    ),
    "no_record": FetchError("There is no _mta-sts TXT record.", 'Publish one: "v=STSv1; id=20260101".', "RFC 8461 3.1"),
    "several_records": FetchError(
        "There is more than one _mta-sts record: senders take none.", "Delete all but one.", "RFC 8461 3.1"
    ),
    "bad_record": FetchError(
        "The _mta-sts record is not valid.", 'It reads "v=STSv1; id=" and 1 to 32 letters and digits.', "RFC 8461 3.1"
    ),
    "connect": FetchError(
        "The policy host did not take the connection, or broke it off.",
        "Check port 443 of mta-sts.DOMAIN from outside, on each of its addresses.",
        "RFC 8461 3.3",
    ),
    "tls": FetchError(
        "The certificate of the policy host does not validate.",
        "Renew it, with mta-sts.DOMAIN among its names, and send the whole chain.",
        "RFC 8461 3.3",
    ),
    "timeout": FetchError(
        "The policy host was too slow.",
        "Senders wait a minute at most: serve the file as a plain static file.",
        "RFC 8461 3.3",
    ),
    "redirect": FetchError(
        "The policy host answers with a redirect.", "Serve the file there: senders must not follow.", "RFC 8461 3.3"
    ),
    "status": FetchError(
        "The policy host did not answer 200.", "Serve the file at /.well-known/mta-sts.txt.", "RFC 8461 3.3"
    ),
    "media_type": FetchError(
        "The policy is not sent as text/plain.", "Set the media type of the file to text/plain.", "RFC 8461 3.2"
    ),
    "too_large": FetchError("The policy is over 64 KB.", "Shorten it: a policy is a few lines.", "RFC 8461 3.3"),
    "syntax": FetchError(
        "The policy file is not valid.", "One field on a line: version, mode, mx, max_age.", "RFC 8461 3.2"
    ),
}


def fetch_error(code: str) -> FetchError:
    """What a fetch error of a published policy means, and what to do."""
    return _FETCH_ERRORS.get(
        code, FetchError("The policy could not be fetched.", "Check the record and the policy host.")
    )


_OUTCOMES = {
    "stored": "Counted.",
    "duplicate": "The same report was here before: it is counted once.",
    "conflict": "A report with the same identity and other content was here before: the first one counts.",
    "unassigned": "About a domain that was not added: kept, not counted.",
    "quarantined": "Kept, not counted: see the reason.",
}


def outcome(code: str) -> str:
    """What an outcome of a delivery means for the figures."""
    return _OUTCOMES.get(code, "")


_REASONS = {
    "dkim_missing": "The mail has no DKIM signature, and reports must have one (RFC 8460 section 3). A relay or a "
    "mailing list before the collector may have dropped it.",
    "dkim_fail": "No DKIM signature verifies. A banner, a footer or a virus scanner before the collector changes the "
    "mail: let report mail pass unchanged.",
    "dkim_unaligned": "A DKIM signature verifies, and its domain has nothing to do with the sender of the report.",
    "dkim_length_tag": "The DKIM signature covers a part of the mail only (l=), which RFC 8460 section 3 forbids.",
    "dkim_service": "The DKIM key is for another service than reports (s= without tlsrpt).",
    "not_a_report": "The mail holds no TLS report. Other mail to this address is harmless.",
    "unpack": "The report could not be unpacked: the attachment is damaged.",
    "json": "The report is no valid JSON.",
    "schema": "The report is JSON, and not one that can be counted.",
    "limit": "The report is over a limit of the settings.",
}


def reason(code: str) -> str:
    """Why a delivery was not counted, in a sentence or two."""
    return _REASONS.get(code, "")
