"""The rules about what is published: the policy, the records, the MX hosts and their certificates."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from collector.settings import Alerts
from collector.store.queries import PublishedPolicy
from collector.store.queries.modes import in_force_at
from collector.store.queries.trouble import Trouble
from dashboard.alerts.facts import NEWS
from dashboard.alerts.model import Condition, Figures

# One failed look is a blip: the next one comes after five minutes (RFC 8461 section 3.3).
LOOKS_IN_A_ROW = 2
_LONGEST_RECORD = 300
_NO_RECORD = "no_record"


def policy_host(domain: str) -> str:
    """Where the policy is fetched (RFC 8461 section 3.3)."""
    return f"mta-sts.{domain}"


def policy_fetch(domain: Trouble, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """The last looks at the policy failed. `size` 1 while senders may use the one they have, 2 once they may not.

    A domain without a record never wanted a policy, unless senders still hold one that asks for more than none.
    """
    last = domain.history[-1] if domain.history else None
    if last is None or last.error is None or domain.fetch_failures < LOOKS_IN_A_ROW:
        return
    good = [each for each in domain.history if each.error is None]
    held = in_force_at(domain.history, now)
    if last.error == _NO_RECORD and (held is None or held.mode == "none"):
        return
    if last.error == "dns" and not good:
        return
    until = held.last_seen + timedelta(seconds=held.max_age or 0) if held is not None else None
    evidence = {
        "error": last.error,
        "since": _failing_since(domain.history).isoformat(),
        "until": until.isoformat() if until is not None and until > now else None,
    }
    yield Condition("policy_fetch", domain.name, "", 2 if held is None and good else 1, evidence)


def _failing_since(history: Sequence[PublishedPolicy]) -> datetime:
    """The first of the failed looks in a row, whatever their errors."""
    since = history[-1].first_seen
    for each in reversed(history):
        if each.error is None:
            break
        since = each.first_seen
    return since


def certificate(domain: Trouble, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """The certificate of an MX host, or of the policy host, ends soon (`size` 1) or has ended (2)."""
    for host, ends in _certificates(domain):
        if ends < now + timedelta(days=thresholds.certificate_days):
            has_ended = ends <= now
            evidence = {"not_after": ends.isoformat(), "ended": "yes" if has_ended else None}
            yield Condition("certificate", domain.name, host, 2 if has_ended else 1, evidence)


def _certificates(domain: Trouble) -> Iterator[tuple[str, datetime]]:
    """The hosts with the ends of their certificates, as they were seen last."""
    for host in domain.hosts:
        if host.certificate is not None:
            yield host.host, host.certificate.not_after
    # One that has ended is shown no more by a look that fails for it: the last good look knows.
    ends = next((each.certificate_ends for each in reversed(domain.history) if each.certificate_ends), None)
    if ends is not None:
        yield policy_host(domain.name), ends


def mx_not_in_policy(domain: Trouble, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """An MX host in DNS that the policy does not name. `size` 1; 2 in enforce, where no sender delivers there."""
    policy = in_force_at(domain.history, now)
    for host in domain.hosts:
        if host.matches_policy is False and policy is not None and policy.mode != "none":
            evidence: Figures = {"mode": policy.mode, "patterns": list(policy.mx)}
            size = 2 if policy.mode == "enforce" else 1
            yield Condition("mx_not_in_policy", domain.name, host.host, size, evidence)


def record_elsewhere(domain: Trouble, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """The TLSRPT record led here, by its state before or by the reports that came, and does so no longer."""
    if not domain.records:
        return
    latest = domain.records[-1].found
    codes = {problem.code for problem in latest.problems}
    if "dns" in codes or (latest.rua and "not_here" not in codes):
        return  # nothing is known, or it leads here
    before = [each.found for each in domain.records[:-1]]
    led_here = any(each.rua and all(problem.code != "not_here" for problem in each.problems) for each in before)
    record = (latest.record or "")[:_LONGEST_RECORD] if latest.rua else None
    yield Condition("record_elsewhere", domain.name, "", 1, {"record": record}, led_here or bool(domain.days))


def policy_changed(domain: Trouble, thresholds: Alerts, now: datetime) -> Iterator[Condition]:
    """News of the last two days. `size`: how many changes, so that one after the other is not told each time."""
    yield from _policy_news(domain, now)
    yield from _record_news(domain, now)


def _policy_news(domain: Trouble, now: datetime) -> Iterator[Condition]:
    good = [each for each in domain.history if each.error is None]
    found = []
    for old, new in pairwise(good):
        if new.first_seen > now - NEWS and (fields := _differing(old, new)):
            found.append((old, new, fields))
    if found:
        old, new, fields = found[-1]
        evidence: Figures = {
            "at": new.first_seen.isoformat(),
            "kind": "mode" if old.mode != new.mode else "policy",
            "old": old.mode,
            "new": new.mode,
            "fields": fields,
            "changes": len(found),
        }
        yield Condition("policy_changed", domain.name, "", len(found), evidence)


def _differing(old: PublishedPolicy, new: PublishedPolicy) -> list[str]:
    """The fields that differ, by their names in the policy and the record."""
    pairs = (
        ("mode", old.mode, new.mode),
        ("mx", frozenset(old.mx), frozenset(new.mx)),
        ("max_age", old.max_age, new.max_age),
        ("id", old.policy_id, new.policy_id),
    )
    return [name for name, before, after in pairs if before != after]


def _record_news(domain: Trouble, now: datetime) -> Iterator[Condition]:
    """Another TLSRPT record. What could not be looked up is no news."""
    if len(domain.records) < 2:
        return
    old, new = domain.records
    is_known = all(problem.code != "dns" for each in (old, new) for problem in each.found.problems)
    if is_known and new.first_seen > now - NEWS and old.found.record != new.found.record:
        evidence = {
            "at": new.first_seen.isoformat(),
            "old": (old.found.record or "")[:_LONGEST_RECORD],
            "new": (new.found.record or "")[:_LONGEST_RECORD],
        }
        yield Condition("policy_changed", domain.name, "tlsrpt", 1, evidence)
