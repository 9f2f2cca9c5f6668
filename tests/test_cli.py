"""The command line: what every command has in common."""

import ast
import io
import logging
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from collector import __version__, cli, log
from collector.settings import load
from collector.settings.shown import hide
from tests.support.processes import TLSRPT, environment, tlsrpt

COMMANDS = sorted(entry_points(group=cli.GROUP), key=lambda point: point.name)


@pytest.mark.parametrize("point", COMMANDS, ids=lambda point: point.name)
def test_every_command_says_in_one_line_what_it_does(point: "cli.EntryPoint") -> None:
    line = cli.first_line(point)
    assert line, f"the docstring of {point.value} is its help"
    command = point.load()
    assert isinstance(command, click.Command)
    assert (command.help or "").startswith(line)


def test_listing_the_commands_imports_none_of_them(tmp_path: Path) -> None:
    program = (
        "import sys; from collector.cli import run; run(['--help']);"
        "print([name for name in ('flask', 'aiosmtpd', 'sqlalchemy', 'plotly') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(point.name in done.stdout for point in COMMANDS)


# arguments, environment, exit status, standard error
REFUSALS = [
    (["nonsense"], {}, 2, "tlsrpt: No such command 'nonsense'."),
    (["config", "--nonsense"], {}, 2, "tlsrpt config: No such option '--nonsense'."),
    (["--set", "a", "config"], {}, 2, "tlsrpt: Invalid value for '--set': 'a' is not section.key=value"),
    (["--set", "smtp.lissten=:25", "config"], {}, 2, "--set smtp.lissten: there is no such setting"),
    (["--set", "smtp.listen=25", "config"], {}, 2, "--set smtp.listen: '25' is not host:port"),
    (["config", "--check"], {"TLSRPT_WEB_LISTEN": "here"}, 2, "TLSRPT_WEB_LISTEN: 'here' is not host:port"),
    (["--config", "none.toml", "config"], {}, 2, "none.toml: No such file or directory"),
    (["config"], {"TLSRPT_WEB_LISTEN": "a\nb\x1b[1m"}, 2, r"TLSRPT_WEB_LISTEN: 'a\nb\x1b[1m' is not host:port"),
    (["serve"], {"TLSRPT_DATABASE_URL": "sqlite:////nowhere/at/all/x.db"}, 2,
     "database.url: the folder of /nowhere/at/all/x.db does not exist"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "variables", "status", "message"), REFUSALS)
def test_a_refusal_is_one_line(
    arguments: list[str], variables: dict[str, str], status: int, message: str, tmp_path: Path
) -> None:
    done = tlsrpt(*arguments, cwd=tmp_path, variables=variables)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.splitlines() == [message]


def test_a_database_that_is_away_is_status_1(tmp_path: Path) -> None:
    done = tlsrpt("serve", cwd=tmp_path, variables={"TLSRPT_DATABASE_URL": "postgresql://127.0.0.1:1/x"})
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("the database does not answer: ")


def test_a_slip_in_the_environment_is_a_warning(tmp_path: Path) -> None:
    done = tlsrpt("config", "--check", cwd=tmp_path, variables={"TLSRPT_SMTP_LISTN": ":25"})
    assert (done.returncode, done.stdout) == (0, "")
    assert "TLSRPT_SMTP_LISTN: there is no such setting" in done.stderr


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*TLSRPT, "config"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(30) == 141


def test_version(tmp_path: Path) -> None:
    assert tlsrpt("--version", cwd=tmp_path).stdout == f"tlsrpt, version {__version__}\n"


def test_config_prints_a_file_that_means_the_same(tmp_path: Path) -> None:
    variables = {
        "TLSRPT_SMTP_RECIPIENTS": "tlsrpt@example.com,*@tls.example.net",
        "TLSRPT_MAIL_FROM": 'A "quoted" name <tls@example.com>',
        "TLSRPT_LIMITS_POLICIES": "7",
    }
    done = tlsrpt("--set", "auth.dkim=record", "config", cwd=tmp_path, variables=variables)
    assert done.returncode == 0
    assert 'dkim = "record"  # --set auth.dkim' in done.stdout
    assert "policies = 7  # TLSRPT_LIMITS_POLICIES" in done.stdout
    assert 'listen = "127.0.0.1:2525"  # default' in done.stdout
    file = tmp_path / "printed.toml"
    file.write_text(done.stdout)
    assert load(file, {}) == load(environ=variables, overrides={"auth.dkim": "record"})


def test_config_hides_secrets(tmp_path: Path) -> None:
    variables = {
        "TLSRPT_DATABASE_URL": "postgresql://tlsrpt:s3cret@db.example/tlsrpt?password=s3cret",
        "TLSRPT_MAIL_PASSWORD": "s3cret",
    }
    printed = tlsrpt("config", cwd=tmp_path, variables=variables).stdout
    assert "s3cret" not in printed
    assert '# url = "postgresql://tlsrpt:(hidden)@db.example/tlsrpt?(hidden)"  # TLSRPT_DATABASE_URL' in printed
    assert '# password = "(hidden)"  # TLSRPT_MAIL_PASSWORD' in printed
    assert tomllib.loads(printed)["mail"]["starttls"] == "auto"


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("", ""),
        ("plain", "(hidden)"),
        ("sqlite:///tlsrpt.db", "sqlite:///tlsrpt.db"),
        ("postgresql://h/d", "postgresql://h/d"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u:u@h/d", "postgresql://u:(hidden)@h/d"),
        ("https://hooks.example.com/services/T0/s3cret", "(hidden)"),
    ],
)
def test_hidden(secret: str, shown: str) -> None:
    assert hide(secret) == shown


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged at `info`, with the root logger as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure("info", stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_record_is_one_line_whatever_is_in_it(logged: io.StringIO) -> None:
    # Q58, R41: what strangers send ends up in logs.
    logging.getLogger("t").info("from %s", "a\r\n2026 INFO forged\x00\x1b[2J\u202eé")
    (line,) = logged.getvalue().splitlines()
    assert line.endswith(r" INFO t: from a\r\n2026 INFO forged\x00\x1b[2J\u202eé")


def test_half_a_character_is_escaped() -> None:
    assert log.escape("a\udc80") == r"a\udc80"


def test_a_traceback_is_one_line_too(logged: io.StringIO) -> None:
    try:
        ast.literal_eval("1 +")
    except SyntaxError:
        logging.getLogger("t").exception("oh")
    (line,) = logged.getvalue().splitlines()
    assert "SyntaxError" in line


def test_a_record_is_bounded(logged: io.StringIO) -> None:
    logging.getLogger("t").warning("%s", "x" * 100_000)
    assert len(logged.getvalue()) < 9_000
    assert "characters more" in logged.getvalue()


def test_the_level_holds(logged: io.StringIO) -> None:
    logging.getLogger("t").debug("not this")
    logging.getLogger("mail.log").info("nor what aiosmtpd says of each session")
    assert logged.getvalue() == ""


def test_the_settings_of_a_child_process_are_our_own(tmp_path: Path) -> None:
    context = cli.Context(tmp_path / "a.toml", {"auth.dkim": "off"})
    line = context.command_line("collect", "--processes", "2")
    assert line[line.index("--config") :] == [
        "--config", str(tmp_path / "a.toml"), "--set", "auth.dkim=off", "collect", "--processes", "2",
    ]  # fmt: skip
