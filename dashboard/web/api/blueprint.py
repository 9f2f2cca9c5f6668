"""The paths of the API, put together."""

from flask import Blueprint

from dashboard.web.api import check, deliveries, domains, reports, setup

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
for part in (domains, check, setup, reports, deliveries):
    part.add_to(blueprint)
