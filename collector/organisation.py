"""Whether two domains belong to the same organisation: relaxed alignment, as DMARC has it (RFC 7489 section 3.1.1)."""

from collections.abc import Collection
from functools import lru_cache

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=1)
def _public_suffixes() -> PublicSuffixList:
    # The list comes with the package; reading it takes about 30 ms.
    return PublicSuffixList()


@lru_cache(maxsize=16384)
def organisational_domain(name: str) -> str:
    """The domain below the public suffix: `mail.example.co.uk` gives `example.co.uk`. Normal form in and out.

    A public suffix itself (`co.uk`) is its own: it aligns with nothing but itself.
    """
    found: str | None = _public_suffixes().privatesuffix(name)
    return found or name


def is_aligned(domain: str, identities: Collection[str]) -> bool:
    """Whether `domain` shares its organisational domain with one of `identities` (Q27, Q63)."""
    if domain in identities:
        return True
    own = organisational_domain(domain)
    return any(own == organisational_domain(identity) for identity in identities)
