"""What is told of a change, and to whom: the notices that are written with it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from collector.store.alerts import Notice
from dashboard.alerts.model import CLOSED, GROWN, OPENED, Condition, Open
from dashboard.alerts.targets import WEBHOOK, Target

NewId = Callable[[str], str]  # by channel


class Telling:
    """The notices of one look. What is told at one time to a target is one message, but for webhooks, which get one
    request for each."""

    def __init__(self, targets: Iterable[Target], new_id: NewId, now: datetime) -> None:
        self._targets = tuple(targets)
        self._new_id = new_id
        self._now = now
        self._messages: dict[Target, str] = {}

    def opened(self, alert_id: UUID, condition: Condition, *, is_quiet: bool) -> tuple[Notice, ...]:
        about = _about(alert_id, condition.key, condition.size, condition.evidence, self._now)
        return self._notices(OPENED, condition.domain, about, is_quiet)

    def grown(self, before: Open, condition: Condition) -> tuple[Notice, ...]:
        about = _about(before.alert_id, before.key, condition.size, condition.evidence, before.opened_at)
        return self._notices(GROWN, before.domain, about, is_quiet=False)

    def closed(self, before: Open, *, is_quiet: bool) -> tuple[Notice, ...]:
        about = _about(before.alert_id, before.key, before.size, before.evidence, before.opened_at)
        return self._notices(CLOSED, before.domain, about, is_quiet)

    def _notices(self, event: str, domain: str, about: Mapping[str, Any], is_quiet: bool) -> tuple[Notice, ...]:
        content = {"event": event, "at": self._now.isoformat(), **about}
        return tuple(
            Notice(event, target.channel, target.name, self._message(target), content, is_quiet)
            for target in self._interested(domain)
        )

    def _interested(self, domain: str) -> Iterator[Target]:
        return (target for target in self._targets if target.wants(domain))

    def _message(self, target: Target) -> str:
        if target.channel == WEBHOOK:
            return self._new_id(target.channel)
        if target not in self._messages:
            self._messages[target] = self._new_id(target.channel)
        return self._messages[target]


def _about(
    alert_id: UUID, key: tuple[str, str, str], size: int, evidence: Mapping[str, Any], opened_at: datetime
) -> dict[str, Any]:
    domain, rule, subject = key
    return {
        "alert": str(alert_id),
        "rule": rule,
        "domain": domain,
        "subject": subject,
        "size": size,
        "evidence": dict(evidence),
        "opened_at": opened_at.isoformat(),
    }
