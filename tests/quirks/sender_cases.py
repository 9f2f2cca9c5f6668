"""QUIRKS B7 and D: whole mails in the shapes that senders give them. The names and figures are made."""

from collections.abc import Sequence

from tests.quirks import MX, Case
from tests.quirks.keys import signed
from tests.quirks.signature_cases import OVER, WEAK
from tests.support import reports
from tests.support.reports import (
    Json,
    detail,
    google,
    headers,
    mail_ru,
    microsoft,
    multipart,
    part,
    stalwart,
    text_part,
)

# What an MX says to EHLO, as Postfix sends it: all of it (Q106).
HELO = "250-mx1.example.com\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME"
MX2 = "mx2.example.com"
Fields = Sequence[tuple[str, str]]


def carrying(document: Json, fields: Fields, *, first: bytes | None = None, name: str = "", raw: bytes = b"") -> bytes:
    """A mail with these headers around a document; `raw`: its JSON, where the order of it matters."""
    attached = part(reports.to_gzip(raw or document), file_name=name or "reporter.example!example.com!1!2!001.json.gz")
    return multipart([first or text_part(), attached], fields)


def from_google() -> bytes:
    fields = headers(submitter="bigmail.example", sender="noreply-smtp-tls-reporting@bigmail.example")
    mail = carrying(google(failed=2), fields, name="bigmail.example!example.com!1795132800!1795219199!001.json.gz")
    return b"X-Google-DKIM-Signature: v=1; d=1e100.example; s=x; b=AA\r\n" + signed(mail, "bigmail.example")


def tlsa_first(document: Json) -> Json:
    """Microsoft tells the same sessions in this order too (Q20)."""
    document["policies"].reverse()
    assert [entry["policy"]["policy-type"] for entry in document["policies"]] == ["tlsa", "sts"]
    return document


def from_microsoft(document: Json) -> bytes:
    """HTML first, a bare Report-ID, few fields signed, `dkim=none` by its own hand."""
    fields = [
        ("From", "tlsrpt-noreply@office.example"),
        ("To", "tlsrpt@example.com"),
        ("Date", "Wed, 9 Dec 2026 04:00:00 +0000"),
        ("Subject", "Report Domain: example.com Submitter: office.example Report-ID: 134000000000000000+example.com"),
        ("Message-ID", "<1795132800@office.example>"),
        ("TLS-Report-Domain", "example.com"),
        ("TLS-Report-Submitter", "office.example"),
        ("X-MS-Exchange-Authentication-Results", "dkim=none (message not signed) header.d=none"),
    ]
    mail = carrying(
        document,
        fields,
        first=text_part("<html><p>This is an aggregate TLS report", "text/html"),
        name="office.example!example.com!1795132800!1795219199!134000000000000000.json.gz",
    )
    return signed(mail, "office.example", headers=WEAK)


def from_mail_ru() -> bytes:
    """Signed by a host of its domain, TLS-Report-* not signed, the closing boundary without its end."""
    fields = headers(submitter="mail.example.net", sender="tls_support@corp.mail.example.net")
    mail = carrying(mail_ru(), fields, name="mail.example.net!example.com!1795132800!1795219200.json.gz")
    return signed(mail.rstrip(b"-\r\n") + b"\r\n", "corp.mail.example.net", headers=("from", "to", "subject", "date"))


def from_stalwart() -> bytes:
    fields = headers(submitter="mx.sender.example", sender="noreply-tls@sender.example")
    return signed(
        carrying(stalwart(), fields, name="mx.sender.example!example.com!1795132800!1795219200.json.gz"),
        "sender.example",
    )


def postfix(*, names_domain: bool = True) -> Json:
    """Postfix with tlsrpt-reporter: report-id last and summary before policy (Q108), the whole answer to EHLO (Q106)."""
    failures = [detail("certificate-expired", 1, receiving_mx_helo=HELO)]
    entries = [
        reports.policy_result(successful=12, details=failures, mx=(MX[0], MX2)),
        reports.policy_result(MX[0], policy_type="tlsa", successful=8),
        reports.policy_result(MX2, policy_type="tlsa", successful=4) | {"failure-details": []},
    ]
    if not names_domain:
        entries = [entries[0]]
        del entries[0]["policy"]["policy-domain"]
    entries = [dict(reversed(entry.items())) for entry in entries]
    document = reports.report(entries, report_id="2026-11-20T00:00:00Z_idx1_example.com")
    document["report-id"] = document.pop("report-id")
    return document


