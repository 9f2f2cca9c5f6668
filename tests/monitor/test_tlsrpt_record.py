"""The `_smtp._tls` TXT record, case by case (RFC 8460 section 3, R1 to R8; QUIRKS B6)."""

import time

import pytest

from collector.monitor.checked import TlsrptCheck
from collector.monitor.tlsrpt_record import read

A, B = "mailto:tlsrpt@example.com", "https://example.com/v1/tlsrpt"


def look(*records: str | bytes) -> TlsrptCheck:
    return read(
        tuple(record if isinstance(record, bytes) else record.encode() for record in records), domain="example.com"
    )


GOOD = [
    ("plain", f"v=TLSRPTv1; rua={A}", (A,)),
    ("semicolon at the end", f"v=TLSRPTv1; rua={A};", (A,)),
    ("no blanks", f"v=TLSRPTv1;rua={A};", (A,)),
    ("blanks and tabs", f"v=TLSRPTv1; \t rua={A} \t ; ", (A,)),
    ("https", f"v=TLSRPTv1; rua={B}", (B,)),
    ("both", f"v=TLSRPTv1; rua={A},{B}", (A, B)),
    ("blanks around the comma", f"v=TLSRPTv1; rua={A} \t, {B}", (A, B)),
    ("unknown fields", f"v=TLSRPTv1; x=1; rua={A}; y_-.9=!#$%&'()*+,-./:<>?@", (A,)),  # R6
    ("version again", f"v=TLSRPTv1; rua={A}; v=TLSRPTv2", (A,)),
    ("subject in the URI", "v=TLSRPTv1; rua=mailto:a@example.com?subject=x", ("mailto:a@example.com?subject=x",)),
    ("port and query", "v=TLSRPTv1; rua=https://example.com:8443/a?b=c", ("https://example.com:8443/a?b=c",)),
    ("address for a host", "v=TLSRPTv1; rua=https://192.0.2.1/", ("https://192.0.2.1/",)),
    ("IPv6", "v=TLSRPTv1; rua=https://[2001:db8::1]:443/", ("https://[2001:db8::1]:443/",)),
    ("plus in the address", "v=TLSRPTv1; rua=mailto:a+b@example.com", ("mailto:a+b@example.com",)),
]


