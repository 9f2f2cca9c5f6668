"""The rules of counting (DESIGN), each with its own numbers, from the mail to the figure, on both databases."""

from copy import deepcopy
from datetime import UTC, date, datetime

import pytest

from collector.store import queries
from collector.store.queries import Filter
from tests.support.collector import ALL, NOW, Collector
from tests.support.reports import detail, google, mail_ru, microsoft, policy_result, report, stalwart

MX1, MX2 = "mx1.example.com", "mx2.example.com"


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


# Rule 3: a report is counted once.


def test_rule_3_a_duplicate_by_mail_is_not_counted_again(collector: Collector) -> None:
    assert collector.take(google(successful=10)) == "stored"
    assert collector.take(google(successful=10)) == "duplicate"
    assert collector.totals() == (1, 10, 0)


def test_rule_3_over_all_channels(collector: Collector) -> None:
    assert collector.take(google(), channel="https") == "stored"
    assert collector.take(google(), channel="import") == "duplicate"
    assert collector.take(google(), channel="smtp") == "duplicate"
    assert collector.totals() == (1, 10, 0)


def test_rule_3_equal_as_json_values_whatever_the_bytes(collector: Collector) -> None:
    document = google(successful=7)
    shuffled = dict(reversed(document.items()))
    assert collector.take(document) == "stored"
    assert collector.take(shuffled) == "duplicate"


def test_rule_3_other_content_under_the_same_key_is_a_conflict_and_the_first_stays(collector: Collector) -> None:
    assert collector.take(google(successful=10)) == "stored"
    assert collector.take(google(successful=99, failed=1)) == "conflict"
    assert collector.totals() == (1, 10, 0)
    [first] = queries.reports(collector.engine).items
    [conflict] = queries.deliveries(collector.engine, outcome="conflict").items
    assert conflict.reports == (first.id,)  # both are shown


def test_rule_3_a_copy_of_a_conflict_is_a_duplicate_of_it(collector: Collector) -> None:
    documents = [google(successful=n) for n in (10, 99, 99, 10)]
    assert [collector.take(document) for document in documents] == ["stored", "conflict", "duplicate", "duplicate"]
    assert collector.totals() == (1, 10, 0)


def test_rule_3_a_copy_of_what_waits_for_its_domain_is_a_duplicate_of_it(collector: Collector) -> None:
    document = google("foreign.example")
    assert collector.take(document, domain="foreign.example") == "unassigned"
    assert collector.take(document, domain="foreign.example", channel="import") == "duplicate"
    [offered] = queries.foreign_names(collector.engine).items
    assert (offered.name, offered.deliveries) == ("foreign.example", 1)


def test_rule_3_in_one_transaction_as_in_several(collector: Collector) -> None:
    deliveries = [collector.read(google(successful=n)) for n in (10, 10, 99)]
    assert [stored.outcome for stored in collector.deliver(*deliveries)] == ["stored", "duplicate", "conflict"]
    assert collector.totals() == (1, 10, 0)


@pytest.mark.parametrize("together", [True, False], ids=["one transaction", "two"])
def test_rule_3_an_authenticated_copy_lends_its_authentication(collector: Collector, together: bool) -> None:
    document = google(successful=10, failed=2)
    first, copy = collector.read(document), collector.read(document, signed_by="bigmail.example")
    outcomes = collector.deliver(first, copy) if together else collector.deliver(first) + collector.deliver(copy)
    assert [stored.outcome for stored in outcomes] == ["stored", "duplicate"]
    assert collector.totals() == (1, 10, 2)
    assert collector.totals(authenticated_only=True) == (1, 10, 2)
    [reporter] = queries.reporters(collector.engine, collector.id(), ALL, now=NOW)
    assert (reporter.reporter, reporter.authenticated, reporter.reports) == ("bigmail.example", True, 1)
    [failure] = queries.failures(collector.engine, collector.id(), ALL).items
    assert (failure.authenticated, failure.failed) == (True, 2)
    assert collector.mx().mx[0].failed == 2


