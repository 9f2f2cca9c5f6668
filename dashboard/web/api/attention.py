"""`/api/v1/attention`: what the overview says needs somebody's attention."""

from flask import Blueprint, Response

from collector.store import queries
from dashboard.web import access, alerts, asked, attention, state
from dashboard.web.api import answers, shapes
from dashboard.web.api.operation import AUTHENTICATED, FROM, TO, operation
from dashboard.web.api.types import arrivals


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/attention", "attention", needed)


@operation(arrivals.Attention, FROM, TO, AUTHENTICATED)
def needed() -> Response:
    """Open alerts, domains in trouble (`domains?order=worst` lists them), what fills the quarantine, and who waits."""
    bad, look, well = queries.domains_by_level(state.reader(), asked.figures_filter(), only=access.only())
    return answers.only_json(
        {
            "alerts": alerts.count_open(),
            "domains": {"bad": bad, "look": look, "ok": well},
            "quarantine": [
                {"code": each.code, "deliveries": each.count, "meaning": each.meaning, "action": each.to_do}
                for each in attention.quarantined()
            ],
            "foreign": [shapes.foreign(row) for row in attention.foreign(state.reader())],
        }
    )
