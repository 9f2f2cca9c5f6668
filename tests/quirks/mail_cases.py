"""QUIRKS B4, the mail around a report: its parts, headers and labels."""

from tests.quirks import Case, Refused
from tests.support import reports
from tests.support.reports import headers, mail, multipart, part, text_part

GOOD_ONES = (10, 0)
DOCUMENT = reports.report()
TEXT = reports.to_json(DOCUMENT)
PACKED = reports.to_gzip(DOCUMENT)
NAME = "reporter.example!example.com!1795132800!1795219199!001.json.gz"
GOOD = part(PACKED, file_name=NAME)
WHOLE = multipart([text_part(), GOOD], headers())
END = f"--{reports.BOUNDARY}--".encode()


def read(name: str, raw: bytes, *codes: str, **more: object) -> Case:
    """A mail that is read like any other."""
    return Case(name, raw, [*codes], **{"figures": GOOD_ONES, **more})


def plain(content: bytes, content_type: str, more: str = "") -> bytes:
    """A part without transfer encoding."""
    return f"Content-Type: {content_type}\r\n{more}\r\n".encode() + content


def with_header(name: str, *values: str) -> list[tuple[str, str]]:
    """The headers of a report mail with this one set so; without values: left out."""
    return [*(field for field in headers() if field[0] != name), *((name, value) for value in values)]


def with_disposition(value: str) -> bytes:
    """A mail whose part has this Content-Disposition."""
    line = f"Content-Disposition: {value}\r\n".encode()
    return multipart([part(PACKED).replace(b"gzip\r\n", b"gzip\r\n" + line, 1)], headers())


def subject(value: str) -> bytes:
    return multipart([GOOD], with_header("Subject", value))


def forwarded(inner: bytes) -> bytes:
    """A mail that holds another, as a person forwards it."""
    nested = b"Content-Type: message/rfc822\r\n\r\n" + inner
    head = [("From", "me@reporter.example"), ("To", "tlsrpt@example.com"), ("Subject", "Fwd: a report")]
    return multipart([text_part("see below"), nested], head, boundary="outer", content_type="multipart/mixed")


# Q77: the types that other receivers have met, each told by its bytes.
_TYPES = [
    ("application/gzip", PACKED),
    ("application/x-gzip", PACKED),
    ("application/octet-stream", PACKED),
    ("application/json", TEXT),
    ("application/tlsrpt+x-gzip", PACKED),
    ("text/plain", TEXT),
]
# A name beyond 66 characters (Q101); in pieces it hides from whoever looks for `filename=`.
_LONG = "attachment;\r\n filename*0*=utf-8''reporter.example%21a-rather-long-name-of-a-domain;\r\n filename*1=\".example.com!1!2.json.gz\""

