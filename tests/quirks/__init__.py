"""What senders really send, case by case: the rows of QUIRKS, over the whole path from the bytes to the figures.

A case says what arrives, and what must come of it; `path` takes it there. Its name begins with the number of its row (or
of a requirement, R..). Most arrive as a signed mail that carries a report which differs from a right one in one thing.
"""

from dataclasses import dataclass, field
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
SIGNER = "reporter.example"  # who signs, where nothing else is said
FIGURES = (10, 3)  # of `base()`


@dataclass(frozen=True)
class Case:
    """One arrival. `what` is a document (which then goes as a mail, or as JSON on the other channels) or bytes."""

    name: str
    what: Any
    codes: list[str]  # of the delivery's findings
    shown: dict[str, Any] = field(default_factory=dict)  # what is read where: see `path.look`
    figures: tuple[int, int] | None = FIGURES  # successful and failed sessions of `domain` at the end; None: no report
    outcome: str = "stored"
    reason: tuple[str, str] | None = None  # code, and words of the message
    channel: str = "smtp"
    content_type: str | None = None
    file_name: str | None = None
    domain: str = "example.com"  # whose figures; a document goes as a mail about it
    signer: str | None = SIGNER  # of a mail; None: the bytes go as they are
    is_authenticated: bool | None = None  # None: a mail that is not refused for its signature is
    submitter: str = SIGNER
    before: tuple[Any, ...] = ()  # what came earlier, in the same way, or in that of another case
    page: tuple[str, ...] = ()  # HTML on the page of the report, or of the delivery where there is none
    databases: bool = False  # on PostgreSQL too: where a database may have its own mind

    @property
    def row(self) -> str:
        """`Q17`, or the first word of the name."""
        return self.name.split(" ")[0]


@dataclass(frozen=True)
class Refused(Case):
    """What is kept, and cannot be counted. Takes the code of the reason and words of its message."""

    def __init__(
        self, name: str, what: Any, code: str, words: str, codes: list[str] | None = None, **more: Any
    ) -> None:
        super().__init__(name, what, codes or [], figures=None, outcome="quarantined", reason=(code, words), **more)


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
