"""Tag lists (RFC 6376 section 3.2)."""

import pytest

from collector.auth import tags


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=1; d=example.com", {"v": "1", "d": "example.com"}),
        ("v=1;d=example.com;", {"v": "1", "d": "example.com"}),
        (" v = 1 ;\r\n\td = example.com ;\r\n ", {"v": "1", "d": "example.com"}),
        ("p=", {"p": ""}),
        ("b=ab\r\n cd==", {"b": "ab\r\n cd=="}),
        ("v=1; V=2", {"v": "1", "V": "2"}),
        ("v=1; v=1", None),
        ("v=1;; d=example.com", None),
        ("v", None),
        ("=1", None),
        ("1v=1", None),
        ("ä=1", None),
        ("v=1;;", None),
        ("", None),
    ],
)
def test_parse(text: str, expected: dict[str, str] | None) -> None:
    assert tags.parse(text) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"DKIM-Signature: v=1; b=abc", b"DKIM-Signature: v=1; b="),
        (b"DKIM-Signature: b=a\r\n\tbc ; v=1", b"DKIM-Signature: b=; v=1"),
        (b"DKIM-Signature:b = abc=;bh=b=;", b"DKIM-Signature:b =;bh=b=;"),
        (b"DKIM-Signature:\r\n\tb=abc;\r\n\tbb=b", b"DKIM-Signature:\r\n\tb=;\r\n\tbb=b"),
    ],
)
def test_without_value(raw: bytes, expected: bytes) -> None:
    assert tags.without_value(raw, b"b") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("YQ==", b"a"), ("Y\r\n\tQ =\t=", b"a"), ("", b""), ("YQ", None), ("Y?==", None), ("ä", None)],
)
def test_base64(value: str, expected: bytes | None) -> None:
    assert tags.decode_base64(value) == expected
