"""Reads the three sources into `Settings`: file < environment < command line. The first wrong one stops the start."""

import dataclasses
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from collector.errors import ConfigurationError
from collector.settings import mail, urls, values
from collector.settings.table import Imap, Settings
from collector.settings.web import Web

DEFAULT_FILE = Path("tlsrpt.toml")


@dataclass(frozen=True, slots=True)
class Row:
    """One setting of the table. `section` is "" for those at the top."""

    section: str
    key: str
    default: str
    help: str
    secret: bool
    field: dataclasses.Field[Any]

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}" if self.section else self.key

    @property
    def variable(self) -> str:
        return "TLSRPT_" + self.name.replace(".", "_").upper()


def _sections() -> Iterator[tuple[str, Any]]:
    """Each section's name with its dataclass; "" is the top itself."""
    yield "", Settings
    for item in dataclasses.fields(Settings):
        if "parse" not in item.metadata:
            yield item.name, item.default_factory


def rows() -> Iterator[Row]:
    """The table, in the order it is documented."""
    for section, owner in _sections():
        for item in dataclasses.fields(owner):
            if "parse" in item.metadata:
                meta = item.metadata
                key = item.name.rstrip("_")
                yield Row(section, key, meta["default"], meta["help"], meta["secret"], item)


@dataclass(frozen=True, slots=True)
class Given:
    """One setting as it was given: the text in force, and the name to blame if it is wrong."""

    row: Row
    text: str
    source: str  # `--set smtp.listen`, `TLSRPT_SMTP_LISTEN`, `tlsrpt.toml: smtp.listen`; "" for the default


