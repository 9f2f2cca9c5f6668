"""What the mail around a report says about it: used where the body is silent, never against it (R39, Q15, Q40)."""

import re

from collector import domains
from collector.delivery import Hints
from collector.organisation import is_aligned
from collector.report import headers as header_fields
from collector.report.labels import file_name_domain
from collector.report.message import Mail
from collector.report.model import Report
from collector.report.normalise.names import contact_domain, name
from collector.report.notes import Notes
from collector.report.search import Hit

# RFC 8460 section 5.3; blanks are one by now (Q72), and what follows may be in any form (Q71).
_BRACKETS = re.compile(r"<([^<>]*)>")
_SUBJECT = re.compile(r"report domain: ?([^ ]+)", re.IGNORECASE)


def hints(hit: Hit) -> Hints:
    """The hints around one report; a report that was posted has none but its file name."""
    named = _name(file_name_domain(hit.file_name))
    if hit.mail is None:
        return Hints(file_name_domain=named)
    subject = _SUBJECT.search(_header(hit.mail, "subject") or "")
    submitter = _header(hit.mail, "tls-report-submitter")
    return Hints(
        report_domain=_name(_header(hit.mail, "tls-report-domain")),
        subject_domain=_name(subject[1]) if subject else None,
        file_name_domain=named,
        submitter=(_name(submitter) or submitter) if submitter else None,
    )


def claimed_domains(mail: Mail, submitters: frozenset[str], reports: list[Report]) -> frozenset[str]:
    """Whom a mail says it is from: the domains of From, submitter and contact-info, normal forms (rule 10)."""
    contacts = [contact_domain(report.contact_info) for report in reports]
    claimed = {_sender_domain(_header(mail, "from") or ""), *map(name, submitters), *contacts}
    return frozenset([domain for domain in claimed if domain is not None])


def note(hit: Hit, around: Hints, notes: Notes) -> None:
    """Notes where the mail around a report departs from RFC 8460 section 5.3 or says other things than the body."""
    if hit.mail is None:
        return
    headers = hit.mail.headers
    if hit.mail.is_nested:
        notes.add("Q86", "the report lies in a forwarded mail")
    if "tls-report-domain" not in headers or "tls-report-submitter" not in headers:
        notes.add("Q70", "TLS-Report-Domain or TLS-Report-Submitter is missing")
    if header_fields.media_type(headers.get("content-type", "")) != "multipart/report":
        notes.add("Q74", "not a multipart/report")
    _note_submitter(hit.report, around, notes)
    _note_other_domain(hit.report, around, notes)


def _note_submitter(report: Report, around: Hints, notes: Notes) -> None:
    """R33: the submitter is the domain of contact-info. One of the same organisation means no harm (Q27)."""
    if around.submitter is None:
        return
    if name(around.submitter) is None:
        notes.add("Q69", f"TLS-Report-Submitter {around.submitter[:100]!r} is no domain name")
        return
    contact = contact_domain(report.contact_info)
    if contact and not is_aligned(contact, (around.submitter,)):
        notes.add("Q27", f"TLS-Report-Submitter is {around.submitter}, contact-info is of {contact}")


def _note_other_domain(report: Report, around: Hints, notes: Notes) -> None:
    """R39: the body is authoritative. A tlsa result may name a host below the domain (R27)."""
    named = {result.policy.policy_domain for result in report.policies}
    for where, hint in (
        ("TLS-Report-Domain", around.report_domain),
        ("the subject", around.subject_domain),
        ("the file name", around.file_name_domain),
    ):
        if hint is not None and hint not in named and not _is_about(named, hint):
            notes.add("Q40", f"{where} says {hint}, which the report is not about")


def _is_about(named: set[str | None], hint: str) -> bool:
    """Whether a policy domain lies under `hint`, or there is none at all."""
    policy_domains = [domain for domain in named if domain]
    return not policy_domains or any(domains.is_under(domain, hint) for domain in policy_domains)


def _sender_domain(value: str) -> str | None:
    """The domain of a From value: `a@b`, `Name <a@b>`, `a@b (comment)`. `email.utils` costs as much as all the rest."""
    in_brackets = _BRACKETS.search(value)
    address = in_brackets[1] if in_brackets else value.partition("(")[0]
    _, at, domain = address.strip().rpartition("@")
    return name(domain) if at else None


def _header(mail: Mail, name: str) -> str | None:
    value = mail.headers.get(name)
    return header_fields.text(value).strip() or None if value else None


def _name(value: str | None) -> str | None:
    return name(value) if value else None
