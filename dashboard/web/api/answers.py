"""How a view of the API answers: JSON or CSV as its reader asked, and where a list goes on."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from flask import Response, request

from collector.errors import UsageError
from dashboard.web import params, respond
from dashboard.web.api.tables import Table


def json_or_csv(
    body: Callable[[], object], table: Callable[[], Table], name: str, next_cursor: str | None = None
) -> Response:
    """`?format=` decides, then `Accept`. `name` is the file's, without its ending, of ASCII letters that we chose.

    A CSV list has no place for its `next`: it stands in a Link header (RFC 8288), and so it does for JSON.
    """
    response = respond.table(name, *table()) if wants_csv() else respond.json(body())
    response.vary.add("Accept")
    if next_cursor is not None:
        response.headers["Link"] = f'<{_next_address(next_cursor)}>; rel="next"'
    return response


def only_json(body: object) -> Response:
    if params.choice(request.args, "format", ("json", "csv")) == "csv":
        raise UsageError("format: there is no CSV of this")
    return respond.json(body)


def wants_csv() -> bool:
    given = params.choice(request.args, "format", ("json", "csv"))
    if given is not None:
        return given == "csv"
    return request.accept_mimetypes.best_match(("application/json", "text/csv")) == "text/csv"


def _next_address(cursor: str) -> str:
    args: Mapping[str, str] = {**request.args.to_dict(), "cursor": cursor}
    return f"{request.script_root}{request.path}?{urlencode(args)}"
