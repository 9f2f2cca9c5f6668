"""The domains that the operator has added, and what the monitor finds out about them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, String, Table, Text, text

from collector.store.tables.base import metadata
from collector.store.types import Id, Instant, Json

domain = Table(
    "domain",
    metadata,
    Column("domain_id", Id, primary_key=True),
    Column("name", String(253), nullable=False, unique=True, comment="normal form: lower case, A-labels"),
    Column("added_at", Instant, nullable=False),
    comment="The policy domains that the operator has added.",
)

domain_mx = Table(
    "domain_mx",
    metadata,
    Column(
        "name", String(253), primary_key=True, comment="of the domain; rows stay when it is removed: what DNS said then"
    ),
    Column("host", String(253), primary_key=True, comment="normal form"),
    Column("domain_id", Id, nullable=False, index=True, comment="of the domain; of a removed one nobody's"),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False, comment="late reports name former MX hosts: rows stay"),
    Index("ix_domain_mx_host", "host", "first_seen"),
    comment="MX hosts seen in DNS: they tell whose result a report about a host is (rule 9, R27).",
)

former_domain = Table(
    "former_domain",
    metadata,
    Column("name", String(253), primary_key=True, comment="normal form"),
    Column("removed_at", Instant, nullable=False),
    comment="Domains that were removed, and not added again: for so long what came about them has been foreign.",
)

_ENDS = text("certificate_ends IS NOT NULL")
_FAILS_NOW = text("ended_at IS NULL AND error IS NOT NULL")

published_policy = Table(
    "published_policy",
    metadata,
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), primary_key=True),
    Column("first_seen", Instant, primary_key=True, comment="the interval begins"),
    Column("last_seen", Instant, nullable=False, comment="last observation that found just this"),
    Column("ended_at", Instant, comment="when something else was found; NULL: still so"),
    Column("mode", String(16), nullable=False, comment="enforce, testing, none; unknown for a fetch error"),
    Column("policy_id", String(32), comment="id of the _mta-sts record"),
    Column("max_age", BigInteger, comment="seconds"),
    Column("mx", Json, nullable=False, comment="patterns of the policy, in its order"),
    Column("policy_text", Text, comment="the file as fetched"),
    Column("error", String(32), comment="code of the fetch error"),
    Column("error_detail", Text),
    Column("certificate_ends", Instant, comment="that of the policy host, by the last look that reached it"),
    Index(
        "ix_published_policy_error",
        *("domain_id", "error"),
        sqlite_where=_FAILS_NOW,
        postgresql_where=_FAILS_NOW,
    ),
    Index("ix_published_policy_first_seen", "first_seen"),  # what is new
    Index("ix_published_policy_certificate_ends", "certificate_ends", sqlite_where=_ENDS, postgresql_where=_ENDS),
    comment="What we fetched from DNS and HTTPS ourselves, as a history of intervals (rule 7).",
)

poll = Table(
    "poll",
    metadata,
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), primary_key=True),
    Column("due_at", Instant, nullable=False, index=True),
    Column("polled_at", Instant),
    Column("claimed_until", Instant, comment="a scheduler works on it until then"),
    Column("failures", Integer, nullable=False, server_default=text("0"), comment="failed fetches in a row"),
    Column(
        "whole_due_at",
        Instant,
        comment="when the next look is a whole check; before, only the id is read; NULL: the next one",
    ),
    Column("policy_id", String(32), comment="id of the _mta-sts record, as last seen"),
    comment="When each domain's published policy is to be looked at next.",
)

# One row. Collectors compare it with their snapshot of the known domains before they decide whose a result is.
known_domains = Table(
    "known_domains",
    metadata,
    Column("one", SmallInteger, primary_key=True),
    Column("version", Id, nullable=False, comment="a new one at each change of domain or domain_mx"),
    comment="Changes whenever the known domains or their MX hosts do.",
)
