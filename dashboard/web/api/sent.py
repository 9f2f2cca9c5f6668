"""The JSON that is sent to the API."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from flask import request

from collector import domains
from collector.errors import UsageError

T = TypeVar("T")


def sent(shape: type[T]) -> T:
    """The body of the request as a shape of `types`. Raises UsageError."""
    try:
        return msgspec.json.decode(request.get_data(), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the body: {error}") from None


def limited_to(names: Sequence[str]) -> str:
    """Domains as the form has them. Raises UsageError for what would be no name, or several: "" would lift a limit."""
    for name in names:
        if domains.normalise(name) is None:
            raise UsageError(f"domains: {name[:260]!r} is no domain name")
    return " ".join(names)
