"""Alerts through Apprise: chats, pagers and telephones. It says whether a service took a message, and no more.

Its URLs hold tokens and passwords, and its log tells of them: what it logs is dropped, and nothing here shows more of a
URL than its scheme.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.alerts.channels.outcome import LOST, PUT_OFF, REFUSED, SENT, MayEnd, Message, Outcome
from dashboard.alerts.render import body, subject
from dashboard.text import Language

if TYPE_CHECKING:
    from apprise import Apprise

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Service:
    """One Apprise URL."""

    url: str
    public_url: str | None
    language: Language

    def __call__(self, message: Message, may_end: MayEnd) -> Outcome:
        opened = _opened(self.url)
        if opened is None:
            return Outcome(REFUSED, f"alerts.apprise: Apprise does not understand the {scheme_of(self.url)} URL")
        if not may_end():
            return Outcome(LOST)
        from apprise import NotifyFormat, NotifyType

        is_over = all(content["event"] == "closed" for content in message.contents)
        took = opened.notify(
            title=subject(message.contents, self.language),
            body=body(message.contents, self.language, self.public_url),
            notify_type=NotifyType.SUCCESS if is_over else NotifyType.WARNING,
            body_format=NotifyFormat.TEXT,
            timeout=SECONDS,
        )
        return Outcome(SENT) if took else Outcome(PUT_OFF, f"{scheme_of(self.url)}: the service did not take it")


def _opened(url: str) -> "Apprise | None":
    # Half a second and 20 MB that a scheduler without such URLs does not pay.
    import apprise

    _mute()
    asset = apprise.AppriseAsset(app_id="tlsrpt-dashboard", app_desc="TLS reports", secure_logging=True)
    made = apprise.Apprise(asset=asset)
    return made if made.add(url) else None


def _mute() -> None:
    log = logging.getLogger("apprise")
    log.handlers[:] = [logging.NullHandler()]
    log.propagate = False
    log.disabled = True
    # Writes down each path that is asked for, and the tokens are in the paths.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def scheme_of(url: str) -> str:
    """What of a secret URL may be shown: which service it is for."""
    scheme, colon, _ = url.partition("://")
    return scheme.lower() if colon and scheme.isalnum() and len(scheme) <= 20 else "unknown"