@pytest.mark.parametrize(("record", "rua"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_good_record(record: str, rua: tuple[str, ...]) -> None:
    found = look(record)
    assert (found.rua, found.problems) == (rua, ())
    assert found.record == record.replace("\t", r"\x09")


def test_percent_encoding_is_left_as_it_is() -> None:
    """R3: split first, never decode."""
    uris = ("mailto:a%21b%3Bc@example.com", "https://example.com/%3B%2C%21")
    found = look("v=TLSRPTv1; rua=" + ",".join(uris))
    assert (found.rua, found.problems) == (uris, ())


FIX = f"v=TLSRPTv1; rua={A}"

# name, record, code, severity, words, what to publish
PROBLEMS = [
    ("version alone", "v=TLSRPTv1", "version", "error", "must begin with v=TLSRPTv1;", FIX),  # R2
    ("version and semicolon", "v=TLSRPTv1;", "rua_missing", "error", "no rua=", FIX),  # R2
    ("no rua", "v=TLSRPTv1; x=1", "rua_missing", "error", "no rua=", FIX),
    ("empty rua", "v=TLSRPTv1; rua=", "rua_empty", "error", "URI is missing", FIX),
    ("rua in the wrong case", f"v=TLSRPTv1; RUA={A}", "rua_case", "error", "lower case", FIX),
    ("blank before the equals sign", f"v=TLSRPTv1; rua ={A}", "rua_case", "error", "without blanks", FIX),
    ("upper-case V", f"V=TLSRPTv1; rua={A}", "version_case", "error", "V=TLSRPTv1, which must be v=TLSRPTv1", FIX),
    ("lower-case value", f"v=tlsrptv1; rua={A}", "version_case", "error", "in just this case", FIX),
    ("wrong case and more", "V=TLSRPTv1;rua=tlsrpt@example.com!10m", "version_case", "error", "v=TLSRPTv1", FIX),
    ("no semicolon", f"v=TLSRPTv1 rua={A}", "version", "error", "must begin with", FIX),
    ("quotes in the zone twice", f'"v=TLSRPTv1; rua={A}"', "version", "error", "must begin with", FIX),
    ("blank in front", f" v=TLSRPTv1; rua={A}", "version", "error", "must begin with", FIX),
    ("blanks in the version", f"v = TLSRPTv1; rua={A}", "version", "error", "must begin with", FIX),
    ("other record", "v=spf1 -all", "no_record", "error", "1 of other kinds", FIX),
    ("later version", f"v=TLSRPTv2; rua={A}", "no_record", "error", "1 of other kinds", FIX),
    ("blank before the semicolon", f"v=TLSRPTv1 ; rua={A}", "blank_before_semicolon", "warning", "some senders", FIX),
    ("two semicolons", f"v=TLSRPTv1;; rua={A}", "empty_field", "error", "between two semicolons", FIX),
    ("two semicolons at the end", f"v=TLSRPTv1; rua={A};;", "empty_field", "error", "between two semicolons", FIX),
    ("blank at the end", f"v=TLSRPTv1; rua={A} ", "blank_at_end", "warning", "after the last field", FIX),
    ("trailing comma", f"v=TLSRPTv1; rua={A},", "rua_empty", "error", "URI is missing", FIX),
    ("two commas", f"v=TLSRPTv1; rua={A},,{B}", "rua_empty", "error", "URI is missing", f"{FIX},{B}"),
    ("bare address", "v=TLSRPTv1; rua=tlsrpt@example.com", "mailto_missing", "error", "mailto: is missing", FIX),
    ("size of DMARC", f"v=TLSRPTv1; rua={A}!10m", "size_suffix", "error", "for DMARC only", FIX),
    ("! in the path", f"v=TLSRPTv1; rua={B}!x", "encoding", "error", "%21", f"v=TLSRPTv1; rua={B}%21x"),
    ("http", "v=TLSRPTv1; rua=http://example.com/v1/tlsrpt", "http", "error", "only to https:", f"v=TLSRPTv1; rua={B}"),
    ("http beside a good one", f"v=TLSRPTv1; rua={A},http://example.com/", "http", "error", "only to https:",
     f"{FIX},https://example.com/"),  # R4
    ("unknown scheme alone", "v=TLSRPTv1; rua=ftp://example.com/", "scheme", "error", "not ftp:", FIX),
    ("unknown scheme beside a good one", f"v=TLSRPTv1; rua=xmpp:a@example.com,{A}", "scheme", "warning", "xmpp", FIX),
    ("upper-case scheme", "v=TLSRPTv1; rua=MAILTO:tlsrpt@example.com", "scheme_case", "warning", "lower case", FIX),
    ("dot after the address", f"v=TLSRPTv1; rua={A}.", "trailing_dot", "error", "ends with a dot", FIX),
    ("no domain", "v=TLSRPTv1; rua=mailto:tlsrpt", "address", "error", "no mail address", FIX),
    ("no local part", "v=TLSRPTv1; rua=mailto:@example.com", "address", "error", "no mail address", FIX),
    ("no address", "v=TLSRPTv1; rua=mailto:", "address", "error", "no mail address", FIX),
    ("an IP address", "v=TLSRPTv1; rua=mailto:a@192.0.2.1", "address", "error", "no mail address", FIX),
    ("two slashes", "v=TLSRPTv1; rua=mailto://tlsrpt@example.com", "address", "error", "bare address", FIX),
    ("angle brackets", "v=TLSRPTv1; rua=mailto:<tlsrpt@example.com>", "address", "error", "bare address", FIX),
    ("no host", "v=TLSRPTv1; rua=https:///x", "host", "error", "needs a host", FIX),
    ("no slashes", "v=TLSRPTv1; rua=https:example.com", "host", "error", "needs a host", FIX),
    ("password", "v=TLSRPTv1; rua=https://a:b@example.com/", "credentials", "warning", "everybody",
     "v=TLSRPTv1; rua=https://a:b@example.com/"),
    ("host only", "v=TLSRPTv1; rua=example.com", "uri", "error", "no URI", FIX),
    ("blank in the URI", "v=TLSRPTv1; rua=https://example.com/a b", "uri", "error", "no URI",
     "v=TLSRPTv1; rua=https://example.com/a%20b"),
    ("percent sign alone", "v=TLSRPTv1; rua=https://example.com/%zz", "uri", "error", "no URI",
     "v=TLSRPTv1; rua=https://example.com/%25zz"),
    ("semicolon in the URI", "v=TLSRPTv1; rua=https://example.com/a;b", "field", "error", "%3B",
     "v=TLSRPTv1; rua=https://example.com/a"),
    ("comma in the URI", "v=TLSRPTv1; rua=https://example.com/a,b", "uri", "error", "no URI: b",
     "v=TLSRPTv1; rua=https://example.com/a"),
    ("twice rua", f"v=TLSRPTv1; rua={A}; rua={B}", "rua_repeated", "error", "more than once", f"{FIX},{B}"),
    ("the same URI twice", f"v=TLSRPTv1; rua={A},{A}", "rua_same", "warning", "twice", FIX),
    ("not name=value", f"v=TLSRPTv1; rua={A}; foo", "field", "error", "no name=value", FIX),
    ("empty value", f"v=TLSRPTv1; rua={A}; x=", "field", "error", "no name=value", FIX),
    ("name of 33 characters", f"v=TLSRPTv1; rua={A}; {'x' * 33}=1", "field", "error", "no name=value", FIX),
    ("unknown fields are kept", f"v=TLSRPTv1; rua={A},; x=1", "rua_empty", "error", "missing", f"{FIX}; x=1"),
    ("not ASCII", "v=TLSRPTv1; rua=mailto:tlsrpt@exämple.com", "not_ascii", "error", "not ASCII", FIX),
    ("101 URIs", "v=TLSRPTv1; rua=" + ",".join([A] * 101), "rua_many", "error", "101", FIX),
    ("empty", "", "no_record", "error", "1 of other kinds", FIX),
]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "code", "severity", "words", "fix"), [case[1:] for case in PROBLEMS], ids=[case[0] for case in PROBLEMS]
)
def test_problem(record: str, code: str, severity: str, words: str, fix: str) -> None:
    found = look(record)
    [problem] = [each for each in found.problems if each.code == code]
    assert (problem.severity, problem.fix) == (severity, fix)
    assert words in problem.text
    assert bool(found.rua) == (severity == "warning")


