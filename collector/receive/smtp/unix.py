"""Unix sockets to listen on: made with the permissions they are to have, and their names taken away in the end."""

import os
import shutil
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from collector.errors import ConfigurationError
from collector.settings import Lmtp


@dataclass(frozen=True, slots=True)
class Access:
    """Who may connect: the permission bits, and the group (None: the process's own)."""

    mode: int = 0o660
    group: str | None = None

    @classmethod
    def of(cls, lmtp: Lmtp) -> "Access":
        return cls(lmtp.socket_mode, lmtp.socket_group)


DEFAULT = Access()


class NamedSocket(socket.socket):
    """A bound unix socket whose name goes when it is closed, unless another has taken the name since."""

    _made: os.stat_result | None = None

    def bind_at(self, path: Path, access: Access) -> None:
        """Nobody can connect before it listens, so nobody sees it with other permissions. Raises OSError."""
        self.bind(str(path))
        self._made = path.stat()
        if access.group is not None:
            shutil.chown(path, group=access.group)
        path.chmod(access.mode)

    def close(self) -> None:
        if self._made is not None:
            path, made, self._made = Path(self.getsockname()), self._made, None
            try:
                if os.path.samestat(path.stat(), made):
                    path.unlink()
            except FileNotFoundError:
                pass
        super().close()


def bind(path: Path, access: Access, *, key: str) -> socket.socket:
    """A socket bound at `path`, which does not listen yet. One that a dead process left behind is replaced.

    Raises ConfigurationError naming the setting `key`.
    """
    bound = NamedSocket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear(path)
        bound.setblocking(False)
        bound.bind_at(path.absolute(), access)
    except (OSError, LookupError) as error:  # LookupError: no such group
        bound.close()
        reason = error.strerror or error if isinstance(error, OSError) else error
        raise ConfigurationError(f"{key}: {path}: {reason}") from None
    return bound


def _clear(path: Path) -> None:
    """Removes a socket at `path` behind which nobody is. Raises OSError for anything else that is there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise FileExistsError(None, "there is a file that is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError:
            pass
    raise FileExistsError(None, "another process listens there")
