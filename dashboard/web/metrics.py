"""`/metrics` for Prometheus: read from the database, so that every process tells the same.

No label takes a value from a report or a domain's name: the number of series never grows.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from collector import __version__
from collector.delivery import OUTCOMES
from collector.report.model import MODES
from collector.store.queries.counts import Counts, counts
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
BUILD = "tlsrpt_build"
SPOOL_FILES = "tlsrpt_spool_files"
SPOOL_BYTES = "tlsrpt_spool_bytes"
SPOOL_SET_ASIDE = "tlsrpt_spool_set_aside"

# What is documented in docs/monitoring.md. They are gauges: retention and `domain remove` take rows away.
HELP = {
    DOMAINS: "Domains by the published mode in force now.",
    REPORTS: "Parts of reports about one domain, by what became of them; `stored` are those counted.",
    DELIVERIES: "Deliveries that are kept, by outcome.",
    LAST_DELIVERY: "When the last delivery arrived, Unix time; absent before the first.",
    SPOOL_FILES: "POSTs that wait on disk because the database was away.",
    SPOOL_BYTES: "The bytes of these.",
    SPOOL_SET_ASIDE: "Spooled POSTs that could not be read or stored and were set aside: somebody has to look.",
    BUILD: "Version of the program.",
}


def register(app: Flask) -> None:
    app.extensions["tlsrpt.metrics"] = _Latest()
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def metrics() -> Response:
    registry = CollectorRegistry()
    latest: _Latest = current_app.extensions["tlsrpt.metrics"]
    registry.register(_Figures(latest.counts(), mounts.gauges(current_app)))
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
        self._read: tuple[datetime, timedelta, Counts] | None = None

    def counts(self) -> Counts:
        with self._lock:
            now = state.now()
            if self._read is None or not timedelta(0) <= now - self._read[0] < self._read[1]:
                began = time.perf_counter()
                found = counts(state.engine(), now=now)
                self._read = now, keeping(time.perf_counter() - began), found
            return self._read[2]


class _Figures(Collector):
    """The figures of one scrape. A value that does not occur is 0, so that no series appears out of nothing."""

    def __init__(self, found: Counts, beside: dict[str, int]) -> None:
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


def _gauge(name: str, label: str, values: Iterable[str], found: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, HELP[name], labels=[label])
    for value in values:
        family.add_metric([value], found.get(value, 0))
    return family
