"""The policy file, case by case (RFC 8461 section 3.2, M7 to M10; QUIRKS B6)."""

import time

import pytest

from collector.monitor.policy import read


def lines(*fields: str, end: str = "\r\n") -> bytes:
    return (end.join(fields) + end).encode()


BASE = ("version: STSv1", "mode: enforce", "max_age: 604800", "mx: mx1.example.com")

GOOD = [
    ("CRLF", lines(*BASE)),
    ("LF", lines(*BASE, end="\n")),
    ("no end of the last line", lines(*BASE)[:-2]),
    ("CRLF and LF mixed", b"version: STSv1\nmode: enforce\r\nmax_age: 604800\nmx: mx1.example.com"),
    ("any order", lines(*reversed(BASE))),
    ("no blank after the colon", lines(*(field.replace(": ", ":") for field in BASE))),
    ("tabs and blanks after the colon", lines(*(field.replace(": ", ":\t  ") for field in BASE))),
    ("blanks at the end of lines", lines(*(field + " \t" for field in BASE))),
    ("unknown keys", lines("x: y", *BASE, "tls_versions: TLSv1.3", "note: héllo wörld: again")),
    ("unknown key without value", lines(*BASE, "x:")),
    ("known key in another case is an unknown key", lines(*BASE, "Mode: none")),
    ("upper-case host", lines(*BASE[:3], "mx: MX1.Example.COM")),
    ("the same mx twice", lines(*BASE, "mx: mx1.example.com")),
    ("leading zeros", lines(*BASE[:2], "max_age: 0000604800", BASE[3])),
]


@pytest.mark.parametrize("body", [case[1] for case in GOOD], ids=[case[0] for case in GOOD])
def test_good_policy(body: bytes) -> None:
    reading = read(body)
    assert reading.problems == ()
    assert reading.policy is not None
    assert (reading.policy.mode, reading.policy.max_age, reading.policy.mx) == ("enforce", 604800, ("mx1.example.com",))
    assert reading.policy.text == body.decode()


VALUES = [
    ("mode: testing", "mode", "testing"),
    ("mode: none", "mode", "none"),
    ("max_age: 0", "max_age", 0),
    ("max_age: 31557600", "max_age", 31557600),
    ("mx: *.example.com", "mx", ("mx1.example.com", "*.example.com")),
    ("mx: xn--mx-zka.example", "mx", ("mx1.example.com", "xn--mx-zka.example")),
    ("mx: localhost", "mx", ("mx1.example.com", "localhost")),
]


@pytest.mark.parametrize(("field", "name", "value"), VALUES)
def test_value(field: str, name: str, value: object) -> None:
    key = field.partition(":")[0]
    reading = read(lines(*(line for line in BASE if key == "mx" or not line.startswith(key)), field))
    assert reading.problems == ()
    assert getattr(reading.policy, name) == value


def test_mode_none_needs_no_mx() -> None:
    reading = read(lines("version: STSv1", "mode: none", "max_age: 86400"))
    assert reading.problems == ()
    assert reading.policy is not None
    assert reading.policy.mx == ()


def test_the_first_of_a_repeated_key_wins() -> None:
    reading = read(lines(*BASE, "mode: none", "max_age: 1", "version: STSv2"))
    assert reading.policy is not None
    assert (reading.policy.mode, reading.policy.max_age) == ("enforce", 604800)
    assert {(problem.code, problem.severity) for problem in reading.problems} == {("repeated", "warning")}
    assert "line 5: mode stands here again" in " ".join(problem.text for problem in reading.problems)


WARNINGS = [
    ("blank line", lines(*BASE[:2], "", *BASE[2:]), "blank_line", "line 3"),
    ("blank line at the end", lines(*BASE, ""), "blank_line", "line 5"),
    ("line of blanks", lines(*BASE, " \t"), "blank_line", "line 5"),
    ("underscore", lines(*BASE[:3], "mx: mx_1.example.com"), "mx_underscore", "line 4"),
]


