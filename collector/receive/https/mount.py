"""What the dashboard carries at `/v1/tlsrpt`, found by its entry point: neither package imports the other."""

import logging
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from collector.addresses import POST_PATH
from collector.receive.https.app import App
from collector.receive.https.buckets import Buckets
from collector.receive.https.drain import Drain, Outage
from collector.receive.https.intake import Intake, Reader
from collector.receive.https.spool import Spool
from collector.settings import Settings
from collector.store import queries
from collector.store.engine import Engine
from collector.store.startup import prepare
from collector.store.writer import Writer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

_FOLDER = "tlsrpt-spool"


class Mount:
    """A WSGI application with its threads: to be made in the process that serves, and closed there.

    `path`: where it answers. `gauges()`: figures for `/metrics` by name.
    """

    path = POST_PATH

    def __init__(self, settings: Settings, engine: Engine) -> None:
        limits = settings.limits
        self._spool = Spool(spool_folder(settings, engine), limits.spool_bytes)
        self._writer = Writer(engine)
        outage = Outage()
        reader = Reader(limits, settings.auth.dkim)
        self._drain = Drain(
            self._spool,
            reader,
            self._writer,
            outage,
            prepare=partial(prepare, engine, settings),
            is_stored=lambda delivery: queries.delivery(engine, delivery) is not None,
        )
        self._app = App(
            Intake(reader, self._writer, self._spool, outage, clock=lambda: datetime.now(UTC)),
            message_bytes=limits.message_bytes,
            buckets=Buckets(limits.posts_per_minute, limits.posts_burst, time.monotonic),
            trusted_proxies=settings.web.trusted_proxies,
        )
        _warn_if_useless(self._spool.folder)
        self._writer.start()
        self._drain.start()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return self._app(environ, start_response)

    def gauges(self) -> dict[str, int]:
        depth = self._spool.depth()
        return {
            "tlsrpt_spool_files": depth.files,
            "tlsrpt_spool_bytes": depth.bytes,
            "tlsrpt_spool_set_aside": depth.set_aside,
        }

    def close(self) -> None:
        """Finishes what is in hand. What comes afterwards goes to the spool."""
        self._drain.close()
        self._writer.close()


def spool_folder(settings: Settings, engine: Engine) -> Path:
    """`spool.folder`, else beside the SQLite file, else in the working directory."""
    if settings.spool.folder is not None:
        return settings.spool.folder
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    return (Path(file).parent if file else Path()).absolute() / _FOLDER


def _warn_if_useless(folder: Path) -> None:
    """Says at the start what would otherwise be found out in the outage. The folder is made when it is needed."""
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        log.warning("spool.folder: %s cannot be written: POSTs get 503 while the database is away", folder)
