"""QUIRKS B2 and D: whose report it is, which day it is for, and whether it came before."""

from datetime import date
from typing import Any

from tests.quirks import GOOD as GOOD_COUNT
from tests.quirks import Case, base, change, summary, top
from tests.support import reports
from tests.support.reports import Json

NET = "example.net"


def entry(domain: str = "example.com", successful: int = 10, failed: int = 0, **more: Any) -> Json:
    details = [reports.detail("validation-failure", failed, failure_reason_code="x")] if failed else []
    return reports.policy_result(domain, successful=successful, details=details, **more)


def document(*entries: Json, **more: Any) -> Json:
    return reports.report([*entries], **more)


def without_domain(*entries: Json, report_id: str = "1") -> Json:
    """Results that do not say what domain they are about."""
    for one in entries:
        del one["policy"]["policy-domain"]
    return document(*entries, report_id=report_id)


def mail(
    report: Json, *, subject: str | None = None, report_domain: str | None = None, name: str | None = None
) -> bytes:
    """A mail that says only these things about the domain."""
    head = [field for field in reports.headers() if field[0] not in ("Subject", "TLS-Report-Domain")]
    head += [("Subject", subject)] if subject else []
    head += [("TLS-Report-Domain", report_domain)] if report_domain else []
    return reports.multipart([reports.part(reports.to_gzip(report), file_name=name)], head)


NO_DOMAIN = without_domain(entry())
ROWS = [entry(successful=6, mode="testing"), entry(successful=4, failed=1, mode="enforce")]
OTHER_CONTACT = top("contact-info", "tls@other.example")

CASES: list[Case] = [
    # Q15: what else tells the domain, the best word first. That something was missing is said by both findings.
    Case("Q15 by TLS-Report-Domain", mail(NO_DOMAIN, report_domain="example.com", subject="Report Domain: example.net"), ["Q15"], figures=(10, 0), page=("taken from TLS-Report-Domain",)),
    Case("Q15 by the Subject", mail(NO_DOMAIN, subject="Report Domain: example.com Submitter: x", name="x!example.net!1!2.json.gz"), ["Q70", "Q15"], figures=(10, 0), page=("taken from the Subject",)),
    Case("Q15 by the file name", mail(NO_DOMAIN, name="x!example.com!1!2.json.gz"), ["Q70", "Q15"], figures=(10, 0), page=("taken from the file name",)),
    Case("Q15 by the rest of the report", mail({**NO_DOMAIN, "policies": [entry(), *NO_DOMAIN["policies"]]}), ["Q70", "Q15"], figures=(20, 0), page=("taken from the rest of the report",)),
    Case("Q15 by the report-id", mail(without_domain(entry(), report_id="2026-11-20T00:00:00Z_idx1_example.com")), ["Q70", "Q15"], figures=(10, 0), page=("taken from the report-id",)),
    Case("Q15 by nothing at all", mail(NO_DOMAIN), ["Q70", "Q15"], figures=None, outcome="unassigned"),
    Case("Q18 a tlsa result about the domain", document(entry(), entry(policy_type="tlsa")), [], figures=(10, 0)),
    Case("Q19 two versions of the policy", document(*ROWS), [], figures=(10, 1)),
    Case("Q19 a row for what failed, one for what did not", document(entry(successful=10), entry(successful=0, failed=2)), [], figures=(10, 2)),
    Case("Q20 sts and tlsa tell the same sessions", document(entry(failed=2), entry(failed=2, policy_type="tlsa")), [], figures=(10, 2), databases=True),
    Case("Q21 two domains", document(entry(successful=4), entry(NET, successful=6)), [], figures=(6, 0), domain=NET),
    Case("Q36 seven weeks late", document(entry(), day="2026-10-02"), [], {"report.day": date(2026, 10, 2)}, figures=(10, 0)),
    Case("Q37 the reporter is not in the id", document(entry(), report_id="2026-11-20T00:00:00Z_example.com"), [], figures=(10, 0)),
    Case("Q37 an id that ends in nothing", document(entry(), report_id="134000000000000000+"), [], figures=(10, 0)),
    Case("Q37 one id for all domains of a day", document(entry(NET, successful=5), report_id="b28254de"), [], figures=(5, 0), domain=NET, before=(document(entry(), report_id="b28254de"),)),
    Case("Q38 the same id, other figures", summary(GOOD_COUNT, 99), [], outcome="conflict", before=(base(),), page=("1",), databases=True),
    Case("Q38 the same id, another day", {**base(), "date-range": reports.report(day="2026-11-21")["date-range"]}, [], figures=(20, 6), before=(base(),)),
    Case("Q41 a copy by another way", base(), [], outcome="duplicate", before=(base(),), databases=True),
    Case("Q41 a copy with its members in another order", dict(reversed(base().items())), [], outcome="duplicate", before=(base(),), databases=True),
    Case("Q41 a thousandth copy", base(), [], outcome="duplicate", before=(base(), base(), base())),
    Case("Q42 about somebody else's domain", document(entry("foreign.example")), ["Q40"], figures=None, outcome="unassigned"),
    Case("Q42 about yours and somebody else's", document(entry(), entry("foreign.example", successful=90)), [], figures=(10, 0)),
    Case("Q42 about a subdomain that was not added", document(entry("sub.example.com")), [], figures=None, outcome="unassigned"),
    Case("Q103 the same id from two organisations", OTHER_CONTACT, ["Q27"], figures=(20, 6), before=(Case("", base(), []),), signer="other.example"),
    Case("Q99 first by POST, then by mail: the copy lends its authentication", base(), [], outcome="duplicate", before=(Case("", base(), [], channel="https"),), databases=True),
    Case("Q103 idx1 and idx2 of one day", document(entry(successful=3), report_id="2026-11-20T00:00:00Z_idx2_example.com"), [], figures=(13, 0), before=(document(entry(), report_id="2026-11-20T00:00:00Z_idx1_example.com"),)),
    Case("Q109 the domain and its hosts", document(entry(successful=12), entry("mx1.example.com", 8, 1, policy_type="tlsa"), entry("mx2.example.com", 3, policy_type="tlsa")), [], figures=(11, 1)),
    Case("Q111 a mail that took its second host", change(("policies",), [entry(successful=1, failed=1)]), [], figures=(1, 1)),
]  # fmt: skip
