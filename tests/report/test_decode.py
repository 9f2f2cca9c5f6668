"""I-JSON (R15, Q84, and what JSON readers let pass in silence): a case per line."""

import pytest

from collector.errors import ReportRefused
from collector.report.decode import decode
from collector.report.notes import Notes

REFUSED = [
    ("empty", b"", "json"),
    ("not JSON", b"hello", "json"),
    ("something behind", b'{"a": 1} x', "json"),
    ("300 objects deep", b'{"a":' * 300 + b"1" + b"}" * 300, "limit"),
    ("a name twice, deep inside", b'[{"x": [{"a": 1, "b": {}, "a": {}}]}]', "json"),
    ("a name twice beside escaped quotes", b'{"\\"": "\\\\", "b": "\\"", "b": 1}', "json"),
    ("raw control character", b'{"a": "\x01"}', "json"),
    ("raw NUL", b'{"a": "\x00"}', "json"),
]

READ = [
    ("plain", b'{"a": [1, "x", null, true]}', {"a": [1, "x", None, True]}, []),
    ("leading blank lines", b'\r\n\n {"a": 1}\r\n', {"a": 1}, []),
    ("same name in two objects", b'[{"a": 1}, {"a": 1}]', [{"a": 1}, {"a": 1}], []),
    ("quotes and backslashes", b'{"\\"a\\\\": "\\\\\\"\\u0022\\\\"}', {'"a\\': '\\""\\'}, []),
    ("a pair of surrogates", b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}, []),
    ("Q84 byte order mark", b'\xef\xbb\xbf{"a": 1}', {"a": 1}, ["Q84"]),
    ("Q84 UTF-16, little end first", '{"a": "é"}'.encode("utf-16-le"), {"a": "é"}, ["Q84"]),
    ("Q84 UTF-16 with a mark", '{"a": "é"}'.encode("utf-16"), {"a": "é"}, ["Q84"]),
    ("Q84 UTF-16, big end first", '{"a": "é"}'.encode("utf-16-be"), {"a": "é"}, ["Q84"]),
    ("R15 lone high surrogate", b'{"a": "x\\ud83dy"}', {"a": "x\ufffdy"}, ["R15"]),
    ("R15 lone low surrogate", b'{"a": "\\uDE00"}', {"a": "\ufffd"}, ["R15"]),
    ("R15 high before a pair", b'["\\ud83d\\ud83d\\ude00"]', ["\ufffd\U0001f600"], ["R15"]),
    ("R15 low behind a pair", b'["\\ud83d\\ude00\\ude00"]', ["\U0001f600\ufffd"], ["R15"]),
    ("R15 not an escape at all", b'["\\\\ud83d", "\\ud83d"]', ["\\ud83d", "\ufffd"], ["R15"]),
    ("R15 Latin-1", b'{"a": "M\xfcnchen"}', {"a": "M\ufffdnchen"}, ["R15"]),
    ("R15 a surrogate as UTF-8", b'["\xed\xa0\xbd"]', ["\ufffd\ufffd\ufffd"], ["R15"]),
]


@pytest.mark.parametrize(("data", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_no_i_json_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        decode(data, Notes())
    assert refused.value.code == code


@pytest.mark.parametrize(("data", "value", "codes"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_what_is_read(data: bytes, value: object, codes: list[str]) -> None:
    notes = Notes()
    assert decode(data, notes).value == value
    assert [finding.code for finding in notes.findings()] == codes


@pytest.mark.parametrize(
    ("data", "has_float"),
    [
        (b'{"a": 5, "b": "5.0", "c": ["1e16", "192.0.2.0"]}', False),
        (b'{"a": 5.0}', True),
        (b'{"a": 1e2}', True),
        (b'{"a": {"b": [[], {"c": 0.5}]}}', True),
        (b"1.5", True),
        (b"{}", False),
    ],
)
def test_floats_are_seen_wherever_they_are(data: bytes, has_float: bool) -> None:
    assert decode(data, Notes()).has_float is has_float
