"""What a self-test sends: a small report about nobody, alone or in a signed mail. Pure.

It must never change a figure, whatever the settings. So it is about `self-test.invalid`, a domain that nobody can
have (RFC 2606) and nobody can add: under rule 9 it stays unassigned. Its mail is signed with a key that DNS does not
know: where signatures are asked for it is quarantined. It arrives all the same, and the key tells whether the
signature came through unharmed, as those of the reporters must.
"""

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime

import dkim
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from collector.auth import Authentication
from collector.auth.dkim import Authenticator
from collector.auth.key_record import Key, NoKey, parse
from collector.domains import SELF_TEST as SELF_TEST_DOMAIN

SELECTOR = "tlsrpt-self-test"
_FIELDS = (b"from", b"to", b"subject", b"date", b"message-id", b"tls-report-domain", b"tls-report-submitter")


@dataclass(frozen=True, slots=True)
class ThrowAwayKey:
    """`pem` signs and is forgotten, `record` (a key record without line ends) verifies."""

    pem: bytes
    record: str


def make_key() -> ThrowAwayKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    inner = "".join(line for line in public.splitlines() if not line.startswith("-"))
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return ThrowAwayKey(pem, f"v=DKIM1; k=rsa; p={inner}")


def report(report_id: str, sender: str, now: datetime) -> bytes:
    """The report as JSON (RFC 8460 section 4.4): a day without a session. `sender` is a mail address."""
    begin = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    document = {
        "organization-name": "Self-test of tlsrpt",
        "date-range": {"start-datetime": begin, "end-datetime": begin + timedelta(hours=23, minutes=59, seconds=59)},
        "contact-info": sender,
        "report-id": report_id,
        "policies": [
            {
                "policy": {"policy-type": "no-policy-found", "policy-domain": SELF_TEST_DOMAIN},
                "summary": {"total-successful-session-count": 0, "total-failure-session-count": 0},
            }
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def mail(report_id: str, sender: str, recipient: str, key: ThrowAwayKey, now: datetime) -> bytes:
    """The report as a mail (RFC 8460 section 5.3), CRLF, signed in the name of the sender's domain."""
    domain = sender.rpartition("@")[2]
    outer = MIMEMultipart("report", report_type="tlsrpt")
    outer["From"] = sender
    outer["To"] = recipient
    outer["Subject"] = f"Report Domain: {SELF_TEST_DOMAIN} Submitter: {domain} Report-ID: <{report_id}@{domain}>"
    outer["Date"] = format_datetime(now)
    outer["Message-ID"] = f"<{report_id}@{domain}>"
    outer["TLS-Report-Domain"] = SELF_TEST_DOMAIN
    outer["TLS-Report-Submitter"] = domain
    outer.attach(MIMEText("A test of the way that SMTP TLS reports take. It is counted nowhere.\n"))
    packed = gzip.compress(report(report_id, sender, now), mtime=0)
    attached = MIMEApplication(packed, "tlsrpt+gzip")
    name = f"{domain}!{SELF_TEST_DOMAIN}!{int(now.timestamp())}!{int(now.timestamp())}.json.gz"
    attached.add_header("Content-Disposition", "attachment", filename=name)
    outer.attach(attached)
    plain = outer.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=None))
    signature: bytes = dkim.sign(
        plain,
        SELECTOR.encode(),
        domain.encode(),
        key.pem,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=_FIELDS,
    )
    return signature + plain


def signature_after_all(raw: bytes, domain: str, key_record: str) -> Authentication:
    """What a collector would say of the mail as it arrived, if its key were published."""
    return Authenticator(_OneKey(f"{SELECTOR}._domainkey.{domain}", parse(key_record.encode())))(
        raw, frozenset({domain})
    )


class _OneKey:
    """A KeySource that knows one key."""

    def __init__(self, name: str, key: Key | NoKey) -> None:
        self._name = name
        self._key = key

    def get(self, name: str) -> Key | NoKey:
        return self._key if name == self._name else NoKey("is not published")

    def peek(self, name: str) -> bool:
        return True
