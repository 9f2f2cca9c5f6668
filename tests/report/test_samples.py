"""Every report that other people have published is read, with the figures that they show.

The files are no part of this project; where they are not beside the checkout, the test is skipped and says so.
"""

import csv
from pathlib import Path

import pytest

from collector.report.model import Report
from collector.report.search import search
from collector.settings import Limits

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
MISSING = f"no published samples at {SAMPLES}"

# file -> successful and failed of each policy result, codes of the findings
FIGURES: dict[str, tuple[list[tuple[int, int]], list[str]]] = {
    "cry-inc+dmarc-report-viewer/microsoft.json": ([(2, 0), (2, 0)], ["Q3", "Q9"]),
    "cry-inc+dmarc-report-viewer/no-contact.json": ([(1, 0)], ["Q25", "R26"]),
    "cry-inc+dmarc-report-viewer/rfc-example.json": ([(5326, 303)], ["Q52"]),
    "danmarg+tlsrpt_processor/sample.json": ([(5326, 303)], ["Q1", "Q56", "Q52"]),
    "dmarc-analyzer-net+DmarcAnalyzerApp/sample-google-tls.json": ([(100, 2), (50, 0), (10, 1)], ["Q5"]),
    "domainaware+parsedmarc/mail.ru.json": ([(0, 1)], []),
    "domainaware+parsedmarc/rfc8460.json": ([(5326, 303)], ["Q1", "Q52"]),
    "domainaware+parsedmarc/smtp_tls.json": ([(0, 3)], ["Q3"]),
    "mjl-+mox/example.eml": ([(3, 0)], []),
    "phi-ag+mta-sts-exporter/microsoft-2.json": ([(7, 0)], ["Q3", "Q30"]),
    "robalexdev+tlsrpt-be/report.json": ([(99, 102)], []),
    "robalexdev+tlsrpt-be/test.eml": ([(5326, 303)], ["Q1", "Q52"]),
    "stalwartlabs+mail-auth/rpt01.eml": ([(5326, 303)], ["Q52"]),
    "stalwartlabs+mail-auth/rpt02.eml": ([(23, 1)], ["Q3"]),
    "stalwartlabs+mail-auth/rpt03.json": ([(1, 0), (1, 0)], ["Q15", "Q45", "Q14"]),
}


def rows() -> list[str]:
    if not SAMPLES.is_dir():
        print(MISSING)
        return []
    with (SAMPLES / "INDEX.tsv").open(newline="") as index:
        return [row["path"] for row in csv.DictReader(index, delimiter="\t")]


PATHS = rows()


def read(path: str) -> Report:
    result = search((SAMPLES / path).read_bytes(), "import", limits=Limits())
    assert result.refusal is None, result.refusal
    (hit,) = result.hits
    return hit.report


@pytest.mark.skipif(not PATHS, reason=MISSING)
@pytest.mark.parametrize("path", PATHS)
def test_every_sample_is_read(path: str) -> None:
    assert read(path).policies


@pytest.mark.skipif(not PATHS, reason=MISSING)
@pytest.mark.parametrize("path", FIGURES)
def test_with_its_figures(path: str) -> None:
    figures, codes = FIGURES[path]
    report = read(path)
    totals = [(one.total_successful_session_count, one.total_failure_session_count) for one in report.policies]
    assert totals == figures
    assert sorted(finding.code for finding in report.findings) == sorted(codes)
