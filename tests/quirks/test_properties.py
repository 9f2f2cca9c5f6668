"""What holds of all reports and of all bytes, over the whole path."""

import gzip
import shutil
from datetime import datetime
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

import schemas
from collector.channels import CHANNELS
from collector.delivery import OUTCOMES, REASONS
from collector.report.schema import is_strict
from collector.store.engine import open_engine
from collector.store.queries import DeliveryRow, ReportRow
from tests.quirks import Case, base
from tests.quirks.cases import CASES
from tests.quirks.keys import signed
from tests.quirks.path import Path, arriving
from tests.report.from_schema import FromSchema
from tests.support import reports
from tests.support.examples import FACTOR, examples

DOCUMENTS = FromSchema(schemas.load("tlsrpt-report")).values()
MOST = 2**63 - 2  # that figures may add up to
TIMEOUT = pytest.mark.timeout(120 * FACTOR)


def is_of_a_calendar(document: dict[str, Any]) -> bool:
    """The schema's pattern lets 30 February pass, and the year 0."""
    given = [document["date-range"][name] for name in ("start-datetime", "end-datetime")]
    try:
        # `datetime` knows no second 60.
        times = [datetime.fromisoformat(text.upper().replace(":60", ":59")) for text in given]
    except ValueError:
        return False
    return all(1971 <= time.year <= 8999 for time in times)


def figures_of(document: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Successful and failed sessions by policy domain: the larger of tlsa and all others (rule 4)."""
    groups: dict[str, dict[bool, tuple[int, int]]] = {}
    for entry in document["policies"]:
        policy, summary = entry["policy"], entry["summary"]
        group = groups.setdefault(policy["policy-domain"], {True: (0, 0), False: (0, 0)})
        good, bad = group[policy["policy-type"] == "tlsa"]
        good += summary["total-successful-session-count"]
        bad += summary["total-failure-session-count"]
        group[policy["policy-type"] == "tlsa"] = good, bad
    found = {}
    for domain, group in groups.items():
        failed = max(bad for _, bad in group.values())
        found[domain] = max(good + bad for good, bad in group.values()) - failed, failed
    return found


def rows_of(document: dict[str, Any]) -> list[Any]:
    """What the policy results say, in their order."""
    return [
        (
            entry["policy"]["policy-type"],
            entry["policy"]["policy-domain"],
            entry["summary"]["total-successful-session-count"],
            entry["summary"]["total-failure-session-count"],
            [(detail["result-type"], detail["failed-session-count"]) for detail in entry.get("failure-details", ())],
        )
        for entry in document["policies"]
    ]


def rows_shown(report: ReportRow) -> list[Any]:
    return [
        (
            result.policy_type,
            result.policy_domain,
            result.successful,
            result.failed,
            [(failure.result_type, failure.failed) for failure in result.failures],
        )
        for result in report.policies
    ]


def total(document: dict[str, Any]) -> int:
    """More than any sum that is kept."""
    return sum(good + bad + sum(count for _, count in details) for _, _, good, bad, details in rows_of(document))


@TIMEOUT
@examples(50)
@given(document=DOCUMENTS.filter(is_of_a_calendar))
def test_what_the_strict_schema_accepts_is_stored_with_exactly_its_figures(
    document: dict[str, Any], sqlite_template: File, tmp_path: File
) -> None:
    assert is_strict(document)
    engine = fresh(sqlite_template, tmp_path)
    path = Path(engine)
    expected = figures_of(document)
    path.collector.add(*expected)
    _, row = path.take(Case("strict", document, []))
    shown = path.reports(row)
    engine.dispose()
    if total(document) > MOST and row.outcome == "quarantined":
        assert row.reason_code == "limit"
        return
    assert row.outcome == "stored"
    # Without policies it is a report about the domain that the mail names.
    assert {one.domain: (one.successful, one.failed) for one in shown} == (expected or {"example.com": (0, 0)})
    rows = rows_of(document)
    for one in shown:
        assert rows_shown(one) == [entry for entry in rows if entry[1] == one.domain]


def fresh(template: File, folder: File) -> Engine:
    """An empty database."""
    file = folder / "fresh.db"
    for left in folder.glob("fresh.db*"):
        left.unlink()
    shutil.copyfile(template, file)
    return open_engine(f"sqlite:///{file}")


# Any bytes at all.
MAILS = [arriving(case) for case in CASES if case.channel == "smtp" and len(arriving(case)) < 10_000]
BODIES = [reports.to_gzip(base()), reports.to_json(base()), reports.to_gzip(reports.microsoft(failed=1))]
edits = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 40), st.binary(max_size=12)), max_size=6)
# What a damaged text is likely to hold.
bits = st.sampled_from(
    [b"", b" ", b"\\", b'"', b"\\u0000", b"\\ud800", b"0", b"-1", b"1e9", b"null", b"[", b"}", b",", b"\xff", b"\n"]
)
text_edits = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 30), bits), max_size=4)


def edited(raw: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """With some bytes replaced at some places, given as parts of the whole."""
    for place, cut, put in changes:
        at = int(place * len(raw))
        raw = raw[:at] + put + raw[at + cut :]
    return raw


@st.composite
def spliced(draw: st.DrawFn) -> bytes:
    """The head of one mail and the tail of another."""
    head, tail = draw(st.sampled_from(MAILS)), draw(st.sampled_from(MAILS))
    return head[: draw(st.integers(0, len(head)))] + tail[draw(st.integers(0, len(tail))) :]


@st.composite
def truncated(draw: st.DrawFn) -> bytes:
    mail = draw(st.sampled_from(MAILS + BODIES))
    return mail[: draw(st.integers(0, len(mail)))]


def in_a_mail(text: bytes) -> bytes:
    """A signed mail around a text: it is damaged within, and gets as far as it can."""
    return signed(reports.mail(gzip.compress(text, 1, mtime=0)))


ANY_BYTES = st.one_of(
    st.binary(max_size=300),
    st.builds(edited, st.sampled_from(MAILS + BODIES), edits),
    st.builds(
        edited, st.sampled_from([reports.to_json(base()), reports.to_json(reports.microsoft(failed=1))]), text_edits
    ).map(in_a_mail),
    st.builds(edited, st.sampled_from(BODIES), edits).map(lambda content: signed(reports.mail(content))),
    truncated(),
    spliced(),
)


def take(path: Path, raw: bytes, channel: str) -> DeliveryRow:
    _, row = path.take(Case("any bytes", raw, [], channel=channel, signer=None))
    return row


@TIMEOUT
@examples(150)
@given(raw=ANY_BYTES, channel=st.sampled_from(CHANNELS))
def test_any_bytes_lead_to_one_of_the_outcomes(raw: bytes, channel: str, sqlite_engine: Engine) -> None:
    path = Path(sqlite_engine)
    row = take(path, raw, channel)
    assert row.outcome in OUTCOMES
    assert row.reason_code in ((None, *REASONS) if row.outcome == "quarantined" else (None,))
    assert (row.outcome == "quarantined") == (row.reason_code is not None)
    # What came of it can be looked at.
    assert len(path.reports(row)) == len(row.reports)
