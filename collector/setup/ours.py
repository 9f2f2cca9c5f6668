"""Where this collector takes reports, by its settings. Pure."""

from collections.abc import Iterable
from urllib.parse import quote

from collector.addresses import POST_PATH
from collector.monitor.advice import Ours
from collector.monitor.here import Here
from collector.settings import Settings

_LOCAL_PART = "tlsrpt"


def ours(settings: Settings, domain: str, published: Iterable[str]) -> Ours:
    """The URIs to publish for `domain`, and which of the published ones lead here."""
    here = Here(settings)
    accepted = tuple(uri for uri in published if _is_accepted(uri, here))
    return Ours(_mailto(settings, domain), _https(settings.web.public_url), accepted)


def _mailto(settings: Settings, domain: str) -> str:
    # One address that is written out tells more than a pattern.
    patterns = sorted(settings.smtp.recipients, key=lambda pattern: "*" in pattern)
    local, _, host = (patterns[0] if patterns else "*@*").rpartition("@")
    if local == "*":
        local = _LOCAL_PART
    if host == "*":
        host = settings.smtp.hostname or f"reports.{domain}"
    # RFC 8460 section 3 (R3): what means something in the record is percent-encoded.
    return f"mailto:{quote(local, safe='+=&$*/?')}@{host}"


def _https(public_url: str | None) -> str | None:
    """None without TLS: senders post to https only (R4)."""
    if public_url is None or not public_url.startswith("https://"):
        return None
    return public_url.rstrip("/") + POST_PATH


def _is_accepted(uri: str, here: Here) -> bool:
    leads_here = here.leads_here(uri)
    # A mailbox that is read by IMAP may have any address.
    return uri.lower().startswith("mailto:") if leads_here is None else leads_here