def test_rule_3_lending_leaves_the_figures_of_others_alone(collector: Collector) -> None:
    other = report([policy_result(successful=1, details=[detail("validation-failure", 3)])], report_id="other")
    other["contact-info"] = "tls@bigmail.example"
    collector.take(google(successful=10, failed=2))
    collector.take(other)
    collector.take(google(successful=10, failed=2), signed_by="bigmail.example")
    assert collector.totals() == (2, 11, 5)
    assert collector.totals(authenticated_only=True) == (1, 10, 2)
    rows = queries.reporters(collector.engine, collector.id(), ALL, now=NOW)
    assert {(row.authenticated, row.reports, row.failed) for row in rows} == {(True, 1, 2), (False, 1, 3)}


def test_rule_3_a_copy_without_authentication_takes_none_away(collector: Collector) -> None:
    assert collector.take(google(), signed_by="bigmail.example") == "stored"
    assert collector.take(google(), channel="https") == "duplicate"
    assert collector.totals(authenticated_only=True) == (1, 10, 0)


def test_rule_3_nobody_can_block_another_reporters_report(collector: Collector) -> None:
    forged = google(successful=0, failed=1000)
    assert collector.take(forged) == "stored"  # under `record` it counts, marked
    assert collector.take(google(successful=10), signed_by="bigmail.example") == "stored"
    assert collector.take(google(successful=10), signed_by="mallory.example") == "stored"
    assert collector.totals(authenticated_only=True) == (2, 20, 0)
    # A forgery that comes later under the real one's key does not count either way.
    assert collector.take(google(successful=5), signed_by="bigmail.example") == "conflict"


def test_rule_3_the_reporter_is_part_of_the_key(collector: Collector) -> None:
    # Q103: tlsrpt-reporter's ids are the same for every organisation that runs it.
    one, two = google(), google()
    one["contact-info"], two["contact-info"] = "tls@one.example", "tls@two.example"
    assert [collector.take(one), collector.take(two)] == ["stored", "stored"]
    assert collector.totals() == (2, 20, 0)


def test_rule_3_one_id_for_all_domains_of_a_day(collector: Collector) -> None:
    collector.add("example.net")
    for name in ("example.com", "example.net"):  # Q37: Halon
        assert collector.take(report([policy_result(name)], report_id="one-for-all"), domain=name) == "stored"
    assert collector.totals() == collector.totals("example.net") == (1, 10, 0)


# Rule 4: the same sessions are not counted twice.


def test_rule_4_microsofts_sts_and_tlsa_pair(collector: Collector) -> None:
    collector.take(microsoft(successful=7, failed=3))
    assert collector.totals() == (1, 7, 3)
    types = {figure.policy_type: (figure.successful, figure.failed) for figure in collector.day().by_policy_type}
    assert types == {"sts": (7, 3), "tlsa": (7, 3)}
    assert collector.failures() == {"validation-failure": 6}  # per-type figures stay exact


def test_rule_4_sts_of_the_domain_beside_tlsa_of_its_hosts(collector: Collector) -> None:
    collector.publish("enforce", at(1), mx=(MX1, MX2))
    entries = [
        policy_result(successful=12, mx=(MX1, MX2)),
        policy_result(MX1, policy_type="tlsa", successful=8, details=[detail("tlsa-invalid", 1)]),
        policy_result(MX2, policy_type="tlsa", successful=3),
    ]
    collector.take(report(entries))
    assert collector.totals() == (1, 11, 1)  # A: 12 and 0; B: 11 and 1
    assert [(row.mx, row.failed, row.successful) for row in collector.mx().mx] == [(MX1, 1, 8), (MX2, 0, 3)]


# Rule 5: totals come from the summary.


