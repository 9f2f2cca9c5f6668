"""`tlsrpt web`: the dashboard and the API under gunicorn."""

import errno
import gc
import logging
import os
import socket
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger

from collector.cli import Context
from collector.errors import ConfigurationError, StoreUnavailable
from collector.settings import Address, Given, Settings, gather
from collector.store import startup
from collector.store.engine import Engine, open_engine
from collector.store.replica import Replica
from dashboard.commands.worker import Worker, refuse_unread
from dashboard.web import create_app, mounts

log = logging.getLogger("tlsrpt.web")

_GRACE_SECONDS = 20  # for requests in hand when it is asked to stop
_BIND_SECONDS = 10  # the workers of a server that was killed hold its address for a moment
_BACKLOG = 512


@click.command()
@click.pass_obj
def web(context: Context) -> None:
    """Runs the dashboard and the API."""
    settings = context.settings
    with context.engine() as engine:
        try:
            startup.prepare(engine, settings)
            startup.check_reach(engine, settings.web)
        except StoreUnavailable as error:
            if engine.dialect.name == "sqlite":  # a file does not come back by itself
                raise
            # POSTs are taken all the same (Q104); until it answers nobody is let in anywhere else.
            log.warning("%s; starting without it", error)
    given = gather(context.file, os.environ, context.overrides)
    _Server(settings, given, _listen(settings.web.listen)).run()


def _listen(address: Address) -> socket.socket:
    """A listening socket. Raises ConfigurationError if the address cannot be had."""
    give_up = time.monotonic() + _BIND_SECONDS
    while True:
        try:
            return socket.create_server(
                (address.host, address.port),
                family=socket.AF_INET6 if ":" in address.host else socket.AF_INET,
                backlog=_BACKLOG,
                dualstack_ipv6=address.host == "::",
            )
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > give_up:
                # A name that does not resolve has a negative number, and only the text that came with it.
                why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
                raise ConfigurationError(f"web.listen: {address}: {why}") from None
        time.sleep(0.2)


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings, and none from its own files and variables."""

    cfg: Config

    def __init__(self, settings: Settings, given: Sequence[Given], listener: socket.socket) -> None:
        self._settings = settings
        self._given = given
        self._listener = listener
        self._mounts: list[mounts.Mount] = []
        self._replica: Replica | None = None
        super().__init__()

    def load_config(self) -> None:
        host, port = self._listener.getsockname()[:2]
        wanted: dict[str, Any] = {
            "bind": f"fd://{self._listener.detach()}",
            "workers": self._settings.web.workers,
            "threads": self._settings.web.threads,
            "worker_class": Worker,
            "pre_request": partial(refuse_unread, self._settings.limits.message_bytes),
            "worker_exit": lambda _server, _worker: self._close(),
            "graceful_timeout": _GRACE_SECONDS,
            "keepalive": 15,
            "logger_class": _Log,
            "loglevel": "warning",
            "proc_name": "tlsrpt web",
            # Heartbeats go through a file: on a disk they could wait for it.
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108
            "when_ready": lambda server: _announce(server, Address(host, port)),
        }
        if "control_socket_disable" in self.cfg.settings:  # gunicorn 25 and later: nobody asked for that door
            wanted["control_socket_disable"] = True
        for name, value in wanted.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Runs in each worker: a database connection must not be shared over a fork."""
        engine = open_engine(self._settings.database.url)
        self._replica = self._follow(engine)
        app = create_app(self._settings, engine, replica=self._replica, given=self._given)
        self._mounts = mounts.find(self._settings, engine)
        mounts.put_before(app, self._mounts)
        # What is there now stays: to look through it for garbage again and again takes a fifth of a large page's time.
        gc.collect()
        gc.freeze()
        return app

    def _follow(self, engine: Engine) -> Replica | None:
        """The replica of the settings, looked at from now on."""
        database = self._settings.database
        if database.read_url is None:
            return None
        replica = Replica(engine, database.read_url, most_behind=database.read_lag_seconds)
        replica.start()
        return replica

    def _close(self) -> None:
        for mount in self._mounts:
            mount.close()
        if self._replica is not None:
            self._replica.close()


class _Log(Logger):  # type: ignore[misc]
    """What gunicorn has to say goes where everything goes, in the same form."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def _announce(_server: Arbiter, address: Address) -> None:
    log.info("dashboard on http://%s/", address)
