"""The unix socket: its permissions, what was there before, and its end."""

import grp
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.errors import ConfigurationError
from collector.receive.smtp import sockets
from collector.receive.smtp.unix import DEFAULT, Access
from collector.settings import Address
from tests.receive.listener import Listener, LmtpClient

Listen = Callable[..., Listener]


def bind(path: Path, access: Access = DEFAULT) -> socket.socket:
    [bound] = sockets.bind([Address("", 0, str(path))], key="lmtp.listen", access=access)
    return bound


@pytest.mark.parametrize("mode", [0o660, 0o600, 0o666])
def test_permissions(tmp_path: Path, mode: int) -> None:
    path, group = tmp_path / "lmtp", grp.getgrgid(os.getgid()).gr_name
    with bind(path, Access(mode, group)):
        made = path.stat()
        assert (stat.S_IMODE(made.st_mode), made.st_gid) == (mode, os.getgid())


def test_closing_takes_the_name_away(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    bind(path).close()
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_another_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    first = bind(path)
    path.unlink()
    with bind(path):
        first.close()
        assert path.is_socket()


def test_what_a_dead_process_left_is_replaced(tmp_path: Path, listen: Listen) -> None:
    path = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    assert path.is_socket()
    with LmtpClient(listen(lmtp__listen=f"unix:{path}").addresses[-1]) as client:
        assert client.greet().data(b"x\r\n").startswith("250")


def test_what_must_not_be_replaced(tmp_path: Path) -> None:
    living, file = tmp_path / "living", tmp_path / "file"
    file.write_text("mine")
    with bind(living) as other:
        other.listen()
        for path, why in (
            (living, "another process listens there"),
            (file, "there is a file that is no socket"),
            (tmp_path / "no" / "such" / "folder", "No such file or directory"),
            (tmp_path / ("x" * 110), "AF_UNIX path too long"),
        ):
            with pytest.raises(ConfigurationError, match=rf"^lmtp\.listen: {path}: {why}$"):
                bind(path)
    assert file.read_text() == "mine"


def test_no_such_group(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^lmtp\.listen: .*/lmtp: no such group: 'nobodies'$"):
        bind(tmp_path / "lmtp", Access(0o660, "nobodies"))
    assert list(tmp_path.iterdir()) == []
