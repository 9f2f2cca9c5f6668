"""The result types of a failure (RFC 8460 section 4.3): what each means, what usually causes it, what to do.

The one table that pages, mails and commands share, through dashboard.explain. Plain text, no HTML; DOMAIN stands for
the domain's name. A type that nobody knows gets an explanation too: the registry may grow (R19, Q55).
"""

from dataclasses import dataclass

from collector.text import say

YOURS = say("yours")
SENDER = say("the sender's, or the network between")
EITHER = say("yours or the sender's")
UNCLEAR = say("not clear from the report")


@dataclass(frozen=True, slots=True)
class Explanation:
    """`causes`: what it usually is, the most frequent first; `fault` completes "the fault is most likely ...".

    `source` is the RFC section that defines the code.
    """

    title: str
    meaning: str
    causes: str
    fault: str
    action: str
    source: str = ""


_RESULT_TYPES = {
    "starttls-not-supported": Explanation(
        say("No STARTTLS offered"),
        say("The MX did not offer STARTTLS, so the sender could not encrypt."),
        say(
            "A firewall or a proxy that looks into SMTP and strips STARTTLS; a mail server that was restarted without "
            "its certificate; an old backup MX that never had TLS."
        ),
        EITHER,
        say(
            "Look at the MX from outside: openssl s_client -starttls smtp -connect MX:25. If STARTTLS is offered "
            "there, something between strips it (a firewall that inspects SMTP), or the sender reached another host."
        ),
        "RFC 8460 4.3.1",
    ),
    "certificate-host-mismatch": Explanation(
        say("Certificate names another host"),
        say("The MX showed a certificate that is not for the name it was reached by."),
        say(
            "A certificate for the name of another server (mail.example.com where the MX record says mx1.example.com), "
            "or for the name of the provider; a server that sends its default certificate."
        ),
        YOURS,
        say(
            "Put the MX host name, as it stands in the MX record, among the names of the certificate (subjectAltName), "
            "and see that the server sends that certificate to clients with and without SNI."
        ),
        "RFC 8460 4.3.1",
    ),
    "certificate-expired": Explanation(
        say("Certificate expired"),
        say("The MX showed a certificate whose time is over."),
        say(
            "The renewal failed, or it worked and the mail server was not reloaded; one host of several behind a name "
            "was left out."
        ),
        YOURS,
        say("Renew the certificate and restart or reload the mail server. Look at every host behind the name."),
        "RFC 8460 4.3.1",
    ),
    "certificate-not-trusted": Explanation(
        say("Certificate not trusted"),
        say("The sender could not build a chain from the certificate of the MX to an authority that it trusts."),
        say(
            "A self-signed certificate, often the one that came with the mail server; a chain without its intermediate "
            "certificate; an authority that not all senders trust."
        ),
        YOURS,
        say(
            "Send the whole chain: the certificate and its intermediates, from an authority in the public stores. "
            "A self-signed certificate is good for DANE only. The reason code tells more."
        ),
        "RFC 8460 4.3.1",
    ),
    "validation-failure": Explanation(
        say("Validation failed"),
        say("The sender did not accept the TLS session, for a reason that has no code of its own."),
        say(
            "A session that broke off in the handshake, a time-out, a protocol version or a cipher that one side does "
            "not offer; some senders use it for any other failure too."
        ),
        EITHER,
        say(
            "Read the reason code, and the log of the MX of that day. A few from one sender only are "
            "likely that sender's."
        ),
        "RFC 8460 4.3.1",
    ),
    "tlsa-invalid": Explanation(
        say("TLSA record does not fit"),
        say("No TLSA record matched the certificate of the MX, or none could be used."),
        say(
            "A new certificate or key without a new TLSA record: the usual end of an automatic renewal that makes a "
            "new key each time."
        ),
        YOURS,
        say(
            "Publish the TLSA record of the certificate in use. At a key change publish the new record first, wait for "
            "twice its TTL, then change the certificate."
        ),
        "RFC 8460 4.3.2.1, RFC 7672",
    ),
    "dnssec-invalid": Explanation(
        say("DNSSEC does not validate"),
        say("The resolver of the sender could not validate the DNS answers for the MX."),
        say(
            "Signatures that were not renewed in time; a change of keys or of the DNS provider without a change of the "
            "DS record at the parent."
        ),
        YOURS,
        say("Check the zone of the MX for expired signatures and for a DS record at the parent that fits no key."),
        "RFC 8460 4.3.2.1, RFC 7672",
    ),
    "dane-required": Explanation(
        say("DANE demanded, no TLSA record"),
        say("The sender is set up to demand DANE, and the MX has no usable TLSA record."),
        say(
            "A sender with a table of partners that must have DANE; TLSA records that were withdrawn, or lie in a zone "
            "that is no longer signed."
        ),
        EITHER,
        say("Publish TLSA records in a signed zone, or ask the sender why it demands them."),
        "RFC 8460 4.3.2.1",
    ),
    "sts-policy-fetch-error": Explanation(
        say("Policy could not be fetched"),
        say("The sender saw your _mta-sts record and could not get the policy file."),
        say(
            "The policy host is away, slow, redirects (often to www), answers 404, or sends the file as HTML; a "
            "firewall that lets some countries or networks in only."
        ),
        EITHER,
        say(
            "Look at the policy host from outside (curl -v https://mta-sts.DOMAIN/.well-known/mta-sts.txt): address, "
            "answer 200, no redirect, quick. If it is well, the sender's way to it was not."
        ),
        "RFC 8460 4.3.2.2, RFC 8461 3.3",
    ),
    "sts-policy-invalid": Explanation(
        say("Policy is not valid"),
        say("The sender fetched the policy file and could not read it."),
        say(
            "A field that is missing or misspelt; a comma list of hosts in one mx line; a web page instead of the file "
            "(an error page with status 200)."
        ),
        YOURS,
        say(
            "Compare the file with the fields version, mode, mx and max_age, one on a line, as text/plain. "
            "The policy page shows what we read there ourselves."
        ),
        "RFC 8460 4.3.2.2, RFC 8461 3.2",
    ),
    "sts-webpki-invalid": Explanation(
        say("Certificate of the policy host"),
        say("The certificate of the policy host does not validate."),
        say(
            "The certificate of the web server expired, or does not name mta-sts.DOMAIN: often with a web host that "
            "serves many names and was not told of this one."
        ),
        YOURS,
        say("Renew the certificate of the policy host, with mta-sts.DOMAIN among its names and the whole chain."),
        "RFC 8460 4.3.2.2, RFC 8461 3.3",
    ),
    "unspecified": Explanation(
        say("Not explained by the reporter"),
        say("The summary of the report counts these failures, and no failure detail explains them."),
        say("A reporter that gives totals and no details, or fewer details than failures."),
        UNCLEAR,
        say(
            "Compare with what other reporters say about the same days. If it lasts, ask the reporter: the contact "
            "stands in its reports."
        ),
        "RFC 8460 4.2",
    ),
}

KNOWN = tuple(_RESULT_TYPES)


def result_type(code: str) -> Explanation:
    """What a result type means. One that no RFC knows is explained as such."""
    known = _RESULT_TYPES.get(code)
    if known is not None:
        return known
    return Explanation(
        code,
        say("This result type is not in RFC 8460; the reporter made it up, or it is newer than this program."),
        say("A reporter with words of its own, for which RFC 8460 has validation-failure and a reason code."),
        UNCLEAR,
        say("Read the reason code and the additional information in the report."),
        "RFC 8460 4.3",
    )
