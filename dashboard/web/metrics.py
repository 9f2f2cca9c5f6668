"""`/metrics` for Prometheus: read from the database, so that every process tells the same.

The number of series is bounded: labels are our own words, and the names of domains up to `metrics.domain_labels`. Names
of MX hosts come out of reports, and are told only under `metrics.mx_labels`, some of each domain.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from collector import __version__
from collector.alert_rules import RULES
from collector.delivery import OUTCOMES
from collector.report.model import MODES
from collector.store import figure_checks
from collector.store.queries import outgoing
from collector.store.queries.alerts import open_by_rule
from collector.store.queries.counts import Counts, counts
from collector.store.queries.watched import Watched, watched
from collector.store.recipients import KINDS
from dashboard.web import mounts, state

blueprint = Blueprint("metrics", __name__)

# Counting reads whole indexes. However often somebody asks, it takes no more than a twentieth of the time; a scrape
# every quarter of a minute sees figures of that moment for as long as counting takes less than a second.
_SHARE = 20
_LEAST_KEPT = timedelta(seconds=5)

DOMAINS = "tlsrpt_domains"
REPORTS = "tlsrpt_reports"
DELIVERIES = "tlsrpt_deliveries"
LAST_DELIVERY = "tlsrpt_last_delivery_timestamp_seconds"
SESSIONS = "tlsrpt_sessions"
POLICY_MODE = "tlsrpt_policy_mode"
LAST_REPORT = "tlsrpt_last_report_timestamp_seconds"
CERTIFICATE = "tlsrpt_certificate_days_left"
MX_FAILED = "tlsrpt_mx_failed_sessions"
MX_CERTIFICATE = "tlsrpt_mx_certificate_days_left"
FIGURES_DIFFERING = "tlsrpt_figures_differing"
ALERTS_OPEN = "tlsrpt_alerts_open"
MESSAGES = "tlsrpt_messages"
BUILD = "tlsrpt_build"
REPLICA_USED = "tlsrpt_replica_used"
REPLICA_BEHIND = "tlsrpt_replica_behind_seconds"
SPOOL_FILES = "tlsrpt_spool_files"
SPOOL_BYTES = "tlsrpt_spool_bytes"
SPOOL_SET_ASIDE = "tlsrpt_spool_set_aside"

# What is documented in docs/monitoring.md. They are gauges: retention and `domain remove` take rows away.
HELP = {
    DOMAINS: "Domains by the published mode in force now.",
    REPORTS: "Parts of reports about one domain, by what became of them; `stored` are those counted.",
    DELIVERIES: "Deliveries that are kept, by outcome.",
    LAST_DELIVERY: "When the last delivery arrived, Unix time; absent before the first.",
    SESSIONS: "Sessions of the last 7 UTC days, today included, by domain and result.",
    POLICY_MODE: "1 for the published mode in force now, 0 for the others, by domain.",
    LAST_REPORT: "When the last report about a domain arrived, Unix time; absent before the first.",
    CERTIFICATE: "Days until the first certificate of a domain's MX hosts ends, at our last check; negative after it.",
    MX_FAILED: "Failed sessions of the last 7 UTC days by MX host; only with metrics.mx_labels.",
    MX_CERTIFICATE: "Days until the certificate of an MX host ends; only with metrics.mx_labels.",
    FIGURES_DIFFERING: "Rows of figures that were not as counted afresh from the raw bytes when last checked.",
    ALERTS_OPEN: "Alerts that are open now, by rule.",
    MESSAGES: "Weekly mails and messages about alerts that wait or were given up, by kind and state.",
    REPLICA_USED: "1 while the process asked reads from the replica, else 0; only with database.read_url.",
    REPLICA_BEHIND: "How far the replica is behind at the most; absent while nobody knows.",
    SPOOL_FILES: "POSTs that wait on disk because the database was away.",
    SPOOL_BYTES: "The bytes of these.",
    SPOOL_SET_ASIDE: "Spooled POSTs that could not be read or stored and were set aside: somebody has to look.",
    BUILD: "Version of the program.",
}

_LABELS = {
    SESSIONS: ("result",),
    POLICY_MODE: ("mode",),
    LAST_REPORT: (),
    CERTIFICATE: (),
    MX_FAILED: ("mx",),
    MX_CERTIFICATE: ("mx",),
}
_MOST_MX = 20


def register(app: Flask) -> None:
    app.extensions["tlsrpt.metrics"] = _Latest()
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def metrics() -> Response:
    registry = CollectorRegistry()
    latest: _Latest = current_app.extensions["tlsrpt.metrics"]
    found, each, told = latest.read()
    registry.register(_Figures(found, mounts.gauges(current_app) | _of_replica()))
    registry.register(told)
    registry.register(_OfDomains(each, state.now(), has_mx=state.settings().metrics.mx_labels))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)


def keeping(taken: float) -> timedelta:
    """How long counts are good that took `taken` seconds to read."""
    return max(_LEAST_KEPT, timedelta(seconds=_SHARE * taken))


class _Latest:
    """The counts read last, for as long as they are good; who asks while they are read waits for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: tuple[datetime, timedelta, Counts, tuple[Watched, ...], _Told] | None = None

    def read(self) -> "tuple[Counts, tuple[Watched, ...], _Told]":
        with self._lock:
            now = state.now()
            if self._read is None or not timedelta(0) <= now - self._read[0] < self._read[1]:
                began = time.perf_counter()
                found = counts(state.reader(), now=now)
                most = state.settings().metrics.domain_labels
                each = watched(state.reader(), now=now, most=most) if most else ()
                told = _Told(
                    open_by_rule(state.reader()),
                    outgoing.message_counts(state.reader(), now=now),
                    sum(each.differences for each in figure_checks.differing(state.reader())),
                )
                self._read = now, keeping(time.perf_counter() - began), found, each, told
            return self._read[2:]


