"""One mail as bytes: multipart/alternative, with what it has to say about itself in its header. Pure, but for the id.

Nothing in it asks for an answer: no receipt, no picture from elsewhere, `Auto-Submitted: auto-generated` (RFC 3834),
so that no machine answers, and nothing of ours is ever sent in answer to a mail. `TLS-Required: No` (RFC 8689): a mail
that tells of broken TLS must not wait for it. Strangers' text stands in a subject: line ends and controls go.
"""

import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr

from collector import domains
from collector.settings import Mail

_LONGEST_SUBJECT = 200


class _Subject(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # the one is made to be mixed into the other
    """Encoded as a whole where it is not ASCII: Python's own way encodes parts of it, and a blank between two of these
    is lost (RFC 2047 section 6.2)."""

    def fold(self, *, policy: Policy) -> str:
        if self.isascii():
            return super().fold(policy=policy)
        return f"{self.name}: {Header(str(self), 'utf-8', header_name=self.name).encode(linesep=_END)}{_END}"


_END = "\r\n"
_headers = HeaderRegistry()
_headers.map_to_type("subject", _Subject)
# Lines of 76 in what is encoded, nothing but ASCII on the wire unless an address is not.
_ASCII = SMTP.clone(cte_type="7bit", header_factory=_headers)
_UTF8 = SMTP.clone(utf8=True, cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Sender:
    """`name` may be empty."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Image:
    """A PNG that the HTML names as `cid:` and this id (letters, digits, `.`, `-`, `_`)."""

    cid: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What a mail says. `text` alone says all; an empty `html` leaves it at that."""

    subject: str
    text: str
    html: str = ""
    images: Sequence[Image] = field(default=())


def sender(mail: Mail) -> Sender:
    """Who sends under these settings: `mail.from`, or `tlsrpt@` the name of the machine."""
    if mail.from_ is None:
        return Sender("", f"tlsrpt@{domains.normalise(socket.gethostname()) or 'localhost'}")
    return Sender(*parseaddr(mail.from_))


def new_id(by: Sender) -> str:
    """A Message-ID that nobody had before (RFC 5322 section 3.6.4)."""
    return f"<{secrets.token_hex(16)}@{domains.normalise(by.domain) or 'localhost'}>"


def build(
    content: Content,
    *,
    by: Sender,
    to: str,
    message_id: str,
    now: datetime,
    unsubscribe: str | None = None,
) -> bytes:
    """The mail, line ends CRLF, unsigned. `to` is an address alone; `unsubscribe` the URL that takes one off the list.

    Everything is ASCII, unless one of the addresses is not (RFC 6532).
    """
    policy = _ASCII if (by.address + to).isascii() else _UTF8
    mail = EmailMessage(policy)
    mail["From"] = _mailbox(by.name, by.address)
    mail["To"] = _mailbox("", to)
    mail["Subject"] = one_line(content.subject)[:_LONGEST_SUBJECT]
    mail["Date"] = format_datetime(now.astimezone(UTC))
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["TLS-Required"] = "No"
    for name, value in _unsubscribing(unsubscribe):
        mail[name] = value
    _fill(mail, content)
    return bytes(mail)


def one_line(text: str) -> str:
    """Text for a header: blanks for line ends and controls, and no mark that turns the direction of what follows.

    What looks encoded (RFC 2047) is taken apart: it would be decoded, here and by whoever reads it.
    """
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.replace("=?", "= ?").split())


def _unsubscribing(url: str | None) -> Sequence[tuple[str, str]]:
    """RFC 2369 section 3.2; one click (RFC 8058 section 3.1) is for https only."""
    if url is None:
        return ()
    listed = ("List-Unsubscribe", f"<{url}>")
    return (listed, ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")) if url.startswith("https:") else (listed,)


def _fill(mail: EmailMessage, content: Content) -> None:
    mail.set_content(_body(content.text))
    if not content.html:
        return
    mail.add_alternative(_body(content.html), subtype="html")
    parts = mail.get_payload()
    assert isinstance(parts, list)
    html = parts[-1]
    assert isinstance(html, MIMEPart)
    for image in content.images:
        html.add_related(
            image.png, "image", "png", cid=f"<{image.cid}>", filename=f"{image.cid}.png", disposition="inline"
        )


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(one_line(name), local, domains.normalise(domain) or domain)


def _body(text: str) -> str:
    """Without controls and lone surrogates, which no mail may hold; line ends as they are."""
    kept = "".join(char for char in text if char in "\n\t" or (ord(char) >= 0x20 and ord(char) != 0x7F))
    return kept.encode("utf-8", "replace").decode()
