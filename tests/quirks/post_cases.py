"""QUIRKS B5: what is posted. The statuses of the answers are in tests/receive_https."""

from tests.quirks import Case, Refused
from tests.quirks.mail_cases import GOOD_ONES, PACKED, TEXT
from tests.support import reports


def post(name: str, body: bytes, content_type: str | None, *codes: str, **more: object) -> Case:
    return Case(name, body, [*codes], channel="https", content_type=content_type, **{"figures": GOOD_ONES, **more})


def refused(name: str, body: bytes, content_type: str | None, code: str, words: str) -> Refused:
    return Refused(name, body, code, words, channel="https", content_type=content_type)


PLAIN, GZIP = "application/tlsrpt+json", "application/tlsrpt+gzip"

CASES: list[Case] = [
    post("R36 packed", PACKED, GZIP),
    post("Q95 not packed", TEXT, PLAIN),
    post("Q96 packed for the way and by itself", reports.to_gzip(PACKED), GZIP, "Q83"),
    post("Q79 posted as gzip, and plain", TEXT, GZIP, "Q79"),
    post("Q98 as curl calls it", PACKED, "application/x-www-form-urlencoded", "Q98"),
    post("Q98 without a type", TEXT, None),
    # Q100: it counts, is marked, and its reporter is its own word.
    post("Q100 nobody signs a POST", PACKED, GZIP, shown={"delivery.authenticated": False, "delivery.reporter": "reporter.example"}, page=("unauthenticated",)),
    refused("R37 nothing of the kind under a right type", b"hello", PLAIN, "json", "no JSON"),
    refused("R37 no gzip data under a right type", b"hello", GZIP, "unpack", "neither gzip data nor JSON"),
    refused("R37 other JSON under a right type", b'{"a": 1}', PLAIN, "schema", "required property"),
    refused("R37 neither a right type nor a report", b"<p>hello", "text/html", "not_a_report", "no TLS report"),
]  # fmt: skip
