"""What an operation of the API is: declared beside its view, once. openapi.json and the page about it are made of that,
and so is what holds for every answer: what may be asked for (406), how much may be sent (413), what is kept (304).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, abort, request

from collector.channels import CHANNELS
from collector.delivery import OUTCOMES
from dashboard.text import LANGUAGES
from dashboard.web import params

P = ParamSpec("P")
_ATTRIBUTE = "operation"
_ERRORS = (401, 403, 406, 421, 503)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the query."""

    name: str
    description: str
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})
    example: object = None


def _words(*words: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


_TEXT = {"type": "string", "pattern": "^[^\\u0000]*$"}
# An emptied field of a form counts as not given.
_DAY = {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"}
FROM = Parameter("from", "First UTC day, inclusive. Default: 29 days before `to`.", _DAY, "2026-11-01")
TO = Parameter("to", "Last UTC day, inclusive. Default: today.", _DAY, "2026-11-30")
AUTHENTICATED = Parameter("authenticated", "`yes`: authenticated reports only.", _words("yes", "no"), "yes")
REPORTER = Parameter("reporter", "Reports of this reporter only.", _TEXT, "reporter.example")
POLICY_TYPE = Parameter("policy_type", "Policy results of this type only.", _TEXT, "sts")
LIMIT = Parameter(
    "limit",
    f"Entries of a page. Default: {params.LIMIT_DEFAULT}.",
    {"type": "integer", "minimum": 1, "maximum": params.LIMIT_MOST},
    50,
)
CURSOR = Parameter("cursor", "The `next` of the page before.", _TEXT)
SEARCH = Parameter("search", "A part of the domain's name.", _TEXT, "example")
ORDER = Parameter(
    "order", "`worst`: those in trouble first. Each order has cursors of its own.", _words("name", "worst")
)
DOMAIN = Parameter("domain", "About this domain only.", _TEXT, "example.com")
OUTCOME = Parameter("outcome", "With this outcome only.", _words(*OUTCOMES))
CHANNEL = Parameter("channel", "That came this way only.", _words(*CHANNELS))
REASON = Parameter("reason", "Quarantined for this reason only, by its code.", _TEXT, "dkim_fail")
LANG = Parameter("lang", f"Of texts for people: {' or '.join(LANGUAGES)}; English by default.", example="ja")
FIGURES = (FROM, TO, AUTHENTICATED, REPORTER, POLICY_TYPE)
PAGING = (LIMIT, CURSOR)
LISTED = (FROM, TO, AUTHENTICATED)


@dataclass(frozen=True, slots=True)
class Operation:
    """`answer`: a shape of `types`, or the media types of bytes. `errors` beyond those that any operation has."""

    answer: Any
    parameters: tuple[Parameter, ...] = ()
    has_csv: bool = False
    is_kept: bool = False
    status: int = 200
    errors: tuple[int, ...] = ()
    body: Any = None  # the shape of the JSON that is sent; None: nothing is

    @property
    def is_bytes(self) -> bool:
        return isinstance(self.answer, tuple)

    @property
    def all_errors(self) -> tuple[int, ...]:
        return tuple(sorted({*_ERRORS, *self.errors, *((400,) if self.parameters or self.has_csv else ())}))


def operation(
    answer: Any,
    *parameters: Parameter,
    csv: bool = False,
    kept: bool = False,
    status: int = 200,
    errors: tuple[int, ...] = (),
    body: Any = None,
) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Declares a view. `csv`: there is CSV of it; `kept`: its answer changes seldom or never, and has an ETag;
    `body`: the shape of the JSON that is sent."""
    declared = Operation(answer, parameters, csv, kept, status, errors, body)

    def wrap(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
            _refuse(declared)
            response = view(*args, **kwargs)
            return _keep(response) if declared.is_kept and response.status_code == 200 else response

        setattr(answered, _ATTRIBUTE, declared)
        return answered

    return wrap


def declared(view: Callable[..., Any]) -> Operation | None:
    """The declaration of a view, None if it has none."""
    return getattr(view, _ATTRIBUTE, None)


def _refuse(wanted: Operation) -> None:
    """Before anything is done. Bytes are what they are, whatever is asked for (RFC 9110 section 12.5.1)."""
    if (request.content_length or 0) > (request.max_content_length or 0):
        abort(413)
    for parameter in wanted.parameters:
        if len(request.args.getlist(parameter.name)) > 1:
            abort(400, f"{parameter.name}: it is given more than once")
    if wanted.is_bytes or "format" in request.args:
        return
    offered = ["application/json", *(["text/csv"] if wanted.has_csv else [])]
    if request.accept_mimetypes and request.accept_mimetypes.best_match(offered) is None:
        abort(406, f"There is {' and '.join(offered)}.")


def _keep(response: Response) -> Response:
    """Whoever asked may keep it for itself, and asks again whether it is still so."""
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Authorization", "Cookie"))
    response.make_conditional(request)
    return response
