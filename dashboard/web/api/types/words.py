"""What several shapes have in common: descriptions, units, examples."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from collector.report.model import MODES
from dashboard.verdict import WORDS


def one_of(words: Sequence[str], description: str) -> Meta:
    return Meta(description=description, examples=[words[0]], extra_json_schema={"enum": list(words)})


def about(description: str, *examples: object) -> Meta:
    return Meta(description=description, examples=list(examples) or None)


Name = Annotated[str, about("A domain name in normal form: A-labels, lower case, no dot at the end", "example.com")]
Mode = Annotated[str, one_of(MODES, "MTA-STS mode; `unknown` where it could not be learnt")]
Word = Annotated[str, one_of(WORDS, "Whether `enforce` is safe")]
Sessions = Annotated[int, Meta(ge=0, description="SMTP sessions", examples=[1250])]
Successful = Annotated[int, Meta(ge=0, description="Sessions that were validated and encrypted", examples=[1250])]
Failed = Annotated[int, Meta(ge=0, description="Sessions that failed", examples=[12])]
ByResultType = Annotated[dict[str, int], about("Failed sessions by result type", {"certificate-expired": 12})]
Day = Annotated[date, about("UTC day", "2026-11-20")]
Moment = Annotated[datetime, about("Time, UTC", "2026-11-24T06:00:00Z")]
Reporter_ = Annotated[str, about("Who sent the report: its DKIM domain where it is authenticated", "reporter.example")]
IsAuthenticated = Annotated[bool, about("Whether DKIM proved who sent it", True)]
ResultType = Annotated[
    str, about("Result type of RFC 8460 section 4.3, or what the reporter calls it", "sts-policy-invalid")
]
NextCursor = Annotated[str | None, about("Give it as `cursor` for the next page; null at the end")]
