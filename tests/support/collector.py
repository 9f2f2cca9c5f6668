"""A collector without sockets: documents go in as mails or POSTs through `ingest()`, figures come out of the queries."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from collector.auth import Authentication
from collector.delivery import Delivery, Envelope, Reason, Stored
from collector.ingest import ingest
from collector.monitor.model import Observation, StsPolicy
from collector.settings import Limits
from collector.store import commit, domains, published, queries
from collector.store.domains import Snapshot
from collector.store.queries import Filter
from tests.support.reports import DAY, mail, to_json

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ALL = Filter(date(2026, 1, 1), date(2026, 12, 31))


@dataclass
class Collector:
    """Over a migrated database. The day of a made report is DAY unless it says otherwise."""

    engine: Engine
    dkim: str = "record"
    snapshot: Snapshot = field(default_factory=Snapshot)
    arrivals: int = 0

    def add(self, *names: str) -> None:
        domains.add(self.engine, names, NOW)

    def id(self, name: str = "example.com") -> UUID:
        found = queries.find_domain(self.engine, name)
        assert found is not None, f"{name} was not added"
        return found

    def read(self, document: Any, *, signed_by: str | None = None, channel: str = "smtp", **headers: Any) -> Delivery:
        """A document (or bytes: a whole mail or body) as it comes out of `ingest()`."""
        if isinstance(document, bytes):
            raw = document
        else:
            raw = to_json(document) if channel == "https" else mail(document, **headers)
        outcome = Authentication(signed_by, None if signed_by else Reason("dkim_missing", "no signature"))
        self.arrivals += 1
        now = NOW + timedelta(milliseconds=self.arrivals)
        return ingest(
            raw, Envelope(channel), now, limits=Limits(), dkim=self.dkim, authenticate=lambda mail, identities: outcome
        )

    def deliver(self, *deliveries: Delivery) -> list[Stored]:
        """All of them in one transaction."""
        return list(commit.commit(self.engine, deliveries, self.snapshot))

    def take(self, document: Any, **how: Any) -> str:
        """One document in one transaction; returns the outcome."""
        [stored] = self.deliver(self.read(document, **how))
        return stored.outcome

    def publish(
        self, mode: str, at: datetime, name: str = "example.com", mx: tuple[str, ...] = ("mx1.example.com",)
    ) -> None:
        """One look of the monitor that found this policy, and these MX hosts."""
        policy = StsPolicy(mode, 604800, mx, "made")
        seen = Observation(at, "1", policy, mx_hosts=tuple(host for host in mx if not host.startswith("*")))
        published.record(self.engine, self.id(name), seen, at + timedelta(days=1))

    def day(self, day: str = DAY, name: str = "example.com", **how: Any) -> queries.DayFigures:
        only = Filter(date.fromisoformat(day), date.fromisoformat(day), **how)
        [figures] = queries.daily(self.engine, self.id(name), only, now=NOW).days
        return figures

    def totals(self, name: str = "example.com", **how: Any) -> tuple[int, int, int]:
        """(reports, successful, failed) over all days."""
        wanted = Filter(ALL.first, ALL.last, **how)
        days = queries.daily(self.engine, self.id(name), wanted, now=NOW).days
        return sum(d.reports for d in days), sum(d.successful for d in days), sum(d.failed for d in days)

    def mx(self, name: str = "example.com") -> queries.MxTable:
        return queries.mx_figures(self.engine, self.id(name), ALL, now=NOW)

    def failures(self, name: str = "example.com") -> dict[str, int]:
        """Failed sessions by result type."""
        found: dict[str, int] = {}
        for failure in queries.failures(self.engine, self.id(name), ALL).items:
            found[failure.result_type] = found.get(failure.result_type, 0) + failure.failed
        return found
