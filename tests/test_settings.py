"""One table of settings, three sources, everything checked at load: a wrong one names its key in one line."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from collector.errors import ConfigurationError
from collector.settings import Address, Recipient, Settings, load, rows, unknown_variables
from collector.settings.values import WeeklyTime

MIB = 1024 * 1024


def value(settings: Settings, name: str) -> Any:
    section, _, key = name.rpartition(".")
    owner = getattr(settings, section) if section else settings
    return getattr(owner, key, None) if hasattr(owner, key) else getattr(owner, key + "_")


GOOD = [
    ("domains", "Example.COM., example.net", ("example.com", "example.net")),
    ("domains", "bücher.example", ("xn--bcher-kva.example",)),
    ("domains", "", ()),
    ("database.url", "sqlite:////var/lib/tlsrpt/tlsrpt.db", "sqlite:////var/lib/tlsrpt/tlsrpt.db"),
    ("database.url", "postgres://u:p%2Fw@db.example:5433/t", "postgresql+psycopg://u:p%2Fw@db.example:5433/t"),
    ("database.url", "postgresql:///t?host=/run/postgresql", "postgresql+psycopg:///t?host=/run/postgresql"),
    ("smtp.listen", "[::]:25,:2525", (Address("::", 25), Address("0.0.0.0", 2525))),
    ("smtp.recipients", "TLSRPT@Example.com, *@tls.example.net", ("tlsrpt@example.com", "*@tls.example.net")),
    ("lmtp.listen", "unix:/run/lmtp,127.0.0.1:24", (Address("", 0, "/run/lmtp"), Address("127.0.0.1", 24))),
    ("lmtp.socket_mode", "0600", 0o600),
    ("web.listen", "[2001:DB8:0:0::1]:80", Address("2001:db8::1", 80)),
    ("web.public_url", "https://tls.example.com/", "https://tls.example.com"),
    ("auth.dkim", "record", "record"),
    ("dns.nameservers", "192.0.2.1,[2001:db8::53]:5353,2001:db8::1,localhost:53",
     (Address("192.0.2.1", 53), Address("2001:db8::53", 5353), Address("2001:db8::1", 53), Address("localhost", 53))),
    ("limits.message_bytes", "1 MiB", MIB),
    ("limits.report_bytes", "20MB", 20_000_000),
    ("limits.report_bytes", "512", 512),
    ("monitor.timeout", "2.5", 2.5),
    ("mail.starttls", "No", "no"),
    ("mail.from", "TLS reports <tls@example.com>", "TLS reports <tls@example.com>"),
    ("alerts.failure_percent", "0.5", 0.5),
    ("alerts.webhooks", "https://hook.example.com/in?token=x,http://[::1]:8081/", ("https://hook.example.com/in?token=x", "http://[::1]:8081/")),
    ("summary.recipients", "a@example.com,b@example.com=example.com+Example.net",
     (Recipient("a@example.com"), Recipient("b@example.com", ("example.com", "example.net")))),
    ("summary.at", "sunday 6:30", WeeklyTime(6, time(6, 30))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), GOOD)
def test_a_good_value(name: str, text: str, expected: object) -> None:
    assert value(load(environ={}, overrides={name: text}), name) == expected


BAD = [
    ("domains", "example.com, not a name", "'not a name' is no domain name"),
    ("domains", "192.0.2.1", "'192.0.2.1' is no domain name"),
    ("database.url", "mysql://localhost/x", "not an sqlite:/// or postgresql:// URL"),
    ("database.url", "sqlite://", "not a file: write sqlite:///relative.db or sqlite:////absolute/path.db"),
    ("database.url", "postgresql://u:pa/ss@h/t", "no such port (the special characters of a password are written %XX)"),
    ("database.read_url", "sqlite:///copy.db", "a replica is one of PostgreSQL: postgresql://user@host/database"),
    ("database.read_lag_seconds", "0", "'0' is not a number of seconds"),
    ("smtp.listen", "2525", "'2525' is not host:port"),
    ("smtp.listen", "127.0.0.1:70000", "'127.0.0.1:70000' is not host:port"),
    ("smtp.listen", "::1:25", "write an IPv6 address as [address]:port, not '::1:25'"),
    ("smtp.listen", "[fe80::xyz]:25", "'fe80::xyz' is no IPv6 address"),
    ("smtp.listen", "here and there:25", "'here and there:25' is not host:port"),
    ("smtp.recipients", "example.com", "'example.com' is not local@domain"),
    ("smtp.connections", "0", "'0' is not a number from 1 to 100000"),
    ("smtp.proxy_from", "192.0.2.0/24, balancer", "'balancer' is no IP address or network"),
    ("lmtp.socket_mode", "rw-rw----", "'rw-rw----' is not a mode such as 660"),
    ("smtp.connections", "1e3", "'1e3' is not a number from 1 to 100000"),
    ("web.public_url", "tls.example.com", "'tls.example.com' is no http or https address"),
    ("auth.dkim", "yes", "'yes' is none of require, record, off"),
    ("limits.message_bytes", "10 megs", "'10 megs' is not a size such as 10 MiB"),
    ("monitor.timeout", "nan", "'nan' is not a number of seconds"),
    ("mail.starttls", "perhaps", "'perhaps' is none of yes, no, auto"),
    ("mail.from", "TLS reports", "'TLS reports' is no mail address"),
    ("mail.dkim_selector", "s1; d=evil.example", "'s1; d=evil.example' is no selector"),
    ("alerts.webhooks", "hook.example.com/s3cret", "not an http or https address"),
    ("alerts.failure_percent", "101", "'101' is not a number of hundredths such as 5 or 0.5"),
    ("summary.recipients", "postmaster", "'postmaster' is no mail address"),
    ("summary.at", "Mon 25:00", "'Mon 25:00' is not a time such as Mon 07:00"),
    ("summary.timezone", "Mars/Olympus", "'Mars/Olympus' is no time zone"),
    ("summary.timezone", "../etc/passwd", "'../etc/passwd' is no time zone"),
]


@pytest.mark.parametrize(("name", "text", "why"), BAD)
def test_a_bad_value_names_its_key_in_each_source(name: str, text: str, why: str, tmp_path: Path) -> None:
    variable = "TLSRPT_" + name.replace(".", "_").upper()
    section, _, key = name.rpartition(".")
    file = tmp_path / "tlsrpt.toml"
    file.write_text(f"[{section}]\n{key} = '{text}'\n" if section else f"{key} = '{text}'\n")
    for source, blamed in (
        ({"overrides": {name: text}, "environ": {}}, f"--set {name}"),
        ({"environ": {variable: text}}, variable),
        ({"file": file, "environ": {}}, f"{file}: {name}"),
    ):
        assert refusal(**source) == f"{blamed}: {why}"  # type: ignore[arg-type]


def refusal(**sources: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(**sources)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_strongest_source_wins(tmp_path: Path) -> None:
    file = tmp_path / "tlsrpt.toml"
    file.write_text("[web]\nlisten = '127.0.0.1:1001'\nworkers = 2\nthreads = 3\n")
    loaded = load(
        file,
        {"TLSRPT_WEB_LISTEN": "127.0.0.1:1002", "TLSRPT_WEB_WORKERS": "4"},
        {"web.listen": "127.0.0.1:1003"},
    )
    assert str(loaded.web.listen) == "127.0.0.1:1003"
    assert loaded.web.workers == 4
    assert loaded.web.threads == 3
    assert loaded.smtp == Settings().smtp


def test_a_file_says_things_the_way_toml_does(tmp_path: Path) -> None:
    file = tmp_path / "tlsrpt.toml"
    file.write_text(
        "domains = ['example.com', 'example.net']\n[mail]\nstarttls = false\n[monitor]\ntimeout = 1.5\nsmtp_port = 25\n"
    )
    loaded = load(file, {})
    assert loaded.domains == ("example.com", "example.net")
    assert loaded.mail.starttls == "no"
    assert (loaded.monitor.timeout, loaded.monitor.smtp_port) == (1.5, 25)


BAD_FILES = [
    ("[smtp]\nlissten = ':25'\n", "smtp.lissten: there is no such setting"),
    ("smtp = ':25'\n", "smtp: there is no such setting"),
    ("[web.listen]\nport = 1\n", "web.listen: dict is not understood here"),
    ("[web\n", "Expected ']' at the end of a table declaration (at line 1, column 5)"),
    ("[web]\nthreads = 2026-11-24\n", "web.threads: date is not understood here"),
    ("a = '\udcff'", "'utf-8' codec can't decode byte 0xff in position 5: invalid start byte"),
]


@pytest.mark.parametrize(("content", "why"), BAD_FILES)
def test_a_bad_file_is_named(content: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert refusal(file=file, environ={}) == f"{file}: {why}"
    assert refusal(environ={"TLSRPT_CONFIG": str(file)}) == f"{file}: {why}"


def test_a_file_that_is_named_must_exist(tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    assert refusal(file=file, environ={}) == f"{file}: No such file or directory"


def test_tlsrpt_toml_is_read_where_it_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(environ={}) == Settings()
    Path("tlsrpt.toml").write_text("domains = 'example.com'")
    assert load(environ={}).domains == ("example.com",)


def test_any_setting_may_come_from_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse\n")
    assert load(environ={"TLSRPT_MAIL_PASSWORD_FILE": str(secret)}).mail.password == "correct horse"
    secret.write_text("nonsense\n")
    assert refusal(environ={"TLSRPT_DATABASE_URL_FILE": str(secret)}) == (
        "TLSRPT_DATABASE_URL_FILE: not an sqlite:/// or postgresql:// URL"
    )
    missing = tmp_path / "missing"
    assert refusal(environ={"TLSRPT_MAIL_PASSWORD_FILE": str(missing)}) == (
        f"TLSRPT_MAIL_PASSWORD_FILE: {missing}: No such file or directory"
    )
    both = {"TLSRPT_MAIL_PASSWORD_FILE": str(secret), "TLSRPT_MAIL_PASSWORD": "x"}
    assert refusal(environ=both) == "TLSRPT_MAIL_PASSWORD, TLSRPT_MAIL_PASSWORD_FILE: give one of them"


def test_the_database_password_may_stand_apart() -> None:
    apart = {"database.url": "postgresql://tlsrpt@db.example/t", "database.password": "p@ss/w:rd"}
    assert load(environ={}, overrides=apart).database.url == "postgresql+psycopg://tlsrpt:p%40ss%2Fw%3Ard@db.example/t"
    for url in ("sqlite:///t.db", "postgresql://db.example/t", "postgresql://u:p@db.example/t"):
        message = refusal(environ={}, overrides=apart | {"database.url": url})
        assert message.startswith("database.url, database.password: the URL is to name a user and no password")


def test_the_replica_has_the_same_password() -> None:
    both = {
        "database.url": "postgresql://tlsrpt@db.example/t",
        "database.read_url": "postgresql://tlsrpt@copy.example/t",
    }
    assert load(environ={}, overrides=both).database.read_url == "postgresql+psycopg://tlsrpt@copy.example/t"
    joined = load(environ={}, overrides=both | {"database.password": "secret"}).database
    assert joined.url == "postgresql+psycopg://tlsrpt:secret@db.example/t"
    assert joined.read_url == "postgresql+psycopg://tlsrpt:secret@copy.example/t"
    twice = both | {"database.password": "secret", "database.read_url": "postgresql://tlsrpt:other@copy.example/t"}
    assert refusal(environ={}, overrides=twice).startswith("database.read_url, database.password: the URL is to name")


def test_sqlite_has_no_replica() -> None:
    over = {"database.url": "sqlite:///tlsrpt.db", "database.read_url": "postgresql://copy.example/t"}
    assert refusal(environ={}, overrides=over) == "database.read_url: database.url is SQLite, which has no replicas"


def test_an_unknown_override_is_refused() -> None:
    assert refusal(environ={}, overrides={"smtp.lissten": ":25"}) == "--set smtp.lissten: there is no such setting"


def test_certificate_and_key_come_together_and_exist(tmp_path: Path) -> None:
    there = tmp_path / "cert.pem"
    there.write_text("x")
    one = {"smtp.tls_cert": str(there)}
    assert refusal(environ={}, overrides=one) == "smtp.tls_cert, smtp.tls_key: give both or neither"
    both = one | {"smtp.tls_key": str(tmp_path / "none.pem")}
    assert refusal(environ={}, overrides=both) == f"smtp.tls_key: {tmp_path / 'none.pem'} is no file"


def test_the_largest_mail_must_fit_into_what_may_be_in_hand() -> None:
    message = "limits.in_hand_bytes: less than limits.message_bytes, so the largest mail never fits"
    assert refusal(environ={}, overrides={"limits.message_bytes": "257MiB"}) == message


def test_slips_in_the_environment_are_noticed() -> None:
    environ = {
        "TLSRPT_SMTP_LISTEN": "",
        "TLSRPT_SMTP_LISTEN_FILE": "",
        "TLSRPT_CONFIG": "",
        "TLSRPT_TEST_PG_URL": "",
        "TLSRPT_MONITOR_CA_FILE": "",
        "TLSRPT_SMTP_LISTN": "",
        "TLSRPT_CONFIG_FILE": "",
        "PATH": "",
    }
    assert unknown_variables(environ) == ["TLSRPT_CONFIG_FILE", "TLSRPT_SMTP_LISTN"]


def test_no_variable_means_two_settings() -> None:
    variables = [row.variable for row in rows()]
    files = [f"{name}_FILE" for name in variables]
    assert len(set(variables) | set(files)) == 2 * len(variables)


CONTRACT = {
    "TLSRPT_DATABASE_URL": "sqlite:///tlsrpt.db",
    "TLSRPT_DOMAINS": "",
    "TLSRPT_SMTP_LISTEN": "127.0.0.1:2525",
    "TLSRPT_SMTP_RECIPIENTS": "tlsrpt@*",
    "TLSRPT_SMTP_TLS_CERT": "",
    "TLSRPT_SMTP_TLS_KEY": "",
    "TLSRPT_LMTP_LISTEN": "",
    "TLSRPT_WEB_LISTEN": "127.0.0.1:8080",
    "TLSRPT_AUTH_DKIM": "require",
    "TLSRPT_DNS_NAMESERVERS": "",
    "TLSRPT_MONITOR_CA_FILE": "",
    "TLSRPT_MONITOR_HTTPS_PORT": "443",
    "TLSRPT_MONITOR_SMTP_PORT": "25",
    "TLSRPT_MONITOR_TIMEOUT": "60",
    "TLSRPT_DNS_TRUST_AD": "auto",
    "TLSRPT_VERDICT_DAYS": "14",
    "TLSRPT_VERDICT_SESSIONS": "100",
    "TLSRPT_VERDICT_REPORTERS": "2",
    "TLSRPT_WEB_PUBLIC_URL": "",
    "TLSRPT_LIMITS_MESSAGE_BYTES": "10 MiB",
    "TLSRPT_LIMITS_REPORT_BYTES": "20 MiB",
    "TLSRPT_MAIL_RELAY": "",
    "TLSRPT_MAIL_FROM": "",
    "TLSRPT_MAIL_USER": "",
    "TLSRPT_MAIL_PASSWORD": "",
    "TLSRPT_MAIL_STARTTLS": "auto",
    "TLSRPT_SUMMARY_RECIPIENTS": "",
    "TLSRPT_SUMMARY_AT": "Mon 07:00",
    "TLSRPT_SUMMARY_TIMEZONE": "UTC",
}


def test_names_and_defaults_that_others_rely_on() -> None:
    assert {row.variable: row.default for row in rows() if row.variable in CONTRACT} == CONTRACT


LOGIN = {"mail.relay": "relay.example.com:587", "mail.user": "tlsrpt", "mail.password": "secret"}
MAIL = [
    ({"mail.user": "tlsrpt"}, "mail.user, mail.password: give both or neither"),
    ({"mail.dkim_selector": "2026"}, "mail.dkim_key, mail.dkim_selector: give both or neither"),
    ({"mail.dkim_key": "/nowhere/key.pem", "mail.dkim_selector": "s1"}, "mail.dkim_key: /nowhere/key.pem is no file"),
    ({"mail.ca_file": "/nowhere/ca.pem"}, "mail.ca_file: /nowhere/ca.pem is no file"),
    (
        {"mail.tls": "yes", "mail.starttls": "yes"},
        "mail.tls, mail.starttls: a relay has TLS from the first byte, or by STARTTLS",
    ),
    (
        LOGIN | {"mail.starttls": "no"},
        "mail.starttls: no would show the password to everyone between us and relay.example.com",
    ),
]


@pytest.mark.parametrize(("given", "message"), MAIL)
def test_settings_of_mail_that_cannot_be(given: dict[str, str], message: str) -> None:
    assert refusal(environ={}, overrides={"mail.relay": "relay.example.com:25"} | given) == message


@pytest.mark.parametrize(
    "given", [{}, {"mail.starttls": "no", "mail.tls": "yes"}, {"mail.starttls": "no", "mail.relay": "localhost:25"}]
)
def test_a_login_at_the_relay_that_nobody_overhears(given: dict[str, str]) -> None:
    assert load(environ={}, overrides=LOGIN | given).mail.user == "tlsrpt"
