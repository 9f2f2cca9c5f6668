"""Text in lines of so many columns. A character of Chinese, Japanese or Korean takes two (UAX #11), a mark on it none.

Lines end at blanks, and before or after wide characters: what is written without blanks would be one line. A closing
bracket or a full stop does not begin a line, an opening bracket does not end one (JIS X 4051). Names stay whole.
"""

import unicodedata
from collections.abc import Iterator

# Of plain text mails: as much as mail programs show side by side, quoted once or twice.
WIDTH = 72
_WIDE = frozenset("WF")
_NO_WIDTH = frozenset(("Mn", "Me", "Cf"))
_NOT_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー）］｝」』】〉》〕〙〗｠»”’,.:;?!)]}%"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
_NOT_LAST = frozenset("（［｛「『【〈《〔〘〖｟«“‘([{")


def width(text: str) -> int:
    """Columns that it takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def wrapped(text: str, columns: int, first: str = "", further: str = "") -> Iterator[str]:
    """Its lines, at least one; `first` stands before the first one, `further` before all others.

    A line is longer than `columns` only where it is one piece that must not be parted.
    """
    line, used, is_empty = first, width(first), True
    for word in text.split():
        for number, piece in enumerate(_pieces(word)):
            blank = "" if is_empty or number else " "
            needed = len(blank) + width(piece)
            if not is_empty and used + needed > columns:
                yield line
                line, used, blank = further, width(further), ""
                needed = width(piece)
            line, used, is_empty = line + blank + piece, used + needed, False
    yield line if not is_empty else first.rstrip()


def _columns(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in _WIDE else 1


def _pieces(word: str) -> Iterator[str]:
    """What of a word must not be parted."""
    if word.isascii():
        yield word
        return
    begin = 0
    for place in range(1, len(word)):
        if _may_part(word[place - 1], word[place]):
            yield word[begin:place]
            begin = place
    yield word[begin:]


def _may_part(before: str, after: str) -> bool:
    if after in _NOT_FIRST or before in _NOT_LAST or not _columns(after):
        return False
    return 2 in (_columns(before), _columns(after))
