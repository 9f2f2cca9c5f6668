"""What broke: one file for each place in the sources, made as small as it can be in a moment."""

import hashlib
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from fuzz.layers import peel

_SECONDS = 10.0  # far less than the fuzzer waits for one input


class Finds:
    """Those of one run, in a folder."""

    def __init__(self, folder: Path, run: Callable[[bytes], object]) -> None:
        self._folder = folder
        self._run = run
        self._known: set[str] = set()

    def look(self, raw: bytes) -> None:
        """Runs the bytes; a fault at a place that was not known yet is kept and told."""
        try:
            self._run(raw)
        except Exception as error:
            place = _place(error)
            if place in self._known:
                return
            self._known.add(place)
            small = self._smaller(raw, place)
            file = self._folder / hashlib.sha256(place.encode()).hexdigest()[:12]
            file.write_bytes(small)
            print(f"FOUND {file}, {len(small)} bytes: {place}", flush=True)

    def _smaller(self, raw: bytes, place: str) -> bytes:
        """The JSON made smaller, then all of it, as long as it breaks at the same place."""
        until = time.monotonic() + _SECONDS

        def breaks(candidate: bytes) -> bool:
            try:
                self._run(candidate)
            except Exception as error:
                return _place(error) == place
            return False

        layers = peel(raw)
        if layers is not None and breaks(layers.mail()):
            raw = layers.of(_shrunk(layers.text, lambda text: breaks(layers.of(text).mail()), until)).mail()
        return _shrunk(raw, breaks, until)


def _shrunk(data: bytes, breaks: Callable[[bytes], bool], until: float) -> bytes:
    """Leaves out pieces of half the size, a quarter of it and so on, down to single bytes."""
    size = max(len(data) // 2, 1)
    while time.monotonic() < until:
        before, at = data, 0
        while at < len(data) and time.monotonic() < until:
            candidate = data[:at] + data[at + size :]
            if breaks(candidate):
                data = candidate
            else:
                at += size
        if size == 1 and data == before:
            break
        size = max(size // 2, 1)
    return data


def _place(error: Exception) -> str:
    """The kind of fault, and the last line of ours that it passed."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    last = frames[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} in {last.name}"
