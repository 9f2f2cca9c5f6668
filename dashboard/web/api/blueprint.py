"""The paths of the API, put together."""

from flask import Blueprint

from dashboard.web.api import (
    across,
    alerts,
    attention,
    audit,
    causes,
    check,
    configuration,
    deliveries,
    domains,
    hosted,
    mail,
    openapi,
    people,
    reports,
    setup,
    sides,
    waiting,
)

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
for part in (
    *(attention, alerts, domains, causes, sides, across, check, setup, hosted, reports, deliveries, waiting),
    *(openapi, audit, configuration, people, mail),
):
    part.add_to(blueprint)
