"""From a delivery's bytes to a `Delivery`: one function for every channel, pure but for the authenticator passed in.

find the reports -> read them -> hints around them -> authenticate (mails only, and only if a report was found)
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from collector.auth import Authenticate, Authentication
from collector.auth.results import TrustedResults
from collector.channels import MAIL_CHANNELS
from collector.delivery import Delivery, Envelope, Found, Hints, Reason
from collector.ids import new_id
from collector.report import hints as around
from collector.report.message import Mail
from collector.report.model import Finding
from collector.report.normalise.names import contact_domain
from collector.report.notes import Notes
from collector.report.search import Hit, Search, search
from collector.settings import Limits

_MISSING = Reason("dkim_missing", "no mail, so no DKIM signature")


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Of the mails that the reports of a delivery stood in: each one's signing domain, or the first reason against one.

    One that fails spoils all: a delivery is authenticated or it is not.
    """

    domains: dict[int, str]  # by id() of the Mail
    reason: Reason | None


_UNSEEN = _Verdict({}, None)


def ingest(
    raw: bytes,
    envelope: Envelope,
    now: datetime,
    *,
    limits: Limits,
    dkim: str,
    authenticate: Authenticate,
    trusted: TrustedResults | None = None,
    import_requires_dkim: bool = False,
) -> Delivery:
    """What came of the bytes that `envelope.channel` brought at `now` (aware, UTC).

    `dkim` is `require`, `record` or `off` (rule 10). Under `require` a mail that is not authenticated gets the
    reason why; an imported file counts all the same unless `import_requires_dkim`; a POST is never authenticated.
    `trusted` are the operator's own mail servers, whose word is asked for before `authenticate`.
    Raises KeyUnavailable if a key could not be fetched just now; nothing else.
    """
    identity = new_id(int(now.timestamp() * 1000))
    if len(raw) > limits.message_bytes:
        return _quarantined(identity, raw, envelope, now, Reason("limit", f"larger than {limits.message_bytes} bytes"))
    found = search(
        raw, envelope.channel, limits=limits, content_type=envelope.content_type, file_name=envelope.file_name
    )
    if found.refusal is not None:
        reason = Reason(found.refusal.code, found.refusal.message)
        return _quarantined(identity, raw, envelope, now, reason, found.findings)
    hints = [around.hints(hit) for hit in found.hits]
    is_import = envelope.channel == "import"
    is_required = import_requires_dkim if is_import else dkim == "require" and envelope.channel in MAIL_CHANNELS
    verdict = _UNSEEN
    if is_required or dkim != "off":
        verdict = _verdict(found.hits, hints, _Asked(authenticate, trusted, envelope))
    notes = Notes()
    for hit, hint in zip(found.hits, hints, strict=True):
        around.note(hit, hint, notes)
    return Delivery(
        identity,
        now,
        envelope,
        raw,
        found=tuple(
            Found(hit.report, _reporter(hit, hint, verdict), hint) for hit, hint in zip(found.hits, hints, strict=True)
        ),
        reason=verdict.reason if is_required else None,
        authenticated=bool(verdict.domains),
        findings=_findings(found, notes),
    )


def _findings(found: Search, notes: Notes) -> tuple[Finding, ...]:
    """Of the mail, of what is around the reports, and of the reports: whoever looks at a delivery sees them all."""
    findings = found.findings + notes.findings()
    for hit in found.hits:
        findings += hit.report.findings
    # Two reports in one mail may say the same.
    return findings if len(found.hits) < 2 else tuple(dict.fromkeys(findings))


def _quarantined(
    identity: UUID, raw: bytes, envelope: Envelope, now: datetime, reason: Reason, findings: tuple[Finding, ...] = ()
) -> Delivery:
    return Delivery(identity, now, envelope, raw, reason=reason, findings=findings)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is asked about a mail: the operator's own server first, then the signatures themselves."""

    authenticate: Authenticate
    trusted: TrustedResults | None
    envelope: Envelope

    def about(self, mail: Mail, claimed: frozenset[str]) -> Authentication:
        # A forwarded mail came through nobody's server but its forwarder's hands.
        if self.trusted is not None and not mail.is_nested:
            signer = self.trusted.signer(mail.raw, claimed, self.envelope)
            if signer is not None:
                return Authentication(signer)
        return self.authenticate(mail.raw, claimed)


def _verdict(hits: tuple[Hit, ...], hints: list[Hints], asked: _Asked) -> _Verdict:
    """Asks about each mail once; a forwarded one on its own bytes and under its own names (Q86)."""
    signers: dict[int, str] = {}
    for mail in {id(hit.mail): hit.mail for hit in hits}.values():
        if mail is None:
            return _Verdict({}, _MISSING)
        own = [(hit.report, hint.submitter) for hit, hint in zip(hits, hints, strict=True) if hit.mail is mail]
        claimed = around.claimed_domains(
            mail, frozenset(submitter for _, submitter in own if submitter), [report for report, _ in own]
        )
        found = asked.about(mail, claimed)
        if found.domain is None:
            return _Verdict({}, found.reason or Reason("dkim_fail", "not authenticated"))
        signers[id(mail)] = found.domain
    return _Verdict(signers, None)


def _reporter(hit: Hit, hint: Hints, verdict: _Verdict) -> str:
    """Rule 10: the signing domain, else contact domain, submitter (Q69: maybe no domain), organisation."""
    signer = verdict.domains.get(id(hit.mail))
    return (
        signer
        or contact_domain(hit.report.contact_info)
        or hint.submitter
        or (hit.report.organization_name or "").strip()
    )
