"""Tag lists, the syntax of DKIM-Signature fields and key records: `v=1; d=example.com` (RFC 6376 section 3.2)."""

import binascii

_WSP = " \t\r\n"


def parse(text: str) -> dict[str, str] | None:
    """The tags of a list by name, values without blanks around them; None if it is no tag list or repeats a tag."""
    specs = text.rstrip(_WSP).removesuffix(";").split(";")
    tags: dict[str, str] = {}
    for spec in specs:
        name, equals, value = spec.partition("=")
        name = name.strip(_WSP)
        if not equals or not _is_name(name) or name in tags:
            return None
        tags[name] = value.strip(_WSP)
    return tags


def _is_name(text: str) -> bool:
    # A letter, then letters, digits and underscores: an identifier of Python, in ASCII, but for the first.
    return text.isascii() and text.isidentifier() and text[0] != "_"


def without_value(raw: bytes, name: bytes) -> bytes:
    """A whole field with the value of tag `name`, blanks around it included, left out (RFC 6376 section 3.7)."""
    head, colon, rest = raw.partition(b":")
    specs = rest.split(b";")
    for at, spec in enumerate(specs):
        if spec.lstrip().startswith(name):
            tag, equals, _ = spec.partition(b"=")
            if equals and tag.strip() == name:
                specs[at] = tag + equals
    return head + colon + b";".join(specs)


def words(value: str) -> list[str]:
    """A colon-separated list, lower case, without blanks."""
    return [word.strip(_WSP) for word in value.lower().split(":")]


def decode_base64(value: str) -> bytes | None:
    """The bytes of a base64 value, which may be folded; None if it is not base64."""
    try:
        return binascii.a2b_base64(value.encode("ascii").translate(None, _WSP.encode()), strict_mode=True)
    except ValueError:
        return None
