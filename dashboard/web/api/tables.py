"""The same rows as CSV: the columns, and what each row puts into them."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from collector.report.model import POLICY_TYPES, Finding
from collector.store.queries import (
    DayFigures,
    DeliveryRow,
    DomainOverview,
    Failure,
    ForeignName,
    HostOf,
    MxDay,
    MxTable,
    Reporter,
    ReportRow,
    ToldOf,
    TypeShare,
)
from dashboard.web.api import shapes
from dashboard.web.csv import Cell

Row = list[Cell]
Table = tuple[list[str], list[Row]]

# The row of the sessions that belong to the set of MX hosts and to no single one (rule 6).
NOT_ATTRIBUTABLE = "not_attributable"


def domains(rows: Iterable[DomainOverview], verdicts: Mapping[UUID, str]) -> Table:
    columns = ["domain", "mode", "verdict", "successful", "failed", "last_report"]
    return columns, [
        [row.name, row.mode, verdicts[row.domain_id], row.successful, row.failed, row.last_report] for row in rows
    ]


def daily(rows: Iterable[DayFigures]) -> Table:
    """Two columns more for each policy type of RFC 8460."""
    return _of_days("day", rows)


def weekly(rows: Iterable[DayFigures]) -> Table:
    """The same by ISO week, which goes by its Monday."""
    return _of_days("monday", rows)


def _of_days(day: str, rows: Iterable[DayFigures]) -> Table:
    by_type = [f"{name.replace('-', '_')}_{figure}" for name in POLICY_TYPES for figure in ("successful", "failed")]
    columns = [day, "mode", "mode_source", "successful", "failed", "reports", *by_type, "unauthenticated"]
    return columns, [
        [
            row.day,
            row.mode,
            row.mode_source,
            row.successful,
            row.failed,
            row.reports,
            *_by_type(row),
            row.unauthenticated,
        ]
        for row in rows
    ]


def _by_type(row: DayFigures) -> Row:
    figures = {figure.policy_type: figure for figure in row.by_policy_type}
    cells: Row = []
    for name in POLICY_TYPES:
        found = figures.get(name)
        cells += [0, 0] if found is None else [found.successful, found.failed]
    return cells


def mx(table: MxTable) -> Table:
    """A column more for each result type that occurs; the last row is what no single MX can be given."""
    rest = table.not_attributable
    types = sorted({*rest.by_result_type, *(name for row in table.mx for name in row.by_result_type)})
    rows: list[Row] = [
        [row.mx, row.failed, row.successful, *(row.by_result_type.get(name, 0) for name in types)] for row in table.mx
    ]
    rows.append([NOT_ATTRIBUTABLE, rest.failed, rest.successful, *(rest.by_result_type.get(name, 0) for name in types)])
    return ["mx", "failed", "successful", *types], rows


def mx_daily(rows: Iterable[MxDay]) -> Table:
    """Days with failures only; an empty `mx` is one that the report does not name."""
    return _fields(rows, ("mx", "day", "failed"))


def failures(rows: Iterable[Failure]) -> Table:
    return _fields(rows, shapes.FAILURE)


def reporters(rows: Iterable[Reporter]) -> Table:
    return _fields(rows, shapes.REPORTER)


def reports(rows: Iterable[ReportRow]) -> Table:
    """Findings by their codes; the API has their text."""
    rows = tuple(rows)
    fields = [
        "id",
        "report_id",
        "organization",
        "reporter",
        "authenticated",
        "contact",
        "domain",
        "start",
        "end",
        "day",
    ]
    columns, table = _fields(rows, [*fields, "successful", "failed", "received_at"])
    return [*columns, "findings"], [[*cells, _codes(row.findings)] for cells, row in zip(table, rows, strict=True)]


def deliveries(rows: Iterable[DeliveryRow]) -> Table:
    """Domains and reports stand in one cell each, with blanks between them."""
    rows = tuple(rows)
    fields = ["id", "received_at", "channel", "outcome", "reason_code", "reason_message", "reporter", "authenticated"]
    columns, table = _fields(rows, [*fields, "size"])
    return [*columns, "domains", "reports", "findings"], [
        [*cells, " ".join(row.domains), " ".join(map(str, row.reports)), _codes(row.findings)]
        for cells, row in zip(table, rows, strict=True)
    ]


def type_shares(rows: Iterable[tuple[str, TypeShare | None]]) -> Table:
    columns = ["result_type", "failed", "domains", "first_day", "last_day"]
    return columns, [
        [code, share.failed, share.domains, share.first_day, share.last_day] if share else [code, 0, 0, None, None]
        for code, share in rows
    ]


def told_of(rows: Iterable[ToldOf]) -> Table:
    figures = ("reports", "successful", "failed")
    return _fields(rows, ("domain", "authenticated", *figures, "last_report", "organization"))


def hosts_of(rows: Iterable[HostOf]) -> Table:
    return _fields(rows, ("domain", "failed", "successful"))


def foreign(rows: Iterable[ForeignName]) -> Table:
    """Reporters stand in one cell, with blanks between them."""
    columns = ["domain", "deliveries", "first_delivery", "last_delivery", "reporters"]
    return columns, [
        [row.name, row.deliveries, row.first_delivery, row.last_delivery, " ".join(row.reporters)] for row in rows
    ]


def _fields(rows: Iterable[object], names: Iterable[str]) -> Table:
    """Columns that are called as the row's fields are."""
    names = list(names)
    return names, [[getattr(row, name) for name in names] for row in rows]


def _codes(findings: Iterable[Finding]) -> str:
    return " ".join(finding.code for finding in findings)
