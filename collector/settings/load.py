"""Reads the three sources into `Settings`: file < environment < command line. The first wrong one stops the start."""

import dataclasses
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collector.errors import ConfigurationError
from collector.settings.table import Settings

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
                yield Row(section, item.name.rstrip("_"), meta["default"], meta["help"], meta["secret"], item)


def load(
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Settings:
    """The settings in force.

    `file`: None takes `TLSRPT_CONFIG`, else `tlsrpt.toml` where it exists. `overrides`: `section.key` to text.
    Raises ConfigurationError, one line naming the key.
    """
    environ = os.environ if environ is None else environ
    overrides = overrides or {}
    table = {row.name: row for row in rows()}
    for name in overrides:
        if name not in table:
            raise ConfigurationError(f"{name}: there is no such setting")
    from_file = _read_file(file, environ, table)
    parsed: dict[str, dict[str, Any]] = {}
    for row in table.values():
        source, text = _lookup(row, from_file, environ, overrides)
        if text is not None:
            parsed.setdefault(row.section, {})[row.field.name] = _parse(row, source, text)
    sections = {name: owner(**parsed.get(name, {})) for name, owner in _sections() if name}
    settings = Settings(**parsed.get("", {}), **sections)
    _check_together(settings)
    return settings


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none: worth a warning, for they are mostly slips."""
    known = {row.variable for row in rows()} | {"TLSRPT_CONFIG"}
    known |= {f"{name}_FILE" for name in known}
    return sorted(
        name
        for name in environ
        if name.startswith("TLSRPT_") and name not in known and not name.startswith("TLSRPT_TEST_")
    )


def _parse(row: Row, source: str, text: str) -> Any:
    try:
        return row.field.metadata["parse"](text)
    except ValueError as error:
        raise ConfigurationError(f"{source}: {error}") from None


def _lookup(
    row: Row, from_file: Mapping[str, str], environ: Mapping[str, str], overrides: Mapping[str, str]
) -> tuple[str, str | None]:
    """(the name to blame, the text or None) from the strongest source that has it."""
    if row.name in overrides:
        return row.name, overrides[row.name]
    if row.variable in environ:
        return row.variable, environ[row.variable]
    secret_file = environ.get(f"{row.variable}_FILE")
    # `monitor.ca_file` is itself a path: TLSRPT_MONITOR_CA_FILE is that setting, and no secret of `monitor.ca`.
    if secret_file is not None:
        try:
            return row.variable, Path(secret_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{row.variable}_FILE: {error}") from None
    return row.name, from_file.get(row.name)


def _read_file(file: Path | None, environ: Mapping[str, str], table: Mapping[str, Row]) -> dict[str, str]:
    """`section.key` to text."""
    if file is None and environ.get("TLSRPT_CONFIG"):
        file = Path(environ["TLSRPT_CONFIG"])
    if file is None:
        if not DEFAULT_FILE.exists():
            return {}
        file = DEFAULT_FILE
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file}: {error}") from None
    flat: dict[str, str] = {}
    for name, value in document.items():
        pairs = {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
        for full, inner in pairs.items():
            if full not in table:
                raise ConfigurationError(f"{file}: {full}: there is no such setting")
            flat[full] = _as_text(file, full, inner)
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


def _check_together(settings: Settings) -> None:
    """What no single setting can know."""
    if (settings.smtp.tls_cert is None) != (settings.smtp.tls_key is None):
        raise ConfigurationError("smtp.tls_cert, smtp.tls_key: give both or neither")
    for name, path in (
        ("smtp.tls_cert", settings.smtp.tls_cert),
        ("smtp.tls_key", settings.smtp.tls_key),
        ("monitor.ca_file", settings.monitor.ca_file),
    ):
        if path is not None and not path.is_file():
            raise ConfigurationError(f"{name}: {path} is no file")
