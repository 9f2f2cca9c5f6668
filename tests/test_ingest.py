"""`ingest()`: one function for every channel. The authenticator is a function that writes down what it was asked."""

import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from collector.auth import Authentication
from collector.channels import CHANNELS
from collector.delivery import Delivery, Envelope, Reason
from collector.errors import KeyUnavailable
from collector.ingest import ingest
from collector.report.search import documents
from collector.settings import Limits
from tests.support import reports
from tests.support.reports import headers, mail, multipart, part, text_part

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
LIMITS = Limits()
DOCUMENT = reports.report()
MAIL = mail(DOCUMENT)
JSON = reports.to_json(DOCUMENT)
PACKED = reports.to_gzip(DOCUMENT)
SIGNED = Authentication("mail.reporter.example")
FAILED = Authentication(None, Reason("dkim_fail", "body hash differs"))
UNSIGNED_NAME = "reporter.example"


@dataclass
class Asked:
    """Answers always the same, and keeps the questions."""

    answer: Authentication = SIGNED
    questions: list[tuple[bytes, frozenset[str]]] = field(default_factory=list)

    def __call__(self, raw: bytes, claimed: frozenset[str]) -> Authentication:
        self.questions.append((raw, claimed))
        return self.answer


def take(
    raw: bytes, channel: str = "smtp", *, dkim: str = "require", asked: Asked | None = None, strict: bool = False
) -> Delivery:
    return ingest(
        raw,
        Envelope(channel),
        NOW,
        limits=LIMITS,
        dkim=dkim,
        authenticate=asked or Asked(),
        import_requires_dkim=strict,
    )


# channel, what came, setting, answer -> reason, authenticated, reporter, whether DNS was asked
RULE_10 = [
    ("smtp", MAIL, "require", SIGNED, None, True, "mail.reporter.example", True),
    ("lmtp", MAIL, "require", SIGNED, None, True, "mail.reporter.example", True),
    ("imap", MAIL, "require", SIGNED, None, True, "mail.reporter.example", True),
    ("import", MAIL, "require", SIGNED, None, True, "mail.reporter.example", True),
    ("smtp", MAIL, "require", FAILED, "dkim_fail", False, UNSIGNED_NAME, True),
    ("lmtp", MAIL, "require", FAILED, "dkim_fail", False, UNSIGNED_NAME, True),
    ("imap", MAIL, "require", FAILED, "dkim_fail", False, UNSIGNED_NAME, True),
    ("import", MAIL, "require", FAILED, None, False, UNSIGNED_NAME, True),
    ("smtp", MAIL, "record", SIGNED, None, True, "mail.reporter.example", True),
    ("smtp", MAIL, "record", FAILED, None, False, UNSIGNED_NAME, True),
    ("import", MAIL, "record", FAILED, None, False, UNSIGNED_NAME, True),
    ("smtp", MAIL, "off", SIGNED, None, False, UNSIGNED_NAME, False),
    ("import", MAIL, "off", SIGNED, None, False, UNSIGNED_NAME, False),
    ("https", PACKED, "require", SIGNED, None, False, UNSIGNED_NAME, False),
    ("https", JSON, "record", SIGNED, None, False, UNSIGNED_NAME, False),
    ("import", JSON, "require", SIGNED, None, False, UNSIGNED_NAME, False),
    ("import", PACKED, "require", SIGNED, None, False, UNSIGNED_NAME, False),
]


