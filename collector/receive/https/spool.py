"""The spool: POSTs that wait on the local disk while the database is away, a file each (Q104, rule 1).

A file is there whole or not at all, and durable: it is written under another name, fsynced, renamed, and its folder
is fsynced. Whoever works on one holds its lock (flock), so that no two processes take it; a lock ends with its process.
"""

import fcntl
import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from collector.delivery import Envelope
from collector.errors import SpoolUnavailable

log = logging.getLogger(__name__)

_SUFFIX = ".post"
_UNFINISHED = ".part"
_SET_ASIDE = ".broken"
# An unfinished file this old was left by a process that died: nobody was told that it is kept.
_ABANDONED_SECONDS = 3600
_VERSION = 1
# Looking through the folder takes no more than a twentieth of the time, however often somebody asks.
_SHARE = 20
_LEAST_FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A POST as it came. `id` is that of its delivery, now and whenever it gets into the store."""

    id: UUID
    received_at: datetime  # aware, UTC
    envelope: Envelope
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Depth:
    """What waits, and how many files could not be read and were set aside."""

    files: int = 0
    bytes: int = 0
    set_aside: int = 0


class _Head(msgspec.Struct, frozen=True):
    """The first line of a file, as JSON; the bytes as they came follow."""

    version: int
    id: UUID
    received_at: datetime
    envelope: Envelope
    size: int
    sha256: str


class _Broken(Exception):
    """A file is not what was written."""


class Spool:
    """The files in one folder, which is made when it is needed. For any number of threads and processes."""

    def __init__(self, folder: Path, most_bytes: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._most_bytes = most_bytes
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._depth = Depth()
        self._fresh_until = monotonic()

    def keep(self, entry: Entry) -> "Held":
        """Writes a POST. When it returns, it is on disk, and still locked. Raises SpoolUnavailable."""
        content = _encode(entry)
        path = self.folder / f"{entry.id}{_SUFFIX}"
        try:
            if self.depth().bytes + len(content) > self._most_bytes:
                raise SpoolUnavailable(f"the spool in {self.folder} is full (limits.spool_bytes)")
            file = self._write(path, content)
        except OSError as error:
            raise SpoolUnavailable(f"the spool in {self.folder} takes nothing: {error.strerror or error}") from error
        self._count(1, len(content))
        return Held(self, path, file, len(content))

    def names(self) -> list[str]:
        """The files that wait, oldest first: ids sort by time. Clears away what was left unfinished."""
        found = []
        for item in self._scan():
            if item.name.endswith(_SUFFIX):
                found.append(item.name)
            elif item.name.endswith(_UNFINISHED):
                _remove_if_abandoned(item)
        return sorted(found)

    def take(self, name: str) -> "tuple[Held, Entry] | None":
        """One of `names()`, locked. None if it is gone, somebody has it, or it is broken: then it is set aside."""
        path = self.folder / name
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.error("spool: %s: %s", path, error.strerror)
            return None
        held = Held(self, path, file, os.fstat(file).st_size)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_nlink:
                return held, _read(file)
        except BlockingIOError:
            pass
        except (_Broken, OSError) as error:
            held.set_aside(str(error))
        held.release()
        return None

    def depth(self) -> Depth:
        """How much waits: as it was a moment ago, with our own changes since."""
        with self._lock:
            began = self._monotonic()
            if began >= self._fresh_until:
                self._depth = _measure(self._scan())
                taken = self._monotonic() - began
                self._fresh_until = began + max(_LEAST_FRESH_SECONDS, _SHARE * taken)
            return self._depth

    def _scan(self) -> "list[os.DirEntry[str]]":
        try:
            with os.scandir(self.folder) as items:
                return list(items)
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _write(self, path: Path, content: bytes) -> int:
        """Writes a file durably; it stays open, and locked. Leaves nothing behind where that fails."""
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _fsync_folder(self.folder.parent)
        unfinished = path.with_suffix(_UNFINISHED)
        file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_all(file, content)
            os.fsync(file)
            unfinished.rename(path)
            _fsync_folder(self.folder)
        except OSError:
            for left in (unfinished, path):
                with suppress(OSError):
                    left.unlink()
            os.close(file)
            raise
        return file

    def _count(self, files: int, size: int) -> None:
        with self._lock:
            now = self._depth
            self._depth = Depth(max(now.files + files, 0), max(now.bytes + size, 0), now.set_aside)


class Held:
    """A file that nobody else works on until it is `done`, `set_aside` or `release`d."""

    def __init__(self, spool: Spool, path: Path, file: int, size: int) -> None:
        self.name = path.name
        self._spool = spool
        self._path = path
        self._file = file
        self.size = size

    def done(self) -> None:
        """It is in the store: removes it. After a crash before this, the id of its delivery tells."""
        with suppress(FileNotFoundError):
            self._path.unlink()
            self._spool._count(-1, -self.size)  # noqa: SLF001  the two are one thing
        self.release()

    def set_aside(self, why: str) -> None:
        """It cannot be read: keeps it under another name, for somebody to look at."""
        log.error("spool: %s: %s; it is kept as %s", self._path, why, _SET_ASIDE)
        with suppress(FileNotFoundError):
            self._path.rename(self._path.with_suffix(_SET_ASIDE))
        self.release()

    def release(self) -> None:
        """Lets others have it. May be repeated."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _encode(entry: Entry) -> bytes:
    digest = hashlib.sha256(entry.raw).hexdigest()
    head = _Head(_VERSION, entry.id, entry.received_at, entry.envelope, len(entry.raw), digest)
    return msgspec.json.encode(head) + b"\n" + entry.raw


def _read(file: int) -> Entry:
    """The POST in an open file. Raises _Broken."""
    with os.fdopen(os.dup(file), "rb") as content:
        first, raw = content.readline(), content.read()
    try:
        head = msgspec.json.decode(first, type=_Head)
    except msgspec.MsgspecError as error:
        raise _Broken(f"its first line cannot be read: {error}") from None
    if head.version != _VERSION or head.received_at.tzinfo is None:
        raise _Broken("another version wrote it")
    if len(raw) != head.size or hashlib.sha256(raw).hexdigest() != head.sha256:
        raise _Broken("its bytes are not those that were written")
    return Entry(head.id, head.received_at, head.envelope, raw)


def _measure(items: "Iterable[os.DirEntry[str]]") -> Depth:
    files = size = set_aside = 0
    for item in items:
        if item.name.endswith(_SUFFIX):
            with suppress(FileNotFoundError):
                size += item.stat().st_size
                files += 1
        elif item.name.endswith(_SET_ASIDE):
            set_aside += 1
    return Depth(files, size, set_aside)


def _remove_if_abandoned(item: "os.DirEntry[str]") -> None:
    with suppress(FileNotFoundError):
        if item.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
            Path(item.path).unlink()


def _write_all(file: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
