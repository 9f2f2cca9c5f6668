"""`/api/v1/result-types`: what a failure can be called, what it means and what to do."""

from flask import Blueprint, Response

from collector.report.model import RESULT_TYPES, UNSPECIFIED
from dashboard.web.api import answers, shapes
from dashboard.web.api.operation import operation
from dashboard.web.api.types import checks


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/result-types", view_func=result_types)
    blueprint.add_url_rule("/result-types/<path:code>", view_func=result_type)


@operation(checks.Explanations)
def result_types() -> Response:
    """Those of RFC 8460, and `unspecified` for failures that no detail explains."""
    return answers.only_json({"result_types": [shapes.explanation(code) for code in (*RESULT_TYPES, UNSPECIFIED)]})


@operation(checks.Explanation)
def result_type(code: str) -> Response:
    """One of them. One that nobody knows is explained as such: reporters make up their own."""
    return answers.only_json(shapes.explanation(code))