def from_postfix(document: Json) -> bytes:
    """No Date; `TLS-Required: No`; a long name in pieces (Q101, Q107). The MTA signs."""
    fields = [field for field in headers() if field[0] not in ("Date", "Message-ID")]
    fields += [("Message-ID", "<179513280012.4711.8812345@reporter.example>"), ("TLS-Required", "No")]
    attached = reports.part(reports.to_gzip(document)).replace(
        b"gzip\r\n",
        b"gzip\r\nContent-Disposition: attachment;\r\n filename*0*=utf-8''reporter.example%21example.com%211795132800;\r\n"
        b' filename*1="!1795219199!idx1.json.gz"\r\n',
        1,
    )
    return signed(multipart([text_part(), attached], fields), headers=("from", "to", "subject"))


def socketlabs() -> Json:
    """A row for what went well and one for what did not, and a key of its own making (Q19, Q56)."""
    failure = detail("certificate-expired", 1, receiving_mx_hostname=None) | {"receiving-mx-host-name": MX[0]}
    entries = [
        reports.policy_result(successful=23),
        reports.policy_result(successful=0, failed=1) | {"failure-details": [failure]},
    ]
    for entry in entries:
        del entry["policy"]["mx-host"]
    return reports.report(entries, report_id="5f3b0c77aa00")


def mox() -> Json:
    """null and "" where there is nothing, the MX host as policy-domain of tlsa (Q53, Q109)."""
    failure = detail("validation-failure", 2, receiving_mx_helo="", failure_reason_code="", additional_information="")
    return reports.report(
        [
            reports.policy_result(successful=4, failed=2) | {"failure-details": [failure]},
            reports.policy_result(MX[0], policy_type="tlsa", successful=3) | {"failure-details": None},
        ],
        report_id="20261120.example.com@reporter.example",
    )


def halon(domain: str) -> Json:
    """One UUID for all domains of a day, "" for no policy-string; posted, not packed."""
    entry = reports.policy_result(domain, policy_type="no-policy-found", successful=6)
    entry["policy"]["policy-string"] = ""
    return reports.report([entry], report_id="b28254de-0000-4000-8000-94f7a8b25000")


def whole(name: str, raw: bytes, codes: list[str], **more: object) -> Case:
    return Case(name, raw, codes, signer=None, **more)


CASES: list[Case] = [
    whole("Q2 Google", from_google(), [], shown={"policy.mx": MX, "detail.failed_session_count": 2, "delivery.reporter": "bigmail.example"}, figures=(10, 2)),
    whole("Q9 Microsoft", from_microsoft(microsoft(failed=2)), ["Q3", "Q30", "Q9"], shown={"policy.mx": MX, "delivery.reporter": "office.example"}, figures=(10, 2), page=("tlsa", "3 1 1 AAAA", "Q30"), databases=True),
    # Rule 4: the larger of the two, not their sum, whichever comes first.
    whole("Q20 Microsoft, tlsa before sts", from_microsoft(tlsa_first(microsoft(failed=2))), ["Q3", "Q30", "Q9"], shown={"policy.policy_type": "tlsa", "result.good": 10, "result.bad": 2}, figures=(10, 2), databases=True),
    whole("Q63 Mail.ru", from_mail_ru(), ["Q75"], shown={"result.bad": 1, "delivery.reporter": "corp.mail.example.net"}, figures=(0, 1), page=("bad https response code: 404",)),
    whole("Q25 Stalwart", from_stalwart(), ["Q25"], shown={"delivery.reporter": "sender.example"}, figures=(1, 0)),
    whole("Q107 Postfix", from_postfix(postfix()), [], figures=(12, 1), shown={"detail.receiving_mx_helo": HELO}, page=("250-PIPELINING\n250-SIZE",), databases=True),
    Case("Q106 the whole answer to EHLO", postfix(), [], {"detail.receiving_mx_helo": HELO}, figures=(12, 1), channel="https", page=("250-PIPELINING\n250-SIZE",)),
    whole("Q108 report-id last, summary before policy", from_postfix(postfix()), [], shown={"report.report_id": "2026-11-20T00:00:00Z_idx1_example.com"}, figures=(12, 1)),
    whole("Q15 Postfix, which does not name the domain", from_postfix(postfix(names_domain=False)), ["Q15"], figures=(12, 1)),
    Case("Q56 SocketLabs", socketlabs(), ["Q56", "Q3"], {"report.report_id": "5f3b0c77aa00"}, figures=(23, 1)),
    whole("Q110 mox", signed(reports.mail(mox()), headers=OVER, canonicalization="simple/simple"), ["Q53", "Q49"], shown={"detail.receiving_mx_helo": None}, figures=(4, 2)),
    Case("Q37 Halon", halon("example.com"), ["Q10"], figures=(6, 0), channel="https", content_type="application/tlsrpt+json", before=(halon("example.net"),)),
]  # fmt: skip
