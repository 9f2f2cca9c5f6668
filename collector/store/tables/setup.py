"""What is set up with our help: policies that the dashboard serves itself, and tests of the way reports take."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from collector.store.tables.base import metadata
from collector.store.types import Id, Instant, Json

hosted_policy = Table(
    "hosted_policy",
    metadata,
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), primary_key=True),
    Column("set_at", Instant, primary_key=True, comment="the newest one holds"),
    Column("set_by", String(255), comment="the user; NULL: a local caller"),
    Column("mode", String(16), comment="NULL: from then on the dashboard serves none"),
    Column("max_age", BigInteger, comment="seconds"),
    Column("mx", Json, nullable=False, comment="patterns of the policy, in its order"),
    Column("policy_id", String(32), comment="the id that belongs to it in the _mta-sts record"),
    comment="The policies that the dashboard serves at mta-sts.DOMAIN, with their history.",
)

self_test = Table(
    "self_test",
    metadata,
    Column("domain_id", Id, ForeignKey("domain.domain_id", ondelete="CASCADE"), primary_key=True),
    Column("token", String(32), nullable=False, comment="stands in every report that it sends"),
    Column("started_at", Instant, nullable=False, comment="at most one in a minute"),
    Column("key_record", Text, nullable=False, comment="the public key of its signatures, which DNS does not know"),
    Column("routes", Json, nullable=False, comment="each `rua` with the steps on its way: `name`, `ok`, `text`"),
    Column("finished_at", Instant, comment="when all was sent; NULL: under way"),
    comment="The last test of the way that reports about a domain take: DNS, MX or POST, and into this database.",
)
