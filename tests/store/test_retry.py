"""A kept delivery read again: under other settings, with a key that is back, or by a better reader."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from collector import settings
from collector.auth.key_record import Key, NoKey, choose
from collector.delivery import Reason
from collector.errors import KeyUnavailable, UsageError
from collector.retry import Reader, Retried, retry
from collector.store import domains, kept, queries
from tests.store.made import rubbish
from tests.support.collector import Collector
from tests.support.mails import rsa_key, sign
from tests.support.reports import google, mail, policy_result, report, to_gzip

KEY = rsa_key()
SIGNER = "bigmail.example"
KEY_NAME = f"s1._domainkey.{SIGNER}"
BROKEN = Reason("schema", "as an older version read it")
UNSIGNED = Reason("dkim_fail", "the key was not there")


class Keys:
    """Keys by name; `away` while DNS does not answer."""

    def __init__(self, away: bool = False) -> None:
        self.away = away
        self.asked = 0

    def get(self, name: str) -> Key | NoKey:
        self.asked += 1
        if self.away:
            raise KeyUnavailable(f"the DKIM key {name} could not be fetched: time-out")
        return choose([KEY.record().encode()]) if name == KEY_NAME else NoKey("is not published")

    def peek(self, name: str) -> bool:
        return True


def signed(document: object = None, **tags: str | None) -> bytes:
    raw = mail(document or google(successful=10), submitter=SIGNER)
    return sign(raw, SIGNER, "s1", KEY, tags=tags)


def quarantined(collector: Collector, raw: bytes, reason: Reason, channel: str = "smtp") -> UUID:
    """A delivery that was quarantined when it came, for whatever reason held then."""
    delivery = replace(collector.read(raw, channel=channel), reason=reason, authenticated=False)
    collector.deliver(delivery)
    return delivery.id


def again(
    collector: Collector, *ids: UUID, keys: Keys | None = None, dkim: str = "require", trusted: str = ""
) -> dict[UUID, Retried]:
    """Retries these, or everything that is open."""
    reader = Reader(
        settings.load(environ={}, overrides={"auth.dkim": dkim, "auth.trusted_results": trusted}), keys or Keys()
    )
    engine = collector.engine
    groups = kept.these(engine, kept.find(engine, ids)) if ids else kept.open_ones(engine)
    return {retried.row.id: retried for retried in retry(engine, reader, groups)}


def test_a_mail_whose_key_is_back_counts_under_its_own_id_and_time(collector: Collector) -> None:
    one = quarantined(collector, signed(), UNSIGNED)
    before = queries.delivery(collector.engine, one)
    assert before is not None
    row = again(collector, one)[one].row
    assert (row.outcome, row.reason_code, row.reason_message) == ("stored", None, None)
    assert (row.reporter, row.authenticated, row.received_at) == (SIGNER, True, before.received_at)
    assert [(part.domain, part.outcome) for part in row.parts] == [("example.com", "stored")]
    assert collector.totals(authenticated_only=True) == (1, 10, 0)
    [counted] = queries.reports(collector.engine).items
    assert (counted.id, counted.delivery_id, counted.received_at) == (row.reports[0], one, before.received_at)


def test_trying_again_twice_counts_once(collector: Collector) -> None:
    one = quarantined(collector, signed(), UNSIGNED)
    assert [again(collector, one)[one].row.outcome for _ in range(3)] == ["stored"] * 3
    assert again(collector) == {}
    assert collector.totals() == (1, 10, 0)


def test_a_signature_that_has_expired_meanwhile_held_when_it_came(collector: Collector) -> None:
    """Its x= lies behind its arrival and before today; one that had run out before is refused still."""
    arrived = queries.delivery(collector.engine, quarantined(collector, signed(x=str(2_000_000_000)), UNSIGNED))
    assert arrived is not None
    expired = quarantined(
        collector, signed(google(day="2026-11-19"), x=str(int(arrived.received_at.timestamp()) - 60)), UNSIGNED
    )
    result = again(collector)
    assert result[arrived.id].row.outcome == "stored"
    assert result[expired].row.reason_code == "dkim_fail"
    assert "expired" in (result[expired].row.reason_message or "")


def test_when_an_imported_mail_arrived_nobody_knows(collector: Collector) -> None:
    one = quarantined(collector, signed(x="1700000000"), UNSIGNED, channel="import")
    assert again(collector, one)[one].row.outcome == "stored"


@pytest.mark.parametrize(("dkim", "outcome"), [("require", "quarantined"), ("record", "stored"), ("off", "stored")])
def test_the_present_setting_decides(collector: Collector, dkim: str, outcome: str) -> None:
    one = quarantined(collector, mail(google(successful=10)), UNSIGNED)
    row = again(collector, one, dkim=dkim)[one].row
    assert row.outcome == outcome
    assert row.reason_code == ("dkim_missing" if dkim == "require" else None)
    assert collector.totals() == ((1, 10, 0) if outcome == "stored" else (0, 0, 0))


def test_a_better_reader_finds_what_is_in_it(collector: Collector) -> None:
    one = quarantined(collector, signed(report([policy_result(), policy_result("foreign.example")])), BROKEN)
    row = again(collector, one)[one].row
    assert {part.domain: part.outcome for part in row.parts} == {
        "example.com": "stored",
        "foreign.example": "unassigned",
    }


def test_what_still_cannot_be_read_has_todays_reason(collector: Collector) -> None:
    one = quarantined(collector, mail(to_gzip(b"{")), UNSIGNED)
    row = again(collector, one)[one].row
    assert (row.outcome, row.reason_code, row.parts, row.reporter) == ("quarantined", "json", (), None)


def test_findings_are_todays(collector: Collector) -> None:
    raw = signed().replace(b"TLS-Report-Submitter: bigmail.example", b"TLS-Report-Submitter: other.example")
    one = quarantined(collector, raw, BROKEN)
    with_findings = again(collector, one, dkim="off")[one].row
    read = collector.read(raw)
    assert with_findings.findings == read.findings
    assert read.findings


def test_a_key_that_is_away_changes_nothing_and_stops_nobody(collector: Collector) -> None:
    first = quarantined(collector, signed(), UNSIGNED)
    other = quarantined(collector, b"Subject: hello\r\n\r\nno report", BROKEN)
    result = again(collector, keys=Keys(away=True))
    assert "time-out" in (result[first].key_away or "")
    assert (result[first].row.outcome, result[first].row.reason_code) == ("quarantined", "dkim_fail")
    assert (result[other].row.reason_code, result[other].key_away) == ("not_a_report", None)


def test_what_is_counted_is_left_alone(collector: Collector) -> None:
    stored = quarantined(collector, mail(google(successful=10)), UNSIGNED)
    again(collector, stored, dkim="off")
    repeated = collector.read(google(successful=10))
    collector.deliver(repeated)
    result = again(collector, stored, repeated.id)  # under `require` neither would count
    assert [result[each].row.outcome for each in (stored, repeated.id)] == ["stored", "duplicate"]
    assert collector.totals() == (1, 10, 0)


def test_the_word_of_the_operators_own_server_is_believed(collector: Collector) -> None:
    """The mail was altered on the way from that server to us, or the key has gone."""
    told = f"Authentication-Results: mx.example.net; dkim=pass header.d={SIGNER}\r\n".encode()
    raw = sign(mail(google(successful=10), submitter=SIGNER), SIGNER, "gone", KEY)
    one = quarantined(collector, told + raw, UNSIGNED, channel="imap")
    assert again(collector, one)[one].row.reason_code == "dkim_fail"
    row = again(collector, one, trusted="mx.example.net")[one].row
    assert (row.outcome, row.reporter, row.authenticated) == ("stored", SIGNER, True)


def test_what_was_authenticated_stays_so_without_its_key(collector: Collector) -> None:
    delivery = collector.read(google("other.example", successful=7), domain="other.example", signed_by=SIGNER)
    collector.deliver(delivery)
    keys = Keys(away=True)
    assert again(collector, delivery.id, keys=keys)[delivery.id].row.outcome == "unassigned"
    domains.add(collector.engine, ["other.example"])
    row = again(collector, delivery.id, keys=keys)[delivery.id].row
    assert (row.outcome, row.reporter, row.authenticated) == ("stored", SIGNER, True)
    assert keys.asked == 0


def test_a_retried_copy_lends_its_authentication(collector: Collector) -> None:
    collector.take(google(successful=10), channel="https")
    one = quarantined(collector, signed(), UNSIGNED)
    assert again(collector, one)[one].row.outcome == "duplicate"
    assert collector.totals(authenticated_only=True) == (1, 10, 0)


def test_a_conflict_stays_one_and_names_the_report_that_counts(collector: Collector) -> None:
    collector.take(google(successful=10))
    other = collector.read(google(successful=11))
    collector.deliver(other)
    row = again(collector, other.id, dkim="record")[other.id].row
    [counted] = queries.reports(collector.engine).items
    assert (row.outcome, row.reports) == ("conflict", (counted.id,))
    assert collector.totals() == (1, 10, 0)


@pytest.mark.parametrize(("reason", "outcome"), [(UNSIGNED, "quarantined"), (BROKEN, "stored")])
def test_an_imported_file_stays_as_strict_as_it_was_asked_to_be(
    collector: Collector, reason: Reason, outcome: str
) -> None:
    """`import --require-dkim` is the only way to quarantine one for its signature."""
    one = quarantined(collector, mail(google()), reason, channel="import")
    assert again(collector, one)[one].row.outcome == outcome


@pytest.mark.parametrize(("channel", "reason"), [("imap", "limit"), ("import", "limit"), ("smtp", "not_a_report")])
def test_what_was_cut_for_its_size_is_not_called_anything_else(collector: Collector, channel: str, reason: str) -> None:
    """A mailbox gives the header alone of what is too large (docs/mailbox.md); a listener keeps no part of it."""
    header = mail(google()).partition(b"\r\n\r\n")[0]
    one = quarantined(collector, header, Reason("limit", "larger than 5 bytes"), channel=channel)
    assert again(collector, one)[one].row.reason_code == reason


def test_figures_that_cannot_be_added_up_stop_nobody(collector: Collector) -> None:
    huge = google(day="2026-11-03", successful=2**62)
    absurd = report([policy_result(successful=2**63 - 5)] * 2, day="2026-11-03")  # more than a report can hold
    ids = [quarantined(collector, mail(document), UNSIGNED) for document in (huge, absurd)]
    ids.append(quarantined(collector, mail(google(successful=10)), UNSIGNED))
    result = again(collector, dkim="off")
    assert [result[each].row.outcome for each in ids] == ["stored", "quarantined", "stored"]
    assert result[ids[1]].row.reason_code == "limit"
    assert [part.outcome for part in result[ids[1]].row.parts] == ["quarantined"]
    assert collector.totals() == (2, 2**62 + 10, 0)


def test_groups_are_bounded_by_number_and_by_bytes(collector: Collector) -> None:
    collector.deliver(*[rubbish() for _ in range(kept.GROUP + 3)])
    groups = [len(group) for group in kept.open_ones(collector.engine)]
    assert groups == [kept.GROUP, 3]
    big = kept.GROUP_BYTES // 3
    ids = [uuid4() for _ in range(5)]
    assert kept.within_bounds((each, big) for each in ids) == ids[:3]
    assert kept.within_bounds([(ids[0], 10 * kept.GROUP_BYTES)]) == ids[:1]


def test_only_those_of_a_reason_and_none_that_came_later(collector: Collector) -> None:
    quarantined(collector, mail(google()), UNSIGNED)
    ids = [quarantined(collector, mail(google()), BROKEN) for _ in range(3)]
    groups = kept.open_ones(collector.engine, reason="schema")
    assert [each.id for each in next(groups)] == ids
    quarantined(collector, mail(google()), BROKEN)
    assert list(groups) == []


def test_a_delivery_that_is_not_there(engine: Engine) -> None:
    missing = UUID("00000000-0000-7000-8000-000000000000")
    with pytest.raises(UsageError, match="there is no delivery 00000000-0000-7000"):
        kept.find(engine, [missing])
