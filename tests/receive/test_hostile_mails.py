"""Hostile mails: what they hold is bounded before it is unpacked, kept as it came, and shown without harm."""

import base64
import csv
import gzip
import io
import json
import logging
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from collector import settings
from collector.log import OneLine
from dashboard.web import create_app
from tests.receive.listener import Listener, good_report
from tests.support import reports

Listen = Callable[..., Listener]
MIB = 1024 * 1024


def bomb(size: int) -> bytes:
    """Gzip data that unpacks to `size` zero bytes (whole MiB), a thousandth as large."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    one = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)  # depends on nothing before it
    return head + one * (size // MIB) + packer.flush()


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def mail(content: bytes, content_type: str = "application/tlsrpt+gzip") -> bytes:
    return reports.multipart([reports.text_part(), reports.part(content, content_type)], reports.headers())


def json_mail(text: bytes) -> bytes:
    return mail(gzip.compress(text, 1))


def nested(levels: int) -> bytes:
    return b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(levels)
    )


POLICIES = reports.to_json(reports.report([reports.policy_result(f"d{number}.example") for number in range(50_000)]))
REPORT = reports.to_json(reports.report())
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"

# (what, the mail, its outcome, the code of the reason)
MAILS: list[tuple[str, Callable[[], bytes], str, str | None]] = [
    ("a bomb of 1 GB in 1 MB", lambda: mail(bomb(1024 * MIB)), "quarantined", "limit"),
    ("a bomb in a bomb", lambda: mail(gzip.compress(bomb(1024 * MIB))), "quarantined", "limit"),
    ("a bomb in a bomb in a bomb", lambda: mail(gzip.compress(gzip.compress(bomb(64 * MIB)))), "quarantined", "unpack"),
    ("a bomb in a mail in a mail", lambda: b"Content-Type: message/rfc822\r\n\r\n" + mail(bomb(64 * MIB)), "quarantined", "limit"),
    ("many bombs", lambda: reports.multipart([reports.part(bomb(30 * MIB))] * 200, reports.headers()), "quarantined", "limit"),
    ("a zip bomb", lambda: mail(zipped({"a.json": bytes(64 * MIB)}), "application/zip"), "quarantined", "limit"),
    ("a zip of many members", lambda: mail(zipped({f"{n}.json": b"{}" for n in range(10_001)}), "application/zip"), "quarantined", "limit"),
    ("a zip in a zip", lambda: mail(zipped({"a.json": zipped({"b.json": REPORT})}), "application/zip"), "quarantined", "unpack"),
    ("50,000 policies", lambda: json_mail(POLICIES), "quarantined", "limit"),
    ("nesting without an end", lambda: nested(200_000)[: 9 * MIB] + b"\r\n", "quarantined", "limit"),
    ("mails in mails", lambda: b"Content-Type: message/rfc822\r\n\r\n" * 300_000, "quarantined", "limit"),
    ("parts without an end", lambda: MIXED + b"--b\r\n\r\nx\r\n" * 800_000, "quarantined", "limit"),
    ("9 MiB of header fields", lambda: b"X: y\r\n" * (9 * MIB // 6) + b"\r\nx\r\n", "quarantined", "not_a_report"),
    ("a header field of 9 MiB", lambda: b"Subject: " + b"x\r\n " * (9 * MIB // 4) + b"\r\n\r\nx\r\n", "quarantined", "not_a_report"),
    ("a boundary of 9 MiB", lambda: MIXED.replace(b"=b", b"=" + b"b" * 9 * MIB), "quarantined", "not_a_report"),
    ("100,000 levels of arrays", lambda: json_mail(b"[" * 100_000), "quarantined", "limit"),
    ("100,000 levels of objects", lambda: json_mail(b'{"a":' * 100_000), "quarantined", "limit"),
    ("millions of values", lambda: json_mail(b'{"date-range":{},"policies":[' + b"[]," * (6 * MIB) + b"0]}"), "quarantined", "limit"),
    ("a number of 5,000 digits", lambda: json_mail(REPORT.replace(b": 10,", b": 1" + b"0" * 5000 + b",")), "quarantined", "json"),
    ("NaN", lambda: json_mail(REPORT.replace(b": 10,", b": NaN,")), "quarantined", "json"),
    ("a text of 15 MiB", lambda: json_mail(REPORT.replace(b"Reporter", b"x" * 15 * MIB)), "stored", None),
    ("base64 that is none", lambda: mail(b"").replace(b"base64\r\n\r\n", b"base64\r\n\r\n" + b"\xff=" * MIB), "quarantined", "unpack"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "make", "outcome", "reason"), MAILS, ids=[case[0] for case in MAILS])
def test_a_hostile_mail_is_kept_and_harms_nobody(
    listener: Listener, what: str, make: Callable[[], bytes], outcome: str, reason: str | None
) -> None:
    raw = make()
    with listener.client() as client:
        assert client.greet().data(raw).endswith(outcome)
    [delivery] = listener.deliveries()
    assert (delivery.outcome, delivery.reason_code, delivery.size) == (outcome, reason, len(raw))
    good_report(listener)


# Each wants something of whoever shows it.
EVIL = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</title></style><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}${7*7}#{7*7}<%=7*7%>",
    "=HYPERLINK(\"https://evil.example\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1-1",
    "-2+3",
    "\t=1",
    "\r=1",
    "\r\n250 2.0.0 injected\r\n2026-11-24T07:00:00Z INFO collector: injected\r\n",
    "\n\n,,\";\r\n=1",
    "\x1b[31mred\x1b[0m\x07\x08",
    "\u202eexe.fdp\u2066\u2028\u2029",
    "%s%n%(name)s{0}",
    "null\x00byte",
    "\ud800",
    "x" * 5000,
]  # fmt: skip


def evil_report(number: int, text: str) -> reports.Json:
    """A report with `text` in every string, beside what must be there for it to be counted."""
    every = ("result_type", "sending_mta_ip", "receiving_mx_hostname", "receiving_mx_helo", "receiving_ip")
    detail = reports.detail(
        failed=2, **dict.fromkeys((*every, "additional_information", "failure_reason_code"), text)
    ) | {text: text}
    ours, other = reports.policy_result(details=[detail]), reports.policy_result(text, details=[detail])
    for entry in (ours, other):
        entry["policy"] |= {"policy-string": [text, f"mx: {text}"], "mx-host": [text], text: text}
    other["policy"]["policy-type"] = text
    document = reports.report([ours, other], report_id=f"{number}{text}", organization=text, contact=f"{text}@{text}")
    return document | {text: text}


def evil_mail(number: int, text: str) -> bytes:
    """The same in the mail around it."""
    folded = " ".join(text.encode("utf-8", "replace").decode("utf-8").split()) or "x"
    word = f"=?utf-8?b?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="
    fields = [(name, value) for name, value in reports.headers() if name in ("To", "Date")]
    fields += [("From", f"{folded} <a@{folded}>"), ("TLS-Report-Submitter", folded), ("TLS-Report-Domain", word)]
    fields += [("Subject", f"Report Domain: {word} Submitter: {folded} Report-ID: <{word}>")]
    content = gzip.compress(json.dumps(evil_report(number, text)).encode(), mtime=0)
    part = reports.part(content, file_name=f"{folded}!{folded}!1!2.json.gz")
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    return head + b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n" + part + b"\r\n--b--\r\n"


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """Everything that is logged, as the program writes it."""
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, root = Handler(), logging.getLogger()
    handler.setFormatter(OneLine())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def test_strings_that_want_something_are_only_strings(listen: Listen, log_lines: list[str]) -> None:
    listener = listen(auth__dkim="record")
    for number, text in enumerate(EVIL):
        helo = re.sub(r"[^ -~]", "", text)[:1000] or "x"
        with listener.client() as client:
            client.reply()
            client.ask(f"EHLO {helo}")
            client.ask("MAIL FROM:<>")
            client.ask("RCPT TO:<tlsrpt@example.com>")
            assert re.fullmatch(r"250 2\.0\.0 [0-9a-f-]{36} stored", client.data(evil_mail(number, text))), text
    assert len([line for line in log_lines if "delivery id=" in line]) == len(EVIL)
    assert all(line.isprintable() for line in log_lines)
    web = create_app(settings.load(environ={}), listener.engine).test_client()
    ids = [report["id"] for report in web.get("/api/v1/reports?limit=1000").get_json()["reports"]]
    deliveries = [str(delivery.id) for delivery in listener.deliveries()]
    assert len(ids) >= len(EVIL)
    _pages_are_tame(web, ids, deliveries)
    _csv_is_tame(web)
    good_report(listener)


def _pages_are_tame(web: FlaskClient, ids: list[str], deliveries: list[str]) -> None:
    days = "from=2026-11-01&to=2026-11-30"
    paths = ["/", f"/domains/example.com?{days}", "/reports", "/deliveries", f"/domains/example.com/failures?{days}"]
    paths += [f"/reports/{id_}" for id_ in ids] + [f"/deliveries/{id_}" for id_ in deliveries]
    for path in paths:
        answer = web.get(path)
        assert answer.status_code == 200, path
        # Markup of theirs would be an element of ours.
        assert not re.search(r"<(script>alert|img src=x|svg/onload)|href=.javascript:", answer.text), path
        assert "\x1b" not in answer.text
        assert "\0" not in answer.text


def _csv_is_tame(web: FlaskClient) -> None:
    days = "from=2026-11-01&to=2026-11-30"
    of_domain = [f"domains/example.com/{name}?{days}&" for name in ("daily", "mx", "failures", "reporters")]
    for path in ("domains?", *of_domain, "reports?", "deliveries?"):
        answer = web.get(f"/api/v1/{path}format=csv&limit=1000")
        assert answer.status_code == 200, path
        head, *rows = csv.reader(io.StringIO(answer.text, newline=""), strict=True)
        assert rows, path
        assert {len(row) for row in rows} == {len(head)}, path
        for cell in (cell for row in rows for cell in row):
            assert not re.match(r"[=+\-@\t\r\n]", cell) or re.fullmatch(r"-?[0-9.]+", cell), (path, cell)
