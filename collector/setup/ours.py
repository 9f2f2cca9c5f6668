"""Where this collector takes reports, by its settings. Pure."""

from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from collector import domains
from collector.monitor.advice import Ours
from collector.receive.https.app import PATH
from collector.receive.smtp.addresses import Recipients, parse_path
from collector.settings import Settings

_LOCAL_PART = "tlsrpt"


def ours(settings: Settings, domain: str, published: Iterable[str]) -> Ours:
    """The URIs to publish for `domain`, and which of the published ones lead here."""
    https = _https(settings.web.public_url)
    accepted = tuple(uri for uri in published if _is_accepted(uri, settings, https))
    return Ours(_mailto(settings, domain), https, accepted)


def address_of(uri: str) -> str:
    """The first address of a mailto: URI (RFC 6068), with its escapes undone."""
    return unquote(uri.partition(":")[2].partition("?")[0].partition(",")[0])


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
    return public_url.rstrip("/") + PATH


def _is_accepted(uri: str, settings: Settings, https: str | None) -> bool:
    scheme, _, _ = uri.partition(":")
    if scheme.lower() == "mailto":
        # A mailbox that is read by IMAP may have any address.
        return settings.imap.host is not None or _is_recipient(address_of(uri), settings.smtp.recipients)
    if scheme.lower() != "https":
        return False
    return https is not None and _same_target(uri, https)


def _is_recipient(address: str, patterns: Iterable[str]) -> bool:
    parsed = parse_path(f"<{address}>")
    return parsed is not None and Recipients(patterns).accepts(parsed[0])


def _same_target(uri: str, https: str) -> bool:
    try:
        one, other = urlsplit(uri), urlsplit(https)
        same_port = (one.port or 443) == (other.port or 443)
    except ValueError:
        return False
    hosts = [domains.normalise(each.hostname or "") or each.hostname for each in (one, other)]
    return same_port and hosts[0] == hosts[1] and one.path.rstrip("/") == other.path.rstrip("/")
