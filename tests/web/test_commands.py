"""`tlsrpt user`, `tlsrpt token` and `tlsrpt web`, as processes."""

import json
import re
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from urllib.error import HTTPError
from urllib.parse import urlencode

import click
import pytest
from click.testing import CliRunner

from collector.errors import UsageError
from collector.store import accounts, audit, tokens
from collector.store.engine import Engine, open_engine
from dashboard.commands.token import token
from dashboard.commands.user import user
from dashboard.passwords import hash_token, is_right
from tests.support import processes

DATABASE = {"TLSRPT_DATABASE_URL": "sqlite:///tlsrpt.db"}
WEB = {**DATABASE, "TLSRPT_WEB_LISTEN": "127.0.0.1:0"}


def run(cwd: Path, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """(exit status, standard output, standard error)"""
    done = processes.tlsrpt(*arguments, cwd=cwd, variables=DATABASE, input=stdin)
    return done.returncode, done.stdout, done.stderr


@contextmanager
def opened(folder: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{folder / 'tlsrpt.db'}")
    yield engine
    engine.dispose()


def test_user(tmp_path: Path) -> None:
    password = "pässword with blanks "
    limited = ("--domain", "Example.COM", "--domain", "bücher.example")
    assert run(tmp_path, "user", "add", "grace", *limited, "--password-stdin", stdin=password + "\n") == (0, "", "")
    assert run(tmp_path, "user", "add", "ada", "--role", "admin", "--password-stdin", stdin="x")[0] == 0
    listed = run(tmp_path, "user", "list")[1].splitlines()
    assert [line.split("\t")[:3] for line in listed] == [
        ["ada", "admin", "all domains"],
        ["grace", "viewer", "example.com,xn--bcher-kva.example"],
    ]
    with opened(tmp_path) as engine:
        grace = accounts.user_named(engine, "grace")
    assert grace is not None
    assert is_right(grace.password_hash, password)
    assert run(tmp_path, "user", "change", "ada", "--role", "operator", "--domain", "example.com") == (0, "", "")
    assert run(tmp_path, "user", "list")[1].startswith("ada\toperator\texample.com\t")
    assert run(tmp_path, "user", "remove", "ada") == (0, "", "")
    with opened(tmp_path) as engine:
        told = [(entry.by.name, entry.action, entry.subject) for entry in audit.entries(engine).items]
    assert told == [
        ("command", "user_removed", "ada"),
        ("command", "user_changed", "ada"),
        ("command", "user_added", "ada"),
        ("command", "user_added", "grace"),
    ]
    assert run(tmp_path, "user", "list")[1].startswith("grace\t")


@pytest.mark.parametrize(
    ("command", "arguments", "stdin", "message"),
    [
        (user, ["add", "ada", "--password-stdin"], "", "a password has 1 to 1024 characters"),
        (user, ["add", "ada", "--password-stdin"], "\n", "a password has 1 to 1024 characters"),
        (user, ["add", "ada", "--password-stdin"], "x" * 1025, "a password has 1 to 1024 characters"),
        (user, ["add", "", "--password-stdin"], "x", "a name has 1 to 255 printable characters"),
        (user, ["add", "ada ", "--password-stdin"], "x", "a name has 1 to 255 printable characters"),
        (user, ["add", "a\tb", "--password-stdin"], "x", "a name has 1 to 255 printable characters"),
        (user, ["add", "ada", "--domain", "no name", "--password-stdin"], "x", "'no name' is no domain name"),
        (user, ["add", "ada", "--role", "king", "--password-stdin"], "x", "'king' is not one of"),
        (user, ["add", "ada"], "one\nanother\n", "The two entered values do not match."),
        (user, ["change", "ada"], "", "say what to change"),
        (user, ["change", "ada", "--domain", "a.example", "--all-domains"], "", "not both"),
        (token, ["add", "ci", "--domain", "no name"], "", "'no name' is no domain name"),
        (token, ["add", " ci"], "", "a name has 1 to 255 printable characters"),
        (token, ["add", "ci", "--expires", "0"], "", "0 is not in the range"),
        (token, ["add", "ci", "--scope", "all"], "", "'all' is not one of"),
    ],
)
def test_wrong_use(command: click.Command, arguments: list[str], stdin: str, message: str) -> None:
    """Refused before the settings are read, let alone the database."""
    result = CliRunner().invoke(command, arguments, input=stdin, obj=None)
    assert result.exit_code != 0
    assert message in (str(result.exception) if isinstance(result.exception, UsageError) else result.output)


def test_nothing_to_remove(tmp_path: Path) -> None:
    assert run(tmp_path, "user", "remove", "nobody") == (2, "", "there is no user 'nobody'\n")


def test_token(tmp_path: Path) -> None:
    status, out, err = run(tmp_path, "token", "add", "grafana", "--expires", "30")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"tlsrpt_[A-Za-z0-9_-]{43}\n", out)
    with opened(tmp_path) as engine:
        (stored,) = tokens.tokens(engine)
    assert (stored.name, stored.scope) == ("grafana", "read")
    assert stored.expires_at is not None
    assert (stored.expires_at - stored.created_at).days == 30
    with opened(tmp_path) as engine:
        found = tokens.with_hash(engine, hash_token(out.strip()), now=stored.created_at)
    assert found == stored
    line = run(tmp_path, "token", "list")[1]
    assert line.startswith("grafana\tread\t")
    assert out.strip() not in line
    assert run(tmp_path, "token", "remove", "grafana") == (0, "", "")
    assert run(tmp_path, "token", "list") == (0, "", "")


@contextmanager
def web(cwd: Path, **variables: str) -> Iterator[tuple[processes.Running, str]]:
    """`tlsrpt web` on a free port, and the address that it tells."""
    with processes.running("web", cwd=cwd, variables=WEB | variables) as process:
        yield process, process.says("dashboard on ").split("dashboard on ")[1].strip().removesuffix("/")


def get(address: str, path: str, bearer: str = "") -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(address + path, headers=headers), timeout=30) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_web(tmp_path: Path, how: signal.Signals, workers: str) -> None:
    with web(tmp_path, TLSRPT_DOMAINS="example.com", TLSRPT_WEB_WORKERS=workers) as (process, address):
        assert get(address, "/readyz") == (200, b'{"status":"ready"}\n')
        body = get(address, "/api/v1/domains")[1]
        assert [row["domain"] for row in json.loads(body)["domains"]] == ["example.com"]
        assert get(address, "/")[0] == 200
        assert process.stop(how) == 0
        assert len(process.stderr) == 1  # where it is, and nothing else
        assert process.stdout == []


