"""`/api/v1/openapi.json`: OpenAPI 3.1, made from the declarations of the views, and the page that shows it."""

import inspect
import re
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Blueprint, Flask, Response, current_app, render_template, request
from werkzeug.routing import Rule

from collector import __version__
from collector.delivery import REASONS
from dashboard.web import respond
from dashboard.web.api.operation import Operation, Parameter, declared, operation
from dashboard.web.api.types.general import Error

PREFIX = "/api/v1"
_REF = "#/components/schemas/{name}"
_METHODS = ("GET", "POST", "PATCH", "DELETE")
_PATH: dict[str, dict[str, Any]] = {
    "domain": {"schema": {"type": "string", "minLength": 1}, "description": "A domain name", "example": "example.com"},
    "host": {"schema": {"type": "string", "minLength": 1}, "example": "mx1.example.com"},
    "reporter": {"schema": {"type": "string", "minLength": 1}, "example": "reporter.example"},
    "uuid": {"schema": {"type": "string", "format": "uuid"}},
    "int": {"schema": {"type": "integer", "minimum": 0}},
    "code": {"schema": {"type": "string", "minLength": 1}, "example": "certificate-expired"},
    "name": {"schema": {"type": "string", "minLength": 1}, "description": "A domain name", "example": "example.org"},
    "reason": {"schema": {"type": "string", "enum": list(REASONS)}, "example": "dkim_fail"},
}
_FORMAT = Parameter("format", "What to answer, whatever `Accept` says.", {"type": "string", "enum": ["json", "csv"]})
Json = dict[str, Any]


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/openapi.json", view_func=openapi)
    blueprint.add_url_rule("/docs", view_func=docs)


@operation(dict[str, Any], kept=True)
def openapi() -> Response:
    """This document."""
    made = document(current_app)
    made["servers"] = [{"url": request.script_root + PREFIX}]
    return respond.json(made)


@operation(("text/html",))
def docs() -> Response:
    """The same as a page."""
    return Response(render_template("api.html", api=document(current_app), prefix=PREFIX))


def document(app: Flask) -> Json:
    """All of the API. Paths are relative to `/api/v1`."""
    found = [(rule, method, of) for rule in rules(app) for method, of in _operations(app, rule)]
    shapes = [of.answer for _, _, of in found if not of.is_bytes]
    shapes += [of.body for _, _, of in found if of.body is not None]
    _, schemas = msgspec.json.schema_components([Error, *shapes], ref_template=_REF)
    paths: dict[str, Json] = {}
    for rule, method, of in found:
        paths.setdefault(_path(rule), {})[method.lower()] = _operation(app, rule, of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TLS reports",
            "version": __version__,
            "description": "Figures of SMTP TLS reports (RFC 8460) beside the MTA-STS policy that was published. "
            "Days are UTC days, ranges include both ends.",
        },
        "servers": [{"url": PREFIX}],
        "security": [{}, {"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`tlsrpt token add NAME` makes one; not wanted while no user is defined.",
                }
            },
        },
    }


def rules(app: Flask) -> list[Rule]:
    """The routes of the API."""
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(f"{PREFIX}/")]


def _operations(app: Flask, rule: Rule) -> list[tuple[str, Operation]]:
    of = declared(app.view_functions[rule.endpoint])
    methods = [method for method in _METHODS if method in (rule.methods or ())]
    return [] if of is None else [(method, of) for method in methods]


def _path(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix(PREFIX))


def _operation(app: Flask, rule: Rule, of: Operation) -> Json:
    text = inspect.cleandoc(app.view_functions[rule.endpoint].__doc__ or "")
    parameters = [*(_in_path(rule, name) for name in sorted(rule.arguments)), *map(_in_query, of.parameters)]
    if of.has_csv:
        parameters.append(_in_query(_FORMAT))
    sent = {} if of.body is None else {"requestBody": {"required": True, "content": _json(of.body)}}
    return {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": text.partition("\n")[0],
        "description": text,
        "tags": [rule.rule.removeprefix(f"{PREFIX}/").partition("/")[0]],
        "parameters": parameters,
        "responses": _responses(of),
        **sent,
    }


def _in_path(rule: Rule, name: str) -> Json:
    kind = re.search(rf"<(?:(\w+):)?{name}>", rule.rule)
    key = name if name in _PATH else (kind[1] if kind else "")
    return {"name": name, "in": "path", "required": True, **_PATH[key]}


def _in_query(parameter: Parameter) -> Json:
    made = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": _or_empty(parameter.schema),
    }
    return made if parameter.example is None else {**made, "example": parameter.example}


def _or_empty(schema: Json) -> Json:
    """An emptied field of a form counts as not given. A text may be empty anyway."""
    return {"anyOf": [schema, {"const": ""}]} if "enum" in schema or schema["type"] != "string" else schema


def _json(shape: Any) -> Json:
    [schema], _ = msgspec.json.schema_components([shape], ref_template=_REF)
    return {"application/json": {"schema": schema}}


def _responses(of: Operation) -> Json:
    if isinstance(of.answer, tuple):
        content: Json = {media_type: {} for media_type in of.answer}
    else:
        content = _json(of.answer)
    if of.has_csv:
        content["text/csv"] = {}
    found: Json = {str(of.status): {"description": HTTPStatus(of.status).phrase, "content": content}}
    if of.is_kept:
        found["304"] = {"description": "It is what `If-None-Match` names."}
    error = {"application/json": {"schema": {"$ref": _REF.format(name="Error")}}}
    for status in of.all_errors:
        found[str(status)] = {"description": HTTPStatus(status).phrase, "content": error}
    return found
