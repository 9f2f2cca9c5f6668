"""Every case, from its bytes to the figures, the findings and the page."""

import pytest
from sqlalchemy import Engine

from collector.channels import MAIL_CHANNELS
from collector.delivery import Delivery
from collector.store import queries
from tests.quirks import Case
from tests.quirks.cases import CASES
from tests.quirks.path import Path, as_shown, look

ON_BOTH = [case for case in CASES if case.databases]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case: Case, sqlite_engine: Engine) -> None:
    check(case, Path(sqlite_engine))


@pytest.mark.parametrize("case", ON_BOTH, ids=[case.name for case in ON_BOTH])
def test_case_on_postgresql(case: Case, postgres_engine: Engine) -> None:
    check(case, Path(postgres_engine))


def check(case: Case, path: Path) -> None:
    delivery, row = path.take(case)
    assert (row.outcome, [finding.code for finding in row.findings]) == (case.outcome, case.codes)
    if case.reason is None:
        assert row.reason_code is None
    else:
        assert row.reason_code == case.reason[0]
        assert case.reason[1] in (row.reason_message or "")
    reports, *figures = path.collector.totals(case.domain)
    assert (tuple(figures) if reports else None) == case.figures
    assert {what: look(delivery, what) for what in case.shown} == case.shown
    is_signed = case.channel in MAIL_CHANNELS and not (row.reason_code or "").startswith("dkim_")
    expected = is_signed and bool(delivery.found) if case.is_authenticated is None else case.is_authenticated
    assert row.authenticated == expected
    shown = path.reports(row)
    if case.outcome == "stored":
        check_reports(delivery, row, shown)
    if case.page:
        place = f"/reports/{shown[0].id}" if shown else f"/deliveries/{row.id}"
        text = path.browser().get(place).text
        assert [words for words in case.page if words not in text] == []


def check_reports(delivery: Delivery, row: queries.DeliveryRow, shown: list[queries.ReportRow]) -> None:
    """The report's view shows what was read: nothing is lost on the way through the database."""
    of_report = {part.report_id: part.position for part in row.parts if part.report_id is not None}
    for report in shown:
        position = of_report[report.id]
        read = delivery.found[position].report
        assert (report.report_id, report.organization) == (read.report_id, read.organization_name)
        assert (report.contact, report.day) == (read.contact_info, read.day)
        assert (report.start, report.end) == (read.start_datetime, read.end_datetime)
        assert set(report.findings) >= set(read.findings)
        policies = [as_shown(result) for result in read.policies]
        is_split = len([part for part in row.parts if part.position == position]) > 1
        assert all(policy in policies for policy in report.policies) if is_split else [*report.policies] == policies
