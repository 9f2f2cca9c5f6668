"""The rules about what is published: histories and checks in, conditions out."""

from dataclasses import replace

import pytest

from collector.store.queries import PublishedPolicy
from collector.store.queries.trouble import Record, Trouble
from tests.alerts.made import (
    MX1,
    MX2,
    THRESHOLDS,
    ago,
    broken,
    clean,
    facts,
    found,
    host,
    names,
    policy,
    record,
    trouble,
)

Found = list[tuple[str, int, bool]]
WRONG = [("", 1, True)]


FETCH: list[tuple[str, tuple[PublishedPolicy, ...], int, Found]] = [
    ("all is well", (policy(),), 0, []),
    ("one look failed", (policy(last=0.1), broken(first=0)), 1, []),
    ("two in a row", (policy(last=1), broken()), 2, WRONG),
    ("max_age is over: senders have none any more", (policy(last=20, max_age=86400), broken(first=19)), 30, [("", 2, True)]),
    ("a policy host that never worked", (broken(first=3),), 5, WRONG),
    ("a name server that never answered", (broken("dns", first=3),), 5, []),
    ("a name server that answers no more", (policy(last=1), broken("dns")), 5, WRONG),
    ("no record, as ever", (broken("no_record", first=30),), 40, []),
    ("no record any more, and senders hold enforce", (policy(last=1), broken("no_record")), 2, WRONG),
    ("no record any more, after mode none", (policy("none", last=1), broken("no_record")), 2, []),
    ("never looked at", (), 0, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("history", "failures", "expected"), [case[1:] for case in FETCH], ids=[case[0] for case in FETCH]
)
def test_policy_fetch(history: tuple[PublishedPolicy, ...], failures: int, expected: Found) -> None:
    domain = trouble(history=history, fetch_failures=failures)
    assert names(found(facts(domain), "policy_fetch")) == expected


def test_policy_fetch_says_since_when_and_until_when_senders_have_one() -> None:
    history = (policy(last=2, max_age=604800), broken("timeout", first=1.5, last=1), broken("tls", first=1))
    [condition] = found(facts(trouble(history=history, fetch_failures=4)), "policy_fetch")
    assert condition.evidence == {"error": "tls", "since": ago(1.5).isoformat(), "until": ago(-5).isoformat()}


CERTIFICATE = [
    ("good for long", 60.0, []),
    ("good for just long enough", 14.0, []),
    ("ends soon", 13.9, [(MX1, 1, True)]),
    ("has ended", -0.1, [(MX1, 2, True)]),
    ("not known", None, []),
]


@pytest.mark.parametrize(
    ("left", "expected"), [case[1:] for case in CERTIFICATE], ids=[case[0] for case in CERTIFICATE]
)
def test_certificate(left: float | None, expected: Found) -> None:
    domain = trouble(hosts=(host(MX2), host(MX1, left=left)))
    assert names(found(facts(domain), "certificate")) == expected


POLICY_HOST = [
    ("good for long", (policy(certificate=60),), []),
    ("ends soon", (policy(certificate=10),), [("mta-sts.example.com", 1, True)]),
    (
        "has ended, so that no look sees it any more",
        (policy(last=1, certificate=-0.5), broken("tls", first=1)),
        [("mta-sts.example.com", 2, True)],
    ),
    ("was renewed", (policy(last=5, certificate=-1), policy(first=5, certificate=80)), []),
    ("was never seen", (broken("tls"),), []),
]


@pytest.mark.parametrize(
    ("history", "expected"), [case[1:] for case in POLICY_HOST], ids=[case[0] for case in POLICY_HOST]
)
def test_certificate_of_the_policy_host(history: tuple[PublishedPolicy, ...], expected: Found) -> None:
    assert names(found(facts(trouble(history=history)), "certificate")) == expected


def test_certificate_by_the_settings() -> None:
    domain = trouble(hosts=(host(left=20),))
    assert found(facts(domain), "certificate", replace(THRESHOLDS, certificate_days=21)) != []


MX = [
    ("all named", policy(), (host(),), []),
    ("one is missing, in enforce", policy(), (host(), host(MX2, matches=False)), [(MX2, 2, True)]),
    ("one is missing, in testing", policy("testing"), (host(MX2, matches=False),), [(MX2, 1, True)]),
    ("mode none names nobody", policy("none"), (host(MX2, matches=False),), []),
    ("not known", policy(), (host(MX2, matches=None),), []),
]


@pytest.mark.parametrize(("published", "hosts", "expected"), [case[1:] for case in MX], ids=[case[0] for case in MX])
def test_mx_not_in_policy(published: PublishedPolicy, hosts: tuple[object, ...], expected: Found) -> None:
    domain = trouble(history=(published,), hosts=hosts)
    assert names(found(facts(domain), "mx_not_in_policy")) == expected


ELSEWHERE = "mailto:reports@elsewhere.example"
RECORDS: list[tuple[str, Trouble, Found]] = [
    ("it leads here", trouble(records=(record(),)), []),
    ("it leads elsewhere, and reports came", trouble(records=(record(ELSEWHERE, "not_here"),)), WRONG),
    ("it led here before", trouble(of_days={}, records=(record(), record(ELSEWHERE, "not_here", since=1))), WRONG),
    ("it never led here", trouble(of_days={}, records=(record(ELSEWHERE, "not_here"),)), [("", 1, False)]),
    ("it is gone", trouble(records=(record(), record(None, "no_record", since=1))), WRONG),
    ("DNS does not answer: not known", trouble(records=(record(), record(None, "dns", since=1))), []),
    ("never looked at", trouble(), []),
]


@pytest.mark.parametrize(("domain", "expected"), [case[1:] for case in RECORDS], ids=[case[0] for case in RECORDS])
def test_record_elsewhere(domain: Trouble, expected: Found) -> None:
    assert names(found(facts(domain), "record_elsewhere")) == expected


POLICY_NEWS: list[tuple[str, tuple[PublishedPolicy, ...], tuple[Record, ...], Found]] = [
    ("nothing new", (policy(),), (), []),
    ("the first look is no news", (policy(first=1),), (), []),
    ("another mode", (policy("testing", last=1), policy("enforce", first=1)), (), WRONG),
    ("another id", (policy(last=1), policy(first=1, policy_id="2")), (), WRONG),
    ("for three days", (policy("testing", last=3), policy("enforce", first=3)), (), []),
    ("a failed fetch in between changes nothing", (policy(last=1), broken(first=1, last=0.5), policy(first=0.5)), (), []),
    ("twice", (policy("testing", last=1), policy(first=1, last=0.5), policy("none", first=0.5)), (), [("", 2, True)]),
    ("another order of the MX is the same policy (Q12)", (policy(mx=(MX1, MX2), last=1), policy(mx=(MX2, MX1), first=1)), (), []),
    ("another record", (policy(),), (record(since=5), record(ELSEWHERE, since=1)), [("tlsrpt", 1, True)]),
    ("another state of the same record", (policy(),), (record(since=5), record("mailto:tlsrpt@example.com", "not_here", since=1)), []),
    ("a record that could not be looked up", (policy(),), (record(since=5), record(None, "dns", since=1)), []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("history", "records", "expected"), [case[1:] for case in POLICY_NEWS], ids=[case[0] for case in POLICY_NEWS]
)
def test_policy_changed(history: tuple[PublishedPolicy, ...], records: tuple[Record, ...], expected: Found) -> None:
    domain = trouble(of_days=clean(3, 1), history=history, records=records)
    assert names(found(facts(domain), "policy_changed")) == expected
