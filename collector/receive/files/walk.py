"""From paths to the files behind them: folders with all that lies below, sorted; of a Maildir its mails only."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from collector.receive.files.pieces import Unreadable


def files(paths: Iterable[Path]) -> Iterator[Path | Unreadable]:
    """Every file at or below each path, in the order of their names; a path that is no folder as it is.

    Symbolic links are followed, and each folder is read once, so that links in a circle come to an end. In folders
    hidden names (`.DS_Store`) and what is neither file nor folder (a pipe would be waited for) are left out.
    """
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if path.is_dir():
            yield from _below(path, seen)
        else:
            yield path


def _below(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path | Unreadable]:
    try:
        known = folder.stat()
        if (known.st_dev, known.st_ino) in seen:
            return
        seen.add((known.st_dev, known.st_ino))
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        yield Unreadable(str(folder), error.strerror or str(error))
        return
    names = {entry.name for entry in entries}
    if "cur" in names and not names.isdisjoint(("new", "tmp")):
        for name in _mail_folders(folder, names):
            yield from _below(folder / name, seen)
        return
    for entry in entries:
        if not entry.name.startswith("."):
            yield from _entry(folder, entry, seen)


def _entry(folder: Path, entry: "os.DirEntry[str]", seen: set[tuple[int, int]]) -> Iterator[Path | Unreadable]:
    path = folder / entry.name
    if entry.is_file(follow_symlinks=False):  # known without a look at the file itself: the usual case
        yield path
    elif path.is_dir():
        yield from _below(path, seen)
    elif path.is_file():
        yield path
    elif not path.exists():
        yield Unreadable(str(path), "a link that leads nowhere")


def _mail_folders(folder: Path, names: set[str]) -> list[str]:
    """Of a Maildir `cur` and `new`, and the Maildirs within it, which may be hidden (Maildir++: `.Archive`).

    What lies in `tmp` is not delivered yet; the index files of a mail server are no mails.
    """
    inner = [name for name in sorted(names - {"cur", "new", "tmp"}) if (folder / name / "cur").is_dir()]
    return [name for name in ("cur", "new") if name in names] + inner
