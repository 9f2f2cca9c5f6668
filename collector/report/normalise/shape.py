"""Mends the shape of an acceptable document in place: names, arrays, texts. The accepting schema holds already."""

from collections.abc import Iterator
from typing import Any

from collector.errors import ReportRefused
from collector.report.model import POLICY_TYPES, RESULT_TYPES
from collector.report.normalise.counts import OF_SUMMARY
from collector.report.normalise.names import mailto_address
from collector.report.notes import Notes

# Names of drafts and of other people's mistakes -> the RFC's (R22, Q5, Q56), with the code of the finding.
_ALIASES_OF_REPORT = {"email-address": ("contact-info", "Q56")}
_ALIASES_OF_POLICY = {"mx-host-pattern": ("mx-host", "Q5")}
_ALIASES_OF_DETAIL = {
    "failure-error-code": ("failure-reason-code", "Q56"),
    "receiving-mx-host-name": ("receiving-mx-hostname", "Q56"),
    "additional-info-uri": ("additional-information", "Q56"),
}
# Members that some put straight into an entry of `policies` -> the object that is their place (R21).
_PLACES = {
    **dict.fromkeys(("policy-type", "policy-string", "policy-domain", "mx-host"), "policy"),
    **dict.fromkeys(OF_SUMMARY, "summary"),
}
_TEXTS_OF_REPORT = ("organization-name", "contact-info", "report-id")
_TEXTS_OF_POLICY = ("policy-type", "policy-domain")
_TEXTS_OF_DETAIL = (
    "result-type",
    "sending-mta-ip",
    "receiving-mx-hostname",
    "receiving-mx-helo",
    "receiving-ip",
    "additional-information",
    "failure-reason-code",
)


def mend(document: dict[str, Any], notes: Notes) -> None:
    """Every step, from the outside in."""
    _rename(document, _ALIASES_OF_REPORT, "", notes)
    _texts(document, _TEXTS_OF_REPORT, "", notes)
    _mend_contact(document, notes)
    _wrap_policies(document, notes)
    good_shapes: set[tuple[Any, ...]] = set()  # names and types: thousands of failure details have the same few
    for position, entry in enumerate(document["policies"]):
        where = f"/policies/{position}"
        _drop_null_objects(entry)
        _put_in_place(entry, where, notes)
        if "policy" in entry:
            _mend_policy(entry["policy"], f"{where}/policy", notes)
        _wrap_details(entry, where, notes)
        for index, detail in enumerate(entry.get("failure-details") or ()):
            shape = (*detail, *map(type, detail.values()))
            if shape not in good_shapes:
                if _has_good_shape(detail):
                    good_shapes.add(shape)
                else:
                    _mend_detail(detail, f"{where}/failure-details/{index}", notes)
            _mend_result_type(detail, where, index, notes)


def without_nul(document: Any, notes: Notes) -> Any:
    """The document without NUL characters, which PostgreSQL cannot hold (Q58). Raises ReportRefused (`json`)."""
    stripped = _without_nul(document)
    if stripped != document:
        notes.add("Q58", "NUL characters were taken out")
    return stripped


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(entry) for entry in value]
    if isinstance(value, dict):
        stripped = {name.replace("\0", ""): _without_nul(entry) for name, entry in value.items()}
        if len(stripped) < len(value):
            raise ReportRefused("json", "a member name occurs twice in one object, but for NUL characters")
        return stripped
    return value


def _rename(value: dict[str, Any], aliases: dict[str, tuple[str, str]], where: str, notes: Notes) -> None:
    for alias in aliases.keys() & value.keys():
        name, code = aliases[alias]
        entry = value.pop(alias)
        if value.get(name) is None:
            value[name] = entry
        _note_reading(code, where, alias, name, notes)


def _note_reading(code: str, where: str, alias: str, name: str, notes: Notes) -> None:
    notes.add(code, f"{where}/{alias}: read as {name}")


def _texts(value: dict[str, Any], names: tuple[str, ...], where: str, notes: Notes) -> None:
    """Numbers and truth values become texts; arrays and objects in a text's place are left out (R21)."""
    for name in names:
        entry = value.get(name)
        if entry is None or type(entry) is str:
            continue
        if isinstance(entry, dict | list):
            del value[name]
            notes.add("R21", f"{where}/{name}: left out, it is no text")
        else:
            value[name] = str(entry)
            notes.add("R21", f"{where}/{name}: {value[name]} is taken as text")


