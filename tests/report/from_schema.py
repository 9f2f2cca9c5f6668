"""Strategies made from a JSON Schema's own constraints: what they give is valid, and nothing valid is beyond them in kind.

They understand what the schemas of this project use, and stumble over any other keyword.
"""

import re
from typing import Any

import jsonschema_rs
from hypothesis import strategies as st

Schema = dict[str, Any]
_UNDERSTOOD = {
    *("$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "const", "not", "properties", "required"),
    *("items", "minItems", "contains", "minimum", "maximum", "minLength", "maxLength", "pattern", "if", "then"),
}  # fmt: skip
_MOST = 3  # entries of an array
# I-JSON (RFC 7493): no lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


class FromSchema:
    """`FromSchema(schema).values()` gives values that the schema accepts."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._defs: Schema = schema.get("$defs", {})

    def values(self) -> st.SearchStrategy[Any]:
        return self._of(self._schema)

    def _of(self, node: Schema) -> st.SearchStrategy[Any]:
        assert node.keys() <= _UNDERSTOOD, node.keys() - _UNDERSTOOD
        if "$ref" in node:
            target = self._defs[node["$ref"].rpartition("/")[2]]
            return self._of({**target, **{key: value for key, value in node.items() if key != "$ref"}})
        if "const" in node:
            return st.just(node["const"])
        if "enum" in node:
            return st.sampled_from(node["enum"])
        made: dict[str, Any] = {"object": _Objects(self).of, "array": self._arrays, "string": _strings}
        made["integer"] = lambda node: st.integers(node["minimum"], node["maximum"])
        strategy: st.SearchStrategy[Any] = made[node["type"]](node)
        return strategy

    def _arrays(self, node: Schema) -> st.SearchStrategy[list[Any]]:
        items = self._of(node["items"])
        if "contains" not in node:
            return st.lists(items, min_size=node.get("minItems", 0), max_size=_MOST)
        fits = self.validator(node["items"]).is_valid
        one = self._of(node["contains"]).filter(fits)
        return st.tuples(st.lists(items, max_size=1), one, st.lists(items | one, max_size=1)).map(
            lambda parts: [*parts[0], parts[1], *parts[2]]
        )

    def validator(self, node: Schema) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator({**node, "$defs": self._defs})


class _Objects:
    """Objects: their known members, a stranger at times, and `if` with its `then`."""

    def __init__(self, schema: FromSchema) -> None:
        self._schema = schema

    def of(self, node: Schema) -> st.SearchStrategy[dict[str, Any]]:
        if "if" not in node:
            return self._plain(node)
        base = {key: value for key, value in node.items() if key not in ("if", "then")}
        premise = self._schema.validator(node["if"])
        return st.one_of(
            self._plain(base).filter(lambda value: not premise.is_valid(value)),
            self._plain(_both(_both(base, node["if"]), node["then"])),
        )

    def _plain(self, node: Schema) -> st.SearchStrategy[dict[str, Any]]:
        known = {name: rule for name, rule in node["properties"].items() if rule.get("not") != {}}
        required = {name: self._schema._of(known[name]) for name in node.get("required", ())}
        optional = {name: self._schema._of(rule) for name, rule in known.items() if name not in required}
        strangers = st.just({}) | st.dictionaries(
            texts.filter(lambda name: name not in node["properties"]), anything, max_size=1
        )
        return st.tuples(strangers, st.fixed_dictionaries(required, optional=optional)).map(
            lambda two: {**two[0], **two[1]}
        )


def _both(one: Schema, other: Schema) -> Schema:
    """Both of two schemas for an object."""
    properties = dict(one["properties"])
    for name, rule in other.get("properties", {}).items():
        properties[name] = {**properties.get(name, {}), **rule}
    required = dict.fromkeys([*one.get("required", ()), *other.get("required", ())])
    return {**one, "properties": properties, "required": list(required)}


def _strings(node: Schema) -> st.SearchStrategy[str]:
    least, most = node.get("minLength", 0), node.get("maxLength", 10**9)
    if "pattern" not in node:
        return st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=20)
    pattern = re.compile(node["pattern"])
    return st.from_regex(pattern, alphabet=st.characters(exclude_categories=["Cs"])).filter(
        lambda text: least <= len(text) <= most
    )