@pytest.mark.parametrize("fix", sorted({case[5] for case in PROBLEMS}))
def test_what_is_to_be_published_is_good(fix: str) -> None:
    assert [each.code for each in look(fix).problems if each.code != "credentials"] == []


def test_several_problems_are_all_named() -> None:
    found = look("v=TLSRPTv1 ; rua=tlsrpt@example.com!10m,; foo")
    codes = ["mailto_missing", "size_suffix", "rua_empty", "field", "blank_before_semicolon"]
    assert [problem.code for problem in found.problems] == codes
    assert found.rua == ()


SEVERAL = [
    ("none", (), "no_record", ()),
    ("others are dropped", ("v=spf1 -all", f"v=TLSRPTv1; rua={A}", "V=TLSRPTv1; rua=x"), None, (A,)),  # R7
    ("two", (f"v=TLSRPTv1; rua={A}", f"v=TLSRPTv1; rua={B}"), "several_records", ()),  # R7
    ("the same twice", (FIX, FIX), "several_records", ()),
    ("a bad one beside a good one", (FIX, "v=TLSRPTv1; x=1"), "several_records", ()),
    ("one with a blank beside a good one", (FIX, f"v=TLSRPTv1 ; rua={B}"), "blank_before_semicolon", (A,)),
]


@pytest.mark.parametrize(("records", "code", "rua"), [case[1:] for case in SEVERAL], ids=[case[0] for case in SEVERAL])
def test_several_records(records: tuple[str, ...], code: str | None, rua: tuple[str, ...]) -> None:
    found = look(*records)
    assert [problem.code for problem in found.problems] == ([] if code is None else [code])
    assert found.rua == rua


def test_octets_are_shown_escaped() -> None:
    assert look(b"v=TLSRPTv1; rua=\x1b\xff").record == r"v=TLSRPTv1; rua=\x1b\xff"


@pytest.mark.parametrize("filler", [b" ", b";", b",", b"=", b"!", b"a@b,", b"%", b"<"])
def test_a_hostile_record_costs_little(filler: bytes) -> None:
    before = time.perf_counter()
    for start in (b"v=TLSRPTv1;", b"v=TLSRPTv1; rua=", b"v=TLSRPTv1; rua=mailto:", b"v=TLSRPTv1 ;", b"V=TLSRPTv1", b""):
        found = look(start + filler * 60000 + b"x")
        assert len(found.problems) <= 20
        assert all(len(problem.text) < 500 and len(problem.fix) <= 60000 * 4 for problem in found.problems)
    assert time.perf_counter() - before < 5
