"""I-JSON (RFC 7493, R15), and what JSON readers elsewhere let pass: each in its bounded time (see `test_json`)."""

from typing import Any

from tests.quirks import Case, Refused, base
from tests.support import reports
from tests.support.reports import mail

TEXT = reports.to_json(base())
MIB = 1024 * 1024
BEHIND = TEXT[:-1]  # the document, open for one more member


def refused(name: str, text: bytes, code: str, words: str, codes: list[str] | None = None) -> Refused:
    return Refused(f"R15 {name}", mail(reports.to_gzip(text)), code, words, codes)


def read(name: str, text: bytes, *codes: str, **more: Any) -> Case:
    return Case(f"R15 {name}", mail(reports.to_gzip(text)), [*codes], **more)


def more(member: bytes) -> bytes:
    """The document with one more member."""
    return BEHIND + b", " + member + b"}"


def count(number: bytes) -> bytes:
    """The document with another count of good sessions."""
    return TEXT.replace(b'"total-successful-session-count": 10', b'"total-successful-session-count": ' + number)


def reason(text: bytes) -> bytes:
    """The document with this in the reason of its first failure."""
    return TEXT.replace(
        b'"failed-session-count": 2', b'"failed-session-count": 2, "failure-reason-code": "' + text + b'"', 1
    )


CASES: list[Case] = [
    refused("NaN for a count", count(b"NaN"), "json", "no JSON"),
    refused("NaN where nobody looks", more(b'"x": [NaN]'), "json", "no JSON"),
    refused("Infinity", count(b"Infinity"), "json", "no JSON"),
    refused("-Infinity", count(b"-Infinity"), "json", "no JSON"),
    refused("beyond a double", more(b'"x": 1e400'), "json", "no JSON"),
    refused("5,000 digits for a count", count(b"9" * 5000), "json", "no JSON"),
    refused("5,000 digits where nobody looks", more(b'"x": ' + b"9" * 5000), "json", "no JSON"),
    refused("a million digits", count(b"9" * 1_000_000), "json", "no JSON"),
    refused("300 digits for a count", count(b"9" * 300), "schema", "greater than the maximum"),
    refused("5,000 digits in a string", count(b'"' + b"9" * 5000 + b'"'), "schema", "does not match"),
    refused("5,000 digits behind the point", count(b"0." + b"3" * 5000), "schema", "is not of type"),
    refused("a name twice", more(b'"report-id": "other"'), "json", "occurs twice"),
    refused("a name twice with equal values", more(b'"contact-info": "tls-reports@reporter.example"'), "json", "occurs twice"),
    refused("policies twice", more(b'"policies": []'), "json", "occurs twice"),
    refused("a count twice", TEXT.replace(b'"total-failure', b'"total-failure-session-count": 0, "total-failure', 1), "json", "occurs twice"),
    refused("a name twice, once escaped", more(b'"report-i\\u0064": "other"'), "json", "occurs twice"),
    refused("a name twice where nobody looks", more(b'"x": {"a": 1, "b": {}, "a": {}}'), "json", "occurs twice"),
    refused("100,000 arrays deep", more(b'"x": ' + b"[" * 100_000 + b"]" * 100_000), "limit", "depth limit"),
    refused("100,000 objects deep", more(b'"x": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000), "limit", "depth limit"),
    refused("100,000 arrays deep and no end", b"[" * 100_000, "limit", "depth limit"),
    refused("a raw control character", reason(b"\x01"), "json", "no JSON"),
    refused("two documents", TEXT + TEXT, "json", "no JSON"),
    refused("cut off", TEXT[:-9], "json", "no JSON"),
    read("200 arrays deep, where nobody looks", more(b'"x": ' + b"[" * 200 + b"]" * 200)),
    read("300 digits where nobody looks", more(b'"x": ' + b"9" * 300)),
    read("a lone surrogate", reason(b"a\\ud83db"), "R15", shown={"detail.failure_reason_code": "a\ufffdb"}, page=("a\ufffdb", "lone surrogates were replaced"), databases=True),
    read("a lone surrogate as UTF-8", reason(b"a\xed\xa0\xbdb"), "R15", shown={"detail.failure_reason_code": "a\ufffd\ufffd\ufffdb"}, databases=True),
    read("a megabyte of lone surrogates", reason(b"\\ud83d" * (MIB // 6)), "R15"),
    read("a pair of surrogates", reason(b"\\ud83d\\ude00"), shown={"detail.failure_reason_code": "\U0001f600"}, databases=True),
    read("Latin-1", reason(b"M\xfcnchen"), "R15", shown={"detail.failure_reason_code": "M\ufffdnchen"}),
    read("10 MB of blanks", TEXT + b" \n" * (5 * MIB)),
]  # fmt: skip
