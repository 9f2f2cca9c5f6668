"""The header by which a load balancer says for whom it speaks (the PROXY protocol of HAProxy, versions 1 and 2).

Knows no network: bytes in, the client's address out. aiosmtpd has a parser too; it reads 64 KiB before it finds a
header of version 1 too long, takes datagrams for connections and writes a line to the log for each piece of rubbish.
"""

import ipaddress
import re
import struct
from dataclasses import dataclass

# Section 2.1 of the specification: the longest line, its end included.
_MOST_V1 = 107
_START_V1 = b"PROXY "
# Section 2.2.
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED = struct.Struct("!12sBBH")
# The longest addresses take 216 bytes and a usual header stays below 536; the certificate's names make it longer.
_MOST_V2 = 4096
_LOCAL, _PROXY = 0x20, 0x21
_UNSPECIFIED, _TCP4, _TCP6, _UNIX_STREAM = 0x00, 0x11, 0x21, 0x31
# How long the addresses of a family are, and how much of them is the client's own.
_LENGTHS = {_UNSPECIFIED: (0, 0), _TCP4: (12, 4), _TCP6: (36, 16), _UNIX_STREAM: (216, 0)}
_PORT = re.compile(r"0|[1-9][0-9]{0,4}")


class BadHeader(Exception):
    """The bytes begin with no header. The message says why, in our own words."""


@dataclass(frozen=True, slots=True)
class Header:
    """`length`: bytes it takes. `client`: whose connection it is, in RFC 5952 form and mapped IPv4 as IPv4; None where
    the load balancer speaks for itself (a health check) or does not say."""

    length: int
    client: str | None


def parse(data: bytes | bytearray) -> Header | None:
    """The header at the beginning of `data`, None as long as more is to come. Raises BadHeader."""
    if data.startswith(_START_V1[: len(data)]):
        return _parse_v1(data)
    if data.startswith(_SIGNATURE[: len(data)]):
        return _parse_v2(data)
    raise BadHeader("there is none")


def _parse_v1(data: bytes | bytearray) -> Header | None:
    end = data.find(b"\r\n", 0, _MOST_V1)
    if end < 0:
        if len(data) >= _MOST_V1:
            raise BadHeader("its line is too long")
        return None
    family, *rest = data[len(_START_V1) : end].decode("latin-1").split(" ")
    if family == "UNKNOWN":  # what follows is to be ignored
        return Header(end + 2, None)
    if family not in ("TCP4", "TCP6") or len(rest) != 4:
        raise BadHeader("its line is none of those that there are")
    source, destination, *ports = rest
    if not all(_PORT.fullmatch(port) and int(port) <= 65535 for port in ports):
        raise BadHeader("its ports are none")
    addresses = [_address(family, text) for text in (source, destination)]
    return Header(end + 2, _shown(addresses[0]))


def _address(family: str, text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        if "%" not in text:
            return ipaddress.IPv4Address(text) if family == "TCP4" else ipaddress.IPv6Address(text)
    except ValueError:
        pass
    raise BadHeader("its addresses are none")


def _parse_v2(data: bytes | bytearray) -> Header | None:
    if len(data) < _FIXED.size:
        return None
    _, command, family, length = _FIXED.unpack_from(data)
    if command not in (_LOCAL, _PROXY):
        raise BadHeader("its version or command is unknown")
    if length > _MOST_V2:
        raise BadHeader("it is too long")
    end = _FIXED.size + length
    if len(data) < end:
        return None
    if command == _LOCAL:  # the rest is to be ignored
        return Header(end, None)
    least, own = _LENGTHS.get(family, (_MOST_V2 + 1, 0))
    if length < least:
        raise BadHeader("its addresses are not those of a connection")
    source = bytes(data[_FIXED.size : _FIXED.size + own])
    return Header(end, _shown(ipaddress.ip_address(source)) if source else None)


def _shown(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
