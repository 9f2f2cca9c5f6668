"""From a JSON value to a `Report`, in small named steps, each with its number in QUIRKS.

This is the long way; what is regular in every respect went the short one (`collector.report.strict`). A document
that is right by the letter goes straight to `build`. Any other must be acceptable, is mended in place
(`shape`, `counts`), and what the strict schema still says of it becomes findings.
"""

from typing import Any

from collector.errors import ReportRefused
from collector.report import schema
from collector.report.decode import Decoded
from collector.report.digest import combined, digest
from collector.report.limits import Limits, refuse_too_many_values
from collector.report.model import Report
from collector.report.normalise import counts, shape
from collector.report.normalise.build import Digests, build_report
from collector.report.notes import Notes


def normalise(decoded: Decoded, text: bytes, notes: Notes, limits: Limits) -> Report:
    """The report that a JSON value is; `text` is what it came as. Raises ReportRefused (`json`, `schema`, `limit`)."""
    # Before anything is looked at: without its NULs a name may be one that the schemas know.
    document = shape.without_nul(decoded.value, notes) if decoded.has_nul else decoded.value
    _refuse_too_many(document, text, limits)
    is_right = not decoded.has_nul and not decoded.has_float and schema.is_strict(document)
    if not is_right:
        schema.refuse_unless_acceptable(document)
    digests = _digests(document, decoded.has_float)
    if not is_right:
        shape.mend(document, notes)
        counts.mend(document, notes)
        schema.deviations(document, notes)
    return build_report(document, digests, notes)


def _refuse_too_many(document: Any, text: bytes, limits: Limits) -> None:
    policies = document.get("policies") if isinstance(document, dict) else None
    if not isinstance(policies, list):
        policies = [policies]
    if len(policies) > limits.policies:
        raise ReportRefused("limit", f"more than {limits.policies} policies")
    details = [entry.get("failure-details") for entry in policies if isinstance(entry, dict)]
    count = sum(len(entries) for entries in details if isinstance(entries, list))
    if count > limits.failure_details:
        raise ReportRefused("limit", f"more than {limits.failure_details} failure details")
    refuse_too_many_values(text, len(policies), count)


def _digests(document: dict[str, Any], has_float: bool) -> Digests:
    """Over the values as sent but for NULs, before anything is mended (rule 3)."""
    policies = document["policies"]
    rest = {name: value for name, value in document.items() if name != "policies"}
    own = digest(rest, has_float=has_float)
    # One object in the place of the array is its only entry (Q22).
    entries = [digest(entry, has_float=has_float) for entry in (policies if isinstance(policies, list) else [policies])]
    return Digests(own, entries, combined([own, *entries]))
