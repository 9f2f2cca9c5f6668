"""Two weeks of one domain as a small PNG, drawn without a browser: a bar a day, failures on top."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO

from PIL import Image, ImageDraw

# Twice as large as it is shown, for fine screens.
_WIDTH, _HEIGHT = 1080, 200
_MARGIN, _GAP = 8, 16
_SUCCESS, _FAILURE, _LINE = "#4384bf", "#d55e00", "#98a3ae"
_LEAST = 4  # a day with sessions is seen, and so is one failure


def draw(days: Sequence[tuple[date, int, int]]) -> bytes:
    """A PNG without words, with a transparent ground. `days`: (day, successful, failed), the earlier week first."""
    image = Image.new("P", (_WIDTH, _HEIGHT), 0)
    image.putpalette(bytes.fromhex("ffffff" + "".join(colour[1:] for colour in (_SUCCESS, _FAILURE, _LINE))))
    pen = ImageDraw.Draw(image)
    most = max((successful + failed for _, successful, failed in days), default=0)
    base, room = _HEIGHT - _MARGIN - 2, _HEIGHT - 2 * _MARGIN - 2
    step = (_WIDTH - 2 * _MARGIN) / max(len(days), 1)
    for place, (_, successful, failed) in enumerate(days):
        left, right = round(_MARGIN + place * step + _GAP / 2), round(_MARGIN + (place + 1) * step - _GAP / 2)
        top = base - _height(successful + failed, most, room)
        middle = top + _height(failed, most, room)
        if successful:
            pen.rectangle((left, min(middle, base - _LEAST), right, base), fill=1)
        if failed:
            pen.rectangle((left, top, right, middle), fill=2)
    pen.rectangle((_MARGIN, base + 1, _WIDTH - _MARGIN, base + 2), fill=3)
    pen.rectangle((_WIDTH // 2 - 1, _MARGIN, _WIDTH // 2, base), fill=3)  # where this week begins
    packed = BytesIO()
    image.save(packed, "PNG", transparency=0, optimize=True)
    return packed.getvalue()


def _height(count: int, most: int, room: int) -> int:
    return max(_LEAST, round(room * count / most)) if count else 0
