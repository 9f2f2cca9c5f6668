"""`/reports/{id}`: one report as RFC 8460 section 4.4 builds it, what was found in it, and how it came."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from flask import Blueprint, render_template, request

from collector.errors import UsageError
from collector.report.model import Finding
from collector.store import queries
from collector.store.queries import DeliveryRow, FailureRow, PolicyResultRow, ReportRow
from dashboard.arrival import dkim
from dashboard.text import say
from dashboard.web import access, scope, state

POLICIES = 25  # policy results on a page
DETAILS = 50  # failure details of each of them
DETAILS_ALONE = 500  # where one policy result is asked for
DOCUMENT = 200_000  # characters of a JSON document
_FINDINGS = 100
# RFC 8460 section 4.4: what stands at the head of a report.
_HEAD = ("organization-name", "contact-info", "report-id", "date-range")
_IN_POLICY = re.compile(r"/policies/([0-9]{1,6})(/|:|$)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A policy result on the page: `number` counts from 1; `failures` are `first` and following of `total`."""

    number: int
    result: PolicyResultRow
    failures: Sequence[FailureRow]
    first: int
    total: int
    findings: Sequence[Finding]

    @property
    def next(self) -> int | None:
        """The first failure detail that is not shown any more."""
        end = self.first + len(self.failures)
        return end if end < self.total else None


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/reports/<uuid:report_id>", "report", report)
    blueprint.add_url_rule("/reports/<uuid:report_id>/json", "report_json", report_json)


def report(report_id: UUID) -> str:
    found = scope.report(report_id)
    engine = state.reader()
    delivery = queries.delivery(engine, found.delivery_id)
    # The mail around it may be about other domains too.
    is_limited = access.only() is not None
    by_place = _places(found, delivery)
    return render_template(
        "report.html",
        report=found,
        head={name: by_place.pop(name, []) for name in _HEAD},
        policies=_shown(found.policies, by_place),
        first_policy=_number("policies"),
        policies_a_page=POLICIES,
        findings=[finding for rest in by_place.values() for finding in rest][:_FINDINGS],
        delivery=delivery,
        dkim=dkim(delivery) if delivery else None,
        headers=None if is_limited else queries.mail_headers(engine, found.delivery_id),
        neighbours=queries.neighbours(engine, found),
    )


def report_json(report_id: UUID) -> str:
    """The document made readable. Its bytes are a download."""
    found = scope.report_head(report_id)
    text = pretty(scope.report_document(report_id))
    return render_template("report_json.html", report=found, text=text[:DOCUMENT], more=max(len(text) - DOCUMENT, 0))


def pretty(document: bytes) -> str:
    """JSON with a line for each value; as it is if it is none."""
    try:
        return orjson.dumps(orjson.loads(document), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return document.decode("utf-8", "replace")


def _places(found: ReportRow, delivery: DeliveryRow | None) -> dict[str, list[Finding]]:
    """Findings by what they are about: a field of the head, a policy result by its number from 1, "" for the rest."""
    # A part of a report about several domains numbers its policy results anew; the findings have the old numbers.
    is_whole = delivery is not None and len(delivery.domains) == 1
    places: dict[str, list[Finding]] = {}
    for finding in found.findings:
        where = next((name for name in _HEAD if finding.message.startswith(f"/{name}")), "")
        in_policy = _IN_POLICY.match(finding.message)
        if in_policy and is_whole and int(in_policy[1]) < len(found.policies):
            where = str(int(in_policy[1]) + 1)
        places.setdefault(where, []).append(finding)
    return places


def _shown(policies: Sequence[PolicyResultRow], by_place: dict[str, list[Finding]]) -> list[Shown]:
    """The policy results of this page: `?policies=` is the first one (from 0), `?policy=` the only one (from 1)."""
    only, start, first = _number("policy"), _number("policies"), _number("details")
    positions = range(only - 1, only) if only else range(start, start + POLICIES)
    most = DETAILS_ALONE if only else DETAILS
    first = first if only else 0
    shown = []
    for position in positions:
        if not 0 <= position < len(policies):
            break
        result = policies[position]
        findings = by_place.pop(str(position + 1), [])[:_FINDINGS]
        details = result.failures[first : first + most]
        shown.append(Shown(position + 1, result, details, first, len(result.failures), findings))
    return shown


def _number(name: str) -> int:
    given = request.args.get(name, "")
    if given and not re.fullmatch(r"[0-9]{1,9}", given):
        raise UsageError(say("%(name)s: %(given)s is no number", name=name, given=repr(given[:20])))
    return int(given or 0)
