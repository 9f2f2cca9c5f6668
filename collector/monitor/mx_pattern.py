"""One `mx` line of a policy file (RFC 8461 section 3.2, M9). Pure."""

import re

from collector import domains

_MOST_SHOWN = 60  # characters of a line
_WILDCARD = re.compile(r"(?:\*\.)?[^*]+\Z")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PORT = re.compile(r":[0-9]{1,5}\Z")


class BadPattern(Exception):
    """What is wrong, in words; `code` is that of a problem, `fix` the line to write instead, "" if nobody can tell."""

    def __init__(self, code: str, text: str, fix: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.fix = fix


def read(value: str) -> str:
    """The pattern in normal form. Raises BadPattern."""
    shown_value = shown(value)
    if not value:
        raise BadPattern("mx", "mx has no value")
    if value.endswith(".") and value != "*.":
        raise _mended("mx_trailing_dot", f"mx ends with a dot: {shown_value}", value.rstrip("."))
    if not value.isascii():
        raise _mended("mx_ascii", f"mx must be written as A-labels (xn--...): {shown_value}", value)
    if _SCHEME.match(value):
        raise _mended("mx_scheme", f"mx must be one host name, without a scheme: {shown_value}", _SCHEME.sub("", value))
    if _PORT.search(value):
        raise _mended("mx_port", f"mx must be one host name, without a port: {shown_value}", _PORT.sub("", value))
    if not _WILDCARD.match(value):
        text = f"a wildcard may only be the whole first label, as in *.example.com: {shown_value}"
        raise BadPattern("mx_wildcard", text)
    pattern = _normal(value)
    if pattern is None:
        raise BadPattern("mx", f"mx must be one host name: {shown_value}", _one_a_line(value))
    return pattern


def _mended(code: str, text: str, meant: str) -> BadPattern:
    """With the line that was meant, where that would be a good one."""
    pattern = _normal(meant)
    return BadPattern(code, text, f"mx: {pattern}" if pattern else "")


def _one_a_line(value: str) -> str:
    """What to do about several hosts in one line, "" if these are none."""
    hosts = [part for part in re.split(r"[\s,;]+", value) if part]
    is_list = 1 < len(hosts) <= 10 and all("." in host and _normal(host) for host in hosts)
    return "Give each host a line of its own: " + ", ".join(f"mx: {host}" for host in hosts) if is_list else ""


def _normal(value: str) -> str | None:
    """None: an address, a scheme, a port, a blank, an empty label; none of them is a name."""
    star = "*." if value.startswith("*.") else ""
    name = domains.normalise(value.removeprefix(star))
    return None if name is None or "*" in name else star + name


def shown(text: str) -> str:
    """A piece of the file as it may stand in a message."""
    return ascii(text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "...")
