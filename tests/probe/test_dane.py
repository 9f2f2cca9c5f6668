"""TLSA records against chains, without a network (RFC 6698, RFC 7671, RFC 7672 section 3.1)."""

import hashlib

import pytest
import trustme

from collector.monitor.probe import dane
from collector.resolver import Tlsa
from tests.probe.zones import chain, tlsa
from tests.support.weak import self_signed

CA = trustme.CA()
BELOW = CA.create_child_ca()
LEAF, INTERMEDIATE = chain(BELOW.issue_cert("mx.example.com"))
(STRANGER,) = chain(self_signed("mx.example.com"))
OTHER_CA = chain(trustme.CA().create_child_ca().issue_cert("x.example"))[1]


def record(text: str) -> Tlsa:
    usage, selector, matching_type, data = text.split()
    return Tlsa(int(usage), int(selector), int(matching_type), bytes.fromhex(data))


FORMS = [(selector, matching_type) for selector in (0, 1) for matching_type in (0, 1, 2)]


@pytest.mark.parametrize(("selector", "matching_type"), FORMS)
def test_every_form(selector: int, matching_type: int) -> None:
    own = record(tlsa(LEAF, 3, selector, matching_type))
    anchor = record(tlsa(INTERMEDIATE, 2, selector, matching_type))
    for one in (own, anchor):
        assert dane.match((one,), (LEAF, INTERMEDIATE)).by == one
        assert dane.match((one,), (STRANGER,)).by is None


# record | chain | does it fit
CASES = [
    ("the own certificate alone", tlsa(LEAF), [LEAF], True),
    ("an anchor that was not sent", tlsa(INTERMEDIATE, 2), [LEAF], False),
    ("an anchor sent in another order", tlsa(INTERMEDIATE, 2), [LEAF, OTHER_CA, INTERMEDIATE], True),
    ("an anchor sent, under which it was not issued", tlsa(OTHER_CA, 2), [LEAF, OTHER_CA], False),
    ("the own certificate as its anchor", tlsa(LEAF, 2), [LEAF, INTERMEDIATE], False),
    ("an issuer as end entity", tlsa(INTERMEDIATE, 3), [LEAF, INTERMEDIATE], False),
    ("self-signed as end entity", tlsa(STRANGER), [STRANGER], True),
    ("self-signed as its own anchor", tlsa(STRANGER, 2), [STRANGER], False),
    ("PKIX-EE", tlsa(LEAF, 1), [LEAF], False),
    ("PKIX-TA", tlsa(INTERMEDIATE, 0), [LEAF, INTERMEDIATE], False),
    ("digest of the certificate for that of the key", f"3 1 1 {hashlib.sha256(LEAF).hexdigest()}", [LEAF], False),
    ("no chain", tlsa(LEAF), [], False),
    ("octets for a certificate", tlsa(LEAF), [b"\x30\x03\x02\x01\x01"], False),
    ("octets for an issuer", tlsa(INTERMEDIATE, 2), [LEAF, b"nothing"], False),
]


@pytest.mark.parametrize(("text", "sent", "fits"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_match(text: str, sent: list[bytes], fits: bool) -> None:
    assert (dane.match((record(text),), tuple(sent)).by is not None) is fits


def test_one_that_fits_is_enough() -> None:
    records = (record(f"3 1 1 {'00' * 32}"), record(tlsa(LEAF)), record(tlsa(LEAF, 1)))
    found = dane.match(records, (LEAF, INTERMEDIATE))
    assert (found.usable, found.by) == (records[:2], records[1])


DEFECTS = [
    ("3 1 1 " + "00" * 32, None),
    ("2 0 2 " + "00" * 64, None),
    ("3 0 0 00", None),
    ("0 0 1 " + "00" * 32, "usage 0 is not for mail"),
    ("1 1 1 " + "00" * 32, "usage 1 is not for mail"),
    ("4 1 1 " + "00" * 32, "usage 4 does not exist"),
    ("255 1 1 " + "00" * 32, "usage 255 does not exist"),
    ("3 2 1 " + "00" * 32, "selector 2 does not exist"),
    ("3 1 3 " + "00" * 32, "matching type 3 does not exist"),
    ("3 1 1 " + "00" * 31, "31 bytes are not what matching type 1 has"),
    ("3 1 2 " + "00" * 32, "32 bytes are not what matching type 2 has"),
]


@pytest.mark.parametrize(("text", "words"), DEFECTS)
def test_defect(text: str, words: str | None) -> None:
    found = dane.defect(record(text))
    assert (found is None) is (words is None)
    assert words is None or words in (found or "")


def test_the_record_to_publish() -> None:
    assert str(dane.record_for(LEAF)) == tlsa(LEAF)
    # A certificate that cannot be read has no key, but a digest of its own.
    assert str(dane.record_for(b"nothing")) == f"3 0 1 {hashlib.sha256(b'nothing').hexdigest()}"
