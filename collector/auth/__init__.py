"""Is a mail really from who it says? DKIM as RFC 8460 section 3 wants it (rule 10)."""

from collections.abc import Callable
from dataclasses import dataclass

from collector.delivery import Reason


@dataclass(frozen=True, slots=True)
class Authentication:
    """The result of looking at a mail: `domain` (an aligned `d=` that verifies, normal form) or a `reason` why not."""

    domain: str | None
    reason: Reason | None = None


# (the mail as it came, the domains it claims: From, submitter, contact; in normal form) -> what was found.
# Raises KeyUnavailable if DNS could not deliver a key just now.
Authenticate = Callable[[bytes, frozenset[str]], Authentication]
