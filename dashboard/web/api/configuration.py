"""`/api/v1/configuration`: every setting in force and who says so; for admins."""

from flask import Blueprint, Response

from collector.settings import shown
from dashboard.web import state
from dashboard.web.api import answers
from dashboard.web.api.operation import operation
from dashboard.web.api.types import sides


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/configuration", view_func=configuration)


@operation(sides.Configuration)
def configuration() -> Response:
    """The settings in force, secrets hidden."""
    return answers.only_json(
        {
            "settings": [
                {
                    "name": each.row.name,
                    "variable": each.row.variable,
                    "value": shown.text(each),
                    "source": each.source or None,
                }
                for each in state.given()
            ]
        }
    )