def load(
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Settings:
    """The settings in force.

    `file`: None takes `TLSRPT_CONFIG`, else `tlsrpt.toml` where it exists. `overrides`: `section.key` to text.
    Raises ConfigurationError, one line naming the key.
    """
    return build(gather(file, environ, overrides))


def gather(
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> tuple[Given, ...]:
    """The whole table with the text in force and where it came from: what `load` reads. Same arguments and errors."""
    environ = os.environ if environ is None else environ
    overrides = overrides or {}
    table = {row.name: row for row in rows()}
    for name in overrides:
        if name not in table:
            raise ConfigurationError(f"--set {name}: there is no such setting")
    from_file = _read_file(file, environ, table)
    return tuple(_lookup(row, from_file, environ, overrides) for row in table.values())


def build(given: tuple[Given, ...]) -> Settings:
    """Parses every text and checks the whole. Raises ConfigurationError, one line naming the key."""
    parsed: dict[str, dict[str, Any]] = {}
    for item in given:
        if item.source:
            parsed.setdefault(item.row.section, {})[item.row.field.name] = _parse(item)
    sections = {name: owner(**parsed.get(name, {})) for name, owner in _sections() if name}
    settings = _joined(Settings(**parsed.get("", {}), **sections))
    _check_together(settings)
    return settings


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none: worth a warning, for they are mostly slips."""
    variables = {row.variable for row in rows()}
    known = variables | {f"{name}_FILE" for name in variables} | {"TLSRPT_CONFIG"}
    return sorted(
        name
        for name in environ
        if name.startswith("TLSRPT_") and name not in known and not name.startswith("TLSRPT_TEST_")
    )


def _parse(given: Given) -> Any:
    try:
        return given.row.field.metadata["parse"](given.text)
    except ValueError as error:
        raise ConfigurationError(f"{given.source}: {error}") from None


def _lookup(
    row: Row, from_file: Mapping[str, Given], environ: Mapping[str, str], overrides: Mapping[str, str]
) -> Given:
    """What the strongest source says that says anything."""
    if row.name in overrides:
        return Given(row, overrides[row.name], f"--set {row.name}")
    secret = f"{row.variable}_FILE"
    if row.variable in environ and secret in environ:
        raise ConfigurationError(f"{row.variable}, {secret}: give one of them")
    if row.variable in environ:
        return Given(row, environ[row.variable], row.variable)
    if secret in environ:
        try:
            return Given(row, Path(environ[secret]).read_text(encoding="utf-8").strip(), secret)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{secret}: {_why(error)}") from None
    return from_file.get(row.name) or Given(row, row.default, "")


def _why(error: OSError | ValueError) -> str:
    """One line for a file that could not be read."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())


def _read_file(file: Path | None, environ: Mapping[str, str], table: Mapping[str, Row]) -> dict[str, Given]:
    """What the file says, by `section.key`."""
    if file is None and environ.get("TLSRPT_CONFIG"):
        file = Path(environ["TLSRPT_CONFIG"])
    if file is None:
        if not DEFAULT_FILE.exists():
            return {}
        file = DEFAULT_FILE
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(_why(error)) from None
    except ValueError as error:  # no UTF-8, or no TOML
        raise ConfigurationError(f"{file}: {_why(error)}") from None
    flat: dict[str, Given] = {}
    for name, value in document.items():
        pairs = {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
        for full, inner in pairs.items():
            if full not in table:
                raise ConfigurationError(f"{file}: {full}: there is no such setting")
            flat[full] = Given(table[full], _as_text(file, full, inner), f"{file}: {full}")
    return flat


def _as_text(file: Path, name: str, value: object) -> str:
    """A TOML value as the text that the parsers read: one set of rules for all sources."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return ",".join(str(item) for item in value)
    raise ConfigurationError(f"{file}: {name}: {type(value).__name__} is not understood here")


def _joined(settings: Settings) -> Settings:
    """Two settings that make one value."""
    database = settings.database
    if database.password is None:
        return settings
    url = _with_password("database.url", database.url, database.password)
    read_url = database.read_url and _with_password("database.read_url", database.read_url, database.password)
    return dataclasses.replace(settings, database=dataclasses.replace(database, url=url, read_url=read_url))


def _with_password(name: str, url: str, password: str) -> str:
    try:
        return urls.with_password(url, password)
    except ValueError as error:
        raise ConfigurationError(f"{name}, database.password: {error}") from None


def _check_together(settings: Settings) -> None:
    """What no single setting can know."""
    if settings.database.read_url is not None and settings.database.url.startswith("sqlite"):
        raise ConfigurationError("database.read_url: database.url is SQLite, which has no replicas")
    if (settings.smtp.tls_cert is None) != (settings.smtp.tls_key is None):
        raise ConfigurationError("smtp.tls_cert, smtp.tls_key: give both or neither")
    if settings.limits.in_hand_bytes < settings.limits.message_bytes:
        raise ConfigurationError("limits.in_hand_bytes: less than limits.message_bytes, so the largest mail never fits")
    for name, path in (
        ("smtp.tls_cert", settings.smtp.tls_cert),
        ("smtp.tls_key", settings.smtp.tls_key),
        ("imap.ca_file", settings.imap.ca_file),
        ("monitor.ca_file", settings.monitor.ca_file),
        ("mail.ca_file", settings.mail.ca_file),
        ("mail.dkim_key", settings.mail.dkim_key),
    ):
        if path is not None and not path.is_file():
            raise ConfigurationError(f"{name}: {path} is no file")
    _check_imap(settings.imap)
    mail.check(settings.mail)
    _check_web(settings.web)


def _check_imap(imap: Imap) -> None:
    if imap.host is None:
        return
    if imap.user is None or imap.password is None:
        raise ConfigurationError("imap.user, imap.password: imap.host wants both")
    if imap.security == "none" and not values.Address(imap.host, 0).is_loopback:
        raise ConfigurationError(f"imap.security: none would show the password to everyone between us and {imap.host}")
    if imap.move_to == imap.folder:
        raise ConfigurationError("imap.move_to: it is the folder that is read")


def _check_web(web: Web) -> None:
    if web.proxy_groups_header is not None:
        if web.proxy_auth_header is None:
            raise ConfigurationError("web.proxy_groups_header: it says nothing without web.proxy_auth_header")
        if not web.groups:
            raise ConfigurationError("web.groups: empty, so web.proxy_groups_header lets nobody in")
    if web.oidc_issuer is None:
        return
    if not web.groups:
        raise ConfigurationError("web.groups: empty, so web.oidc_issuer lets nobody in")
    if web.oidc_client_id is None or web.public_url is None:
        raise ConfigurationError("web.oidc_client_id, web.public_url: web.oidc_issuer wants both")
    if "openid" not in web.oidc_scopes:
        raise ConfigurationError("web.oidc_scopes: openid is missing")
    issuer = urlsplit(web.oidc_issuer)
    if issuer.scheme != "https" and not values.Address(issuer.hostname or "", 0).is_loopback:
        raise ConfigurationError("web.oidc_issuer: without https anybody between us and it may say who is who")
