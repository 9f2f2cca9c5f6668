"""`tlsrpt web` as its senders meet it: a process under gunicorn, spoken to over sockets."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from tests.support import processes, reports

PATH = "/v1/tlsrpt"
GZIP = "application/tlsrpt+gzip"
JSON = "application/tlsrpt+json"


@dataclass(frozen=True)
class Heard:
    """An answer: its status, its JSON and its header fields."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> Any:
        return self.body["outcome"]

    @property
    def code(self) -> str | None:
        """The code of the error or the reason."""
        found = self.body.get("error") or self.body["reason"]
        return found["code"] if found else None


class Site:
    """A running `tlsrpt web`."""

    def __init__(self, process: processes.Running, host: str, port: int, url: str, folder: Path) -> None:
        self.process = process
        self.host = host
        self.port = port
        self.url = url
        self.folder = folder

    def connect(self, timeout: float = 30) -> HTTPConnection:
        return HTTPConnection(self.host, self.port, timeout=timeout)

    def socket(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=30)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Heard:
        with closing(self.connect()) as connection:
            connection.request(method, path, body, headers or {})
            return heard(connection.getresponse())

    def post(self, body: bytes, content_type: str | None = GZIP, path: str = PATH, **headers: str) -> Heard:
        """Keywords are header fields: `Host="x"`, `X_Forwarded_For="192.0.2.1"`."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type is not None:
            fields["Content-Type"] = content_type
        return self.ask("POST", path, body, fields)


def heard(answer: HTTPResponse) -> Heard:
    text = answer.read()
    return Heard(answer.status, json.loads(text) if text else None, dict(answer.headers.items()))


@contextmanager
def serving(folder: Path, url: str = "sqlite:///tlsrpt.db", **variables: str) -> Iterator[Site]:
    """A site that knows example.com. `variables` without their prefix: `LIMITS_POSTS_BURST="2"`."""
    given = {"DATABASE_URL": url, "DOMAINS": "example.com", "WEB_LISTEN": "127.0.0.1:0", **variables}
    with processes.running(
        "web", cwd=folder, variables={f"TLSRPT_{name}": value for name, value in given.items()}
    ) as process:
        host, _, port = process.says("dashboard on ").rpartition("http://")[2].strip().rstrip("/").partition(":")
        yield Site(process, host, int(port), url, folder)


def document(report_id: str, **more: Any) -> reports.Json:
    """A report about example.com; keywords are those of `policy_result`."""
    return reports.report([reports.policy_result(**more)], report_id=report_id)


def packed(report_id: str, **more: Any) -> bytes:
    return reports.to_gzip(document(report_id, **more))
