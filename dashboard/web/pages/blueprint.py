"""All pages, with the filters and links that their templates use."""

from flask import Blueprint

from dashboard.web.pages import (
    across,
    alerts,
    check,
    deliveries,
    domain,
    filters,
    links,
    overview,
    report,
    reports,
    setup,
    sides,
    static,
    unsubscribe,
)

blueprint = Blueprint("pages", __name__)
for part in (
    static,
    overview,
    alerts,
    domain,
    check,
    setup,
    reports,
    report,
    deliveries,
    sides,
    across,
    filters,
    links,
    unsubscribe,
):
    part.register(blueprint)