class _Figures(Collector):
    """The figures of one scrape. A value that does not occur is 0, so that no series appears out of nothing."""

    def __init__(self, found: Counts, beside: Mapping[str, float]) -> None:
        """`beside`: figures that are not read from the database, by name."""
        self._found = found
        self._beside = beside

    def collect(self) -> Iterator[Metric]:
        yield _gauge(DOMAINS, "mode", MODES, self._found.domains)
        yield _gauge(REPORTS, "outcome", OUTCOMES[:-1], self._found.reports)
        yield _gauge(DELIVERIES, "outcome", OUTCOMES, self._found.deliveries)
        if self._found.last_delivery is not None:
            yield GaugeMetricFamily(LAST_DELIVERY, HELP[LAST_DELIVERY], self._found.last_delivery.timestamp())
        for name, value in self._beside.items():
            yield GaugeMetricFamily(name, HELP[name], value)
        yield InfoMetricFamily(BUILD, HELP[BUILD], {"version": __version__})


class _Told(Collector):
    """What is wrong now, and which messages about it have not arrived."""

    def __init__(self, alerts: Mapping[str, int], messages: Mapping[tuple[str, str], int], differing: int) -> None:
        """`differing`: rows of figures."""
        self._alerts = alerts
        self._messages = messages
        self._differing = differing

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(FIGURES_DIFFERING, HELP[FIGURES_DIFFERING], self._differing)
        yield _gauge(ALERTS_OPEN, "rule", RULES, self._alerts)
        family = GaugeMetricFamily(MESSAGES, HELP[MESSAGES], labels=["kind", "state"])
        for kind in KINDS:
            for word in outgoing.NOT_ARRIVED:
                family.add_metric([kind, word], self._messages.get((kind, word), 0))
        yield family


def _of_replica() -> dict[str, float]:
    replica = state.replica()
    if replica is None:
        return {}
    standing = replica.standing
    behind = {} if standing.behind is None else {REPLICA_BEHIND: standing.behind}
    return {REPLICA_USED: int(standing.word == "used"), **behind}


class _OfDomains(Collector):
    """The figures of each domain."""

    def __init__(self, found: Iterable[Watched], now: datetime, *, has_mx: bool) -> None:
        self._found = tuple(found)
        self._now = now
        self._has_mx = has_mx

    def collect(self) -> Iterator[Metric]:
        families = {
            name: GaugeMetricFamily(name, HELP[name], labels=["domain", *more])
            for name, more in _LABELS.items()
            if self._has_mx or "mx" not in more
        }
        for row in self._found:
            families[SESSIONS].add_metric([row.name, "successful"], row.successful)
            families[SESSIONS].add_metric([row.name, "failed"], row.failed)
            for mode in MODES:
                families[POLICY_MODE].add_metric([row.name, mode], int(mode == row.mode))
            if row.last_report is not None:
                families[LAST_REPORT].add_metric([row.name], row.last_report.timestamp())
            if row.certificates:
                families[CERTIFICATE].add_metric([row.name], self._days(min(row.certificates.values())))
            if self._has_mx:
                for mx, failed in islice(row.failed_by_mx.items(), _MOST_MX):
                    families[MX_FAILED].add_metric([row.name, mx], failed)
                for mx, ends in islice(row.certificates.items(), _MOST_MX):
                    families[MX_CERTIFICATE].add_metric([row.name, mx], self._days(ends))
        yield from families.values()

    def _days(self, ends: datetime) -> float:
        return (ends - self._now) / timedelta(days=1)


def _gauge(name: str, label: str, values: Iterable[str], found: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, HELP[name], labels=[label])
    for value in values:
        family.add_metric([value], found.get(value, 0))
    return family
