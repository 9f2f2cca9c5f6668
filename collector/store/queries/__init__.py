"""The read side: every page, the API, summaries and alerts read through these functions, and get dataclasses.

A function takes an `Engine`, opens one read transaction, and returns frozen dataclasses of `rows`.
Days are UTC days, ranges include both ends. `None` in a figure means unknown, never zero.
"""

from collector.store.queries.checks import CheckedHost, CheckState, check_states, checked_hosts, last_check
from collector.store.queries.deliveries import (
    deliveries,
    deliveries_with_ids,
    delivery,
    delivery_document,
    delivery_raw,
)
from collector.store.queries.domains import domain_names, domain_overview, domains_by_level, find_domain
from collector.store.queries.evidence import WINDOW_DAYS, Evidence, FailedDay, MxCertificate, evidence, evidence_of_all
from collector.store.queries.figures import daily, failures, mx_daily, mx_figures, reporters
from collector.store.queries.foreign import foreign_names
from collector.store.queries.narrowed import Source, narrowed
from collector.store.queries.policies import policies
from collector.store.queries.reports import report, report_document, reports
from collector.store.queries.rows import (
    Daily,
    DayFigures,
    DeliveryRow,
    DomainOverview,
    Failure,
    FailureRow,
    Filter,
    ForeignName,
    MxDay,
    MxFigures,
    MxTable,
    NotAttributable,
    Page,
    PartRow,
    Policies,
    PolicyResultRow,
    PublishedPolicy,
    ReportedPolicy,
    Reporter,
    ReportRow,
    TypeFigures,
)

__all__ = [
    "WINDOW_DAYS",
    "CheckState",
    "CheckedHost",
    "Daily",
    "DayFigures",
    "DeliveryRow",
    "DomainOverview",
    "Evidence",
    "FailedDay",
    "Failure",
    "FailureRow",
    "Filter",
    "ForeignName",
    "MxCertificate",
    "MxDay",
    "MxFigures",
    "MxTable",
    "NotAttributable",
    "Page",
    "PartRow",
    "Policies",
    "PolicyResultRow",
    "PublishedPolicy",
    "ReportRow",
    "ReportedPolicy",
    "Reporter",
    "Source",
    "TypeFigures",
    "check_states",
    "checked_hosts",
    "daily",
    "deliveries",
    "deliveries_with_ids",
    "delivery",
    "delivery_document",
    "delivery_raw",
    "domain_names",
    "domain_overview",
    "domains_by_level",
    "evidence",
    "evidence_of_all",
    "failures",
    "find_domain",
    "foreign_names",
    "last_check",
    "mx_daily",
    "mx_figures",
    "narrowed",
    "policies",
    "report",
    "report_document",
    "reporters",
    "reports",
]
