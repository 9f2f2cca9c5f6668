"""Lines of a plain text mail: by the columns that characters take, not by their number."""

import textwrap

import pytest

from dashboard.mail.columns import width, wrapped

WIDTHS = [
    ("mail", 4),
    ("配送", 4),
    ("enforce のポリシー", 18),
    ("ﾒｰﾙ", 3),  # half as wide
    ("ＭＸ（全角）", 12),
    ("e\N{COMBINING ACUTE ACCENT}", 1),
    ("a\N{ZERO WIDTH JOINER}b", 2),
    ("", 0),
]


@pytest.mark.parametrize(("text", "columns"), WIDTHS)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


# (text, columns, lines)
LINES = [
    ("mail was held back", 9, ["mail was", "held back"]),
    ("メールが保留になりました。", 12, ["メールが保留", "になりまし", "た。"]),
    ("保留（送信側）", 6, ["保留", "（送信", "側）"]),
    ("対処は「更新」です", 8, ["対処は", "「更新」", "です"]),
    ("ポリシーです", 6, ["ポリ", "シーで", "す"]),
    ("MX は mx2.example.com だけ。", 10, ["MX は", "mx2.example.com", "だけ。"]),
    ("失敗50件。", 6, ["失敗50", "件。"]),
    ("mx.example、b.example。", 8, ["mx.example、", "b.example。"]),
    ("", 10, [""]),
]


@pytest.mark.parametrize(("text", "columns", "lines"), LINES)
def test_lines(text: str, columns: int, lines: list[str]) -> None:
    assert list(wrapped(text, columns)) == lines


def test_first_and_further_lines_have_their_own_beginning() -> None:
    assert list(wrapped("配送が保留になりました", 12, "! ", "  ")) == ["! 配送が保留", "  になりまし", "  た"]
    assert list(wrapped("", 12, "! ", "  ")) == ["!"]


def test_what_is_not_wide_is_wrapped_as_ever() -> None:
    text = "example.com told of 12 sessions that failed at mx1.example.com, of which " + "x" * 90 + " is one." * 9
    for columns in (20, 40, 72):
        made = textwrap.wrap(
            text, columns, initial_indent="! ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        assert list(wrapped(text, columns, "! ", "  ")) == made


def test_nothing_is_lost_and_no_line_too_long() -> None:
    text = "メールが配送保留になっています。enforce のポリシーで 50 セッションが失敗しました（bigmail.example）。" * 5
    lines = list(wrapped(text, 40))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(width, lines)) <= 40
    assert min(map(width, lines[:-1])) >= 24  # the last piece that did not fit is the longest name
