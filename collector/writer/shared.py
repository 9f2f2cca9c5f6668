"""One writer process for several listeners: commits of one database gather better in one place than in many."""

import socket
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from collector.supervise import Child
from collector.writer.client import COMMAND


class SharedWriter:
    """The socket at which listeners reach it, and the child that serves it. A context manager for the supervisor.

    The supervisor keeps the socket open, so that listeners can connect while a writer that died is started again.
    """

    def __enter__(self) -> Self:
        # For nobody else: the folder has mode 0700.
        self._folder = tempfile.TemporaryDirectory(prefix="tlsrpt-")
        self.path = Path(self._folder.name) / "writer"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(self.path))
        self._socket.listen(128)
        number = self._socket.fileno()
        self.child = Child("writer", (*COMMAND, "--listen", str(number)), [number])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()
        self._folder.cleanup()
