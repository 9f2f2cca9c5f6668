"""The collector as a process that may be ended in any way and started again."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.support.processes import Running, free_port, running, tlsrpt


class Collector:
    """`tlsrpt collect` on a port that stays the same, however often it starts again."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.port = free_port()
        self._folder = folder
        self._variables = {
            "TLSRPT_DATABASE_URL": url,
            "TLSRPT_DOMAINS": "example.com",
            "TLSRPT_AUTH_DKIM": "off",
            "TLSRPT_SMTP_LISTEN": f"127.0.0.1:{self.port}",
        }

    def upgrade(self) -> None:
        done = tlsrpt("db", "upgrade", cwd=self._folder, variables=self._variables)
        assert done.returncode == 0, done.stderr

    def run(self, *arguments: str) -> AbstractContextManager[Running]:
        return running("collect", *arguments, cwd=self._folder, variables=self._variables)
