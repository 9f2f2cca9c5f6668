"""Findings from end to end: kept with the report and the delivery, told by the API, shown on both pages."""

from sqlalchemy import Engine

from tests.quirks import Case, dates
from tests.quirks.mail_cases import with_header
from tests.quirks.path import Path
from tests.support import reports
from tests.support.reports import multipart, part

REPORT = dates("start-datetime", "2026-11-20T00:00:00")  # Q30
MAIL = multipart([part(reports.to_gzip(REPORT), "application/gzip")], with_header("TLS-Report-Submitter"))


def test_a_deliverys_findings_are_those_of_the_mail_and_of_its_reports(engine: Engine) -> None:
    path = Path(engine)
    _, row = path.take(Case("Q30 in a mail with faults of its own", MAIL, []))
    [report] = path.reports(row)
    browser = path.browser()

    told = browser.get(f"/api/v1/deliveries/{row.id}").json
    assert told is not None
    assert [finding["code"] for finding in told["findings"]] == ["Q77", "Q70", "Q30"]
    assert told["findings"][2] == {
        "code": "Q30",
        "message": "/date-range/start-datetime: '2026-11-20T00:00:00' has no zone, read as UTC",
    }
    told_of_report = browser.get(f"/api/v1/reports/{report.id}").json
    assert told_of_report is not None
    assert told_of_report["findings"] == told["findings"][2:]
    [listed] = (browser.get("/api/v1/deliveries").json or {})["deliveries"]
    assert listed["findings"] == told["findings"]
    for place, codes in (("deliveries", ["Q77", "Q70", "Q30"]), ("reports", ["Q30"])):
        page = browser.get(f"/{place}/{row.id if place == 'deliveries' else report.id}").text
        assert [code for code in ("Q77", "Q70", "Q30") if code in page] == codes
        assert "has no zone, read as UTC" in page


def test_two_reports_that_say_the_same_say_it_once(sqlite_engine: Engine) -> None:
    other = {**REPORT, "report-id": "other"}
    raw = multipart([part(reports.to_gzip(each)) for each in (REPORT, other)], reports.headers())
    _, row = Path(sqlite_engine).take(Case("Q87 both with Q30", raw, []))
    assert [finding.code for finding in row.findings] == ["Q30"]
    assert len(row.reports) == 2
