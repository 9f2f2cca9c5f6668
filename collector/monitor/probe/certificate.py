"""The certificate that a host shows (RFC 8461 section 4.2, M18). Pure: octets in, fields and problems out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from collector import domains
from collector.monitor.model import Problem
from collector.monitor.probe.facts import Distrust

# Those who renew by machine do so a month before; two weeks are time enough to do it by hand.
_SOON = timedelta(days=14)
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Leaf:
    """`names` are its DNS names in the certificate's order; `common_name` counts for nothing, but explains much."""

    not_before: datetime  # aware, UTC
    not_after: datetime
    names: tuple[str, ...]
    common_name: str | None

    def names_host(self, host: str) -> bool:
        """Whether a DNS-ID is `host` (normal form); a wildcard stands for one whole left-most label."""
        return any(domains.mx_matches(name.lower(), host) for name in self.names)

    def in_date(self, now: datetime) -> bool:
        return self.not_before <= now <= self.not_after


def read(der: bytes) -> Leaf:
    """Raises ValueError if it cannot be read, whatever OpenSSL made of it."""
    certificate = x509.load_der_x509_certificate(der)
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return Leaf(
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        _names(certificate),
        str(common[0].value) if common else None,
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    except x509.DuplicateExtension as error:
        raise ValueError(str(error)) from error
    return tuple(alternative.value.get_values_for_type(x509.DNSName))


def date_problem(leaf: Leaf, now: datetime) -> Problem | None:
    if now > leaf.not_after:
        text = f"the certificate expired on {leaf.not_after:%Y-%m-%d}"
        return Problem("certificate_expired", "error", text, "Renew it, and have the mail server load the new one.")
    if now < leaf.not_before:
        text = f"the certificate is not valid before {leaf.not_before:%Y-%m-%d %H:%M} UTC"
        return Problem("certificate_not_yet_valid", "error", text, "Use the earlier one until then; check both clocks.")
    left = leaf.not_after - now
    if left < _SOON:
        days = "1 day" if left.days == 1 else f"{left.days} days"
        text = f"the certificate expires in {days}, on {leaf.not_after:%Y-%m-%d}"
        return Problem("certificate_expires", "warning", text, "Renew it, and have the mail server load the new one.")
    return None


def name_problem(leaf: Leaf, host: str) -> Problem | None:
    if leaf.names_host(host):
        return None
    if leaf.names:
        more = "" if len(leaf.names) <= _MOST_NAMES else f" and {len(leaf.names) - _MOST_NAMES} more"
        text = f"the certificate is for {', '.join(leaf.names[:_MOST_NAMES])}{more}, not for {host}"
    elif leaf.common_name is not None:
        text = f"the certificate has no DNS name (subjectAltName); its common name {leaf.common_name!r} does not count"
    else:
        text = "the certificate has no DNS name (subjectAltName)"
    return Problem("certificate_name", "error", text, f"Use a certificate with {host} among its DNS names.")


def trust_problem(distrust: Distrust, *, sent: int) -> Problem:
    """`sent`: how many certificates the host sent."""
    text = f"the certificate is not trusted: {distrust.text}"
    if distrust.dates:
        return Problem(
            "certificate_untrusted", "error", f"{text} (one above it)", "Send the chain that your CA gives today."
        )
    if sent == 1 and "self" not in distrust.text:
        fix = "Send the CA's intermediate certificates with it (often a file named fullchain)."
    else:
        fix = "Use a certificate of a CA that everybody trusts, and send its whole chain."
    return Problem("certificate_untrusted", "error", text, fix)
