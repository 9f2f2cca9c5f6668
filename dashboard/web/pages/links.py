"""Addresses that pages link to: themselves with another filter, the next page, the API behind a page."""

from datetime import date, timedelta
from urllib.parse import quote, urlencode

from flask import Blueprint, g, request, url_for

from dashboard.web import access

PRESETS = (7, 30, 90, 365)
_KEPT = "tlsrpt_kept_filter"
_FILTER = ("from", "to", "authenticated", "reporter", "policy_type")


def here(**changes: object) -> str:
    """This page with some query parameters changed; None drops one. A new filter begins at the first page."""
    args: dict[str, object] = dict(request.args.items())
    if "cursor" not in changes:
        args.pop("cursor", None)
    args.update(changes)
    query = {name: str(value) for name, value in args.items() if value is not None and value != ""}
    return _with_query(quote(request.script_root + request.path, safe="/"), query)


def api(*path: object, **query: object) -> str:
    """The address in the API: its path in segments, and the query parameters that are set."""
    segments = "/".join(quote(str(segment), safe="") for segment in path)
    return _with_query(f"{request.script_root}/api/v1/{segments}", {k: str(v) for k, v in query.items() if v})


def kept_filter() -> dict[str, str]:
    """The range and the choice of reports, to carry along from page to page of a domain."""
    # A page of domains has hundreds of links.
    found: dict[str, str] | None = g.get(_KEPT)
    if found is None:
        found = {name: request.args[name] for name in _FILTER if request.args.get(name)}
        setattr(g, _KEPT, found)
    return found


def page(endpoint: str, **values: object) -> str:
    """The address of another page of ours, under the same filter."""
    return url_for(f"pages.{endpoint}", **{**kept_filter(), **values})  # type: ignore[arg-type]


def first_of(days: int, today: date) -> date:
    """The first of the last `days` days."""
    return today - timedelta(days=days - 1)


def preset(days: int, today: date) -> str:
    """This page over the last `days` days."""
    return here(**{"from": first_of(days, today), "to": today})


def _with_query(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def register(blueprint: Blueprint) -> None:
    """Make them known to every template."""
    for function in (here, api, page, preset, first_of, kept_filter):
        blueprint.app_template_global(function.__name__)(function)
    blueprint.app_template_global("presets")(lambda: PRESETS)
    # Who is asking: the name beside the way out, and which pages are theirs.
    blueprint.app_template_global("viewer")(access.viewer)
    blueprint.app_template_global("is_limited")(lambda: access.only() is not None)
