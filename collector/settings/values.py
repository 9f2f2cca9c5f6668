"""Parsers for the text of one setting. Each takes the text and returns the value, or raises ValueError saying why."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from email.utils import parseaddr
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from collector import domains

T = TypeVar("T")
_UNITS = {
    "": 1,
    "B": 1,
    "KIB": 1024,
    "MIB": 1024**2,
    "GIB": 1024**3,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
}
_LONGEST_ADDRESS = 320  # RFC 5321 section 4.5.3.1: 64 and 255, with the @
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen or connect: `host` and `port`, or the `path` of a unix socket (then `host` is "")."""

    host: str
    port: int
    path: str | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        if self.path is not None or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the summary, and about which domains (none: all)."""

    address: str
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """`weekday` 0 is Monday."""

    weekday: int
    at: time

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.at:%H:%M}"


def text(value: str) -> str:
    return value


def filled(value: str) -> str:
    if not value.strip():
        raise ValueError("it is empty")
    return value


def host(value: str) -> str:
    """A server's name or address, without a port."""
    name = value.strip().removeprefix("[").removesuffix("]")
    if re.search(r"[\s/@\[\]]", name) or name.count(":") == 1:
        raise ValueError(f"{value!r} is no host name")
    return name


def header(value: str) -> str:
    """The name of a header of HTTP. One with `_` is left out by servers that tell it from `-`."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", value.strip()):
        raise ValueError(f"{value!r} is no name of a header")
    return value.strip()


def listed(item: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """A comma-separated list of items; blanks around them and empty ones are dropped."""

    def parse(value: str) -> tuple[T, ...]:
        return tuple(item(part.strip()) for part in value.split(",") if part.strip())

    return parse


def address(value: str, default_port: int | None = None) -> Address:
    """`host:port` or `[v6]:port`; without a port where `default_port` is given."""
    if (
        default_port is not None
        and ":" not in value.removeprefix("[").partition("]")[2]
        and (value.startswith("[") or value.count(":") != 1)
    ):
        return Address(value.strip("[]"), default_port)
    host, colon, port = value.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError(f"{value!r} is not host:port")
    if host.startswith("[") and host.endswith("]"):
        return Address(_ipv6(host[1:-1]), int(port))
    if ":" in host:
        raise ValueError(f"write an IPv6 address as [address]:port, not {value!r}")
    if re.search(r"[\s/\[\]]", host):
        raise ValueError(f"{value!r} is not host:port")
    return Address(host or "0.0.0.0", int(port))  # noqa: S104  ":25" means every address


def _ipv6(value: str) -> str:
    """An IPv6 address, perhaps with its zone (`fe80::1%eth0`)."""
    try:
        return str(ipaddress.IPv6Address(value))
    except ValueError:
        raise ValueError(f"{value!r} is no IPv6 address") from None


nameserver = partial(address, default_port=53)


def address_or_path(value: str) -> Address:
    """`host:port`, or a path (anything with a slash; `unix:` before it is allowed)."""
    if "/" in value:
        return Address("", 0, value.removeprefix("unix:"))
    return address(value)


def network(value: str) -> IPv4Network | IPv6Network:
    """`192.0.2.0/24`, `2001:db8::/32`, or one address."""
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"{value!r} is no IP address or network") from None


def file_mode(value: str) -> int:
    """Permissions of a file in octal: `660`."""
    if not re.fullmatch(r"0?[0-7]{3}", value.strip()):
        raise ValueError(f"{value!r} is not a mode such as 660")
    return int(value, 8)


def number(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"\d{1,18}", value.strip()) or not least <= int(value) <= most:
            raise ValueError(f"{value!r} is not a number from {least} to {most}")
        return int(value)

    return parse


def seconds(value: str) -> float:
    try:
        parsed = float(value)
    except ValueError:
        parsed = -1.0
    if not 0 < parsed <= 86400:
        raise ValueError(f"{value!r} is not a number of seconds")
    return parsed


def size(value: str) -> int:
    """Bytes: `10485760`, `10 MiB`, `20MB`."""
    match = re.fullmatch(r"(\d{1,15})\s*([a-zA-Z]*)", value.strip())
    if not match or match[2].upper() not in _UNITS or int(match[1]) == 0:
        raise ValueError(f"{value!r} is not a size such as 10 MiB")
    return int(match[1]) * _UNITS[match[2].upper()]


def flag(value: str) -> bool:
    words = {
        "yes": True,
        "true": True,
        "on": True,
        "1": True,
        "no": False,
        "false": False,
        "off": False,
        "0": False,
    }
    if value.strip().lower() not in words:
        raise ValueError(f"{value!r} is neither yes nor no")
    return words[value.strip().lower()]


def flag_or(word: str) -> Callable[[str], str]:
    """`yes`, `no`, or that word."""

    def parse(value: str) -> str:
        if value.strip().lower() == word:
            return word
        try:
            return "yes" if flag(value) else "no"
        except ValueError:
            raise ValueError(f"{value!r} is none of yes, no, {word}") from None

    return parse


def percentage(value: str) -> float:
    try:
        parsed = float(value)
    except ValueError:
        parsed = -1.0
    if not 0 < parsed <= 100:
        raise ValueError(f"{value!r} is not a number of hundredths such as 5 or 0.5")
    return parsed


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is none of {', '.join(choices)}")
        return value

    return parse


def optional(inner: Callable[[str], T]) -> Callable[[str], T | None]:
    def parse(value: str) -> T | None:
        return inner(value) if value.strip() else None

    return parse


def path(value: str) -> Path:
    return Path(value).expanduser()


def domain(value: str) -> str:
    name = domains.normalise(value)
    if name is None:
        raise ValueError(f"{value!r} is no domain name")
    return name


def recipient_pattern(value: str) -> str:
    """A rua address that is accepted: `local@domain`, each part may be `*`. Domain in normal form."""
    local, at, host = value.rpartition("@")
    if not at or not local or any(char.isspace() for char in value):
        raise ValueError(f"{value!r} is not local@domain")
    return f"{local.lower()}@{host if host == '*' else domain(host)}"


def mail_address(value: str) -> str:
    """`local@domain`, without a name beside it."""
    is_one = re.fullmatch(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+", value.strip()) and value.strip().isprintable()
    if not is_one or len(value.strip()) > _LONGEST_ADDRESS:
        raise ValueError(f"{value!r} is no mail address")
    return value.strip()


def mailbox(value: str) -> str:
    """`local@domain` or `Name <local@domain>`."""
    name, address = parseaddr(value.strip())
    if (not name and address != value.strip()) or re.search(r"[\r\n]", value):
        raise ValueError(f"{value!r} is no mail address")
    mail_address(address)
    return value.strip()


def summary_recipient(value: str) -> Recipient:
    """`addr` or `addr=domain1+domain2`."""
    addr, _, names = value.partition("=")
    addr = mail_address(addr)
    return Recipient(addr, tuple(domain(name) for name in names.split("+") if name))


def weekly_time(value: str) -> WeeklyTime:
    """`Mon 07:00`."""
    match = re.fullmatch(r"([A-Za-z]{3})[a-z]*\s+(\d{1,2}):(\d{2})", value.strip())
    if not match or match[1].title() not in WEEKDAYS or int(match[2]) > 23 or int(match[3]) > 59:
        raise ValueError(f"{value!r} is not a time such as Mon 07:00")
    return WeeklyTime(WEEKDAYS.index(match[1].title()), time(int(match[2]), int(match[3])))


def timezone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{value!r} is no time zone") from error