CASES: list[Case] = [
    read("R32 to the letter", WHOLE),
    read("R34 other parts around it", multipart([text_part(), part(b"%PDF", "application/pdf"), GOOD, part(b"\x89PNG", "image/png")], headers())),
    read("R39 a boundary in the text", multipart([text_part(f"see --{reports.BOUNDARY} and\r\n--{reports.BOUNDARY}x"), GOOD], headers())),
    # What the mail says of the report, against what the report says: the body is authoritative.
    read("Q27 the submitter is another organisation", multipart([GOOD], with_header("TLS-Report-Submitter", "other.example")), "Q27"),
    read("Q27 the submitter is a sibling of the contact's domain", multipart([GOOD], with_header("TLS-Report-Submitter", "mail.reporter.example"))),
    read("Q27 the submitter is a host of the contact's domain", multipart([GOOD], with_header("TLS-Report-Submitter", "corp.reporter.example"))),
    read("Q39 the Subject has another id", subject("Report Domain: example.com Submitter: reporter.example Report-ID: <other@x>"), shown={"report.report_id": DOCUMENT["report-id"]}),
    read("Q40 TLS-Report-Domain is another", multipart([GOOD], with_header("TLS-Report-Domain", "example.org")), "Q40"),
    read("Q40 the Subject has another domain", subject("Report Domain: example.org Submitter: x Report-ID: <y>"), "Q40"),
    read("Q40 the file name has another domain", multipart([part(PACKED, file_name=NAME.replace("example.com", "example.org"))], headers()), "Q40"),
    read("Q58 NUL in the headers", multipart([GOOD], with_header("TLS-Report-Submitter", "Reporter\0 Inc.")), "Q69", databases=True),
    read("Q58 NUL in an encoded word", multipart([GOOD], with_header("TLS-Report-Submitter", "=?utf-8?q?Reporter=00_Inc?=")), "Q69", databases=True),
    read("Q58 NUL in a media type", multipart([GOOD.replace(b"tlsrpt+gzip", b"gz\0ip")], headers()), "Q77", databases=True),
    read("Q69 the submitter is an organisation's name", multipart([GOOD], with_header("TLS-Report-Submitter", "Reporter Inc.")), "Q69", shown={"delivery.reporter": "reporter.example"}),
    read("Q70 TLS-Report-Domain missing", multipart([text_part(), GOOD], with_header("TLS-Report-Domain")), "Q70"),
    read("Q70 told by its type alone", multipart([GOOD], [("From", "tls@reporter.example")], content_type="multipart/mixed"), "Q70", "Q74"),
    read("Q70 told by its file name alone", multipart([part(PACKED, "application/octet-stream", NAME)], [("From", "tls@reporter.example")], content_type="multipart/mixed"), "Q77", "Q70", "Q74"),
    read("Q71 a bare Report-ID", subject("Report Domain: example.com Submitter: x Report-ID: 134000000000000000+example.com")),
    read("Q72 the Subject folded, runs of blanks", subject("Report\r\n Domain:\r\n\t  example.com  Submitter: x")),
    read("Q73 the first part is HTML", multipart([text_part("<p>Hello", "text/html"), GOOD], headers())),
    read("Q74 one part only", b"".join(f"{n}: {v}\r\n".encode() for n, v in headers()) + GOOD, "Q74"),
    read("Q74 multipart/mixed", multipart([GOOD], headers(), content_type="multipart/mixed"), "Q74"),
    read("Q74 parts within parts", multipart([b"Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n" + text_part() + b"--in\r\n" + GOOD + b"--in--"], headers())),
    read("Q75 no closing boundary", WHOLE[: WHOLE.rindex(END)], "Q75"),
    read("Q75 the closing boundary without --", WHOLE.rstrip(b"-\r\n") + b"\r\n", "Q75"),
    read("Q76 application/tlsrpt", multipart([part(TEXT, "application/tlsrpt", NAME)], headers()), "Q76"),
    *(read(f"Q77 {kind}", multipart([part(content, kind, NAME)], headers()), "Q77") for kind, content in _TYPES),
    read("Q77 octet-stream without a name", multipart([part(PACKED, "application/octet-stream")], headers()), "Q77"),
    read("Q78 ContentType", multipart([GOOD.replace(b"Content-Type", b"ContentType")], headers()), "Q78"),
    read("Q79 called gzip, and plain", multipart([part(TEXT, file_name=NAME)], headers()), "Q79"),
    read("Q79 called JSON, and packed", multipart([part(PACKED, "application/tlsrpt+json", NAME)], headers()), "Q79"),
    read("Q79 a name in .gz, and plain", multipart([part(TEXT, "application/tlsrpt+json", NAME)], headers()), "Q79"),
    read("Q80 the file name folded", with_disposition(f'attachment;\r\n\tfilename="{NAME[:30]}\r\n {NAME[30:]}"')),
    read("Q80 an encoded word", with_disposition(f'attachment; filename="=?utf-8?q?{NAME.replace("!", "=21")}?="')),
    read("Q80 a day for the times", with_disposition('attachment; filename="reporter.example!example.com!2026-11-20.json.gz"')),
    read("Q80 no name", multipart([part(PACKED)], headers())),
    read("Q81 no padding", multipart([GOOD.rstrip(b"\r\n=") + b"\r\n"], headers())),
    read("Q81 foreign characters", multipart([GOOD.replace(b"\r\n\r\n", b"\r\n\r\n!*", 1)], headers())),
    read("Q81 quoted-printable", multipart([plain(TEXT.replace(b"=", b"=3D"), "application/tlsrpt+json", "Content-Transfer-Encoding: quoted-printable\r\n")], headers())),
    read("Q81 not encoded: JSON", multipart([plain(TEXT, "application/tlsrpt+json")], headers())),
    read("Q81 not encoded: gzip", multipart([plain(PACKED, "application/tlsrpt+gzip", "Content-Transfer-Encoding: binary\r\n")], headers())),
    read("Q86 forwarded, not signed by the reporter", forwarded(WHOLE), "Q86", figures=None, outcome="quarantined", reason=("dkim_missing", "no DKIM")),
    read("Q87 several reports", multipart([GOOD, part(reports.to_gzip(reports.report(report_id="other")))], headers()), figures=(20, 0)),
    read("Q87 a broken one beside a good one", multipart([part(PACKED[:-20]), GOOD], headers()), "Q87"),
    read("Q88 an invalid Date", multipart([GOOD], with_header("Date", "Fri, May 09 2017 16:54:30"))),
    read("Q88 two Return-Path", b"Return-Path: <>\r\nReturn-Path: <SRS0=x=y=example.org=a@relay.example>\r\n" + WHOLE),
    read("Q88 a mailbox's line above", b"From tls-reports@reporter.example Sat Nov 21 04:00:00 2026\r\n" + WHOLE, signer=None, channel="import"),
    read("Q89 made by a machine, whether or not there is TLS", b"Auto-Submitted: auto-generated\r\nTLS-Required: No\r\n" + WHOLE),
    read("Q91 a filter takes it for spam", b"X-Spam-Flag: YES\r\nX-Spam-Status: Yes, score=9.1\r\n" + WHOLE),
    read("Q101 a long file name in pieces", with_disposition(_LONG), "Q40"),
    read("Q102 encoded words in the headers", multipart([GOOD], with_header("TLS-Report-Domain", "=?utf-8?q?exam?=\r\n =?utf-8?b?cGxlLmNvbQ==?="))),
    read("Q102 an encoded Subject", subject("=?utf-8?q?Report_Domain=3A_example=2Ecom_Submitter=3A_x_?=\r\n =?utf-8?q?Report-ID=3A_=3Cy=3E?=")),
    # Q90: what is no report. It is kept for a while, and answered like any other.
    Refused("Q90 a mail", b"From: a@b.example\r\nSubject: Hello\r\n\r\nHi there\r\n", "not_a_report", "no TLS report", page=("not_a_report",)),
    Refused("Q90 a bounce", multipart([text_part(), plain(b"Final-Recipient: rfc822; x@example.org\r\n", "message/delivery-status")], [("From", "mailer-daemon@example.org")], content_type="multipart/report; report-type=delivery-status"), "not_a_report", "no TLS report"),
    Refused("Q90 a DMARC report", multipart([part(reports.to_gzip(b"<feedback/>"), "application/gzip", "a!b!1!2.xml.gz")], [("From", "a@b.example")], content_type="multipart/mixed"), "not_a_report", "no TLS report"),
    Refused("Q90 other JSON", multipart([part(b'{"name": "x"}', "application/json", "package.json")], [("From", "a@b.example")], content_type="multipart/mixed"), "not_a_report", "no TLS report"),
    Refused("Q90 photos", multipart([part(b"PK\x03\x04xx", "application/zip", "photos.zip")], [("From", "a@b.example")], content_type="multipart/mixed"), "not_a_report", "no TLS report"),
    Refused("Q90 nothing", b"", "not_a_report", "no TLS report", signer=None),
    Refused("Q90 zeros", bytes(1000), "not_a_report", "no TLS report", signer=None),
    Refused("Q90 announced, and nothing there", multipart([text_part()], headers()), "not_a_report", "no TLS report"),
    # A report that cannot be read: the label says so, or the mail around it.
    Refused("R34 no gzip data under the label", mail(b"hello"), "unpack", "neither gzip data nor JSON"),
    Refused("R34 broken, unlabelled, in a mail that announces it", multipart([part(PACKED[:-20], "application/octet-stream")], headers()), "unpack", "ends too early"),
]  # fmt: skip
