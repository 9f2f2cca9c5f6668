"""Files of the program itself: style, scripts, Plotly. Compressed, and kept by the browser for a year.

The address holds a digest of the content, so a new version is a new address.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, request, url_for

_ROOT = Path(__file__).parent.parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_A_YEAR = 31_536_000


@dataclass(frozen=True, slots=True)
class StaticFile:
    digest: str
    content_type: str
    plain: bytes
    compressed: bytes


def register(blueprint: Blueprint) -> None:
    # An endpoint that begins with `static` needs no login, and may be kept.
    blueprint.add_url_rule("/static/<digest>/<path:name>", "static_file", answer)
    blueprint.app_template_global("static_url")(static_url)


def static_url(name: str) -> str:
    """The address of `name`, a path below static/."""
    file = load(name)
    if file is None:
        raise FileNotFoundError(name)
    return url_for("pages.static_file", digest=file.digest, name=name)


def answer(digest: str, name: str) -> Response:
    file = load(name)
    if file is None:
        abort(404)
    squeeze = request.accept_encodings.quality("gzip") > 0
    response = Response(file.compressed if squeeze else file.plain, content_type=file.content_type)
    response.headers["Vary"] = "Accept-Encoding"
    if squeeze:
        response.headers["Content-Encoding"] = "gzip"
    # A page from before an update may ask for the old address: it gets the file, and does not keep it.
    kept = digest == file.digest
    response.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable" if kept else "no-cache"
    return response


def load(name: str) -> StaticFile | None:
    """The file below static/, None if there is none."""
    return _files().get(name)


@cache
def _files() -> dict[str, StaticFile]:
    # All of them, once: whatever a stranger asks for, nothing more is read or remembered.
    return {path.relative_to(_ROOT).as_posix(): _read(path) for path in _ROOT.rglob("*") if path.suffix in _TYPES}


def _read(path: Path) -> StaticFile:
    """A `.gz` beside it is taken as its compressed form."""
    plain = path.read_bytes()
    ready = path.with_name(path.name + ".gz")
    compressed = ready.read_bytes() if ready.is_file() else gzip.compress(plain, mtime=0)
    return StaticFile(hashlib.sha256(plain).hexdigest()[:12], _TYPES[path.suffix], plain, compressed)
