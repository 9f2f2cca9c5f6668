"""QUIRKS B4, the mail around a report: what holds beside the cases of tests/quirks."""

import base64
import time

import pytest

from collector.errors import ReportRefused
from collector.report import headers as header_fields
from collector.report import message
from collector.report.hints import hints
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


def without(name: str) -> list[tuple[str, str]]:
    return [field for field in headers() if field[0] != name]


WHOLE = multipart([text_part(), GOOD], headers())


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
        ("=?windows-1252?q?=80?=", "€"),
        ("=?Shift_JIS?b?k/qWew==?=", "日本"),
        ("=?ISO-2022-JP*ja?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?koi8-r?q?=CD=C9=D2?=", "мир"),
        ("=?punycode?q?bcher-kva?=", "bcher-kva"),  # no charset: read as Latin-1
        ("=?rot13?q?uryyb?=", "uryyb"),
        ("=?unicode_escape?q?=5Cud800?=", "\\ud800"),
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