def _mend_contact(document: dict[str, Any], notes: Notes) -> None:
    """The address for a `mailto:` URI, which senders know from `rua`; RFC 8460 asks for an addr-spec (R21)."""
    address = mailto_address(document.get("contact-info") or "")
    if address:
        document["contact-info"] = address
        _note_reading("R21", "", "contact-info", address, notes)


def _wrap_policies(document: dict[str, Any], notes: Notes) -> None:
    """`policies` as one object (Q22, R16)."""
    if isinstance(document["policies"], dict):
        document["policies"] = [document["policies"]]
        notes.add("Q22", "/policies: one object instead of an array")


def _wrap_details(entry: dict[str, Any], where: str, notes: Notes) -> None:
    if isinstance(entry.get("failure-details"), dict):
        entry["failure-details"] = [entry["failure-details"]]
        notes.add("R21", f"{where}/failure-details: one object instead of an array")


def _drop_null_objects(entry: dict[str, Any]) -> None:
    """null is absent; the strict schema then says what is missing."""
    for name in ("policy", "summary"):
        if name in entry and entry[name] is None:
            del entry[name]


def _put_in_place(entry: dict[str, Any], where: str, notes: Notes) -> None:
    """Members one level up go where the RFC has them (R21); one that stands there already wins, null is absent."""
    for name, place in _PLACES.items():
        value = entry.pop(name, None)
        if value is None:
            continue
        proper = entry.setdefault(place, {})
        if proper.get(name) is None:
            proper[name] = value
        _note_reading("R21", where, name, f"{place}/{name}", notes)


def _mend_policy(policy: dict[str, Any], where: str, notes: Notes) -> None:
    _rename(policy, _ALIASES_OF_POLICY, where, notes)
    _texts(policy, _TEXTS_OF_POLICY, where, notes)
    _array_of_strings(policy, "policy-string", where, notes, if_string="Q10", if_empty="Q10")
    _array_of_strings(policy, "mx-host", where, notes, if_string="Q1", if_empty="Q4")
    policy_type = policy.get("policy-type")
    if policy_type not in POLICY_TYPES and isinstance(policy_type, str):
        known = policy_type.strip().casefold()
        if known in POLICY_TYPES:
            policy["policy-type"] = known
            notes.add("Q14", f"{where}/policy-type: {policy_type!r} is taken as {known}")


def _array_of_strings(
    policy: dict[str, Any], name: str, where: str, notes: Notes, *, if_string: str, if_empty: str
) -> None:
    """A string in the place of an array is its only entry, "" is absent; what is no string is left out (R21)."""
    value = policy.get(name)
    if isinstance(value, str):
        notes.add(if_string if value.strip() else if_empty, f"{where}/{name}: a string instead of an array")
        policy[name] = [value] if value.strip() else []
    elif isinstance(value, list):
        if not all(type(entry) is str for entry in value):
            policy[name] = list(_strings(value))
            notes.add("R21", f"{where}/{name}: not all entries are strings")
    elif value is not None:
        del policy[name]
        notes.add("R21", f"{where}/{name}: left out, it is no array")


def _strings(value: list[Any]) -> Iterator[str]:
    for entry in value:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, int | float):
            yield str(entry)


def _has_good_shape(detail: dict[str, Any]) -> bool:
    return detail.keys().isdisjoint(_ALIASES_OF_DETAIL) and all(
        detail.get(name) is None or type(detail[name]) is str for name in _TEXTS_OF_DETAIL
    )


def _mend_detail(detail: dict[str, Any], where: str, notes: Notes) -> None:
    _rename(detail, _ALIASES_OF_DETAIL, where, notes)
    _texts(detail, _TEXTS_OF_DETAIL, where, notes)


def _mend_result_type(detail: dict[str, Any], where: str, index: int, notes: Notes) -> None:
    result_type = detail.get("result-type")
    if result_type and result_type not in RESULT_TYPES:
        known = result_type.strip().casefold()
        if known in RESULT_TYPES:
            detail["result-type"] = known
            notes.add("Q55", f"{where}/failure-details/{index}/result-type: {result_type!r} is taken as {known}")
