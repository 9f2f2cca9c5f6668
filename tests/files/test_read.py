"""Files that the operator hands over: authenticated where that is possible, counted all the same (rule 10)."""

import re
from collections.abc import Iterator

import pytest

from collector.receive.files.read import Read, Terms
from collector.settings import Limits
from tests.files.made import KEY, KEY_NAME, ZONE, piece, reader, signed, terms, unsigned
from tests.files.test_mbox import cut, written
from tests.support import reports
from tests.support.dns import SERVFAIL, DnsServer, Zone
from tests.support.mails import sign


def read(raw: bytes, dns: DnsServer, **how: bool) -> Read:
    return reader(terms(dns, **how)).read(piece(raw, "f.eml"))  # type: ignore[arg-type]


def told(found: Read) -> tuple[bool, str | None]:
    """Whether it is authenticated, and the reason that keeps it from counting."""
    assert found.delivery is not None
    return found.delivery.authenticated, found.delivery.reason.code if found.delivery.reason else None


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with DnsServer(ZONE) as server:
        yield server


# what it is -> mail, zone, authenticated, the reason with --require-dkim
CASES = {
    "signed": (signed(), ZONE, True, None),
    "LF line ends, Q92": (signed().replace(b"\r\n", b"\n"), ZONE, True, None),
    "expired since then": (signed(tags={"t": "1600000000", "x": "1600000100"}), ZONE, True, None),
    "from a mailbox, Q88": (cut(written([signed().replace(b"\r\n", b"\n")]))[0], ZONE, True, None),
    "the key is gone": (signed(), {}, False, "dkim_fail"),
    "changed on its way": (signed().replace(b"aggregate", b"AGGREGATE"), ZONE, False, "dkim_fail"),
    "unsigned": (unsigned(), ZONE, False, "dkim_missing"),
    "bare JSON": (reports.to_json(reports.report()), ZONE, False, "dkim_missing"),
}


@pytest.mark.parametrize(("raw", "zone", "authenticated", "reason"), CASES.values(), ids=CASES)
def test_imported_files_count_marked_with_the_result(
    raw: bytes, zone: Zone, authenticated: bool, reason: str | None
) -> None:
    with DnsServer(zone) as dns:
        found = read(raw, dns)
        assert told(found) == (authenticated, None)
        assert told(read(raw, dns, strict=True)) == (authenticated, reason)
    assert found.key_fault is None
    assert found.delivery is not None
    assert (found.delivery.envelope.channel, found.delivery.envelope.file_name) == ("import", "f.eml")
    assert found.delivery.raw == raw


def test_a_body_with_escaped_lines_hashes_right_once_it_is_out_of_its_mailbox(dns: DnsServer) -> None:
    text = "From here on\r\n>From there\r\n\r\nFrom tls@x.example Sat Nov 21 04:00:00 2026\r\nSubject: y"
    parts = [reports.text_part(text), reports.part(reports.to_gzip(reports.report()))]
    mail = sign(reports.multipart(parts, reports.headers()), "reporter.example", "s1", KEY)
    other = signed(1).replace(b"\r\n", b"\n")
    found = cut(written([mail.replace(b"\r\n", b"\n"), other]))
    assert [told(read(raw, dns)) for raw in found] == [(True, None)] * 2
    assert found[1] == other


def test_a_key_that_cannot_be_had_just_now() -> None:
    """It counts unauthenticated, and the next import of it lends it its authentication; strictly it has to wait."""
    with DnsServer({(KEY_NAME, "TXT"): SERVFAIL}) as dns:
        found = read(signed(), dns)
        assert told(found) == (False, None)
        strict = read(signed(), dns, strict=True)
    assert re.match(f"the DKIM key {KEY_NAME} could not be fetched: ", found.key_fault or "")
    assert strict == Read("f.eml", None, strict.key_fault)
    assert strict.key_fault is not None


def test_dns_that_fails_is_asked_once() -> None:
    with DnsServer({(KEY_NAME, "TXT"): SERVFAIL}) as dns:
        reading = reader(terms(dns))
        assert all(reading.read(piece(signed(number))).key_fault for number in range(20))
        asked = dns.queries[(KEY_NAME, "TXT")]
        assert read(signed(), dns).key_fault
        assert dns.queries[(KEY_NAME, "TXT")] == 2 * asked


def test_off_means_that_nobody_looks() -> None:
    with DnsServer(ZONE) as dns:
        assert told(reader(terms(dns, dkim="off")).read(piece(signed()))) == (False, None)
        assert not dns.queries


def test_rubbish_and_what_is_too_large_are_quarantined(dns: DnsServer) -> None:
    assert told(read(b"hello", dns)) == (False, "not_a_report")
    small = Terms(dns.settings(), Limits(message_bytes=100), "require", require_dkim=False)
    assert told(reader(small).read(piece(signed()))) == (False, "limit")
