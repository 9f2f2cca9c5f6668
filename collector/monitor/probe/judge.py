"""From what was met at an MX host to what is wrong with it (RFC 8461 section 4.2, RFC 7672). Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from collector.monitor.checked import Certificate, MxCheck
from collector.monitor.model import Problem
from collector.monitor.probe import announced, certificate, dane
from collector.monitor.probe.facts import Circumstances, Fault, Look, TlsSeen

_CONFIGURE = "Give the mail server a certificate and its key, and switch STARTTLS on at port 25."
_FIXES = {
    "no_address": "Publish an A or AAAA record for it, or take it out of the MX records.",
    "dns": "Check the name servers of its domain; with DNSSEC the signatures and the DS record too.",
    "unreachable": "Look from another network: many providers block port 25 on the way out.",
    "broken_off": "Look from another network; the server may dislike our address.",
    "refused": "Look from another network; the server may dislike our address.",
    "not_smtp": "See what listens at port 25 of this address.",
    "no_starttls": _CONFIGURE,
    "starttls_refused": "See the mail server's log; most often it cannot read its certificate or key.",
    "tls_failed": "See the mail server's log, and offer TLS 1.2 or later.",
}


def judge(look: Look, circumstances: Circumstances) -> MxCheck:
    """`problems` of severity error are those for which somebody holds back mail, now or under enforce.

    Whether the policy names the host is not looked at here: `matches_policy` is None.
    """
    session, tls = look.session, look.session.tls if look.session is not None else None
    news = announced.read(look, circumstances)
    problems = [*_naming(look), *_reaching(look, circumstances, dane_asks=news.asks_for_tls)]
    shown = None
    if tls is not None:
        shown, met = _certificate(look.host, tls, circumstances.now)
        problems += [_effective(problem, circumstances, news.fulfilled) for problem in met]
        problems += _version(tls)
    return MxCheck(
        look.host,
        None,
        session.starttls if session is not None else None,
        shown,
        tuple(map(str, news.records)),
        news.dnssec,
        (*problems, *news.problems),
    )


def _naming(look: Look) -> Iterator[Problem]:
    addresses = look.addresses
    if not isinstance(addresses, Fault) and addresses.canonical != look.host:
        text = (
            f"{look.host} is an alias (CNAME) of {addresses.canonical}, which no MX host may be (RFC 5321 section 5.1)"
        )
        yield Problem(
            "mx_alias", "warning", text, f"Name {addresses.canonical} in the MX record, or give it addresses."
        )


def _reaching(look: Look, circumstances: Circumstances, *, dane_asks: bool) -> Iterator[Problem]:
    """What stood in the way of seeing a certificate."""
    held = "Senders that use DANE hold back the mail for it already." if dane_asks else circumstances.effect
    if isinstance(look.addresses, Fault):
        yield _fault(look.addresses, "Nobody can deliver to it.")
    elif look.session is not None and look.session.fault is not None:
        yield _fault(look.session.fault, held)
    elif look.session is not None and look.session.starttls is False:
        yield _fault(Fault("no_starttls", "the host does not offer STARTTLS"), held)


def _fault(fault: Fault, effect: str) -> Problem:
    """A host that was not reached from here may be well: that is no error."""
    severity, effect = ("error", effect) if fault.reached else ("warning", "So nothing is known about its TLS.")
    return Problem(fault.code, severity, f"{fault}. {effect}", _FIXES[fault.code])


def _certificate(host: str, tls: TlsSeen, now: datetime) -> tuple[Certificate | None, list[Problem]]:
    try:
        leaf = certificate.read(tls.chain[0])
    except ValueError as error:
        text = f"the certificate cannot be read: {error}"
        return None, [Problem("certificate_unreadable", "error", text, "Have it issued anew.")]
    met = [certificate.date_problem(leaf, now), certificate.name_problem(leaf, host)]
    if tls.distrust is not None and not (tls.distrust.dates and not leaf.in_date(now)):
        met.append(certificate.trust_problem(tls.distrust, sent=len(tls.chain)))
    problems = [problem for problem in met if problem is not None]
    trusted = tls.distrust is None and not any(problem.severity == "error" for problem in problems)
    return Certificate(leaf.not_after, leaf.names, trusted), problems


def _effective(problem: Problem, circumstances: Circumstances, fulfilled: int | None) -> Problem:
    """With what senders make of it. Where only DANE asks for the certificate, and has its own, nobody minds.

    `fulfilled`: the usage of the proven TLSA record that the certificate meets. DANE-EE looks at neither names nor
    dates nor chain (RFC 7672 section 3.1.1), DANE-TA not at public CAs.
    """
    if problem.severity != "error":
        return problem
    excused = fulfilled == dane.END_ENTITY or (
        fulfilled == dane.TRUST_ANCHOR and problem.code == "certificate_untrusted"
    )
    if excused and not circumstances.asks_for_tls:
        text = f"{problem.text}. DANE does not mind; senders that know MTA-STS only would, under mode enforce."
        return replace(problem, severity="warning", text=text)
    return replace(problem, text=f"{problem.text}. {circumstances.effect}")


def _version(tls: TlsSeen) -> Iterator[Problem]:
    if tls.version not in ("TLSv1.2", "TLSv1.3"):
        # RFC 8461 section 7.2 asks for 1.2; RFC 8996 forbids what is below.
        text = f"the host speaks {tls.version} at most, which careful senders no longer do (RFC 8996)"
        yield Problem("tls_version", "warning", text, "Switch TLS 1.2 and 1.3 on.")
    elif tls.weakness is not None:
        text = f"careful senders do not come to terms with the host's TLS: {tls.weakness}"
        yield Problem("tls_weak", "warning", text, "Offer the usual ciphers and keys of today.")
