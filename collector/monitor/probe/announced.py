"""What the TLSA records of a host announce, and whether that is so (RFC 7672). Pure."""

from dataclasses import dataclass

from collector.monitor.model import Problem
from collector.monitor.probe import dane
from collector.monitor.probe.facts import Circumstances, Fault, Look, TlsSeen
from collector.resolver import Tlsa

_GOOD = "Publish 3 1 1 and the SHA-256 digest of the certificate's public key, 64 digits."


@dataclass(frozen=True, slots=True)
class News:
    """`dnssec`: MX record, addresses and TLSA records are all proven; None if nobody can tell.

    `asks_for_tls`: senders that use DANE insist on TLS. `fulfilled`: the usage of the proven record that is met.
    """

    records: tuple[Tlsa, ...]
    dnssec: bool | None
    asks_for_tls: bool
    fulfilled: int | None
    problems: tuple[Problem, ...]


def read(look: Look, circumstances: Circumstances) -> News:
    """A TLSA fault stands whatever MTA-STS says: DANE goes first (RFC 8461 section 2, M1)."""
    if isinstance(look.tlsa, Fault):
        problem = _not_known(look, look.tlsa, circumstances)
        return News((), None, problem.severity == "error", None, (problem,))
    records = look.tlsa.records
    dnssec = _all(circumstances.mx_secure, _addresses_secure(look), look.tlsa.secure)
    tls = look.session.tls if look.session is not None else None
    found = dane.match(records, tls.chain if tls is not None else ())
    fix = _fix(look.host, tls)
    problems = [_defective(record, fix) for record in records if dane.defect(record)]
    problems += [_unreadable(what, fix) for what in look.tlsa.unreadable]
    if records and dnssec is not True and not isinstance(look.addresses, Fault):
        problems.append(_without_proof(dnssec, circumstances))
    if found.usable and tls is not None and found.by is None:
        problems.append(_mismatch(len(found.usable), dnssec, fix))
    fulfilled = found.by.usage if found.by is not None and dnssec else None
    return News(records, dnssec, bool(records and dnssec), fulfilled, tuple(problems))


def _addresses_secure(look: Look) -> bool | None:
    return None if isinstance(look.addresses, Fault) else look.addresses.secure


def _all(*parts: bool | None) -> bool | None:
    """One link that is not proven settles it; else one that is unknown does."""
    return False if False in parts else None if None in parts else True


def _not_known(look: Look, fault: Fault, circumstances: Circumstances) -> Problem:
    """Senders ask for TLSA records only where the rest is proven; then no answer means no delivery (section 2.1.2)."""
    proven = bool(_addresses_secure(look)) and circumstances.mx_secure is not False
    effect = "Senders that use DANE hold back the mail for it." if proven else "So nothing is known about DANE."
    fix = "Check the name servers of its domain, and its DNSSEC signatures."
    return Problem("tlsa_lookup", "error" if proven else "warning", f"{fault}. {effect}", fix)


def _fix(host: str, tls: TlsSeen | None) -> str:
    """The record to publish, as a line of the zone where the certificate is known."""
    return _GOOD if tls is None else f"_25._tcp.{host}. IN TLSA {dane.record_for(tls.chain[0])}"


def _defective(record: Tlsa, fix: str) -> Problem:
    text = f"senders do not use the TLSA record {_short(record)}: {dane.defect(record)}"
    code = "tlsa_unusable" if record.usage in (0, 1) else "tlsa_malformed"
    return Problem(code, "warning", text, fix)


def _unreadable(what: str, fix: str) -> Problem:
    text = f"senders cannot read a TLSA record of the host: {what}"
    return Problem("tlsa_malformed", "warning", text, fix)


def _without_proof(dnssec: bool | None, circumstances: Circumstances) -> Problem:
    if dnssec is False:
        text = "DNSSEC does not prove all of MX record, addresses and TLSA records: senders ignore the TLSA records"
        return Problem("tlsa_without_dnssec", "warning", text, "Sign the zones of the MX record and of the host.")
    text = "whether DNSSEC proves the TLSA records is not known here: the name server is not trusted to tell"
    fix = f"Name a validating resolver in dns.nameservers; dns.trust_ad is {circumstances.trust_ad}."
    return Problem("dnssec_unknown", "warning", text, fix)


def _mismatch(usable: int, dnssec: bool | None, fix: str) -> Problem:
    """Without DNSSEC nobody heeds the records yet, and nothing is held back (RFC 7672 section 2.2)."""
    records = "TLSA record does not match" if usable == 1 else f"{usable} TLSA records do not match"
    what = {
        True: "Senders that use DANE hold back the mail for it.",
        False: "Once DNSSEC proves it, senders that use DANE hold back the mail for it.",
        None: "If DNSSEC proves it, senders that use DANE hold back the mail for it.",
    }[dnssec]
    text = f"the {records} the certificate that the host shows. {what}"
    return Problem("tlsa_mismatch", "warning" if dnssec is False else "error", text, fix)


def _short(record: Tlsa) -> str:
    text = str(record)
    return text if len(text) <= 40 else f"{text[:40]}..."
