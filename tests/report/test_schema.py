"""The schemas: installed, described, and the same to both validators that use them."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

import schemas
from tests.quirks import cases
from tests.support import reports

DATES = ["2026-11-20T00:00:00Z\n", "2026-11-20T00:00:00Z ", "2026-11-20T00:00:0٠Z"]
DOCUMENTS = cases.DOCUMENTS + [
    (repr(date), {**reports.report(), "date-range": dict.fromkeys(("start-datetime", "end-datetime"), date)})
    for date in DATES
]
VALIDATORS = {
    name: (jsonschema.Draft202012Validator(schemas.load(name)), jsonschema_rs.Draft202012Validator(schemas.load(name)))
    for name in schemas.NAMES
}


@pytest.mark.parametrize("name", schemas.NAMES)
def test_they_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas.load(name))


@pytest.mark.parametrize("name", schemas.NAMES)
@pytest.mark.parametrize("document", [case[1] for case in DOCUMENTS], ids=[case[0] for case in DOCUMENTS])
def test_both_validators_agree(name: str, document: Any) -> None:
    slow, fast = VALIDATORS[name]
    assert slow.is_valid(document) == fast.is_valid(document)
    said = {(tuple(error.absolute_path), error.schema_path[-1]) for error in slow.iter_errors(document)}
    assert said == {(tuple(error.instance_path), error.schema_path[-1]) for error in fast.iter_errors(document)}


@pytest.mark.parametrize("document", [case[1] for case in DOCUMENTS], ids=[case[0] for case in DOCUMENTS])
def test_what_the_strict_one_takes_the_accepting_one_takes(document: Any) -> None:
    strict, accept = (VALIDATORS[name][1] for name in schemas.NAMES)
    assert accept.is_valid(document) or not strict.is_valid(document)


def described(node: dict[str, Any], where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in node.get("properties", {}).items():
        if isinstance(field, dict):
            yield f"{where}/{name}", field
            yield from described(field, f"{where}/{name}")


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_field_has_a_title_and_its_section(name: str) -> None:
    schema = schemas.load(name)
    nodes = [("", schema), *((f"#{key}", node) for key, node in schema["$defs"].items())]
    for where, node in nodes:
        for path, field in described(node, where):
            target = schema["$defs"][field["$ref"].rpartition("/")[2]] if "$ref" in field else field
            both = {**target, **field}
            assert both.get("title"), path
            assert "RFC 8460" in both.get("description", ""), path


def test_an_unknown_schema() -> None:
    with pytest.raises(KeyError):
        schemas.load("../pyproject")
