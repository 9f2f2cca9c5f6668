"""The JSON that is sent to the API."""

from typing import TypeVar

import msgspec
from flask import request

from collector.errors import UsageError

T = TypeVar("T")


def sent(shape: type[T]) -> T:
    """The body of the request as a shape of `types`. Raises UsageError."""
    try:
        return msgspec.json.decode(request.get_data(), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the body: {error}") from None
