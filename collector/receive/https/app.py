"""`POST /v1/tlsrpt` as a WSGI application: method, limits, body, answer. What a POST is worth is decided elsewhere."""

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from collector.delivery import Envelope, Stored
from collector.errors import SpoolUnavailable
from collector.receive.https.buckets import Buckets
from collector.receive.https.client import client_address
from collector.receive.https.intake import NotAReport, Spooled
from collector.receive.smtp.limits import network_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

_MOST_TYPE_CHARACTERS = 255
_RETRY_SECONDS = 60  # while neither the database nor the disk takes anything
_HEADERS = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
# 201 only for what counts; what is kept for another reason is 202, so that nobody sends it again.
_STATUS = {"stored": HTTPStatus.CREATED, "duplicate": HTTPStatus.OK}
# 202 always says why, where the delivery itself has no reason.
_WHY = {
    "conflict": ("conflict", "another report is counted under its key already"),
    "unassigned": ("unassigned", "it is about no domain that is known here"),
}
_SPOOLED = ("spooled", "the database is away: it is kept on disk and taken in later")


class Taker(Protocol):
    """What takes a POST in: `intake.Intake`."""

    def take(self, raw: bytes, envelope: Envelope) -> Stored | Spooled: ...


class Refused(Exception):
    """The POST is not taken: `code` and `message` make the body."""

    def __init__(self, status: HTTPStatus, code: str, message: str, *headers: tuple[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


@dataclass(frozen=True, slots=True)
class _Answer:
    status: HTTPStatus
    body: object
    headers: tuple[tuple[str, str], ...] = ()


class App:
    """Answers to everybody, under any host name: whoever sends a report has no password (RFC 8460 section 5.4)."""

    def __init__(
        self,
        intake: Taker,
        *,
        message_bytes: int,
        buckets: Buckets,
        trusted_proxies: Sequence[IPv4Network | IPv6Network] = (),
    ) -> None:
        self._intake = intake
        self._message_bytes = message_bytes
        self._buckets = buckets
        self._trusted_proxies = trusted_proxies

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            answer = self._answer(environ)
        except Refused as refused:
            error = {"error": {"code": refused.code, "message": refused.message}}
            answer = _Answer(refused.status, error, refused.headers)
        body = orjson.dumps(answer.body) + b"\n"
        headers = [*_HEADERS, *answer.headers, ("Content-Length", str(len(body)))]
        start_response(f"{answer.status.value} {answer.status.phrase}", headers)
        return [body]

    def _answer(self, environ: "WSGIEnvironment") -> _Answer:
        if environ["REQUEST_METHOD"] != "POST":
            message = "Reports are sent here by POST (RFC 8460 section 5.4)."
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", message, ("Allow", "POST"))
        peer = client_address(
            environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""), self._trusted_proxies
        )
        self._check_rate(peer)
        raw = read_body(environ, self._message_bytes)
        content_type = environ.get("CONTENT_TYPE", "")[:_MOST_TYPE_CHARACTERS] or None
        try:
            taken = self._intake.take(raw, Envelope("https", peer=peer or None, content_type=content_type))
        except NotAReport:
            message = "Neither the content nor its type is a TLS report."
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message) from None
        except SpoolUnavailable as error:
            log.error("a POST of %d bytes from %s is lost: %s", len(raw), peer or "-", error)
            message = "Not stored just now, try again later."
            retry = ("Retry-After", str(_RETRY_SECONDS))
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", message, retry) from None
        return _told(taken)

    def _check_rate(self, peer: str) -> None:
        wait = self._buckets.take(network_of(peer))
        if wait:
            log.warning("429 for %s: more POSTs than limits.posts_per_minute", peer or "-")
            retry = ("Retry-After", str(math.ceil(wait)))
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", "Too many reports at once.", retry)


def read_body(environ: "WSGIEnvironment", most: int) -> bytes:
    """The whole body, of a declared length or in chunks. Raises Refused: 413 beyond `most` bytes, 400 if it breaks off.

    A length that is too large is refused before anything is read.
    """
    too_large = Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"A report may have {most} bytes as it is sent."
    )
    broken_off = Refused(HTTPStatus.BAD_REQUEST, "bad_request", "The body ended too early.")
    declared = _declared(environ)
    if declared is not None and declared > most:
        raise too_large
    # Without a length only a server that knows the end of the body (chunked) can be asked for it.
    wanted = declared if declared is not None else most + 1 if environ.get("wsgi.input_terminated") else 0
    try:
        raw: bytes = environ["wsgi.input"].read(wanted)
    except OSError:  # the client has gone, or was cut off
        raise broken_off from None
    if len(raw) > most:
        raise too_large
    if declared is not None and len(raw) < declared:
        raise broken_off
    return raw


def _declared(environ: "WSGIEnvironment") -> int | None:
    text = environ.get("CONTENT_LENGTH", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _told(taken: Stored | Spooled) -> _Answer:
    """What the sender is told: `outcome` is null as long as nobody knows it."""
    if isinstance(taken, Spooled):
        return _Answer(HTTPStatus.ACCEPTED, _body(None, taken, _SPOOLED))
    why = (taken.reason.code, taken.reason.message) if taken.reason else _WHY.get(taken.outcome)
    return _Answer(_STATUS.get(taken.outcome, HTTPStatus.ACCEPTED), _body(taken.outcome, taken, why))


def _body(outcome: str | None, taken: Stored | Spooled, why: tuple[str, str] | None) -> dict[str, Any]:
    reason = {"code": why[0], "message": why[1]} if why else None
    return {"outcome": outcome, "delivery": str(taken.id), "reason": reason}
