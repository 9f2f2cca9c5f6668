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
# `style.css` is these files of style/ in one: one request, one compression. Later rules win, so the order counts.
STYLE = (
    *("tokens", "base", "layout", "boxes", "setup", "forms"),
    *("tables", "words", "verdict", "charts", "sides", "narrow", "print", "mail"),
)


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
    style = b"\n".join((_ROOT / f"style/{name}.css").read_bytes() for name in STYLE)
    names = {path.relative_to(_ROOT).as_posix(): path for path in _ROOT.rglob("*") if path.suffix in _TYPES}
    found = {name: _read(path) for name, path in names.items() if not name.startswith("style/")}
    return found | {"style.css": _file(style, ".css")}


def _read(path: Path) -> StaticFile:
    """A `.gz` beside it is taken as its compressed form."""
    ready = path.with_name(path.name + ".gz")
    return _file(path.read_bytes(), path.suffix, ready.read_bytes() if ready.is_file() else None)


def _file(plain: bytes, suffix: str, compressed: bytes | None = None) -> StaticFile:
    digest = hashlib.sha256(plain).hexdigest()[:12]
    return StaticFile(digest, _TYPES[suffix], plain, compressed or gzip.compress(plain, mtime=0))
