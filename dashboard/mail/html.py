"""What the HTML of our mails has in common: its frame, its boxes, its colours, and that it stays short enough.

Mail programs drop style sheets, scripts, positions and pictures from elsewhere: tables and inline styles only. Gmail
cuts a mail off beyond 102 kB.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

# In UTF-8, and 2,000 more are left to the foot (dashboard.mail.foot). What encodes it for the way adds 37 hundredths at
# most (base64 in lines of 76): less than 100,000 in all.
MOST_BYTES = 70_000
# Without quotes: in an attribute each would be five bytes.
FONT = "font-family: Segoe UI, Roboto, Helvetica Neue, Hiragino Sans, Arial, sans-serif;"
BAD, GOOD, NEUTRAL = "#b34700", "#0b6b3a", "#55616e"

_Each = TypeVar("_Each")


def templates(package: str) -> Environment:
    """Those of a package, which may build on those of this one. All that is put in is escaped."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("dashboard.mail")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    made.globals["font"] = FONT
    return made


def as_many_as_fit(given: Iterable[_Each], room: int, make: Callable[[_Each], str]) -> list[Markup]:
    """What `make` renders of the first ones, as long as it has no more bytes than `room` together."""
    made: list[Markup] = []
    for one in given:
        piece = make(one)
        room -= len(piece.encode())
        if room < 0:
            break
        made.append(Markup(piece))  # noqa: S704  of a template that escapes
    return made