@pytest.mark.parametrize(
    ("channel", "raw", "dkim", "answer", "reason", "authenticated", "reporter", "asks"),
    RULE_10,
    ids=[f"{case[0]}-{case[2]}-{'signed' if case[3] is SIGNED else 'failed'}-{len(case[1])}" for case in RULE_10],
)
def test_rule_10(
    channel: str,
    raw: bytes,
    dkim: str,
    answer: Authentication,
    reason: str | None,
    authenticated: bool,
    reporter: str,
    asks: bool,
) -> None:
    asked = Asked(answer)
    delivery = take(raw, channel, dkim=dkim, asked=asked)
    assert (delivery.reason.code if delivery.reason else None) == reason
    assert (delivery.authenticated, delivery.reporter, bool(asked.questions)) == (authenticated, reporter, asks)
    # A mail whose signature fails still shows what it says.
    assert delivery.found[0].report.report_id == DOCUMENT["report-id"]
    assert (delivery.received_at, delivery.raw) == (NOW, raw)


@pytest.mark.parametrize(("raw", "code"), [(MAIL, "dkim_fail"), (JSON, "dkim_missing")], ids=["mail", "bare"])
@pytest.mark.parametrize("dkim", ["require", "off"])
def test_import_the_strict_way(raw: bytes, code: str, dkim: str) -> None:
    delivery = take(raw, "import", dkim=dkim, asked=Asked(FAILED), strict=True)
    assert delivery.reason is not None
    assert delivery.reason.code == code


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"From: a@b.example\r\n\r\nHello\r\n", "not_a_report"),
        (b"", "not_a_report"),
        (bytes(200), "not_a_report"),
        (b"\xff" * 200, "not_a_report"),
    ],
    ids=["a mail", "nothing", "zeros", "noise"],
)
def test_rubbish_is_quarantined_and_costs_no_lookup(channel: str, raw: bytes, code: str) -> None:
    asked = Asked()
    delivery = take(raw, channel, asked=asked)
    assert delivery.reason is not None
    assert (delivery.reason.code, delivery.found, delivery.reporter) == (code, (), None)
    assert asked.questions == []


BROKEN = [
    ("gzip", PACKED[:-20], "unpack"),
    ("JSON", reports.to_gzip(JSON[:-5]), "json"),
    ("twice", reports.to_gzip(JSON.replace(b'"report-id"', b'"policies": [], "report-id"')), "json"),
    ("schema", reports.to_gzip({**DOCUMENT, "policies": None}), "schema"),
    ("limit", reports.to_gzip(bytes(LIMITS.report_bytes + 1)), "limit"),
]


