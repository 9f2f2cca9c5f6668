"""`make translations`: brings the catalogues in step with the code, and says what they lack.

New messages come in empty, those that nobody uses any more go, and nothing is ever guessed (no fuzzy entries). Run by
`python -m docs.translations`; it ends with status 1 while a text is missing. See docs/translating.md.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dashboard.recall import CONTEXT
from docs import kept_texts

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "dashboard" / "web" / "translations"
# say() and say_n() of collector.text beside gettext's own names, which include those of Flask-Babel and Jinja.
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "say": None,
    "say_n": (1, 2),
}
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
_SOURCES = ("collector/monitor", "collector/setup", "dashboard")
# Catalogues are compared and merged: they hold nothing that differs from run to run.
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def languages() -> list[str]:
    """The tags of the catalogues."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def path_of(tag: str) -> Path:
    return FOLDER / tag / "LC_MESSAGES" / "messages.po"


def extracted() -> Catalog:
    """Every message that stands in the code and in the templates, with the files it stands in."""
    found = Catalog(fuzzy=False)
    for source in _SOURCES:
        folder = ROOT / source
        for name, _line, message, _comments, context in extract_from_dir(
            folder, method_map=_METHODS, options_map=_OPTIONS, keywords=_KEYWORDS
        ):
            file = (Path(source) / name).as_posix()
            found.add(message, None, [(file, 0)], context=context)
    for file, message in kept_texts.messages():
        found.add(message, None, [(file, 0)], context=CONTEXT)
    return found


def kept(tag: str) -> Catalog:
    """The catalogue of a language as it stands."""
    path = path_of(tag)
    if not path.exists():
        return Catalog(locale=tag, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=tag)


def renewed(tag: str) -> Catalog:
    """The catalogue of a language with the messages of today, each with the translation it had."""
    old, new = kept(tag), Catalog(locale=tag, fuzzy=False, project="tlsrpt-dashboard", version="1")
    new.header_comment = (
        f"# The texts of the pages in {new.locale.english_name}; `make translations` keeps them in step."
    )
    new.creation_date = new.revision_date = _ANY_DAY
    new.last_translator = new.language_team = "tlsrpt-dashboard"
    for message in extracted():
        if message.id:
            known = old.get(message.id, message.context)
            said = known.string if known is not None and is_whole(known) else None
            new.add(message.id, said, sorted(set(message.locations)), context=message.context)
    return new


def is_whole(message: Message) -> bool:
    """Whether every form of it is there."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(forms)


def missing(tag: str) -> list[Message]:
    """The messages of the code that the catalogue does not translate."""
    return [message for message in renewed(tag) if message.id and not is_whole(message)]


def write(tag: str) -> None:
    path, catalogue = path_of(tag), renewed(tag)  # read before it is written
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=120, include_lineno=False, sort_by_file=True)


def main() -> int:
    status = 0
    for tag in languages():
        write(tag)
        lacking = missing(tag)
        sys.stdout.write(f"{tag}: {len(lacking)} of {len(kept(tag))} texts are missing\n")
        for message in lacking:
            [where, *_] = message.locations
            sys.stdout.write(f"  {where[0]}: {message.id}\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
