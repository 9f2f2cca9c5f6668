"""A WSGI application behind TLS on loopback, as a proxy in front of the dashboard gives it."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import trustme

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """A test's output is the test's."""


@contextmanager
def serving(app: "WSGIApplication", host: str, folder: Path) -> Iterator[tuple[int, Path]]:
    """Its port, and the CA that its certificate for `host` is from."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "site-ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(host).configure_cert(context)
    with make_server("127.0.0.1", 0, app, handler_class=_Quiet) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_port, folder / "site-ca.pem"
        finally:
            server.shutdown()
            thread.join()
