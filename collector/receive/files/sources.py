"""All that a command line names, opened one after the other, and how far that has got."""

import logging
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from collector.receive.files.pieces import Found, Unreadable, pieces
from collector.receive.files.walk import files

log = logging.getLogger(__name__)

STDIN = "-"


class Sources:
    """The deliveries behind `paths`, of which `-` is standard input. Each of them is opened when its turn comes."""

    def __init__(self, paths: Sequence[str], stdin: BinaryIO, most: int) -> None:
        """`most`: bytes of one delivery."""
        self._paths = paths
        self._stdin = stdin
        self._most = most
        self._done = 0
        self._open: BinaryIO | None = None

    @property
    def done(self) -> int:
        """Bytes read so far."""
        return self._done + (self._open.tell() if self._open is not None else 0)

    def __iter__(self) -> Iterator[Found]:
        for path in self._paths:
            if path == STDIN:
                yield from self._in(self._stdin, "standard input", None)
                continue
            for file in files([Path(path)]):
                if isinstance(file, Unreadable):
                    yield file
                    continue
                where = _text(str(file))
                try:
                    with file.open("rb") as opened:
                        yield from self._in(opened, where, _text(file.name))
                except OSError as error:
                    yield Unreadable(where, error.strerror or str(error))

    def _in(self, file: BinaryIO, where: str, name: str | None) -> Iterator[Found]:
        self._open = file if file.seekable() else None
        is_empty = True
        for found in pieces(file, where, name, self._most):
            is_empty = False
            yield found
        if is_empty:
            log.warning("%s: there is nothing in it", where)
        if self._open is not None:
            self._open.seek(0, os.SEEK_END)  # whatever was left out counts as read
        self._done, self._open = self.done, None


def _text(name: str) -> str:
    """A file name as text that can be stored, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "replace")


def size_of(paths: Sequence[str], stdin: BinaryIO) -> int | None:
    """Bytes behind `paths` in all; None if nobody can tell, because some come through a pipe. Opens none of them."""
    total = 0
    for path in paths:
        for size in (_size(stdin.fileno()),) if path == STDIN else map(_size, files([Path(path)])):
            if size is None:
                return None
            total += size
    return total


def _size(file: Path | int | Unreadable) -> int | None:
    """Bytes in a file, None of a pipe. What cannot be read has none."""
    try:
        status = os.stat(file) if not isinstance(file, Unreadable) else None  # noqa: PTH116  a file number has no path
    except OSError:
        status = None
    if status is None:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else None
