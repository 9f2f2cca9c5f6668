"""The `_mta-sts` TXT record, case by case (RFC 8461 section 3.1, M2 to M5)."""

import time

import pytest

from collector.monitor.model import reason
from collector.monitor.records import read

GOOD = [
    ("plain", b"v=STSv1; id=20260101T000000;", "20260101T000000"),
    ("no semicolon at the end", b"v=STSv1; id=1", "1"),
    ("no blank", b"v=STSv1;id=1;", "1"),
    ("blanks and tabs", b"v=STSv1; \t id=1 \t ;  ", "1"),
    ("32 characters", b"v=STSv1; id=" + b"a" * 32, "a" * 32),
    ("upper and lower case are kept", b"v=STSv1; id=aBc", "aBc"),
    ("unknown field before", b"v=STSv1; x=1; id=2", "2"),
    ("unknown field after", b"v=STSv1; id=2; y_-.9=!#$%&'()*+,-./:<>?@[]^_`{|}~;", "2"),
    ("version again", b"v=STSv1; id=2; v=STSv2", "2"),
]


@pytest.mark.parametrize(("record", "expected"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_good_record(record: bytes, expected: str) -> None:
    found = read((record,))
    assert (found.id, found.error, found.problems) == (expected, None, ())
    assert found.record == record.decode().replace("\t", r"\x09")


BAD = [
    ("nothing after the version", b"v=STSv1;", "bad_record", "there is no id= field"),
    ("no id", b"v=STSv1; x=1", "bad_record", "there is no id= field"),
    ("id in the wrong case", b"v=STSv1; ID=1", "bad_record", "id must be written in lower case: ID=1"),
    ("empty id", b"v=STSv1; id=;", "bad_record", "1 to 32 letters and digits"),
    ("33 characters", b"v=STSv1; id=" + b"a" * 33, "bad_record", "1 to 32 letters and digits"),
    ("hyphens in the id", b"v=STSv1; id=2026-01-01", "bad_record", "2026-01-01"),
    ("underscore in the id", b"v=STSv1; id=2026_01", "bad_record", "2026_01"),
    ("dot in the id", b"v=STSv1; id=1.0", "bad_record", "1.0"),
    ("quotes", b'v=STSv1; id="1"', "bad_record", '"1"'),
    ("blanks around the equals sign", b"v=STSv1; id = 1", "bad_record", "no name=value"),
    ("two ids", b"v=STSv1; id=1; id=2", "bad_record", "more than one id="),
    ("blank at the end without a semicolon", b"v=STSv1; id=1 ", "bad_record", "1 to 32 letters and digits"),
    ("no equals sign", b"v=STSv1; id=1; foo", "bad_record", "no name=value: foo"),
    ("two semicolons", b"v=STSv1;; id=1", "bad_record", "nothing stands between two semicolons"),
    ("empty value", b"v=STSv1; id=1; x=", "bad_record", "no name=value: x="),
    ("name of 33 characters", b"v=STSv1; id=1; " + b"x" * 33 + b"=1", "bad_record", "no name=value"),
    ("comma for semicolon", b"v=STSv1; id=1, x=2", "bad_record", "1 to 32 letters and digits"),
    ("not ASCII", b"v=STSv1; id=1; x=\xc3\xa4", "bad_record", "not ASCII"),
    ("control character", b"v=STSv1; id=1\x00", "bad_record", "1 to 32 letters and digits"),
    ("upper-case version", b"V=STSv1; id=1", "no_record", "begins with V=STSv1, which must be v=STSv1"),
    ("lower-case value", b"v=stsv1; id=1", "no_record", "begins with v=stsv1, which must be v=STSv1"),
    ("no semicolon", b"v=STSv1 id=1", "no_record", "must begin with v=STSv1;"),
    ("blank in front", b" v=STSv1; id=1", "no_record", "must begin with v=STSv1;"),
    ("blank in the version", b"v = STSv1; id=1", "no_record", "must begin with v=STSv1;"),
    ("quoted in the zone twice", b'"v=STSv1; id=1"', "no_record", "must begin with v=STSv1;"),
    ("later version", b"v=STSv12; id=1", "no_record", "must begin with v=STSv1;"),
    ("id first", b"id=1; v=STSv1;", "no_record", "no TXT record begins with v=STSv1; (1 of other kinds)"),
    ("empty", b"", "no_record", "1 of other kinds"),
]


@pytest.mark.parametrize(("record", "error", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_record(record: bytes, error: str, words: str) -> None:
    found = read((record,))
    assert (found.id, found.error) == (None, error)
    assert words in (reason(found.problems) or "")


SEVERAL = [
    ("none", (), "no_record"),
    ("others are dropped", (b"v=spf1 -all", b"v=STSv1; id=1", b"v=STSv2; id=2", b"V=STSv1; id=3"), "1"),
    ("two", (b"v=STSv1; id=1", b"v=STSv1; id=2"), "several_records"),
    ("the same twice", (b"v=STSv1; id=1", b"v=STSv1; id=1"), "several_records"),
    ("a bad one beside a good one", (b"v=STSv1; id=1", b"v=STSv1; nothing"), "several_records"),
    ("two with a blank", (b"v=STSv1 ; id=1", b"v=STSv1 ; id=2"), "several_records"),
]


@pytest.mark.parametrize(("records", "expected"), [case[1:] for case in SEVERAL], ids=[case[0] for case in SEVERAL])
def test_several_records(records: tuple[bytes, ...], expected: str) -> None:
    found = read(records)
    assert expected in (found.id, found.error)


def test_a_blank_before_the_semicolon_is_a_warning_with_the_record_to_publish() -> None:
    """Erratum 6285, M3: legal by the grammar, dropped by the discard rule."""
    found = read((b"v=STSv1 ; id=1 ; x=2",))
    assert found.id == "1"
    [problem] = found.problems
    assert (problem.code, problem.severity) == ("blank_before_semicolon", "warning")
    assert problem.fix == "v=STSv1; id=1; x=2"


def test_a_blank_in_a_second_record_is_told() -> None:
    found = read((b"v=STSv1 ; id=1", b"v=STSv1; id=2"))
    assert found.id == "2"
    assert [problem.severity for problem in found.problems] == ["warning"]


def test_the_wrong_case_is_named_with_the_record_to_publish() -> None:
    [problem] = read((b"V=STSv1; id=1",)).problems
    assert (problem.code, problem.severity, problem.fix) == ("version_case", "error", "v=STSv1; id=1")


def test_octets_are_shown_escaped() -> None:
    assert read((b"v=STSv1; id=\x1b\xff",)).record == r"v=STSv1; id=\x1b\xff"


@pytest.mark.parametrize("filler", [b" ", b";", b"; ", b"=", b"v"])
def test_a_hostile_record_costs_little(filler: bytes) -> None:
    before = time.perf_counter()
    for start in (b"v=STSv1;", b"v=STSv1 ;", b"v=STSv1", b""):
        read((start + filler * 60000 + b"x",))
    assert time.perf_counter() - before < 5
