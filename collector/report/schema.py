"""The two schemas at work: `strict` makes findings, `accept` refuses.

jsonschema-rs decides (0.8 ms for 2,000 failure details, where jsonschema takes 100); jsonschema words why.
"""

from typing import Any

import jsonschema_rs

import schemas
from collector.errors import ReportRefused
from collector.report.notes import Notes

_STRICT = schemas.load("tlsrpt-report")
_ACCEPT = schemas.load("tlsrpt-report-accept")
_strict = jsonschema_rs.Draft202012Validator(_STRICT)
_strict_policy_result = jsonschema_rs.Draft202012Validator({"$ref": "#/$defs/policy-result", "$defs": _STRICT["$defs"]})
_strict_detail = jsonschema_rs.Draft202012Validator({"$ref": "#/$defs/failure-detail", "$defs": _STRICT["$defs"]})
_accept = jsonschema_rs.Draft202012Validator(_ACCEPT)
_MOST_EXPLAINED = 500  # entries of one report that the strict schema explains one by one

# Field and rule of the strict schema -> what such a deviation is called in QUIRKS. None: a step of normalising has
# noted it already. Whatever is not here is R21.
_CODES: dict[tuple[str, str], str | None] = {
    ("contact-info", "type"): "Q25",
    ("contact-info", "required"): "Q26",
    ("organization-name", "type"): "Q28",
    ("organization-name", "required"): "Q28",
    ("organization-name", "minLength"): "Q28",
    ("start-datetime", "pattern"): None,
    ("end-datetime", "pattern"): None,
    ("policy-type", "enum"): "Q14",
    ("policy-domain", "required"): "Q15",
    ("policy-domain", "type"): "Q15",
    ("policy-domain", "pattern"): None,
    ("policy-domain", "maxLength"): None,
    ("policy-string", "type"): "Q7",
    ("policy-string", "pattern"): None,
    ("mx-host", "required"): "Q3",
    ("mx-host", "type"): "Q4",
    ("mx-host", "minItems"): "Q4",
    ("mx-host", "pattern"): "R26",
    ("mx-host", "maxLength"): "R26",
    ("total-successful-session-count", "required"): "Q45",
    ("total-failure-session-count", "required"): "Q45",
    ("total-successful-session-count", "type"): "Q45",
    ("total-failure-session-count", "type"): "Q45",
    ("failure-details", "type"): "Q49",
    ("result-type", "enum"): "Q55",
    ("failed-session-count", "required"): "Q59",
    ("failed-session-count", "type"): "Q59",
    **{
        (field, rule): code
        for field in ("sending-mta-ip", "receiving-mx-hostname", "receiving-ip")
        for rule, code in (("required", "Q52"), ("type", "Q53"), ("minLength", "Q53"))
    },
    **{
        (field, rule): "Q53"
        for field in ("receiving-mx-helo", "additional-information", "failure-reason-code")
        for rule in ("type", "minLength")
    },
}


def is_strict(document: Any) -> bool:
    """Whether the document is a report to the letter (but for whole numbers written as 5.0)."""
    return _strict.is_valid(document)


def refuse_unless_acceptable(document: Any) -> None:
    """Raises ReportRefused (`schema`) with path, rule and value if the document cannot be counted."""
    if _accept.is_valid(document):
        return
    first = next(iter(_accept.iter_errors(document)))
    raise ReportRefused("schema", f"{_pointer(first.instance_path) or '/'}: {_reason(first)}")


def _reason(error: jsonschema_rs.ValidationError) -> str:
    """The words of jsonschema for one rule that one value broke; the whole document is not gone over again."""
    rules: Any = _ACCEPT
    for step in error.schema_path[:-1]:
        rules = rules[step]
    rule = str(error.schema_path[-1])
    # Needed for refusals only; to import it takes 0.1 s and 7 MiB, in each process.
    import jsonschema

    validator = jsonschema.Draft202012Validator({rule: rules[rule], "$defs": _ACCEPT["$defs"]})
    explained = next(validator.iter_errors(error.instance), None)
    message = explained.message if explained is not None else error.message
    return message if len(message) <= 200 else f"{message[:100]} ... {message[-90:]}"


def deviations(document: dict[str, Any], notes: Notes) -> None:
    """Notes what the strict schema says of a document whose shape is mended already.

    Entry by entry: explaining costs ten times as much as deciding, and entries that are alike are explained once.
    """
    for error in _strict.iter_errors({**document, "policies": []}):
        _note(error, "", notes)
    explained = 0
    details = _Details(notes)
    for position, entry in enumerate(document["policies"]):
        where = f"/policies/{position}"
        own = entry.get("failure-details")
        shell = {**entry, "failure-details": []} if own else entry
        if explained < _MOST_EXPLAINED and not _strict_policy_result.is_valid(shell):
            explained += 1
            for error in _strict_policy_result.iter_errors(shell):
                _note(error, where, notes)
        for index, detail in enumerate(own or ()):
            details.look_at(detail, where, index)
    details.close()


class _Details:
    """Failure details by kind: those of one kind break the same rules, so one of them is explained."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._explained = 0
        self._found: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
        self._more: dict[tuple[Any, ...], int] = {}

    def look_at(self, detail: dict[str, Any], where: str, index: int) -> None:
        kind = _kind(detail)
        if kind in self._found:
            self._more[kind] = self._more.get(kind, 0) + 1
            return
        self._found[kind] = found = self._explain(detail)
        for code, message in found:
            self._notes.add(code, f"{where}/failure-details/{index}{message}")

    def _explain(self, detail: dict[str, Any]) -> list[tuple[str, str]]:
        if self._explained == _MOST_EXPLAINED or _strict_detail.is_valid(detail):
            return []
        self._explained += 1
        return [_named(error) for error in _strict_detail.iter_errors(detail)]

    def close(self) -> None:
        """Counts those that were alike."""
        for kind, times in self._more.items():
            for code, _ in self._found[kind]:
                self._notes.repeat(code, times)


def _kind(detail: dict[str, Any]) -> tuple[Any, ...]:
    """Names, types, result type, and which texts are empty: no rule asks for more once the shape is mended."""
    values = detail.values()
    kind = (*detail, *map(type, values), detail.get("result-type"))
    return (*kind, *[name for name in detail if detail[name] == ""]) if "" in values else kind


def _note(error: jsonschema_rs.ValidationError, where: str, notes: Notes) -> None:
    code, message = _named(error)
    if code:
        notes.add(code, (where + message).removeprefix(": "))


def _named(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    rule = str(error.schema_path[-1])
    field = next((step for step in reversed(error.instance_path) if isinstance(step, str)), "")
    if rule == "required":
        field = getattr(error.kind, "property", "")
    code = _CODES.get((field, rule), "R21")
    return code or "", f"{_pointer(error.instance_path)}: {error.message}"


def _pointer(path: list[str | int]) -> str:
    """A JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