@pytest.mark.parametrize(("content", "code"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_broken_report_has_its_reason_on_every_channel(channel: str, content: bytes, code: str) -> None:
    asked = Asked()
    delivery = take(content if channel == "https" else mail(content), channel, asked=asked)
    assert delivery.reason is not None
    assert delivery.reason.code == code
    assert asked.questions == []


# Q95 to Q98, and what answers 415 (not_a_report) or 202 (anything else): content type, body -> reason, findings
POSTS = [
    ("Q95 plain", "application/tlsrpt+json", JSON, None, []),
    ("gzip", "application/tlsrpt+gzip", PACKED, None, []),
    ("with a parameter", "Application/TLSRPT+gzip; charset=x", PACKED, None, []),
    ("Q96 packed twice", "application/tlsrpt+gzip", reports.to_gzip(PACKED), None, ["Q83"]),
    ("Q79 label and content differ", "application/tlsrpt+gzip", JSON, None, ["Q79"]),
    ("Q98 a form", "application/x-www-form-urlencoded", PACKED, None, ["Q98"]),
    ("Q98 no type", None, JSON, None, []),
    ("right type, broken content", "application/tlsrpt+json", b"hello", "json", []),
    ("right type, other JSON", "application/tlsrpt+json", b'{"a": 1}', "schema", []),
    ("right type, no gzip", "application/tlsrpt+gzip", b"hello", "unpack", []),
    ("neither type nor bytes", "text/plain", b"hello", "not_a_report", []),
    ("other JSON", "application/json", b'{"a": 1}', "not_a_report", []),
    ("other gzip", "application/gzip", reports.to_gzip(b"<xml/>"), "not_a_report", []),
    ("a broken report without a type", None, b'{"policies": null, "date-range": {}}', "schema", []),
]


@pytest.mark.parametrize(
    ("content_type", "body", "reason", "codes"), [case[1:] for case in POSTS], ids=[case[0] for case in POSTS]
)
def test_posts(content_type: str | None, body: bytes, reason: str | None, codes: list[str]) -> None:
    envelope = Envelope("https", content_type=content_type)
    delivery = ingest(body, envelope, NOW, limits=LIMITS, dkim="require", authenticate=Asked())
    assert (delivery.reason.code if delivery.reason else None) == reason
    assert [finding.code for finding in delivery.findings] == codes


def test_a_delivery_larger_than_the_limit() -> None:
    delivery = ingest(
        MAIL, Envelope("imap"), NOW, limits=Limits(message_bytes=100), dkim="require", authenticate=Asked()
    )
    assert delivery.reason is not None
    assert delivery.reason.code == "limit"


def test_a_key_that_cannot_be_fetched_passes_through() -> None:
    def away(_raw: bytes, _claimed: frozenset[str]) -> Authentication:
        raise KeyUnavailable("time-out")

    with pytest.raises(KeyUnavailable):
        ingest(MAIL, Envelope("smtp"), NOW, limits=LIMITS, dkim="record", authenticate=away)


@pytest.mark.parametrize(
    ("sender", "claimed"),
    [
        ("tls@from.example", "from.example"),
        ("Reports <tls@From.Example>", "from.example"),
        ('"a@b.example" <tls@from.example>', "from.example"),
        ("tls@from.example (robot)", "from.example"),
        ("=?utf-8?q?M=C3=BCller?= <tls@bücher.example>", "xn--bcher-kva.example"),
        ("nobody", None),
    ],
)
def test_identities_asked_about(sender: str, claimed: str | None) -> None:
    asked = Asked()
    raw = mail({**DOCUMENT, "contact-info": "x@Contact.Example"}, submitter="Submitter.Example.", sender=sender)
    take(raw, asked=asked)
    ((seen, domains),) = asked.questions
    assert seen == raw
    assert domains == {"submitter.example", "contact.example"} | ({claimed} if claimed else set())


# contact-info, submitter, organization-name -> reporter of an unauthenticated report
REPORTERS = [
    ("a@Contact.Example", "submitter.example", "Org", "contact.example"),
    ("mailto:a@contact.example", "submitter.example", "Org", "contact.example"),
    (None, "Submitter.Example", "Org", "submitter.example"),
    ("no address", "submitter.example", "Org", "submitter.example"),
    (None, "Big Mail Inc.", "Org", "Big Mail Inc."),  # Q69
    (None, None, " Org ", "Org"),
    (None, None, None, ""),
]


@pytest.mark.parametrize(("contact", "submitter", "organization", "reporter"), REPORTERS)
def test_reporter_of_an_unauthenticated_report(
    contact: str | None, submitter: str | None, organization: str | None, reporter: str
) -> None:
    document = {**DOCUMENT, "contact-info": contact, "organization-name": organization}
    fields = [(name, value) for name, value in headers() if name != "TLS-Report-Submitter"]
    if submitter:
        fields.append(("TLS-Report-Submitter", submitter))
    delivery = take(multipart([part(reports.to_gzip(document))], fields), dkim="off")
    assert delivery.reporter == reporter


def other_header(name: str, value: str) -> bytes:
    return multipart([part(PACKED)], [(field, value if field == name else old) for field, old in headers()])


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        (MAIL, []),
        (other_header("TLS-Report-Submitter", "other.example"), ["Q27"]),
        (other_header("TLS-Report-Submitter", "corp.reporter.example"), []),
        (other_header("TLS-Report-Submitter", "Reporter Inc."), ["Q69"]),
        (other_header("TLS-Report-Domain", "example.org"), ["Q40"]),
        (other_header("Subject", "Report Domain: example.org Submitter: x Report-ID: <y>"), ["Q40"]),
        (other_header("Subject", "Report Domain: example.com Submitter: x Report-ID: other"), []),  # Q39
        (other_header("Subject", "Your report"), []),
    ],
    ids=["right", "Q27", "Q27 below", "Q69", "Q40 header", "Q40 subject", "Q39", "no subject"],
)
def test_what_the_mail_says_is_noted_and_never_counts_against_the_body(raw: bytes, codes: list[str]) -> None:
    delivery = take(raw)
    assert [finding.code for finding in delivery.findings] == codes
    assert delivery.found[0].report.policies[0].policy.policy_domain == "example.com"


