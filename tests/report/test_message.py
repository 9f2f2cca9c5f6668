"""QUIRKS B4, the mail around a report: parts, headers, labels. Cases are whole mails."""

import base64
import time

import pytest

from collector.errors import ReportRefused
from collector.report import headers as header_fields
from collector.report import message
from collector.report.hints import hints, note
from collector.report.notes import Notes
from collector.report.search import Search, documents, search
from collector.settings import Limits
from tests.support import reports
from tests.support.reports import headers, mail, multipart, part, text_part

LIMITS = Limits()
DOCUMENT = reports.report()
TEXT = reports.to_json(DOCUMENT)
PACKED = reports.to_gzip(DOCUMENT)
NAME = "reporter.example!example.com!1!2.json.gz"
GOOD = part(PACKED, file_name=NAME)


def found(raw: bytes) -> Search:
    return search(raw, "smtp", limits=LIMITS)


def plain(content: bytes, content_type: str, more: str = "") -> bytes:
    """A part without transfer encoding."""
    return f"Content-Type: {content_type}\r\n{more}\r\n".encode() + content


def without(name: str) -> list[tuple[str, str]]:
    return [field for field in headers() if field[0] != name]


def folded(subject: str) -> list[tuple[str, str]]:
    return [*without("Subject"), ("Subject", subject)]


WHOLE = multipart([text_part(), GOOD], headers())
PADLESS = GOOD.rstrip(b"\r\n=") + b"\r\n"

