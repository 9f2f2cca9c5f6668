"""Made reports that each differ from a right one in one thing: shared by the tables beside it.

A case is (name, document, codes of the findings, what is read where). `result.good` and `result.bad` are the totals.
"""

from typing import Any

from tests.support import reports
from tests.support.reports import Json

DROP = object()
POLICY = ("policies", 0, "policy")
SUMMARY = ("policies", 0, "summary")
DETAILS = ("policies", 0, "failure-details")
DETAIL = (*DETAILS, 0)
GOOD, BAD = "total-successful-session-count", "total-failure-session-count"
MX = ("mx1.example.com",)
INFO = "https://reporter.example/info"

Case = tuple[str, Json, list[str], dict[str, Any]]
Refusal = tuple[str, Any, str, str]


def base() -> Json:
    """Ten good sessions and three bad ones, nothing to note."""
    failures = [reports.detail("certificate-expired", 2), reports.detail("starttls-not-supported", 1)]
    return reports.report([reports.policy_result("example.com", details=failures)])


def change(path: tuple[Any, ...], value: Any) -> Json:
    """`base()` with another value at this path, or without it (DROP)."""
    document = base()
    place = at(document, path[:-1])
    if value is DROP:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def renamed(path: tuple[Any, ...], old: str, new: str) -> Json:
    """`base()` with a member under another name; one that is not there is INFO."""
    document = base()
    place = at(document, path)
    place[new] = place.pop(old, INFO)
    return document


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def top(name: str, value: Any) -> Json:
    return change((name,), value)


def dates(name: str, value: Any) -> Json:
    return change(("date-range", name), value)


def policy(name: str, value: Any) -> Json:
    return change((*POLICY, name), value)


def summary(name: str, value: Any) -> Json:
    return change((*SUMMARY, name), value)


def details(value: Any) -> Json:
    return change(DETAILS, value)


def detail(name: str, value: Any) -> Json:
    return change((*DETAIL, name), value)