def test_rule_5_a_shortfall_is_unspecified_and_not_attributable(collector: Collector) -> None:
    collector.take(report([policy_result(successful=90, failed=10, details=[detail("certificate-expired", 4)])]))
    assert collector.totals() == (1, 90, 10)
    assert collector.failures() == {"certificate-expired": 4, "unspecified": 6}
    table = collector.mx()
    assert [(row.mx, row.failed, row.by_result_type) for row in table.mx] == [(MX1, 4, {"certificate-expired": 4})]
    assert (table.not_attributable.failed, table.not_attributable.by_result_type) == (6, {"unspecified": 6})


def test_rule_5_details_beyond_the_total_do_not_raise_it(collector: Collector) -> None:
    collector.take(mail_ru(failed=1))  # Q51: two details of one each
    assert collector.totals() == (1, 0, 1)
    assert collector.failures() == {"sts-policy-fetch-error": 2}


# Rule 6: per MX, honestly.


def test_rule_6_a_policy_with_two_mx_attributes_no_success(collector: Collector) -> None:
    entry = policy_result(mx=(MX1, MX2), successful=40, details=[detail("certificate-expired", 2)])
    collector.take(report([entry]))
    table = collector.mx()
    assert [(row.mx, row.failed, row.successful) for row in table.mx] == [(MX1, 2, None)]
    assert (table.not_attributable.successful, table.not_attributable.failed) == (40, 0)


def test_rule_6_a_policy_with_one_mx_attributes_all(collector: Collector) -> None:
    collector.take(report([policy_result(mx=(MX1,), successful=40)]))
    table = collector.mx()
    assert [(row.mx, row.successful) for row in table.mx] == [(MX1, 40)]
    assert table.not_attributable.successful == 0


def test_rule_6_not_attributable_is_the_rest(collector: Collector) -> None:
    collector.take(report([policy_result(mx=(MX1,), successful=40)], report_id="1"))
    collector.take(report([policy_result(mx=("*.example.com",), successful=5)], report_id="2"))
    collector.take(microsoft(successful=7))  # its sts policy lists one MX
    table = collector.mx()
    assert [(row.mx, row.successful) for row in table.mx] == [(MX1, 47)]
    assert table.not_attributable.successful == 5


# Rule 7: the mode that counts for a day.


def test_rule_7_the_published_mode_at_the_days_end(collector: Collector) -> None:
    collector.publish("testing", at(10))
    collector.publish("enforce", at(12))
    days = [collector.day(f"2026-11-{number:02}") for number in (9, 10, 11, 12)]
    assert [(day.mode, day.mode_source) for day in days] == [
        ("unknown", "reported"),
        ("testing", "published"),
        ("testing", "published"),
        ("enforce", "published"),
    ]


def test_rule_7_before_our_own_observations_the_reported_one(collector: Collector) -> None:
    collector.take(report([policy_result(mode="testing", successful=5)], day="2026-11-05", report_id="1"))
    collector.take(report([policy_result(mode="enforce", successful=4)], day="2026-11-05", report_id="2"))
    collector.take(report([policy_result(policy_type="no-policy-found")], day="2026-11-04"))
    collector.publish("enforce", at(10))
    days = {day: collector.day(day) for day in ("2026-11-04", "2026-11-05", "2026-11-10")}
    assert [(d.mode, d.mode_source) for d in days.values()] == [
        ("none", "reported"),
        ("testing", "reported"),
        ("enforce", "published"),
    ]


def test_rule_7_what_a_failure_meant_depends_on_its_own_policy(collector: Collector) -> None:
    collector.publish("enforce", at(19))
    late_sender = policy_result(mode="testing", successful=0, details=[detail("certificate-expired", 3)])
    collector.take(report([late_sender]))
    [failure] = queries.failures(collector.engine, collector.id(), ALL).items
    assert (collector.day().mode, failure.mode) == ("enforce", "testing")


# Rule 8: the day of a report.