READ: list[tuple[str, bytes, list[str]]] = [
    ("to the letter", WHOLE, []),
    ("Q70 TLS-Report-Domain missing", multipart([text_part(), GOOD], without("TLS-Report-Domain")), ["Q70"]),
    ("Q71 Subject with a bare id", multipart([GOOD], folded("Report Domain: example.com Submitter: x Report-ID: 1+2")), []),
    ("Q72 Subject folded", multipart([GOOD], folded("Report\r\n Domain:\r\n\t  example.com  Submitter: x")), []),
    ("Q73 first part HTML", multipart([text_part("<p>Hello", "text/html"), GOOD], headers()), []),
    ("Q74 only one part", b"".join(f"{n}: {v}\r\n".encode() for n, v in headers()) + GOOD, ["Q74"]),
    ("Q74 multipart/mixed", multipart([GOOD], headers(), content_type="multipart/mixed"), ["Q74"]),
    ("Q75 no closing boundary", WHOLE[: WHOLE.rindex(b"--" + reports.BOUNDARY.encode())], ["Q75"]),
    ("Q75 closing boundary without --", WHOLE.rstrip(b"-\r\n") + b"\r\n", ["Q75"]),
    ("Q76 application/tlsrpt", multipart([part(TEXT, "application/tlsrpt", NAME)], headers()), ["Q76"]),
    ("Q77 application/gzip", multipart([part(PACKED, "application/gzip", NAME)], headers()), ["Q77"]),
    ("Q77 octet-stream without a name", multipart([part(PACKED, "application/octet-stream")], headers()), ["Q77"]),
    ("Q77 text/plain", multipart([plain(TEXT, "text/plain")], headers()), ["Q77"]),
    ("Q78 ContentType", multipart([part(PACKED, file_name=NAME).replace(b"Content-Type", b"ContentType")], headers()), ["Q78"]),
    ("Q79 +gzip, and plain", multipart([part(TEXT, file_name=NAME)], headers()), ["Q79"]),
    ("Q79 +json, and packed", multipart([part(PACKED, "application/tlsrpt+json", NAME)], headers()), ["Q79"]),
    ("Q79 .gz, and plain", multipart([part(TEXT, "application/tlsrpt+json", NAME)], headers()), ["Q79"]),
    ("Q80 no file name", multipart([part(PACKED)], headers()), []),
    ("Q81 no padding", multipart([PADLESS], headers()), []),
    ("Q81 foreign characters", multipart([GOOD.replace(b"\r\n\r\n", b"\r\n\r\n!*", 1)], headers()), []),
    ("quoted-printable", multipart([plain(TEXT.replace(b"=", b"=3D"), "application/tlsrpt+json", "Content-Transfer-Encoding: quoted-printable\r\n")], headers()), []),
    ("8bit JSON", multipart([plain(TEXT, "application/tlsrpt+json")], headers()), []),
    ("binary gzip", multipart([plain(PACKED, "application/tlsrpt+gzip", "Content-Transfer-Encoding: binary\r\n")], headers()), []),
    ("Q88 invalid Date, two Return-Path", multipart([GOOD], [("Return-Path", "<>"), ("Return-Path", "<a@b>"), ("Date", "x"), *headers()]), []),
    ("Q88 mbox line above", b"From tls-reports@reporter.example Sat Nov 21 04:00:00 2026\r\n" + WHOLE, []),
    ("Q92 LF only", WHOLE.replace(b"\r\n", b"\n"), []),
    ("Q101 name in pieces", multipart([part(PACKED).replace(b"gzip\r\n", b"gzip\r\nContent-Disposition: attachment;\r\n filename*0*=utf-8''reporter.example%21exam;\r\n filename*1=\"ple.com!1!2.json.gz\"\r\n", 1)], headers()), []),
    ("Q102 encoded words", multipart([GOOD], [*without("TLS-Report-Domain"), ("TLS-Report-Domain", "=?utf-8?q?exam?=\r\n =?utf-8?b?cGxlLmNvbQ==?=")]), []),
    ("R34 other parts around it", multipart([text_part(), part(b"%PDF", "application/pdf"), GOOD, part(b"\x89PNG", "image/png")], headers()), []),
    ("a boundary in the text", multipart([text_part(f"see --{reports.BOUNDARY} and\r\n--{reports.BOUNDARY}x"), GOOD], headers()), []),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "codes"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_the_report_is_found(raw: bytes, codes: list[str]) -> None:
    result = found(raw)
    assert result.refusal is None
    (hit,) = result.hits
    assert hit.text == TEXT
    notes = Notes()
    note(hit, hints(hit), notes)
    assert [finding.code for finding in (*result.findings, *notes.findings())] == codes
    assert documents(raw, "smtp", limits=LIMITS) == (TEXT,)


REFUSED: list[tuple[str, bytes, str]] = [
    ("Q90 a plain mail", b"From: a@b.example\r\nSubject: Hello\r\n\r\nHi there\r\n", "not_a_report"),
    ("Q90 nothing", b"", "not_a_report"),
    ("Q90 zeros", bytes(1000), "not_a_report"),
    ("Q90 a DMARC report", multipart([part(reports.to_gzip(b"<feedback/>"), "application/gzip", "a!b!1!2.xml.gz")], [("From", "a@b.example")], content_type="multipart/mixed"), "not_a_report"),
    ("Q90 other JSON", multipart([part(b'{"name": "x"}', "application/json", "package.json")], [("From", "a@b.example")], content_type="multipart/mixed"), "not_a_report"),
    ("Q90 a broken zip", multipart([part(b"PK\x03\x04xx", "application/zip", "photos.zip")], [("From", "a@b.example")], content_type="multipart/mixed"), "not_a_report"),
    ("announced and empty", multipart([text_part()], headers()), "not_a_report"),
    ("broken gzip", mail(PACKED[:-20]), "unpack"),
    ("no gzip at all", mail(b"hello"), "unpack"),
    ("broken JSON", mail(reports.to_gzip(b'{"policies": [')), "json"),
    ("JSON of another kind", mail({"hello": 1}), "schema"),
    ("policies null", mail({**DOCUMENT, "policies": None}), "schema"),
    ("broken, unlabelled, but in a mail that announces it", multipart([part(PACKED[:-20], "application/octet-stream")], headers()), "unpack"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_no_report(raw: bytes, code: str) -> None:
    result = found(raw)
    assert (result.hits, result.refusal and result.refusal.code) == ((), code)


def test_hints_come_from_the_mail() -> None:
    (hit,) = found(mail(DOCUMENT, domain="Bücher.example", submitter="Reporter.Example.")).hits
    around = hints(hit)
    assert around.report_domain == around.subject_domain == around.file_name_domain == "xn--bcher-kva.example"
    assert around.submitter == "reporter.example"


def test_a_submitter_that_is_no_name_is_kept_as_sent() -> None:
    (hit,) = found(
        multipart([GOOD], [*without("TLS-Report-Submitter"), ("TLS-Report-Submitter", "Big Mail Inc.")])
    ).hits
    assert hints(hit).submitter == "Big Mail Inc."


class TestSeveral:
    """Q87: several reports in one mail."""

    other = reports.report(report_id="other")

    def test_each_is_found(self) -> None:
        raw = multipart([GOOD, part(reports.to_gzip(self.other))], headers())
        assert [hit.report.report_id for hit in found(raw).hits] == [DOCUMENT["report-id"], "other"]
        assert documents(raw, "smtp", limits=LIMITS) == (TEXT, reports.to_json(self.other))

    def test_a_broken_one_beside_good_ones_is_a_finding(self) -> None:
        raw = multipart([part(PACKED[:-20]), part(reports.to_gzip(self.other)), GOOD], headers())
        result = found(raw)
        assert [hit.report.report_id for hit in result.hits] == ["other", DOCUMENT["report-id"]]
        assert [finding.code for finding in result.findings] == ["Q87"]

    def test_together_they_have_one_limit(self) -> None:
        raw = multipart([GOOD, part(reports.to_gzip(self.other))], headers())
        result = search(raw, "smtp", limits=Limits(report_bytes=len(TEXT) + 10))
        assert [finding.code for finding in result.findings] == ["Q87"]
        assert len(result.hits) == 1


class TestForwarded:
    """Q86: a mail within a mail."""

    def wrapped(self, levels: int) -> bytes:
        raw = WHOLE
        for level in range(levels):
            inner = b"Content-Type: message/rfc822\r\n\r\n" + raw
            raw = multipart(
                [text_part("see below"), inner],
                [("From", "me@example.org")],
                boundary=f"level-{level}",
                content_type="multipart/mixed",
            )
        return raw

    def test_one_level(self) -> None:
        (hit,) = found(self.wrapped(1)).hits
        assert hit.mail is not None
        assert hit.mail.is_nested
        assert hit.mail.raw == WHOLE.removesuffix(b"\r\n") + b"\r\n"
        assert hints(hit).report_domain == "example.com"

    def test_too_many_levels_are_refused(self) -> None:
        refusal = found(self.wrapped(20)).refusal
        assert refusal is not None
        assert refusal.code == "limit"


class TestHostile:
    def test_more_parts_than_any_report_has(self) -> None:
        with pytest.raises(ReportRefused) as refused:
            message.parts(multipart([b"\r\nx"] * 2000, headers()), Notes())
        assert refused.value.code == "limit"

    @pytest.mark.parametrize(
        "raw",
        [
            multipart([b"--b" * 1_000_000], headers(), boundary="b"),
            multipart([b"\r\n--b " * 500_000], headers(), boundary="b"),
            b"a" * 3_000_000,
            b"a:" * 1_500_000,
            b"Subject: " + b"=?" * 1_000_000,
            b"Subject: x" + b"\r\n " * 1_000_000,
            b"Content-Type: multipart/mixed;" + b' a=";' * 500_000,
            b"Content-Type: multipart/mixed; boundary=x" + b"\r\n--x\r\n" * 300_000,
            b'Content-Disposition: attachment; filename*999999999999*=x; filename*0="' + b"\\" * 9000,
        ],
        ids=["boundaries", "lines", "no header", "colons", "words", "folds", "quotes", "parts", "parameters"],
    )
    def test_long_rubbish_is_quick(self, raw: bytes) -> None:
        begin = time.thread_time()
        result = found(raw)
        assert result.hits == ()
        assert time.thread_time() - begin < 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?caf=C3=A9_bar?=", "café bar"),
        ("=?ISO-8859-1*en?Q?caf=E9?=", "café"),
        ("=?utf-8?b?Y2Fmw6k?=", "café"),
        ("a =?utf-8?q?b?= =?utf-8?q?c?= d", "a bc d"),
        ("=?no-such-charset?q?x=E9?=", "xé"),
        ("=?unicode_escape?q?=5Cud800?=", "?"),
        ("=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
    ],
)
def test_encoded_words(value: str, expected: str) -> None:
    assert header_fields.text(value) == expected


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        ('multipart/report; boundary="a b;c"; x=y', "boundary", "a b;c"),
        ("multipart/report;boundary = abc ;x", "boundary", "abc"),
        ('attachment; filename="a\\"b.json"', "filename", 'a"b.json'),
        ("attachment; filename*=utf-8'de'caf%C3%A9.json", "filename", "café.json"),
        ('attachment; filename*0="ab"; filename*1="cd"', "filename", "abcd"),
        ("attachment; filename*1*=%C3%A9; filename*0*=utf-8''caf", "filename", "café"),
        ("attachment; filename*=latin1''caf%E9; filename=plain", "filename", "plain"),
        ("attachment; filename*x=1", "filename", None),
        ("attachment", "filename", None),
        ("attachment; filename*=nonsense''%FF", "filename", "ÿ"),
    ],
)
def test_parameters(value: str, name: str, expected: str | None) -> None:
    assert header_fields.parameter(value, name) == expected


@pytest.mark.parametrize("padding", range(4))
def test_base64_however_long(padding: int) -> None:
    data = b"x" * (30 + padding)
    assert header_fields.from_base64(base64.b64encode(data).rstrip(b"=")) == data