def test_web_with_a_user(tmp_path: Path) -> None:
    """Processes agree on the session key and see a new user at once."""
    with web(tmp_path, TLSRPT_WEB_WORKERS="2") as (_, address):
        assert get(address, "/api/v1/domains")[0] == 200
        assert run(tmp_path, "user", "add", "ada", "--password-stdin", stdin="x\n")[0] == 0
        for _ in range(8):
            assert get(address, "/api/v1/domains")[0] == 401
        text = run(tmp_path, "token", "add", "ci")[1].strip()
        for _ in range(8):
            assert get(address, "/api/v1/domains", text)[0] == 200


def test_login_holds_in_every_process(tmp_path: Path) -> None:
    run(tmp_path, "user", "add", "ada", "--password-stdin", stdin="x\n")
    with web(tmp_path, TLSRPT_WEB_WORKERS="2") as (_, address):
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with browser.open(address + "/domains", timeout=30) as form:
            csrf_token = re.findall(rb'name="csrf_token" value="([0-9a-f]+)"', form.read())[0].decode()
        data = urlencode({"csrf_token": csrf_token, "name": "ada", "password": "x", "next": "/domains"}).encode()
        with browser.open(address + "/login", data, timeout=30) as page:
            assert page.url == address + "/domains"
        for _ in range(8):
            with browser.open(address + "/reports", timeout=30) as page:
                assert page.url == address + "/reports"


def test_request_in_hand_is_finished(tmp_path: Path) -> None:
    """SIGTERM while a form is still coming in: it is answered, then the process ends with 0."""
    head = (
        "POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\n"
    )
    with web(tmp_path) as (process, address):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(head.encode())
            # From here on a worker has it in hand.
            assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
            process.process.send_signal(signal.SIGTERM)
            sleep(0.5)
            connection.sendall(b"name=a")
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")  # for want of a cookie
        assert process.wait() == 0


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"])
def test_web_refuses_to_be_open_to_all(tmp_path: Path, address: str) -> None:
    done = processes.tlsrpt("web", cwd=tmp_path, variables={**DATABASE, "TLSRPT_WEB_LISTEN": address})
    assert done.returncode == 2
    assert done.stderr == (
        f"web.listen: {address} can be reached by others and no user is defined: run `tlsrpt user add NAME --role admin` "
        "first, or set web.oidc_issuer or web.proxy_auth_header\n"
    )


def test_web_on_all_addresses_with_a_user(tmp_path: Path) -> None:
    run(tmp_path, "user", "add", "ada", "--password-stdin", stdin="x\n")
    with web(tmp_path, TLSRPT_WEB_LISTEN="[::]:0") as (_, address):
        port = address.rpartition(":")[2]
        for host in ("127.0.0.1", "[::1]"):
            assert get(f"http://{host}:{port}", "/readyz")[0] == 200
            assert get(f"http://{host}:{port}", "/api/v1/domains")[0] == 401


def test_address_that_is_not_ours(tmp_path: Path) -> None:
    run(tmp_path, "user", "add", "ada", "--password-stdin", stdin="x\n")
    done = processes.tlsrpt("web", cwd=tmp_path, variables={**DATABASE, "TLSRPT_WEB_LISTEN": "192.0.2.1:8080"})
    assert (done.returncode, done.stderr) == (2, "web.listen: 192.0.2.1:8080: Cannot assign requested address\n")
