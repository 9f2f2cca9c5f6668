"""Authenticates a mail by its DKIM signatures, as RFC 8460 section 3 wants it (rule 10, R9-R11, Q60-Q68).

The signatures are verified here and not by dkimpy: that one's RSA is pure Python, it lets `l=` and a key with
`s=email` pass and knows nothing of alignment (P9). The tests hold the two against each other.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from email.utils import parseaddr
from functools import partial

from collector import domains
from collector.auth import Authenticate, Authentication, canonical, signature
from collector.auth.key_record import NoKey
from collector.auth.keys import KeySource
from collector.auth.signature import BadSignature, Signature
from collector.delivery import Reason
from collector.errors import KeyUnavailable
from collector.organisation import is_aligned, organisational_domain

# Each may cost a look-up. Real mails carry one or two, and one more per relay.
MAX_SIGNATURES = 10
# Reasons, most telling last: what came closest to a signature that counts is what a person should read.
_BY_WEIGHT = ("dkim_missing", "dkim_unaligned", "dkim_fail", "dkim_length_tag", "dkim_service")


class Authenticator:
    """Callable as `Authenticate`. Safe to share between threads."""

    def __init__(self, keys: KeySource, clock: Callable[[], float] = time.time) -> None:
        """`clock`: Unix time in seconds, to tell whether a signature has expired."""
        self._keys = keys
        self._clock = clock
        # The public suffix list is read now, and not while the first mail waits.
        organisational_domain("example.com")

    def __call__(self, mail: bytes, identities: frozenset[str]) -> Authentication:
        """Authenticate a mail that comes in now. Raises KeyUnavailable."""
        return self._authenticate(mail, identities, now=self._clock())

    def at(self, received_at: datetime) -> Authenticate:
        """The same for a mail that came in at `received_at` (aware): one kept since then may have expired meanwhile."""
        return partial(self._authenticate, now=received_at.timestamp())

    def _authenticate(self, mail: bytes, identities: frozenset[str], now: float) -> Authentication:
        parsed = canonical.read(mail)
        if parsed is None:
            return Authentication(None, Reason("dkim_fail", "The header of the mail is broken."))
        found = _signatures(parsed)
        aligned = [one for one in found if one.domain is not None and is_aligned(one.domain, identities)]
        reasons = [_unaligned(one, identities) for one in found if one not in aligned]
        unavailable: KeyUnavailable | None = None
        for one in _preferred_first(aligned, parsed):
            try:
                reason = self._reason_against(parsed, one, now)
            except KeyUnavailable as error:
                unavailable = unavailable or error
                continue
            if reason is None:
                return Authentication(one.domain)
            reasons.append(reason)
        if unavailable is not None:
            raise unavailable
        return Authentication(None, _most_telling(reasons))

    def _reason_against(self, mail: canonical.Mail, found: Signature | BadSignature, now: float) -> Reason | None:
        """Why an aligned signature does not count; None if it does. What needs no look-up comes first."""
        if isinstance(found, BadSignature):
            return _bad(found)
        # RFC 8460 section 3 forbids l=, even where it covers the whole body (R10, Q67).
        if found.has_length:
            return Reason("dkim_length_tag", _about(found, "it has a length tag (l=), which a report must not have"))
        fault = _fault_without_key(mail, found, now)
        if fault is not None:
            return Reason("dkim_fail", _about(found, fault))
        return self._reason_by_key(mail, found)

    def _reason_by_key(self, mail: canonical.Mail, found: Signature) -> Reason | None:
        key = self._keys.get(found.key_name)
        if isinstance(key, NoKey):
            return Reason("dkim_fail", _about(found, f"the key {found.key_name} {key.fault}"))
        if key.type != found.key_type:
            return Reason("dkim_fail", _about(found, f"the key is of type {key.type}, the signature {found.key_type}"))
        if key.same_domain and found.identity not in (None, found.domain):
            return Reason("dkim_fail", _about(found, f"the key (t=s) is not for subdomains such as {found.identity}"))
        signed = signature.signed_bytes(mail, found)
        if signed is None:
            return Reason("dkim_fail", _about(found, "a From field was added after it was signed"))
        if not key.verifies(found.value, signed):
            return Reason(
                "dkim_fail", _about(found, "it does not match (signed header fields were changed, or by another key)")
            )
        if not key.for_reports:
            return Reason("dkim_service", _about(found, "the key is not for reports (its s= does not name tlsrpt)"))
        return None


def _signatures(mail: canonical.Mail) -> Sequence[Signature | BadSignature]:
    """All signatures of the mail, topmost first: a relay may have put its own on top (Q65)."""
    return [signature.read(field) for field in mail.named(b"dkim-signature")[:MAX_SIGNATURES]]


def _fault_without_key(mail: canonical.Mail, found: Signature, now: float) -> str | None:
    """What is wrong with a signature, as far as the mail alone can tell."""
    # RFC 6376 section 3.5 (x=) leaves it open; a signer who sets a time means it, and allows for retries himself.
    if found.expires is not None and found.expires < now:
        return "it has expired (x=)"
    if canonical.body_hash(mail.body, relaxed=found.relaxed_body) != found.body_hash:
        return "the body was changed after it was signed (its hash differs)"
    return None


def _unaligned(found: Signature | BadSignature, identities: Iterable[str]) -> Reason:
    """Why a signature by somebody else does not count. Its key is not asked for: that could change nothing."""
    if found.domain is None:
        return _bad(found)
    claimed = ", ".join(sorted(identities)) or "any domain: it names none"
    return Reason("dkim_unaligned", f"The mail is signed by {found.domain}, which does not belong to {claimed}.")


def _bad(found: BadSignature) -> Reason:
    return Reason(
        "dkim_fail", f"The DKIM signature of {found.domain or 'an unknown domain'} is not valid: {found.fault}."
    )


def _about(found: Signature, fault: str) -> str:
    return f"The DKIM signature of {found.domain} ({found.label}) does not count: {fault}."


def _most_telling(reasons: Sequence[Reason]) -> Reason:
    """The reason to give for the mail; of several alike, the first."""
    if not reasons:
        return Reason("dkim_missing", "The mail has no DKIM signature.")
    return max(reasons, key=lambda reason: _BY_WEIGHT.index(reason.code))


def _preferred_first(
    aligned: list[Signature | BadSignature], mail: canonical.Mail
) -> Sequence[Signature | BadSignature]:
    """The order in which signatures are tried: the first that holds names the reporter.

    The reporter is part of what tells a repetition (rule 3), so the order must not depend on what a relay may
    change. The domain of From comes first, which is always signed; then those of its organisation, then the
    shorter name, then the alphabet.
    """
    if len(aligned) < 2:
        return aligned
    sender = _from_domain(mail)

    def rank(found: Signature | BadSignature) -> tuple[bool, bool, int, str]:
        domain = found.domain or ""
        return domain != sender, not is_aligned(domain, (sender,)), len(domain), domain

    return sorted(aligned, key=rank)


def _from_domain(mail: canonical.Mail) -> str:
    """The domain of the (last) From field in normal form, "" without one."""
    values = [field.value.decode("utf-8", "replace") for field in mail.named(b"from")]
    address = parseaddr(values[-1])[1] if values else ""
    return domains.normalise(address.rpartition("@")[2]) or ""