@pytest.mark.parametrize(("body", "code", "words"), [case[1:] for case in WARNINGS], ids=[case[0] for case in WARNINGS])
def test_warning(body: bytes, code: str, words: str) -> None:
    reading = read(body)
    assert reading.policy is not None
    [problem] = reading.problems
    assert (problem.code, problem.severity) == (code, "warning")
    assert words in problem.text


def but(line: int, text: str) -> bytes:
    """The good policy with another line in place of one (from 1)."""
    return lines(*BASE[: line - 1], text, *BASE[line:])


BAD = [
    ("empty", b"", "empty", "empty"),
    ("blank lines only", b"\r\n\r\n", "empty", "empty"),
    ("BOM", b"\xef\xbb\xbf" + lines(*BASE), "bom", "byte order mark"),
    ("UTF-16", "version: STSv1\n".encode("utf-16"), "encoding", "line 1 is not UTF-8"),
    ("Latin-1", lines(*BASE) + b"x: \xe4", "encoding", "line 5 is not UTF-8"),
    ("HTML", b"\r\n <!doctype html><title>404</title>", "html", "HTML page"),
    ("no version", lines(*BASE[1:]), "version", "there is no version line"),
    ("version 2", but(1, "version: STSv2"), "version", "line 1: version must be STSv1, not 'STSv2'"),
    ("version in another case", but(1, "version: stsv1"), "version", "line 1"),
    ("version's key in another case", but(1, "Version: STSv1"), "version", "must be written version, not Version"),
    ("no mode", but(2, "x: y"), "mode", "there is no mode line"),
    ("mode in another case", but(2, "mode: Enforce"), "mode", "line 2: mode must be enforce, testing or none"),
    ("unknown mode", but(2, "mode: report"), "mode", "'report'"),
    ("empty mode", but(2, "mode:"), "mode", "not ''"),
    ("a bad mode comes first", lines("mode: x", *BASE), "mode", "line 1"),
    ("no max_age", but(3, "x: y"), "max_age", "there is no max_age line"),
    ("max_age with a unit", but(3, "max_age: 7d"), "max_age", "line 3: max_age must be a number of seconds"),
    ("negative max_age", but(3, "max_age: -1"), "max_age", "number of seconds"),
    ("max_age with a fraction", but(3, "max_age: 1.5"), "max_age", "number of seconds"),
    ("max_age over a year", but(3, "max_age: 31557601"), "max_age", "the most allowed is 31557600"),
    ("max_age of 11 digits", but(3, "max_age: 00000604800"), "max_age", "number of seconds"),
    ("max_age in other digits", but(3, "max_age: ١٢"), "max_age", "number of seconds"),
    ("max-age", but(3, "max-age: 604800"), "max_age", "there is no max_age line"),
    ("no mx in enforce", lines(*BASE[:3]), "mx_missing", "there is no mx line"),
    ("no mx in testing", lines(BASE[0], "mode: testing", BASE[2]), "mx_missing", "there is no mx line"),
    ("dot at the end", but(4, "mx: mx1.example.com."), "mx_trailing_dot", "line 4: mx ends with a dot"),
    ("bare wildcard", but(4, "mx: *"), "mx_wildcard", "whole first label"),
    ("wildcard and dot", but(4, "mx: *."), "mx_wildcard", "line 4"),
    ("two wildcards", but(4, "mx: *.*.example.com"), "mx_wildcard", "whole first label"),
    ("part of a label", but(4, "mx: mx*.example.com"), "mx_wildcard", "whole first label"),
    ("wildcard inside", but(4, "mx: mx.*.example.com"), "mx_wildcard", "whole first label"),
    ("leading dot", but(4, "mx: .example.com"), "mx", "must be one host name"),
    ("two hosts in a line", but(4, "mx: mx1.example.com, mx2.example.com"), "mx", "must be one host name"),
    ("two hosts and a blank", but(4, "mx: mx1.example.com mx2.example.com"), "mx", "must be one host name"),
    ("scheme", but(4, "mx: smtp://mx1.example.com"), "mx_scheme", "must be one host name"),
    ("port", but(4, "mx: mx1.example.com:25"), "mx_port", "must be one host name"),
    ("preference", but(4, "mx: 10 mx1.example.com"), "mx", "must be one host name"),
    ("address", but(4, "mx: 192.0.2.1"), "mx", "must be one host name"),
    ("U-label", but(4, "mx: mü.example"), "mx_ascii", "A-labels"),
    ("empty mx", but(4, "mx:"), "mx", "mx has no value"),
    ("one bad mx among good ones", lines(*BASE, "mx: *"), "mx_wildcard", "line 5"),
    ("bad mx in mode none", lines(BASE[0], "mode: none", BASE[2], "mx: *"), "mx_wildcard", "line 4"),
    ("blank before the colon", but(2, "mode : enforce"), "line", "line 2: no blank may stand around the key"),
    ("blank before the key", but(2, " mode: enforce"), "line", "line 2: no blank may stand around the key"),
    ("equals sign", but(2, "mode=enforce"), "line", "line 2 has no colon"),
    ("comment", lines("# our policy", *BASE), "line", "line 1 has no colon"),
    ("comment with a colon", lines("# our policy: strict", *BASE), "line", "line 1: this is no key"),
    ("key of 33 characters", lines(*BASE, "x" * 33 + ": y"), "line", "line 5: this is no key"),
    ("no key", lines(*BASE, ": y"), "line", "line 5: this is no key"),
    ("CR alone between lines", lines(*BASE, end="\r"), "line", "control character"),
    ("NUL", lines(*BASE, "x: \0"), "line", "line 5 holds a control character"),
    ("escape", lines(*BASE, "x: \x1b[2J"), "line", "line 5 holds a control character"),
]