def test_rule_8_a_late_report_lands_on_its_own_day(collector: Collector) -> None:
    collector.take(google(day="2026-10-01", successful=3))
    assert collector.day("2026-10-01").successful == 3
    assert collector.day("2026-11-24").successful == 0


@pytest.mark.parametrize(
    ("start", "day"),
    [
        ("2026-11-20T00:00:00Z", "2026-11-20"),
        ("2026-11-20T23:30:00-01:00", "2026-11-21"),
        ("2026-11-20T00:30:00+01:00", "2026-11-19"),
    ],
)
def test_rule_8_a_day_is_the_utc_day_of_the_start(collector: Collector, start: str, day: str) -> None:
    document = google(successful=3)
    document["date-range"] = {"start-datetime": start, "end-datetime": "2026-11-22T00:00:00Z"}
    collector.take(document)
    assert collector.day(day).successful == 3


def test_rule_8_every_day_of_the_range_is_listed(collector: Collector) -> None:
    collector.take(google())
    days = queries.daily(collector.engine, collector.id(), Filter(date(2026, 11, 18), date(2026, 11, 22)), now=NOW).days
    assert [(d.day.day, d.reports, d.successful) for d in days] == [
        (18, 0, 0),
        (19, 0, 0),
        (20, 1, 10),
        (21, 0, 0),
        (22, 0, 0),
    ]


# Rule 9: whose result is it?


def test_rule_9_a_report_over_two_domains_is_split(collector: Collector) -> None:
    collector.add("example.net")
    document = report([policy_result("example.com", successful=4), policy_result("example.net", successful=6)])
    assert collector.take(document) == "stored"
    assert collector.totals() == (1, 4, 0)
    assert collector.totals("example.net") == (1, 6, 0)


def test_rule_9_the_outcome_is_the_best_of_the_parts(collector: Collector) -> None:
    document = report([policy_result("example.com"), policy_result("foreign.example")])
    assert collector.take(document) == "stored"
    assert collector.take(document) == "duplicate"
    changed = deepcopy(document)
    changed["policies"][0]["summary"]["total-successful-session-count"] = 11
    assert collector.take(changed) == "conflict"
    assert [(part.domain, part.outcome) for part in queries.deliveries(collector.engine).items[0].parts] == [
        ("example.com", "conflict"),
        ("foreign.example", "unassigned"),
    ]


def test_rule_9_a_tlsa_result_about_an_mx_host_is_the_domains(collector: Collector) -> None:
    collector.publish("enforce", at(1), mx=("mx.provider.example",))
    entry = policy_result("mx.provider.example", policy_type="tlsa", successful=5)
    assert collector.take(report([entry]), domain="mx.provider.example") == "stored"
    assert collector.totals() == (1, 5, 0)


def test_rule_9_foreign_is_kept_not_counted_and_offered(collector: Collector) -> None:
    assert collector.take(google("sub.example.com"), domain="sub.example.com") == "unassigned"
    assert collector.totals() == (0, 0, 0)
    [offered] = queries.foreign_names(collector.engine).items
    assert (offered.name, offered.deliveries) == ("sub.example.com", 1)


def test_rule_9_an_absent_policy_domain_is_inferred_with_a_finding(collector: Collector) -> None:
    document = google()
    del document["policies"][0]["policy"]["policy-domain"]
    assert collector.take(document) == "stored"
    [row] = queries.reports(collector.engine).items
    assert "Q15" in [finding.code for finding in row.findings]


def test_a_heartbeat_without_policies_counts_as_a_report(collector: Collector) -> None:
    assert collector.take(report([])) == "stored"
    assert collector.totals() == (1, 0, 0)


def test_reports_of_one_day_add_up(collector: Collector) -> None:
    for document in (google(successful=10, failed=1), microsoft(successful=20, failed=2), stalwart(successful=30)):
        assert collector.take(document) == "stored"
    assert collector.totals() == (3, 60, 3)
    assert (collector.day().reports, collector.day().mode, collector.day().mode_source) == (3, "enforce", "reported")
