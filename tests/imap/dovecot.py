"""A real Dovecot for the tests: unprivileged, on free ports of loopback, with a config made here (for 2.3 or 2.4).

Every name is a user, all with one password, each with an empty mailbox at first. It ends with the process that
started it. Without Dovecot the tests fail and say what to install.
"""

import grp
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from imapclient import IMAPClient

from tests.support.postgres import Unprivileged
from tests.support.processes import free_port, listens, until

HOST = "127.0.0.1"
PASSWORD = "pa\\ss-wörd"  # outside ASCII, with a character that IMAP escapes
NOT_FOUND = "Dovecot is missing: apt install dovecot-imapd"

# Version 2.4 wants its version first.
_OF_VERSION = {
    "2.3": """
disable_plaintext_auth = no
ssl_cert = <{directory}/certificate.pem
ssl_key = <{directory}/key.pem
mail_location = maildir:~/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={directory}/home/%u
}}
""",
    "2.4": """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
auth_allow_cleartext = yes
ssl_server_cert_file = {directory}/certificate.pem
ssl_server_key_file = {directory}/key.pem
mail_driver = maildir
mail_path = ~/mail
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {directory}/home/%{{user}}
  }}
}}
""",
}
_COMMON = """
protocols = imap
listen = 127.0.0.1
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_max_userip_connections = 50
auth_failure_delay = 0
mail_fsync = never
ssl = yes
service anvil {{
  chroot =
  # Nobody has to wait because somebody before had a wrong password.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


class NoDovecot(Exception):
    """There is no Dovecot to test with, or it does not start."""


def _program() -> Path:
    found = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NoDovecot(NOT_FOUND)
    return Path(found)


@dataclass
class Dovecot:
    """A running server. `port` speaks plain text and STARTTLS, `tls_port` TLS; `ca_file` is the CA to trust."""

    directory: Path
    port: int
    tls_port: int
    process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def ca_file(self) -> Path:
        return self.directory / "ca.pem"

    @classmethod
    def start(cls) -> "Dovecot":
        """Raises NoDovecot."""
        program = _program()
        # Not pytest's tmp_path: its parents are closed to other users, and too long for a unix socket.
        directory = Path(tempfile.mkdtemp(prefix="tlsrpt-imap-"))
        try:
            for _ in range(3):  # between choosing the ports and binding them somebody else may take one
                ports = free_port(), free_port()
                config = _write(directory, program, *ports)
                started = cls(directory, *ports, _run(program, config))
                if started._answers():
                    return started
                started._end()
            raise NoDovecot(f"Dovecot does not start: {_log(directory)}")
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise

    def stop(self) -> None:
        """Ends it and removes all its mails."""
        self._end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def client(self, user: str) -> IMAPClient:
        """A mail program of this user: what the tests prepare and look at, over plain text."""
        client = IMAPClient(HOST, self.port, ssl=False, timeout=20)
        client.plain_login(user, PASSWORD)
        return client

    def _answers(self) -> bool:
        try:
            until(lambda: listens(self.port) and listens(self.tls_port), 20, "Dovecot", alive=self.process)
        except AssertionError:
            return False
        return True

    def _end(self) -> None:
        """All at once: nobody needs its mails any more."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _run(program: Path, config: Path) -> "subprocess.Popen[bytes]":
    user = Unprivileged.find()
    return subprocess.Popen(
        [
            "/bin/sh",
            "-c",
            _GUARD,
            "sh",
            str(os.getpid()),
            str(config.parent / "log"),
            str(program),
            "-F",
            "-c",
            str(config),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        **user.kwargs(),
    )


# Ends the server when the tests have gone without a word.
_GUARD = """
owner=$1 log=$2; shift 2
"$@" 2>>"$log" & server=$!
while kill -0 $server 2>/dev/null && test -d /proc/$owner; do sleep 0.5; done
kill $server 2>/dev/null; wait $server
"""


def _write(directory: Path, program: Path, port: int, tls_port: int) -> Path:
    """The folder as Dovecot needs it; the path of its config."""
    user = Unprivileged.find()
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    config = directory / "dovecot.conf"
    template = _OF_VERSION["2.3" if version.startswith("2.3") else "2.4"] + _COMMON
    values = {
        "directory": directory,
        "password": PASSWORD,
        "uid": user.uid,
        "gid": user.gid,
        "user": pwd.getpwuid(user.uid).pw_name,
        "group": grp.getgrgid(user.gid).gr_name,
        "port": port,
        "tls_port": tls_port,
    }
    config.write_text(template.format(**values), encoding="utf-8")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "ca.pem")
    certificate = authority.issue_cert(HOST, "localhost")
    (directory / "certificate.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(directory / "key.pem")
    for path in (directory, *directory.iterdir()):
        os.chown(path, user.uid, user.gid)
    directory.chmod(0o755)
    return config


def _log(directory: Path) -> str:
    log = directory / "log"
    return log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else "no log"
