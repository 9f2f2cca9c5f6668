"""`/api/v1/domains/{d}/setup/policy`: the policy that the dashboard serves itself, and `.../draft`, before it does."""

from uuid import UUID

from flask import Blueprint, Response, request

from collector.errors import UsageError
from collector.store import hosted
from collector.store.hosted import HostedRow
from dashboard.web import access, params, respond, scope, state
from dashboard.web.actions import actions
from dashboard.web.api import answers
from dashboard.web.api.operation import Parameter, operation
from dashboard.web.api.sent import sent
from dashboard.web.api.types import hosted as types

_MODE = Parameter("mode", "Mode of the policy.", {"type": "string", "enum": ["testing", "enforce", "none"]}, "testing")
_MAX_AGE = Parameter("max_age", "Seconds.", {"type": "integer", "minimum": 0, "maximum": 31557600}, 604800)
_MX = Parameter("mx", "MX patterns with commas between them.", example="mx1.example.com,*.example.net")


def add_to(blueprint: Blueprint) -> None:
    path = "/domains/<domain>/setup"
    blueprint.add_url_rule(f"{path}/draft", view_func=policy_draft)
    blueprint.add_url_rule(f"{path}/policy", view_func=hosted_policy)
    blueprint.add_url_rule(f"{path}/policy", view_func=serve_policy, methods=["POST"])
    blueprint.add_url_rule(f"{path}/policy/end", view_func=stop_serving, methods=["POST"])


@operation(types.Draft, _MODE, _MAX_AGE, _MX, errors=(404,))
def policy_draft(domain: str) -> Response:
    """A policy and what it would change for senders; without parameters a suggestion. Nothing is done."""
    name, _ = scope.domain(domain)
    act, now = actions().setup, state.now()
    mode, max_age, mx = (params.text(request.args, field) for field in ("mode", "max_age", "mx"))
    if mode is None and max_age is None and mx is None:
        suggested = act.suggestion(name, now)
        mode, max_age, mx = suggested.mode, str(suggested.max_age), ",".join(suggested.mx)
    draft = act.draft(name, mode or "", max_age or "", (mx or "").replace(",", "\n"), now)
    policy = draft.policy
    return answers.only_json(
        {
            "policy": None
            if policy is None
            else {"mode": policy.mode, "max_age": policy.max_age, "mx": policy.mx, "text": policy.text},
            "problems": [
                {"code": each.code, "severity": each.severity, "text": each.text, "fix": each.fix}
                for each in draft.problems
            ],
            "consequences": [{"severity": each.severity, "text": each.text} for each in draft.consequences],
        }
    )


@operation(types.HostedPolicy, errors=(404,))
def hosted_policy(domain: str) -> Response:
    """What the dashboard answers with at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`, and did before."""
    name, domain_id = scope.domain(domain)
    return answers.only_json(_shape(name, domain_id))


@operation(types.HostedPolicy, body=types.Wanted, errors=(400, 404, 413))
def serve_policy(domain: str) -> Response:
    """Serves this policy from now on; its id is then to be published. One with an error is refused."""
    name, domain_id = scope.domain(domain)
    wanted, now = sent(types.Wanted), state.now()
    if any(mark in pattern for pattern in wanted["mx"] for mark in "\r\n"):
        raise UsageError("mx: a pattern is one line")
    draft = actions().setup.draft(name, wanted["mode"], str(wanted["max_age"]), "\n".join(wanted["mx"]), now)
    if draft.policy is None:
        raise UsageError(draft.problems[0].text)
    actions().setup.serve(name, domain_id, draft.policy, access.name(), now)
    return respond.json(_shape(name, domain_id))


@operation(types.HostedPolicy, errors=(400, 404, 413))
def stop_serving(domain: str) -> Response:
    """Serves no policy any more."""
    name, domain_id = scope.domain(domain)
    actions().setup.stop_serving(domain_id, access.name(), state.now())
    return respond.json(_shape(name, domain_id))


def _shape(name: str, domain_id: UUID) -> types.HostedPolicy:
    rows = hosted.history(state.engine(), domain_id)
    is_served = bool(rows) and rows[0].mode is not None
    return {
        "domain": name,
        "served_since": rows[0].set_at if is_served else None,
        "history": [_row(row) for row in rows],
    }


def _row(row: HostedRow) -> types.Hosted:
    return {
        "set_at": row.set_at,
        "set_by": row.set_by,
        "mode": row.mode,
        "max_age": row.max_age,
        "mx": row.mx,
        "id": row.policy_id,
    }
