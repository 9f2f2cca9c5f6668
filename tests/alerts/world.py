"""A collector with alerts: reports and checks go in, looks are taken, and what was told is read from the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collector import settings
from collector.ids import new_id
from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.model import Observation, Problem, StsPolicy
from collector.settings import Settings
from collector.store import published
from collector.store.engine import Engine
from collector.store.queries.alerts import AlertRow, NoticeRow, alerts, notices
from dashboard.alerts import look
from dashboard.alerts.job import targets
from tests.support.collector import NOW, Collector
from tests.support.reports import detail, policy_result, report

HOOK = "https://hooks.example/secret-token"


def configured(**more: str) -> Settings:
    """`alerts__webhooks="..."` is `alerts.webhooks`."""
    return settings.load(environ={}, overrides={name.replace("__", "."): value for name, value in more.items()})


@dataclass
class World:
    engine: Engine
    settings: Settings = field(default_factory=lambda: configured(alerts__webhooks=HOOK))

    def __post_init__(self) -> None:
        self.collector = Collector(self.engine)
        self.collector.add("example.com")

    def report(
        self, days_ago: int, failed: int = 0, *, successful: int = 100, domain: str = "example.com", **how: Any
    ) -> None:
        """What a reporter tells of one day; what fails is held back, at mx1.example.com, unless `how` says otherwise."""
        day = (NOW - timedelta(days=days_ago)).date().isoformat()
        details = [detail(failed=failed, **{"result_type": "certificate-expired"} | how)] if failed else []
        document = report(
            [policy_result(domain, successful=successful, details=details)],
            day=day,
            report_id=f"{day} {domain} {failed}",
        )
        assert self.collector.take(document) == "stored"

    def check(
        self,
        at: datetime,
        *,
        left: float = 60,
        record: str = "mailto:tlsrpt@example.com",
        codes: tuple[str, ...] = (),
        mx: str = "mx1.example.com",
        mode: str = "enforce",
        error: str | None = None,
        domain: str = "example.com",
    ) -> None:
        """One look of the monitor; the certificate is good for so many days from NOW."""
        policy = None if error else StsPolicy(mode, 604800, ("mx1.example.com",), "made")
        matches = None if policy is None else mx == "mx1.example.com"
        wrong = () if matches is not False else (Problem("mx_not_in_policy", "error", "made"),)
        shown = Certificate(NOW + timedelta(days=left), (mx,), trusted=left > 0)
        found = Check(
            domain,
            at,
            TlsrptCheck(
                f"v=TLSRPTv1; rua={record}", (record,), tuple(Problem(code, "warning", "made") for code in codes)
            ),
            StsCheck("v=STSv1; id=1", "1", policy, error),
            (MxCheck(mx, matches, True, shown, problems=wrong),),
        )
        seen = Observation(at, "1", policy, error, "made" if error else None, mx_hosts=(mx,))
        published.record(self.engine, self.collector.id(domain), seen, at + timedelta(days=1), check=found)

    def look(self, at: datetime = NOW, name: str = look.STATES) -> None:
        look.look(name, self.engine, self.settings, targets(self.engine, self.settings, at), at)

    def rows(self, **which: Any) -> tuple[AlertRow, ...]:
        return alerts(self.engine, **which).items

    def one(self, rule: str) -> AlertRow:
        [row] = self.rows(rule=rule)
        return row

    def told(self, rule: str) -> list[str]:
        """The events of the rule's alerts that somebody was told of, in order; those kept quiet in brackets."""
        rows = sorted(self.rows(rule=rule), key=lambda row: row.id)
        return [_told(notice) for row in rows for notice in notices(self.engine, row.id)]

    def with_settings(self, **more: str) -> "World":
        """The same database under other settings."""
        other = object.__new__(World)
        other.engine, other.settings, other.collector = self.engine, configured(**more), self.collector
        return other


def _told(notice: NoticeRow) -> str:
    return f"({notice.event})" if notice.is_quiet else notice.event


def content(rule: str = "certificate", **more: Any) -> Mapping[str, Any]:
    """A notice as it is kept, for tests of what is sent."""
    made = {
        "event": "opened",
        "at": NOW.isoformat(),
        "alert": str(new_id()),
        "rule": rule,
        "domain": "example.com",
        "subject": "mx1.example.com",
        "size": 1,
        "evidence": {"not_after": NOW.isoformat(), "ended": None},
        "opened_at": NOW.isoformat(),
    }
    return made | more
