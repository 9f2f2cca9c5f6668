"""From the reports as they come to the verdict, on both databases."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta

import pytest

from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.store import checks, queries
from collector.store.engine import writing
from collector.store.queries import Evidence
from dashboard.verdict import Verdict, judge
from tests.support.collector import NOW, Collector
from tests.support.reports import Json, detail, mail_ru, microsoft, policy_result, report
from tests.verdict.made import THRESHOLDS

MX = ("mx1.example.com",)


def day(number: int) -> str:
    return f"2026-11-{number:02}"


def under(mode: str, *, successful: int = 10, details: tuple[Json, ...] = (), **other: object) -> Json:
    return policy_result(mode=mode, successful=successful, details=details, **other)  # type: ignore[arg-type]


def of(*results: Json, number: int = 20, name: str = "a") -> Json:
    return report(list(results), day=day(number), report_id=f"{name}-{number}", contact=f"tls@{name}.example")


def evidence(collector: Collector, name: str = "example.com") -> Evidence:
    """The same by both ways, but for who and where."""
    one = queries.evidence(collector.engine, collector.id(name), now=NOW)
    among = queries.evidence_of_all(collector.engine, [collector.id(name)], now=NOW)[collector.id(name)]
    assert judged(one).evidence == judged(among).evidence
    assert judged(one).word == judged(among).word
    return one


def judged(given: Evidence) -> Verdict:
    return judge(given, THRESHOLDS, NOW)


def in_testing(document: Json) -> Json:
    """The same report under a policy in testing."""
    changed = deepcopy(document)
    for result in changed["policies"]:
        lines = result["policy"].get("policy-string", [])
        result["policy"]["policy-string"] = [line.replace("mode: enforce", "mode: testing") for line in lines]
    return changed


def test_a_clean_fortnight_in_testing_is_ready(collector: Collector) -> None:
    collector.publish("testing", NOW - timedelta(days=40))
    collector.publish("testing", NOW - timedelta(hours=5))
    for number in range(10, 24):
        for name in ("a", "b"):
            collector.take(of(under("testing"), number=number, name=name), signed_by=f"{name}.example")
    found = evidence(collector)
    assert (found.mode, found.mx, found.sessions, found.reporters) == ("testing", MX, 280, 2)
    assert found.days == tuple(date(2026, 11, number) for number in range(10, 24))
    assert found.unauthenticated == 0
    assert judged(found).word == "ready"


def test_microsofts_pair_is_one_session_each(collector: Collector) -> None:
    """Q20: the same ten sessions under sts and tlsa; three of them failed."""
    collector.take(in_testing(microsoft(successful=7, failed=3)))
    found = evidence(collector)
    assert sum(failure.failed for failure in found.failed) == 6  # as told, under both
    assert found.sessions == 10
    assert judged(found).evidence.would_refuse == 3


def test_it_is_the_failures_own_policy_that_counts(collector: Collector) -> None:
    """Rule 7: published is enforce; what was applied was testing, enforce, nothing, and something unknown."""
    collector.publish("enforce", NOW - timedelta(days=40))
    collector.publish("enforce", NOW)
    unknown = under("testing", details=(detail("validation-failure", 8),))
    del unknown["policy"]["policy-string"], unknown["policy"]["mx-host"]
    collector.take(of(under("testing", details=(detail(failed=1),)), name="a"))
    collector.take(of(under("enforce", details=(detail(failed=2),)), name="b"))
    collector.take(of(under("testing", policy_type="no-policy-found", details=(detail(failed=4),)), name="c"))
    collector.take(of(unknown, name="d"))
    found = judged(evidence(collector))
    assert found.evidence.would_refuse == 3
    texts = {reason.code: reason.text for reason in found.reasons}
    assert texts["would_refuse"].startswith("1 session failed under a policy in testing")
    assert texts["held_back"].startswith("2 sessions failed under a policy in enforce")
    assert texts["not_judged"].startswith("12 failures told without an MTA-STS policy")


@pytest.mark.parametrize(
    ("what", "failed", "details", "would_refuse"),
    [
        ("details as the summary", 5, (detail(failed=5),), 5),
        ("one session under two types (R17)", 5, (detail(failed=5), detail("validation-failure", 5)), 5),
        ("more details than the summary (Q51)", 2, (detail(failed=9),), 2),
        ("fewer (rule 5)", 9, (detail(failed=2),), 9),
        ("none at all (Q50)", 9, (), 9),
        ("DANE alone", 5, (detail("tlsa-invalid", 5),), 0),
        ("DANE beside the certificate", 5, (detail("dnssec-invalid", 3), detail(failed=2)), 2),
        ("no failed session in the summary", 0, (detail(failed=4),), 0),
        ("a type nobody knows (Q55)", 1, (detail("made-up", 1),), 1),
    ],
)
def test_sessions_that_enforce_would_have_held_back(
    collector: Collector, what: str, failed: int, details: tuple[Json, ...], would_refuse: int
) -> None:
    collector.take(of(under("testing", failed=failed, details=details)))
    assert judged(evidence(collector)).evidence.would_refuse == would_refuse, what


def test_a_policy_that_senders_cannot_fetch_is_told_without_a_mode(collector: Collector) -> None:
    collector.take(mail_ru(day=day(20), failed=1))
    found = judged(evidence(collector))
    assert found.evidence.would_refuse == 0
    [reason] = [reason for reason in found.reasons if reason.code == "policy_failures"]
    assert reason.ok is False
    assert "2 failures" in reason.text


def test_only_the_last_28_days_count(collector: Collector) -> None:
    for at in (date(2026, 10, 26), date(2026, 10, 27), date(2026, 11, 23)):
        document = report([under("testing", details=(detail(failed=1),))], day=at.isoformat(), report_id=str(at))
        collector.take(document)
    found = evidence(collector)
    assert found.days == (date(2026, 10, 27), date(2026, 11, 23))
    assert judged(found).evidence.would_refuse == 2


def test_sessions_without_a_policy_are_no_evidence(collector: Collector) -> None:
    collector.take(of(policy_result(policy_type="no-policy-found", successful=500)))
    collector.take(of(policy_result(policy_type="tlsa", successful=500), name="b"))
    found = evidence(collector)
    assert (found.days, found.sessions, found.reporters) == ((), 0, 0)


def test_who_is_not_authenticated_is_told(collector: Collector) -> None:
    collector.take(of(under("testing", successful=30), name="a"), signed_by="a.example")
    collector.take(of(under("testing", successful=12), name="b"), channel="https")
    found = evidence(collector)
    assert (found.sessions, found.unauthenticated, found.reporters) == (42, 12, 2)


def test_failures_tell_reporter_and_mx(collector: Collector) -> None:
    bare = detail("validation-failure", 2, receiving_mx_hostname=None)
    collector.take(of(under("testing", details=(detail(failed=3), bare)), name="a"))
    found = evidence(collector)
    assert [(each.result_type, each.mx, each.failed) for each in found.failed] == [
        ("certificate-expired", "mx1.example.com", 3),
        ("validation-failure", "", 2),
    ]
    assert all(each.reporter for each in found.failed)
    [listed] = queries.evidence_of_all(collector.engine, [collector.id()], now=NOW).values()
    assert {(each.reporter, each.mx) for each in listed.failed} == {(None, None)}


def test_the_mode_before_our_first_look_is_the_reported_one(collector: Collector) -> None:
    assert evidence(collector).mode == "unknown"
    collector.take(of(under("testing"), number=23))
    assert evidence(collector).mode == "testing"
    assert judged(evidence(collector)).word == "insufficient_data"
    collector.publish("none", NOW)
    assert evidence(collector).mode == "none"
    assert judged(evidence(collector)).word == "not_applicable"


def test_the_cached_policy_counts_until_its_max_age(collector: Collector) -> None:
    """The contract: seen for the last time 6 days ago with a week to live."""
    collector.publish("testing", NOW - timedelta(days=6))
    assert evidence(collector).mode == "testing"
    later = queries.evidence(collector.engine, collector.id(), now=NOW + timedelta(days=2))
    assert (later.mode, later.in_force) == ("unknown", None)


def test_a_former_mx_is_not_asked_for(collector: Collector) -> None:
    collector.publish("testing", NOW - timedelta(days=3), mx=("old.example.com", "mx1.example.com"))
    collector.publish("testing", NOW, mx=("mx1.example.com", "mx2.example.com"))
    found = evidence(collector)
    assert (found.mx, found.mx_seen) == (("mx1.example.com", "mx2.example.com"), NOW)


def test_each_domain_has_its_own_evidence(collector: Collector) -> None:
    collector.add("example.net", "quiet.example")
    collector.take(of(under("testing", details=(detail(failed=3),))))
    other = policy_result("example.net", mode="enforce", mx=("mx.example.net",), successful=7)
    collector.take(of(other, name="b"))
    ids = [collector.id(name) for name in ("example.com", "example.net", "quiet.example")]
    found = queries.evidence_of_all(collector.engine, ids, now=NOW)
    assert [found[key].sessions for key in ids] == [13, 7, 0]
    assert [judged(found[key]).evidence.would_refuse for key in ids] == [3, 0, 0]
    assert [found[key].mode for key in ids] == ["testing", "enforce", "unknown"]


def test_no_domain_no_query(collector: Collector) -> None:
    assert queries.evidence_of_all(collector.engine, [], now=datetime(2026, 11, 24, tzinfo=UTC)) == {}


def check(collector: Collector, at: datetime, *hosts: MxCheck) -> None:
    """A whole check of example.com, into the history."""
    found = Check("example.com", at, TlsrptCheck(None), StsCheck(None, None, None), hosts)
    with writing(collector.engine) as connection:
        checks.record(connection, collector.id(), found, hosts_known=True)


def shown(host: str, trusted: bool) -> MxCheck:
    return MxCheck(host, True, True, Certificate(NOW + timedelta(days=60), (host,), trusted))


def test_the_certificates_are_those_of_the_latest_check(collector: Collector) -> None:
    assert evidence(collector).certificates is None
    check(collector, NOW - timedelta(days=2), shown("mx1.example.com", False), shown("old.example.com", False))
    check(collector, NOW - timedelta(days=1), shown("mx1.example.com", True), MxCheck("mx2.example.com", True, None))
    found = evidence(collector).certificates
    assert found is not None
    assert [(each.host, each.starttls, each.trusted, each.checked_at) for each in found] == [
        ("mx1.example.com", True, True, NOW - timedelta(days=1)),
        ("mx2.example.com", None, None, NOW - timedelta(days=1)),
    ]
    assert [each.not_after for each in found] == [NOW + timedelta(days=60), None]
    [reason] = [reason for reason in judged(evidence(collector)).reasons if reason.code == "certificates"]
    assert (reason.ok, "mx2.example.com" in reason.text) == (None, True)


def test_days_after_the_moment_do_not_count(collector: Collector) -> None:
    """What a report tells later of days before the moment does."""
    for number in (20, 21):
        collector.take(of(under("testing", details=(detail(failed=1),)), number=number, name="a"))
    collector.take(of(under("enforce", details=(detail(failed=5),)), number=22, name="b"))
    then = as_of(collector, datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC))
    assert (then.mode, then.sessions, then.reporters) == ("testing", 22, 1)
    assert then.days == (date(2026, 11, 20), date(2026, 11, 21))
    assert sum(each.failed for each in then.failed) == 2
    assert sum(then.ceiling.values()) == 2
    assert (evidence(collector).mode, evidence(collector).sessions) == ("enforce", 37)


def test_looks_after_the_moment_are_not_known(collector: Collector) -> None:
    for days_ago in (8, 7, 6):
        collector.publish("testing", NOW - timedelta(days=days_ago), mx=("old.example.com", "mx1.example.com"))
    for days_ago in (5, 4):
        collector.publish("enforce", NOW - timedelta(days=days_ago), mx=("mx1.example.com", "mx2.example.com"))
    check(collector, NOW - timedelta(days=8), shown("mx1.example.com", True), shown("old.example.com", True))
    check(collector, NOW - timedelta(days=5), shown("mx1.example.com", False), shown("mx2.example.com", True))
    moment = NOW - timedelta(days=5, hours=6)
    then, now = as_of(collector, moment), evidence(collector)
    assert [(each.mode, each.last_seen, each.ended_at) for each in then.history] == [
        ("testing", NOW - timedelta(days=6), None)
    ]
    assert (then.mode, then.in_force, now.mode) == ("testing", then.history[0], "enforce")
    assert (then.mx, then.mx_seen) == (("mx1.example.com", "old.example.com"), moment)
    assert (now.mx, now.mx_seen) == (("mx1.example.com", "mx2.example.com"), NOW - timedelta(days=4))
    assert trusted(then) == {"mx1.example.com": True, "old.example.com": True}
    assert trusted(now) == {"mx1.example.com": False, "mx2.example.com": True}


def test_before_everything_nothing_is_known(collector: Collector) -> None:
    collector.publish("enforce", NOW)
    check(collector, NOW, shown("mx1.example.com", True))
    then = as_of(collector, NOW - timedelta(days=1))
    assert (then.mode, then.history, then.mx, then.certificates) == ("unknown", (), None, None)


def as_of(collector: Collector, moment: datetime) -> Evidence:
    return queries.evidence(collector.engine, collector.id(), now=moment)


def trusted(found: Evidence) -> dict[str, bool | None]:
    assert found.certificates is not None
    return {each.host: each.trusted for each in found.certificates}
