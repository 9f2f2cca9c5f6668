"""Those who look at the figures: who they are, what they did, what the program keeps secret for them."""

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table, Text, text

from collector.store.tables.base import metadata
from collector.store.types import Id, Instant, Json

user = Table(
    "user",
    metadata,
    Column("user_id", Id, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("role", String(16), nullable=False, comment="viewer, operator or admin"),
    Column("password_hash", Text, nullable=False, comment="argon2id"),
    Column("domains", Json, nullable=False, comment="limited to these names; empty: all"),
    Column("created_at", Instant, nullable=False),
    comment="Who may log in.",
)

api_token = Table(
    "api_token",
    metadata,
    Column("token_id", Id, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("scope", String(16), nullable=False, comment="read, write or admin"),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True, comment="SHA-256; the token is random"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("domains", Json, nullable=False, server_default=text("'[]'"), comment="limited to these names; empty: all"),
    Column("last_used_at", Instant, comment="to a minute or so"),
    comment="Who may use the API.",
)

web_session = Table(
    "web_session",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("secret_hash", LargeBinary(32), nullable=False, unique=True, comment="SHA-256 of the secret in the cookie"),
    Column(
        "user_id",
        Id,
        ForeignKey("user.user_id", ondelete="CASCADE"),
        index=True,
        comment="NULL: somebody whom only the login provider knows",
    ),
    Column("name", String(255), nullable=False),
    Column("role", String(16), comment="NULL: as in `user`"),
    Column("domains", Json, comment="limited to these names; empty: all; NULL: as in `user`"),
    Column("begun_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
    Column("address", String(64), nullable=False, comment="whence it was begun"),
    Column("browser", String(255), nullable=False, comment="User-Agent, as far as it fits"),
    comment="Who is logged in. A row that is removed ends its session at once, on every process.",
)

login_failure = Table(
    "login_failure",
    metadata,
    Column("failure_id", Id, primary_key=True),
    Column("address", String(64), nullable=False, index=True, comment="IPv6: its /64"),
    Column("name_hash", LargeBinary(32), nullable=False, comment="keyed: a name that nobody has may be a password"),
    Column("failed_at", Instant, nullable=False, index=True),
    comment="Failed log-ins of the last minutes: who fails too often waits, whichever process is asked.",
)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", Id, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("actor", String(255), comment="NULL: a local caller, or nobody known"),
    Column(
        "way",
        String(16),
        nullable=False,
        comment="password, oidc, proxy, token, local or command; none before a log-in",
    ),
    Column("address", String(64), comment="NULL: a command"),
    Column("action", String(32), nullable=False),
    Column("subject", Text, comment="what it was done to: a domain, user, token, delivery"),
    Column("details", Json, nullable=False, comment="texts by name; never a secret"),
    comment="Who changed what and when; kept for `keep.audit_days`.",
)

secret = Table(
    "secret",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False, comment="random bytes"),
    Column("created_at", Instant, nullable=False),
    comment="Keys that the program makes for itself: what signs the sessions of the web pages.",
)
