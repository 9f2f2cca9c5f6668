"""What happened in the made-up world: four domains, five reporters, and what went wrong when.

Days are counted back from today: 89 is the first, 1 is yesterday.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PolicySpan:
    """A policy that was published from one day (counted back from today) until the next span begins."""

    since: int
    mode: str  # "" for a fetch that failed
    mx: tuple[str, ...] = ()
    max_age: int = 1_209_600
    error: str | None = None
    error_detail: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Part of the sessions with one MX (None: none was reached) fail, from day `first` back to day `last`."""

    first: int
    last: int
    result_type: str
    mx: str | None
    share: float  # of all sessions of a day
    reason: str | None = None
    reporters: tuple[str, ...] = ()  # empty: all of them meet it


@dataclass(frozen=True, slots=True)
class Reporter:
    domain: str
    organization: str
    share: float  # of a domain's sessions
    tlsa_too: bool = False  # reports each session under sts and again under tlsa (Q20)
    silent_since: int = -1  # sends nothing from that day on


@dataclass(frozen=True, slots=True)
class Domain:
    name: str
    mx: tuple[str, ...]
    sessions: int  # on an ordinary day
    policies: tuple[PolicySpan, ...]
    troubles: tuple[Trouble, ...] = ()
    reporters: tuple[str, ...] = ()  # empty: all
    self_signed: tuple[str, ...] = ()  # MX hosts whose certificate is


REPORTERS = (
    Reporter("bigmail.example", "Big Mail Example Inc.", 0.55),
    Reporter("office.example", "Office Mail Example Corporation", 0.28, tlsa_too=True),
    Reporter("freemail.example", "Freemail Example", 0.10),
    Reporter("university.example", "mail.university.example", 0.05, silent_since=21),
    Reporter("postbox.example", "mx.postbox.example", 0.02),
)

EXAMPLE_COM = Domain(
    "example.com",
    ("mx1.example.com", "mx2.example.com"),
    4200,
    (
        PolicySpan(75, "testing", ("mx1.example.com", "mx2.example.com"), 604_800),
        PolicySpan(31, "enforce", ("mx1.example.com", "mx2.example.com")),
    ),
    (
        Trouble(70, 62, "certificate-host-mismatch", "mx2.example.com", 0.06, "names mail.example.com only"),
        Trouble(13, 10, "certificate-expired", "mx2.example.com", 0.21),
        Trouble(60, 1, "validation-failure", "mx1.example.com", 0.0006, None, ("freemail.example",)),
    ),
)

EXAMPLE_ORG = Domain(
    "example.org",
    ("mail.example.org",),
    380,
    (PolicySpan(48, "testing", ("mail.example.org",), 86_400),),
    (Trouble(47, 41, "starttls-not-supported", "mail.example.org", 0.04),),
    ("bigmail.example", "office.example", "postbox.example"),
)

_EXPIRED = "the certificate of mta-sts.example.net is not accepted: certificate has expired"
EXAMPLE_NET = Domain(
    "example.net",
    ("mx.example.net", "mx.backup.example"),
    950,
    (
        PolicySpan(89, "enforce", ("mx.example.net",), 259_200),
        PolicySpan(6, "", error="tls", error_detail=_EXPIRED),
    ),
    (
        Trouble(89, 1, "certificate-not-trusted", "mx.backup.example", 0.012, "self-signed certificate"),
        Trouble(6, 1, "sts-webpki-invalid", None, 0.03, "certificate of mta-sts.example.net has expired"),
    ),
    ("bigmail.example", "office.example", "freemail.example"),
    ("mx.backup.example",),
)

BUECHER = Domain(
    "xn--bcher-kva.example", ("mx.xn--bcher-kva.example",), 40, (), (), ("bigmail.example", "postbox.example")
)

DOMAINS = (EXAMPLE_COM, EXAMPLE_ORG, EXAMPLE_NET, BUECHER)
FOREIGN = Domain("shop.example.com", ("mx1.example.com",), 25, (), (), ("bigmail.example",))