def test_a_forwarded_mail_is_authenticated_on_its_own_bytes() -> None:
    """Q86: the signature of who forwards says nothing about the reporter."""
    inner = b"Content-Type: message/rfc822\r\n\r\n" + MAIL
    outer = multipart(
        [text_part(), inner], [("From", "me@example.org")], boundary="outer", content_type="multipart/mixed"
    )
    asked = Asked()
    delivery = take(outer, asked=asked)
    ((seen, domains),) = asked.questions
    assert seen == MAIL
    assert domains == {"reporter.example"}
    assert [finding.code for finding in delivery.findings] == ["Q86"]


class TestSeveralReports:
    other = reports.report(report_id="other", contact="x@second.example")

    def test_one_mail_is_asked_about_once(self) -> None:
        asked = Asked()
        delivery = take(multipart([part(PACKED), part(reports.to_gzip(self.other))], headers()), asked=asked)
        assert [found.report.report_id for found in delivery.found] == [DOCUMENT["report-id"], "other"]
        ((_, domains),) = asked.questions
        assert domains == {"reporter.example", "second.example"}

    def test_documents_come_in_the_same_order(self) -> None:
        raw = multipart([part(reports.to_gzip(self.other)), part(b"broken"), part(PACKED)], headers())
        assert [found.report.report_id for found in take(raw).found] == ["other", DOCUMENT["report-id"]]
        assert documents(raw, "smtp", limits=LIMITS) == (reports.to_json(self.other), JSON)

    def test_one_that_fails_spoils_all(self) -> None:
        """A delivery is authenticated or it is not: no report rides on the signature of another mail."""
        inner = b"Content-Type: message/rfc822\r\n\r\n" + mail(self.other, submitter="second.example")
        raw = multipart([part(PACKED), inner], headers(), boundary="outer")

        def only_the_outer(seen: bytes, _claimed: frozenset[str]) -> Authentication:
            return SIGNED if seen == raw else FAILED

        delivery = ingest(raw, Envelope("smtp"), NOW, limits=LIMITS, dkim="require", authenticate=only_the_outer)
        assert delivery.reason == FAILED.reason
        assert [found.reporter for found in delivery.found] == ["reporter.example", "second.example"]


def test_an_imported_zip_file_holds_several_reports() -> None:
    """Q85."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("2026-11-20.json", JSON)
        archive.writestr("2026-11-21.json.gz", reports.to_gzip(reports.report(report_id="other")))
        archive.writestr("notes.txt", b"not a report")
    delivery = take(target.getvalue(), "import")
    assert [found.report.report_id for found in delivery.found] == [DOCUMENT["report-id"], "other"]
    assert [finding.code for finding in delivery.findings] == ["Q85"]


def test_a_delivery_tells_the_findings_of_its_reports_too() -> None:
    document = reports.report(day="2026-11-20")
    document["date-range"]["start-datetime"] = "2026-11-20T00:00:00"  # Q30
    twice = reports.multipart(
        [reports.part(reports.to_gzip(document)), reports.part(reports.to_gzip(document))], reports.headers()
    )
    for raw, count in ((mail(document), 1), (twice, 2)):
        delivery = take(raw)
        assert len(delivery.found) == count
        assert [finding.code for finding in delivery.findings].count("Q30") == 1