@pytest.mark.parametrize(("body", "code", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_policy(body: bytes, code: str, words: str) -> None:
    reading = read(body)
    assert reading.policy is None
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    assert errors[0].code == code
    assert words in errors[0].text
    assert errors[0].text.isprintable()


def test_every_problem_is_named_errors_first() -> None:
    reading = read(lines("", "version: 1", "mode: x", "max_age: y", "mx: *", "mx: ok.example"))
    assert [problem.code for problem in reading.problems] == ["version", "mode", "max_age", "mx_wildcard", "blank_line"]


FIXES = [
    (but(2, "mode: Testing"), "mode: testing"),
    (but(3, "max_age: 99999999"), "max_age: 31557600"),
    (but(1, "version: STSV1"), "version: STSv1"),
    (but(2, "x: y"), "mode: testing"),
    (but(3, "max_age: 7d"), "max_age: 86400"),
    (but(4, "mx: MX1.example.com."), "mx: mx1.example.com"),
    (but(4, "mx: smtp://mx1.example.com"), "mx: mx1.example.com"),
    (but(4, "mx: *.example.com:25"), "mx: *.example.com"),
    (but(4, "mx: mü.example"), "mx: xn--m-eha.example"),
    (
        but(4, "mx: mx1.example.com, mx2.example.com"),
        "Give each host a line of its own: mx: mx1.example.com, mx: mx2.example.com",
    ),
    (but(4, "mx: ftp://*"), ""),
]


@pytest.mark.parametrize(("body", "fix"), FIXES)
def test_a_problem_says_what_to_publish(body: bytes, fix: str) -> None:
    assert read(body).problems[0].fix == fix


@pytest.mark.parametrize(
    "body", [b"\n" * 65536, b"a\n" * 32768, b"a:\n" * 20000, b"mx:*\n" * 13000, b"mode:x\n" * 9000]
)
def test_a_hostile_file_costs_little(body: bytes) -> None:
    before = time.perf_counter()
    assert len(read(body).problems) <= 20
    assert time.perf_counter() - before < 5
