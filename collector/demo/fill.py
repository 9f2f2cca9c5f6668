"""Fills an empty database with the made-up world, through the same `ingest()` and commit as everything else."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from collector.auth import Authentication
from collector.delivery import Delivery, Envelope, Reason
from collector.demo import documents
from collector.demo.story import DOMAINS, FOREIGN, REPORTERS, Domain, PolicySpan, Reporter
from collector.ingest import ingest
from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.model import Observation, Problem, StsPolicy
from collector.settings import Limits
from collector.store import domains, published, queries
from collector.store.commit import commit
from collector.store.domains import Snapshot

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAYS = 90
_GROUP = 200
_CHANGED = Reason(
    "dkim_fail",
    "The DKIM signature of postbox.example (s1._domainkey) does not count: "
    "the body was changed after it was signed (its hash differs).",
)


def fill(engine: "Engine", now: datetime, *, seed: int = 8460) -> int:
    """Adds the domains, their policies' history and the reports of 90 days. Returns the number of deliveries."""
    domains.add(engine, [domain.name for domain in DOMAINS], now - timedelta(days=DAYS))
    for domain in DOMAINS:
        _publish(engine, domain, now)
    snapshot = Snapshot()
    group: list[Delivery] = []
    count = 0
    for delivery in _deliveries(now, random.Random(seed)):  # noqa: S311  made data, the same every time
        group.append(delivery)
        if len(group) == _GROUP:
            count += len(commit(engine, group, snapshot))
            group = []
    return count + len(commit(engine, group, snapshot))


def _publish(engine: "Engine", domain: Domain, now: datetime) -> None:
    """Two looks for each span: the first and the last that found it so."""
    domain_id = queries.find_domain(engine, domain.name)
    assert domain_id is not None
    ends = [span.since for span in domain.policies[1:]]
    for number, span in enumerate(domain.policies):
        first = now - timedelta(days=span.since, hours=5)
        last = now - (timedelta(days=ends[number] + 0.5) if number < len(ends) else timedelta(hours=2))
        for at in (first, last):
            seen = _observation(domain, span, at, f"2026{number + 1:02}")
            published.record(engine, domain_id, seen, now + timedelta(days=365), check=_check(domain, seen, now))


def _observation(domain: Domain, span: PolicySpan, at: datetime, policy_id: str) -> Observation:
    if span.error is not None:
        return Observation(at, policy_id, None, span.error, span.error_detail, domain.mx)
    policy = StsPolicy(span.mode, span.max_age, span.mx, "\r\n".join([*documents.policy_lines(span), ""]))
    return Observation(at, policy_id, policy, mx_hosts=domain.mx)


def _check(domain: Domain, seen: Observation, now: datetime) -> Check:
    """What a check found at the time of a look. All certificates were renewed since the troubles."""
    record = f"v=TLSRPTv1; rua=mailto:tlsrpt@{domain.name}"
    sts = StsCheck(f"v=STSv1; id={seen.policy_id}", seen.policy_id, seen.policy, seen.error)
    mx = tuple(_host(domain, host, seen, now + timedelta(days=61)) for host in domain.mx)
    return Check(domain.name, seen.at, TlsrptCheck(record, (f"mailto:tlsrpt@{domain.name}",)), sts, mx)


def _host(domain: Domain, host: str, seen: Observation, ends: datetime) -> MxCheck:
    matches = None if seen.policy is None else host in seen.policy.mx
    bad = host in domain.self_signed
    problems = (Problem("certificate_untrusted", "error", "the certificate is self-signed", _RENEW),) if bad else ()
    return MxCheck(host, matches, True, Certificate(ends, (host,), not bad), problems=problems)


_RENEW = "Have one issued by an authority that senders trust."


def _deliveries(now: datetime, chance: random.Random) -> Iterator[Delivery]:
    """In the order in which they came: a report about a day arrives in the small hours of the next."""
    for back in range(DAYS - 1, 0, -1):
        day = now.date() - timedelta(days=back)
        for domain in (*DOMAINS, FOREIGN):
            for reporter in REPORTERS:
                if not domain.reporters or reporter.domain in domain.reporters:
                    yield from _of_day(domain, reporter, day, back, now, chance)
    yield _read(b"Subject: Win a prize\r\n\r\nNo report in here.\r\n", now, "bigmail.example")


def _of_day(
    domain: Domain, reporter: Reporter, day: date, back: int, now: datetime, chance: random.Random
) -> Iterator[Delivery]:
    content = documents.document(domain, reporter, day, back, chance)
    if content is None or back <= reporter.silent_since:
        return
    mail = documents.mail(content, domain, reporter, day)
    arrival = datetime.combine(day + timedelta(days=1), time(4), now.tzinfo) + timedelta(minutes=chance.randint(0, 200))
    arrival = min(arrival, now)
    # One reporter's relay breaks its signatures now and then; another sends everything twice in a while.
    signed = reporter.domain != "postbox.example" or chance.random() > 0.1
    yield _read(mail, arrival, reporter.domain if signed else None)
    if reporter.domain == "freemail.example" and chance.random() < 0.05:
        yield _read(mail, min(arrival + timedelta(hours=3), now), reporter.domain)


def _read(mail: bytes, at: datetime, signed_by: str | None) -> Delivery:
    found = Authentication(signed_by, None if signed_by else _CHANGED)
    envelope = Envelope("smtp", peer="192.0.2.10", helo="out.bigmail.example", mail_from="", tls="TLSv1.3")
    return ingest(mail, envelope, at, limits=Limits(), dkim="require", authenticate=lambda _mail, _identities: found)
