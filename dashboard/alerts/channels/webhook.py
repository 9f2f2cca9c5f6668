"""Alerts as JSON by POST. The receiver knows us by a signature, and a repeat by its id: docs/alerts.md has both.

The URL is a secret: no error and no log line shows more of it than the host.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from collector import __version__
from dashboard.alerts.channels.outcome import LOST, PUT_OFF, REFUSED, SENT, UNANSWERED, MayEnd, Message, Outcome
from dashboard.alerts.render import told
from dashboard.text import Language

VERSION = 1
SECONDS = 10.0
_CONNECT_SECONDS = 8.0  # of these: who is not reached by then has nothing
# Answers in the 400s that time may mend (RFC 9110 section 15.5.9, RFC 6585 section 4).
_MAY_PASS = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address that alerts are posted to."""

    url: str
    secret: str | None
    public_url: str | None
    language: Language
    seconds: float = SECONDS

    def __call__(self, message: Message, may_end: MayEnd) -> Outcome:
        [content] = message.contents  # one request for each notice
        if not may_end():
            return Outcome(LOST)
        body = json.dumps(payload(message.message_id, content, self.language, self.public_url)).encode()
        return asyncio.run(self._post(message.message_id, body))

    async def _post(self, message_id: str, body: bytes) -> Outcome:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"tlsrpt-dashboard/{__version__}",
            "X-Tlsrpt-Id": message_id,
        }
        if self.secret is not None:
            headers["X-Tlsrpt-Signature"] = signature(self.secret, body, datetime.now(UTC))
        limits = aiohttp.ClientTimeout(total=self.seconds, connect=min(_CONNECT_SECONDS, self.seconds * 0.8))
        try:
            async with (
                aiohttp.ClientSession(timeout=limits, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.post(self.url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                return self._judged(answer.status)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Outcome(PUT_OFF, f"{self._host}: no connection")
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            return Outcome(REFUSED, "alerts.webhooks: this is no address that anything can be posted to")
        except TimeoutError:
            return Outcome(UNANSWERED, f"{self._host}: no answer within {self.seconds:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return Outcome(UNANSWERED, f"{self._host}: the connection broke off ({type(error).__name__})")

    def _judged(self, status: int) -> Outcome:
        if 200 <= status < 300:
            return Outcome(SENT)
        why = f"{self._host}: status {status}"
        if 300 <= status < 400:
            return Outcome(REFUSED, f"{why}, a redirect, which is not followed: set the address it leads to")
        return Outcome(REFUSED if 400 <= status < 500 and status not in _MAY_PASS else PUT_OFF, why)

    @property
    def _host(self) -> str:
        return host_of(self.url)


def payload(
    message_id: str, content: Mapping[str, Any], language: Language, public_url: str | None
) -> dict[str, object]:
    """What is posted. Fields are added in later versions, and none is changed."""
    said = told(content, language, public_url)
    return {
        "version": VERSION,
        "id": message_id,
        "event": content["event"],
        "at": content["at"],
        "alert": {
            "id": content["alert"],
            "rule": content["rule"],
            "domain": content["domain"] or None,
            "subject": content["subject"] or None,
            "size": content["size"],
            "evidence": content["evidence"],
            "opened_at": content["opened_at"],
            "url": said.alert_url,
        },
        "title": said.title,
        "text": said.sentence,
        "action": said.action,
        "url": said.url,
    }


def signature(secret: str, body: bytes, at: datetime) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 over the time, a full stop, and the body as it is sent."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def host_of(url: str) -> str:
    """What of a secret URL may be shown: its host and port."""
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return "webhook"
    return f"{parts.hostname or 'webhook'}{port}"
