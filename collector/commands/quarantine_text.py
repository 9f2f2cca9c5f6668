"""Deliveries in the words of `tlsrpt quarantine`: every line is one line, whatever a stranger put into it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from collector.log import escape
from collector.report import headers

if TYPE_CHECKING:
    from collector.store.queries import DeliveryRow

_MOST_FIELDS = 100
_MOST_CHARACTERS = 500


def line(row: "DeliveryRow") -> str:
    """One in a list, with tabs between what is told."""
    told = (
        str(row.id),
        _minute(row.received_at),
        row.outcome,
        row.reason_code or "-",
        row.reporter or "-",
        ",".join(row.domains) or "-",
    )
    return "\t".join(_short(each) for each in told)


def result(row: "DeliveryRow", key_away: str | None) -> str:
    """What came of a retry."""
    if key_away is not None:
        return f"{row.id} {row.outcome}, not tried: {_short(key_away)}"
    why = f" ({row.reason_code}: {_short(row.reason_message or '')})" if row.reason_code else ""
    return f"{row.id} {row.outcome}{why}"


def counts(seen: Counter[str], order: Sequence[str]) -> str:
    """`stored 3 · quarantined 1`; "" for nothing."""
    return " · ".join(f"{each} {seen[each]}" for each in order if seen[each])


def in_full(row: "DeliveryRow", raw: bytes) -> Iterator[str]:
    """Everything about one delivery."""
    yield from _facts(row)
    for key, value in row.envelope.items():
        if value:
            yield f"{key.replace('_', ' ')}: {_short(', '.join(value) if isinstance(value, list) else str(value))}"
    for part in row.parts:
        report = f" (report {part.report_id})" if part.report_id else ""
        yield f"part {part.position}: {_short(part.domain) or 'no domain named'}: {part.outcome}{report}"
    for finding in row.findings:
        yield f"finding {_short(finding.code)}: {_short(finding.message)}"
    yield from _header(row.channel, raw)


def _facts(row: "DeliveryRow") -> Iterator[str]:
    yield f"id: {row.id}"
    yield f"arrived: {_minute(row.received_at)}"
    yield f"channel: {row.channel}"
    yield f"outcome: {row.outcome}"
    if row.reason_code:
        yield f"reason: {row.reason_code}: {_short(row.reason_message or '')}"
    yield f"reporter: {_short(row.reporter or 'unknown')} ({'' if row.authenticated else 'not '}authenticated)"
    yield f"size: {row.size} bytes"


def _header(channel: str, raw: bytes) -> Iterator[str]:
    """The header fields of a mail; an imported file may be one."""
    if channel == "https":
        return
    fields = list(islice(headers.every(headers.split(raw)[0]), _MOST_FIELDS + 1))
    if fields:
        yield ""
    for name, value in fields[:_MOST_FIELDS]:
        yield f"{name}: {_short(value)}"
    if len(fields) > _MOST_FIELDS:
        yield "... and more"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _short(text: str) -> str:
    return escape(text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "...")
