"""Making answers: JSON, CSV and bytes to keep."""

from collections.abc import Sequence

import orjson
from flask import Response

from dashboard.web import csv

_JSON_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def json(body: object, status: int = 200) -> Response:
    """`body` as JSON; times in RFC 3339 with `Z`, days as `YYYY-MM-DD`, ids as text."""
    return Response(orjson.dumps(body, option=_JSON_OPTIONS) + b"\n", status, mimetype="application/json")


def error(status: int, code: str, message: str) -> Response:
    """The one shape of every error of the API."""
    return json({"error": {"code": code, "message": message}}, status)


def table(name: str, columns: Sequence[str], rows: csv.Rows) -> Response:
    """A CSV file to keep, called `name`.csv (RFC 4180, with its heading)."""
    return attachment(csv.write(columns, rows), f"{name}.csv", "text/csv; charset=utf-8; header=present")


def attachment(body: bytes, file_name: str, content_type: str) -> Response:
    """Bytes that a browser keeps and never shows. `file_name` is ASCII and ours."""
    response = Response(body, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response
