"""Who gets which mail, and what became of the weekly ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NotRequired, TypedDict

from collector.settings.mail import LANGUAGES
from collector.store.queries.outgoing import STATES
from collector.store.recipients import KINDS
from dashboard.web.api.types.words import Moment, about, one_of

Address = Annotated[str, about("A mail address, in lower case", "ops@example.com")]
Kind = Annotated[str, one_of(KINDS, "The weekly mail, or alerts")]
About = Annotated[Sequence[str], about("The domains it is about; none: all", ["example.com"])]
Language = Annotated[str, one_of(LANGUAGES, "Of the mails")]


class Recipient(TypedDict):
    """Somebody who gets mail. One whom the settings name with other domains for alerts stands here twice."""

    address: Address
    kinds: Annotated[Sequence[Kind], about("What is sent there", ["summary"])]
    domains: About
    language: Language
    only_if_needed: Annotated[bool, about("No weekly mail about a week in which everything is well")]
    is_kept: Annotated[bool, about("Whether it was added here; false: the settings name it")]
    unsubscribed: Annotated[dict[str, datetime], about("By kind: since when no more of these mails is wanted")]


class Recipients(TypedDict):
    recipients: Sequence[Recipient]


class NewRecipient(TypedDict):
    """Added, or in place of what stands under this address."""

    address: Address
    kinds: Sequence[Kind]
    domains: NotRequired[About]
    language: NotRequired[Language]
    only_if_needed: NotRequired[bool]


class WhichRecipient(TypedDict):
    address: Address


class Subscription(TypedDict):
    address: Address
    kind: Kind


class WeeklyMail(TypedDict):
    """One week's mail to one recipient."""

    week: Annotated[str, about("ISO week of UTC days", "2026-W47")]
    recipient: Address
    state: Annotated[str, one_of(STATES, "What became of it; uncertain: it may have arrived")]
    at: Annotated[Moment, about("When that was; of one that waits, when it is due")]
    attempts: int
    error: Annotated[str | None, about("What the other side said at last, or why it was not needed")]


class WeeklyMails(TypedDict):
    mails: Annotated[Sequence[WeeklyMail], about("Of the last eight weeks with any, the newest first")]


class SentAgain(TypedDict):
    count: Annotated[int, about("How many mails are due at once now")]


class WhichMail(TypedDict):
    week: Annotated[str, about("ISO week of UTC days", "2026-W47")]
    recipient: Address
