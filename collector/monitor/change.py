"""What a change of the policy would mean to senders: the preview before it is published. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector.domains import mx_matches
from collector.monitor.advice import covers
from collector.monitor.model import StsPolicy
from collector.text import say

_DAY = 86_400

# (old mode, new mode): "" is no policy at all.
_MODES = {
    ("", "testing"): "Senders begin to check your MX hosts and report failures; mail goes out as before.",
    ("", "enforce"): "Senders begin to hold back mail that fails the policy. Begin in testing to see what would fail.",
    ("", "none"): "Nothing changes: mode none asks for nothing.",
    ("testing", "enforce"): "Mail that fails the policy is no longer sent to you: it is held back, and then returned.",
    ("testing", "none"): "Senders stop checking, and failures are no longer reported.",
    ("enforce", "testing"): "Mail that fails the policy is delivered again, and reported.",
    ("enforce", "none"): "Mail is no longer protected: senders deliver even to a forged MX host or in clear.",
    ("none", "testing"): "Senders begin to check your MX hosts and report failures; mail goes out as before.",
    (
        "none",
        "enforce",
    ): "Senders begin to hold back mail that fails the policy. Begin in testing to see what would fail.",
}


@dataclass(frozen=True, slots=True)
class Consequence:
    """`severity`: `error` costs mail, `warning` may, `note` is to be known."""

    severity: str
    text: str


def consequences(
    old: StsPolicy | None, new: StsPolicy, mx_hosts: Sequence[str] | None, now: datetime
) -> tuple[Consequence, ...]:
    """What senders do differently with `new` (valid) instead of `old`; `mx_hosts` are the live ones, None unknown."""
    if old is not None and (old.mode, set(old.mx), old.max_age) == (new.mode, set(new.mx), new.max_age):
        return (Consequence("note", "Nothing changes."),)
    found = [*_mode(old, new), *_mx(old, new, mx_hosts), *_max_age(old, new, now)]
    order = ("error", "warning", "note")
    return tuple(sorted(found, key=lambda each: order.index(each.severity)))


def _mode(old: StsPolicy | None, new: StsPolicy) -> Iterable[Consequence]:
    before = old.mode if old is not None else ""
    if before != new.mode:
        severity = "warning" if new.mode == "enforce" or before == "enforce" else "note"
        yield Consequence(severity, _MODES[before, new.mode])


def _mx(old: StsPolicy | None, new: StsPolicy, mx_hosts: Sequence[str] | None) -> Iterable[Consequence]:
    if new.mode == "none":
        return
    for host in mx_hosts or ():
        if covers(new.mx, host):
            if old is not None and old.mode != "none" and not covers(old.mx, host):
                yield Consequence("note", f"{host} becomes part of the policy.")
        elif new.mode == "enforce":
            yield Consequence("error", f"{host} would be refused: no mx line matches it, so no mail goes there.")
        else:
            yield Consequence(
                "warning", f"{host} is matched by no mx line: each session with it is reported as failed."
            )
    if mx_hosts and not any(covers(new.mx, host) for host in mx_hosts) and new.mode == "enforce":
        yield Consequence("error", "No live MX host is left: senders that enforce could deliver nothing at all.")
    for pattern in new.mx:
        if mx_hosts and not any(mx_matches(pattern, host) for host in mx_hosts):
            yield Consequence("note", f"{pattern} matches no MX host that is live now.")


def _max_age(old: StsPolicy | None, new: StsPolicy, now: datetime) -> Iterable[Consequence]:
    if old is not None and old.max_age and old.mode != "none":
        day = (now + timedelta(seconds=old.max_age)).astimezone(UTC).date()
        text = say("Senders that miss the new id may apply the old policy until %(day)s (its max_age).", day=day)
        yield Consequence("note", text)
    if new.mode == "enforce" and new.max_age < _DAY:
        yield Consequence(
            "warning", "A max_age below a day protects little: senders forget the policy before they look again."
        )
    if new.mode == "testing" and new.max_age > 30 * _DAY:
        yield Consequence("note", "A long max_age while testing keeps a mistake alive for as long.")
