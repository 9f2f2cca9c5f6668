"""The weekly mail as somebody would get it, without anything being sent or kept: what the request asks for."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy

from flask import abort, request

from collector.settings.mail import LANGUAGES
from collector.store import recipients as store
from dashboard.mail import message
from dashboard.mail.foot import with_foot
from dashboard.mail.message import Content
from dashboard.mail.recipients import Recipient, without_links
from dashboard.summary import compose, week
from dashboard.summary.week import Week
from dashboard.text import say
from dashboard.web import params, state

# Of the header what its reader's mail program shows or heeds; Date and Message-ID are those of the sending.
_SHOWN = ("Subject", "From", "To", "Auto-Submitted", "TLS-Required", "List-Unsubscribe", "List-Unsubscribe-Post")


@dataclass(frozen=True, slots=True)
class Asked:
    """`recipient` None: nobody in particular, so about all domains."""

    week: Week
    language: str
    recipient: Recipient | None
    others: tuple[Recipient, ...]  # whose mail can be looked at, that of `recipient` too

    @property
    def address(self) -> str:
        return "" if self.recipient is None else self.recipient.address


@dataclass(frozen=True, slots=True)
class Preview:
    """`header`: (name, value). `size` in bytes, as it would go out. `is_wanted`: not if all is well, and only then."""

    content: Content
    header: Sequence[tuple[str, str]]
    size: int
    is_wanted: bool


def asked() -> Asked:
    """`week` (by default the last one that is over), `recipient` (an address) and `language` (by default theirs).

    Raises UsageError; ends the request with 404 if nobody of that address gets the weekly mail.
    """
    people = without_links(state.reader(), state.settings(), "summary")
    given = params.text(request.args, "recipient")
    recipient = None if given is None else _among(people, store.normal(given))
    spoken = state.settings().summary.language if recipient is None else recipient.language
    return Asked(_week(), params.choice(request.args, "language", LANGUAGES) or spoken, recipient, people)


def _among(people: Sequence[Recipient], address: str) -> Recipient:
    found = next((one for one in people if one.address == address), None)
    if found is None:
        abort(404, say("Nobody of that address gets the weekly mail."))
    return found


def _week() -> Week:
    given = params.text(request.args, "week")
    if given is None:
        return week.last_whole(state.now())
    wanted = week.parse(given)
    week.check_begun(wanted, state.now())
    return wanted


def preview(wanted: Asked) -> Preview:
    """The mail, made anew. Raises StoreUnavailable."""
    settings, now = state.settings(), state.now()
    to = wanted.recipient or Recipient("", (), wanted.language, only_if_needed=False)
    parts = compose.mail(state.reader(), settings, wanted.week, now=now, domains=to.domains, tag=wanted.language)
    # The real link is its recipient's alone: whoever has it ends their mails.
    public_url = settings.web.public_url
    unsubscribe = None if public_url is None else f"{public_url}/unsubscribe/preview"
    content = with_foot(parts, Recipient(to.address, to.domains, wanted.language, to.only_if_needed, unsubscribe))
    by = message.sender(settings.mail)
    raw = message.build(
        content, by=by, to=to.address or by.address, message_id=message.new_id(by), now=now, unsubscribe=unsubscribe
    )
    header = message_from_bytes(raw, policy=policy.default)
    names = [name for name in _SHOWN if name in header and (to.address or name != "To")]
    return Preview(
        content,
        [(name, str(header[name])) for name in names],
        len(raw),
        is_wanted=not (to.only_if_needed and parts.is_well),
    )


def document(content: Content) -> str:
    """The HTML part as a page by itself: its pictures stand in it, and its links open elsewhere.

    What strangers wrote is escaped, so what is replaced is ours.
    """
    written = content.html.replace("<head>", '<head>\n<base target="_blank">', 1)
    for image in content.images:
        packed = base64.b64encode(image.png).decode("ascii")
        written = written.replace(f'src="cid:{image.cid}"', f'src="data:image/png;base64,{packed}"')
    return written
