"""The read side: every page, the API, summaries and alerts read through these functions, and get dataclasses.

A function takes an `Engine`, opens one read transaction, and returns frozen dataclasses of `rows`. Those that a page
asks one after the other take what `reading()` gives too, and share its transaction.
Days are UTC days, ranges include both ends. `None` in a figure means unknown, never zero.
"""

from collector.store.queries.across import (
    HostOf,
    ReporterAcross,
    ReporterDay,
    Spread,
    ToldOf,
    TypeShare,
    domains_sharing,
    mx_hosts_among,
    reporter_across,
    spread,
    type_shares,
)
from collector.store.queries.arrival import (
    MOST_COUNTED,
    Counts,
    Neighbours,
    delivery_counts,
    mail_headers,
    neighbours,
)
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
from collector.store.queries.figures import daily, failures, reporters
from collector.store.queries.foreign import foreign_name, foreign_names
from collector.store.queries.hosts import mx_daily, mx_figures
from collector.store.queries.narrowed import Source, narrowed
from collector.store.queries.policies import policies
from collector.store.queries.recent import quarantined_since
from collector.store.queries.reports import report, report_document, report_head, reports
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
from collector.store.queries.shares import Share, Side
from collector.store.queries.sides import (
    Breakdown,
    breakdown,
    is_known_host,
    is_known_reporter,
    reporter_days,
    reports_from,
)
from collector.store.queries.transaction import Readable, reading

__all__ = [
    "MOST_COUNTED",
    "WINDOW_DAYS",
    "Breakdown",
    "CheckState",
    "CheckedHost",
    "Counts",
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
    "HostOf",
    "MxCertificate",
    "MxDay",
    "MxFigures",
    "MxTable",
    "Neighbours",
    "NotAttributable",
    "Page",
    "PartRow",
    "Policies",
    "PolicyResultRow",
    "PublishedPolicy",
    "Readable",
    "ReportRow",
    "ReportedPolicy",
    "Reporter",
    "ReporterAcross",
    "ReporterDay",
    "Share",
    "Side",
    "Source",
    "Spread",
    "ToldOf",
    "TypeFigures",
    "TypeShare",
    "breakdown",
    "check_states",
    "checked_hosts",
    "daily",
    "deliveries",
    "deliveries_with_ids",
    "delivery",
    "delivery_counts",
    "delivery_document",
    "delivery_raw",
    "domain_names",
    "domain_overview",
    "domains_by_level",
    "domains_sharing",
    "evidence",
    "evidence_of_all",
    "failures",
    "find_domain",
    "foreign_name",
    "foreign_names",
    "is_known_host",
    "is_known_reporter",
    "last_check",
    "mail_headers",
    "mx_daily",
    "mx_figures",
    "mx_hosts_among",
    "narrowed",
    "neighbours",
    "policies",
    "quarantined_since",
    "reading",
    "report",
    "report_document",
    "report_head",
    "reporter_across",
    "reporter_days",
    "reporters",
    "reports",
    "reports_from",
    "spread",
    "type_shares",
]
