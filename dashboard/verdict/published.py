"""The reasons that need no report: the published policy, its id, the MX hosts and their certificates."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from collector.domains import mx_matches
from collector.store.queries import Evidence, MxCertificate, PublishedPolicy
from collector.text import Text, clauses, listed, say, sentences
from dashboard import explain
from dashboard.verdict.model import INSUFFICIENT_DATA, Reason

# Looks are a day apart at most; one may fail to come about before its result is too old to rest on.
FRESH = timedelta(days=2)
# Who renews by machine does so a month before the end, or after two thirds of a short life: two weeks are late.
CERTIFICATE_LEFT = timedelta(days=14)
_LOOK = say("See that the scheduler runs (tlsrpt serve or tlsrpt schedule): it looks at each domain once a day.")


def reasons(evidence: Evidence, now: datetime) -> Iterator[Reason]:
    yield _policy(evidence, now)
    yield _policy_id(evidence.history, now)
    yield _mx(evidence, now)
    yield _certificates(evidence.certificates, now)


def _policy(evidence: Evidence, now: datetime) -> Reason:
    if not evidence.history:
        return Reason(
            "policy", say("Nobody has looked at the published policy yet."), False, stops=INSUFFICIENT_DATA, fix=_LOOK
        )
    last = evidence.history[-1]
    if last.error is not None:
        what = explain.fetch_error(last.error)
        text = say(
            "The policy cannot be fetched since %(day)s (%(error)s): %(meaning)s",
            day=last.first_seen.date(),
            error=last.error,
            meaning=what.meaning,
        )
        if evidence.in_force is not None:
            text = sentences(text, say("Senders go on with the one they have until its max_age is over."))
        return Reason("policy", text, False, fix=what.action)
    if now - last.last_seen > FRESH:
        text = say("The policy was last looked at on %(day)s, which is too long ago.", day=last.last_seen.date())
        return Reason("policy", text, False, stops=INSUFFICIENT_DATA, fix=_LOOK)
    text = say(
        "The policy is valid (mode %(mode)s), last fetched on %(day)s.", mode=last.mode, day=last.last_seen.date()
    )
    return Reason("policy", text, True)


def _policy_id(history: tuple[PublishedPolicy, ...], now: datetime) -> Reason:
    """M22: senders fetch a new policy when the id is new. Under an old id some hold the old one until its end."""
    good = [interval for interval in history if interval.error is None]
    if not good:
        text = say("Whether the id follows the policy is not known: no policy was ever fetched.")
        return Reason("policy_id", text, None)
    for before, after in pairwise(good):
        held_until = before.last_seen + timedelta(seconds=before.max_age or 0)
        if before.policy_id == after.policy_id == good[-1].policy_id and _content(before) != _content(after):
            if held_until < now:
                continue
            text = say(
                "The policy changed on %(day)s and the id in the _mta-sts record did not (%(id)s): senders may apply "
                "the old one until %(until)s.",
                day=after.first_seen.date(),
                id=str(after.policy_id),
                until=held_until.date(),
            )
            fix = say("Put a new id into the _mta-sts record (RFC 8461 section 8.1).")
            return Reason("policy_id", text, False, fix=fix)
    text = say("The id in the _mta-sts record (%(id)s) is in step with the policy.", id=str(good[-1].policy_id))
    return Reason("policy_id", text, True)


def _content(policy: PublishedPolicy) -> tuple[object, ...]:
    return policy.mode, frozenset(policy.mx)


def _mx(evidence: Evidence, now: datetime) -> Reason:
    policy, hosts, seen = evidence.in_force, evidence.mx, evidence.mx_seen
    if policy is None:
        return Reason("mx", say("Whether the policy lists every MX host is not known: no policy is in force."), None)
    if not hosts or seen is None:
        return Reason("mx", say("The MX hosts are not known: none was seen in DNS yet."), None)
    if now - seen > FRESH:
        text = say("The MX hosts are not known: they were last read on %(day)s.", day=seen.date())
        return Reason("mx", text, None)
    missing = [host for host in hosts if not any(mx_matches(pattern, host) for pattern in policy.mx)]
    if missing:
        text = say(
            "The policy does not list %(hosts)s: under enforce no sender delivers there. "
            "A wildcard stands for one label (RFC 8461 section 4.1).",
            hosts=listed(missing),
        )
        fix = say("Add to the policy: %(lines)s", lines=", ".join(f"mx: {host}" for host in missing))
        return Reason("mx", text, False, fix=fix)
    return Reason("mx", say("The policy lists every MX host in DNS: %(hosts)s.", hosts=listed(hosts)), True)


def _certificates(found: tuple[MxCertificate, ...] | None, now: datetime) -> Reason:
    code = "certificates"
    checked = [each for each in found or () if each.starttls is not None]
    if not checked:
        return Reason(code, say("The certificates of the MX hosts are not known: no check has reached them."), None)
    oldest = min(each.checked_at for each in checked)
    bad = [text for each in checked if (text := _bad(each, now))]
    if bad:
        text = say("Not every MX host is fit for enforce: %(hosts)s.", hosts=clauses(bad))
        return Reason(code, text, False, fix=_RENEW)
    if now - oldest > FRESH:
        text = say(
            "The certificates of the MX hosts are not known: they were last looked at on %(day)s.", day=oldest.date()
        )
        return Reason(code, text, None)
    left = [each.host for each in found or () if each.starttls is None]
    if left:
        text = say("The certificates of some MX hosts are not known: %(hosts)s.", hosts=listed(left))
        return Reason(code, text, None)
    ends = min(each.not_after for each in checked if each.not_after is not None)
    text = say("The certificate of every MX host is good, the first one to end does so on %(day)s.", day=ends.date())
    return Reason(code, text, True)


_RENEW = say(
    "Each MX host needs STARTTLS and a certificate with its own name, from a public authority, with the whole chain; "
    "renew it well before its end and reload the mail server."
)


def _bad(each: MxCertificate, now: datetime) -> Text | None:
    if not each.starttls:
        return say("%(host)s offers no STARTTLS", host=each.host)
    if each.not_after is None or each.trusted is None:
        return say("%(host)s shows no certificate", host=each.host)
    if each.not_after <= now:
        return say("the certificate of %(host)s ended on %(day)s", host=each.host, day=each.not_after.date())
    if not each.trusted:
        return say("the certificate of %(host)s does not validate", host=each.host)
    if each.not_after - now < CERTIFICATE_LEFT:
        return say("the certificate of %(host)s ends on %(day)s", host=each.host, day=each.not_after.date())
    return None
