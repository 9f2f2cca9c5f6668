"""The reasons that need no report: the published policy, its id, the MX hosts and their certificates."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from collector.domains import mx_matches
from collector.store.queries import Evidence, MxCertificate, PublishedPolicy
from dashboard import explain
from dashboard.verdict import words
from dashboard.verdict.model import INSUFFICIENT_DATA, Reason

# Looks are a day apart at most; one may fail to come about before its result is too old to rest on.
FRESH = timedelta(days=2)
# Who renews by machine does so a month before the end, or after two thirds of a short life: two weeks are late.
CERTIFICATE_LEFT = timedelta(days=14)
_LOOK = "See that the scheduler runs (tlsrpt serve or tlsrpt schedule): it looks at each domain once a day."


def reasons(evidence: Evidence, now: datetime) -> Iterator[Reason]:
    yield _policy(evidence, now)
    yield _policy_id(evidence.history, now)
    yield _mx(evidence, now)
    yield _certificates(evidence.certificates, now)


def _policy(evidence: Evidence, now: datetime) -> Reason:
    if not evidence.history:
        return Reason(
            "policy", "Nobody has looked at the published policy yet.", False, stops=INSUFFICIENT_DATA, fix=_LOOK
        )
    last = evidence.history[-1]
    if last.error is not None:
        what = explain.fetch_error(last.error)
        cached = "" if evidence.in_force is None else " Senders go on with the one they have until its max_age is over."
        text = f"The policy cannot be fetched since {words.day(last.first_seen.date())} ({last.error}): {what.meaning}"
        return Reason("policy", text + cached, False, fix=what.action)
    if now - last.last_seen > FRESH:
        text = f"The policy was last looked at on {words.day(last.last_seen.date())}, which is too long ago."
        return Reason("policy", text, False, stops=INSUFFICIENT_DATA, fix=_LOOK)
    text = f"The policy is valid (mode {last.mode}), last fetched on {words.day(last.last_seen.date())}."
    return Reason("policy", text, True)


def _policy_id(history: tuple[PublishedPolicy, ...], now: datetime) -> Reason:
    """M22: senders fetch a new policy when the id is new. Under an old id some hold the old one until its end."""
    good = [interval for interval in history if interval.error is None]
    if not good:
        return Reason("policy_id", "Whether the id follows the policy is not known: no policy was ever fetched.", None)
    for before, after in pairwise(good):
        held_until = before.last_seen + timedelta(seconds=before.max_age or 0)
        if before.policy_id == after.policy_id == good[-1].policy_id and _content(before) != _content(after):
            if held_until < now:
                continue
            text = (
                f"The policy changed on {words.day(after.first_seen.date())} and the id in the _mta-sts record did not "
                f"({after.policy_id}): senders may apply the old one until {words.day(held_until.date())}."
            )
            return Reason("policy_id", text, False, fix="Put a new id into the _mta-sts record (RFC 8461 section 8.1).")
    return Reason(
        "policy_id", f"The id in the _mta-sts record ({good[-1].policy_id}) is in step with the policy.", True
    )


def _content(policy: PublishedPolicy) -> tuple[object, ...]:
    return policy.mode, frozenset(policy.mx)


def _mx(evidence: Evidence, now: datetime) -> Reason:
    policy, hosts, seen = evidence.in_force, evidence.mx, evidence.mx_seen
    if policy is None:
        return Reason("mx", "Whether the policy lists every MX host is not known: no policy is in force.", None)
    if not hosts or seen is None:
        return Reason("mx", "The MX hosts are not known: none was seen in DNS yet.", None)
    if now - seen > FRESH:
        return Reason("mx", f"The MX hosts are not known: they were last read on {words.day(seen.date())}.", None)
    missing = [host for host in hosts if not any(mx_matches(pattern, host) for pattern in policy.mx)]
    if missing:
        text = (
            f"The policy does not list {words.listed(missing)}: under enforce no sender delivers there. "
            "A wildcard stands for one label (RFC 8461 section 4.1)."
        )
        return Reason("mx", text, False, fix=f"Add to the policy: {', '.join(f'mx: {host}' for host in missing)}")
    return Reason("mx", f"The policy lists every MX host in DNS: {words.listed(hosts)}.", True)


def _certificates(found: tuple[MxCertificate, ...] | None, now: datetime) -> Reason:
    code = "certificates"
    checked = [each for each in found or () if each.starttls is not None]
    if not checked:
        return Reason(code, "The certificates of the MX hosts are not known: no check has reached them.", None)
    oldest = min(each.checked_at for each in checked)
    bad = [text for each in checked if (text := _bad(each, now))]
    if bad:
        return Reason(code, f"Not every MX host is fit for enforce: {'; '.join(bad)}.", False, fix=_RENEW)
    if now - oldest > FRESH:
        text = (
            f"The certificates of the MX hosts are not known: they were last looked at on {words.day(oldest.date())}."
        )
        return Reason(code, text, None)
    left = [each.host for each in found or () if each.starttls is None]
    if left:
        return Reason(code, f"The certificates of some MX hosts are not known: {words.listed(left)}.", None)
    ends = min(each.not_after for each in checked if each.not_after is not None)
    text = f"The certificate of every MX host is good, the first one to end does so on {words.day(ends.date())}."
    return Reason(code, text, True)


_RENEW = (
    "Each MX host needs STARTTLS and a certificate with its own name, from a public authority, with the whole chain; "
    "renew it well before its end and reload the mail server."
)


def _bad(each: MxCertificate, now: datetime) -> str | None:
    if not each.starttls:
        return f"{each.host} offers no STARTTLS"
    if each.not_after is None or each.trusted is None:
        return f"{each.host} shows no certificate"
    if each.not_after <= now:
        return f"the certificate of {each.host} ended on {words.day(each.not_after.date())}"
    if not each.trusted:
        return f"the certificate of {each.host} does not validate"
    if each.not_after - now < CERTIFICATE_LEFT:
        return f"the certificate of {each.host} ends on {words.day(each.not_after.date())}"
    return None
