"""The paths of the API, put together."""

from flask import Blueprint

from dashboard.web.api import (
    audit,
    check,
    configuration,
    deliveries,
    domains,
    openapi,
    people,
    reports,
    result_types,
    setup,
    sides,
)

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
for part in (domains, sides, check, setup, reports, deliveries, result_types, openapi, audit, configuration, people):
    part.add_to(blueprint)
