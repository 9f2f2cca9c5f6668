"""Tag lists, the syntax of DKIM-Signature fields and key records: `v=1; d=example.com` (RFC 6376 section 3.2)."""

import base64
import binascii
import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_BLANKS = re.compile(r"[ \t\r\n]+")
_WSP = " \t\r\n"


def parse(text: str) -> dict[str, str] | None:
    """The tags of a list by name, values without blanks around them; None if it is no tag list or repeats a tag."""
    specs = text.rstrip(_WSP).removesuffix(";").split(";")
    tags: dict[str, str] = {}
    for spec in specs:
        name, equals, value = spec.partition("=")
        name = name.strip(_WSP)
        if not equals or not _NAME.match(name) or name in tags:
            return None
        tags[name] = value.strip(_WSP)
    return tags


def without_value(raw: bytes, name: bytes) -> bytes:
    """A whole field with the value of tag `name`, blanks around it included, left out (RFC 6376 section 3.7)."""
    colon = raw.index(b":") + 1
    specs = raw[colon:].split(b";")
    for at, spec in enumerate(specs):
        tag, equals, _ = spec.partition(b"=")
        if equals and tag.strip() == name:
            specs[at] = tag + equals
    return raw[:colon] + b";".join(specs)


def words(value: str) -> list[str]:
    """A colon-separated list, lower case, without blanks."""
    return [word.strip(_WSP).lower() for word in value.split(":")]


def decode_base64(value: str) -> bytes | None:
    """The bytes of a base64 value, which may be folded; None if it is not base64."""
    try:
        return base64.b64decode(_BLANKS.sub("", value), validate=True)
    except (binascii.Error, ValueError):
        return None
