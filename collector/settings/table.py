"""The table of settings. A field is a setting: its parser, its default as text, and its help.

`TLSRPT_<SECTION>_<KEY>` in the environment, `[section] key` in the file, `--set section.key=value` on the command
line, and the page in docs/ are all made from this table.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from collector.settings import urls, values
from collector.settings.mail import Alerts, Mail, Summary
from collector.settings.row import setting
from collector.settings.values import Address
from collector.settings.web import Web


@dataclass(frozen=True, slots=True)
class Database:
    url: str = setting(
        urls.database_url,
        "sqlite:///tlsrpt.db",
        "Any SQLAlchemy URL of SQLite or PostgreSQL. A relative SQLite path counts from the working directory.",
        secret=True,
    )
    password: str | None = setting(
        values.optional(values.text),
        "",
        "The password of the URL's user, where it is not in the URL: one secret file serves the server and us.",
        secret=True,
    )
    read_url: str | None = setting(
        values.optional(urls.replica_url),
        "",
        "A streaming replica of `url` (PostgreSQL), which the dashboard shows figures from. `password` counts for it "
        "too. Without it everything is read from `url`.",
        secret=True,
    )
    read_lag_seconds: float = setting(
        values.seconds,
        "60",
        "How far the replica may be behind; beyond it `url` is read until it has caught up. PostgreSQL itself lets a "
        "replica wait 30 seconds for queries that run there.",
    )


@dataclass(frozen=True, slots=True)
class Smtp:
    listen: tuple[Address, ...] = setting(
        values.listed(values.address),
        "127.0.0.1:2525",
        "Where the SMTP listener waits: `host:port`, `[::]:25`.",
    )
    recipients: tuple[str, ...] = setting(
        values.listed(values.recipient_pattern),
        "tlsrpt@*",
        "The rua addresses that are accepted, `*` for any local part or any domain. All others get 550 5.1.1.",
    )
    hostname: str | None = setting(
        values.optional(values.domain), "", "The name in the greeting. Default: the machine's own."
    )
    tls_cert: Path | None = setting(
        values.optional(values.path),
        "",
        "Certificate chain (PEM). With `tls_key` it makes STARTTLS be offered, never demanded.",
    )
    tls_key: Path | None = setting(values.optional(values.path), "", "Private key (PEM) of `tls_cert`.")
    connections: int = setting(values.number(1, 100_000), "500", "Connections at one time, in all.")
    connections_per_address: int = setting(
        values.number(1, 100_000), "50", "Connections at one time from one address (IPv6: from one /64)."
    )
    proxy_from: tuple[IPv4Network | IPv6Network, ...] = setting(
        values.listed(values.network),
        "",
        "Addresses or networks of load balancers. Their connections must begin with a PROXY header (version 1 or 2), "
        "which names the client; those of others never may.",
    )
    session_commands: int = setting(
        values.number(10, 10_000_000), "10000", "Commands in one session before it is closed with 421."
    )
    session_seconds: float = setting(values.seconds, "3600", "How long one session may last.")
    command_seconds: float = setting(values.seconds, "300", "How long a client may be silent (RFC 5321: five minutes).")


@dataclass(frozen=True, slots=True)
class Lmtp:
    listen: tuple[Address, ...] = setting(
        values.listed(values.address_or_path),
        "",
        "Where the LMTP listener waits, for a mail server in front: `host:port`, or the path of a unix socket.",
    )
    socket_mode: int = setting(
        values.file_mode, "660", "Permissions of a unix socket: who is to connect has to be able to write to it."
    )
    socket_group: str | None = setting(
        values.optional(values.text),
        "",
        "The group a unix socket belongs to, for instance that of the mail server. Default: the process's own.",
    )


@dataclass(frozen=True, slots=True)
class Imap:
    host: str | None = setting(
        values.optional(values.host),
        "",
        "The IMAP server from whose mailbox reports are fetched. Without it nothing is fetched.",
    )
    port: int | None = setting(
        values.optional(values.number(1, 65535)), "", "Its port. Default: 993 for `tls`, else 143."
    )
    security: str = setting(
        values.one_of("tls", "starttls", "none"),
        "tls",
        "`tls` from the first byte, `starttls`, or `none`, which is for a server on loopback only.",
    )
    user: str | None = setting(values.optional(values.text), "", "Name to log in with.")
    password: str | None = setting(values.optional(values.text), "", "Password to log in with.", secret=True)
    folder: str = setting(
        values.filled, "INBOX", "The folder that is read. Nothing in it is changed, unless `move_to` is set."
    )
    move_to: str | None = setting(
        values.optional(values.text),
        "",
        "The folder that mails are moved to once they are stored; it is made if it is missing.",
    )
    ca_file: Path | None = setting(
        values.optional(values.path), "", "An extra CA (PEM) for the server, beside the system's."
    )
    timeout: float = setting(values.seconds, "60", "Seconds to wait for the connection, and for each answer.")
    every: int = setting(values.number(1, 1440), "5", "Minutes between two passes under `tlsrpt schedule`.")


@dataclass(frozen=True, slots=True)
class Auth:
    dkim: str = setting(
        values.one_of("require", "record", "off"),
        "require",
        "`require`: a mail without a valid, aligned DKIM signature is quarantined. `record`: it counts, marked. "
        "`off`: nobody looks.",
    )
    trusted_results: tuple[str, ...] = setting(
        values.listed(values.filled),
        "",
        "Names (authserv-id) of your own mail servers. The DKIM result in the topmost Authentication-Results field of "
        "one of them is believed; all other such fields are ignored.",
    )
    trusted_relays: tuple[IPv4Network | IPv6Network, ...] = setting(
        values.listed(values.network),
        "127.0.0.0/8,::1",
        "Where `trusted_results` is believed for mail by SMTP and LMTP: the addresses of these servers. A unix socket, "
        "a mailbox and imported files are yours anyway.",
    )


@dataclass(frozen=True, slots=True)
class Dns:
    nameservers: tuple[Address, ...] = setting(
        values.listed(values.nameserver), "", "`host` or `host:port`, comma list. Default: the system's."
    )
    trust_ad: str = setting(
        values.one_of("auto", "yes", "no"),
        "auto",
        "Whose AD bit counts as DNSSEC: `auto` is a nameserver on loopback (all of them, if there are several).",
    )
    timeout: float = setting(values.seconds, "5", "Seconds for one look-up, all tries together.")


@dataclass(frozen=True, slots=True)
class Monitor:
    ca_file: Path | None = setting(
        values.optional(values.path),
        "",
        "An extra CA (PEM) for policy hosts and MX probes, beside the system's.",
    )
    https_port: int = setting(values.number(1, 65535), "443", "Port of the policy hosts.")
    smtp_port: int = setting(values.number(1, 65535), "25", "Port of the MX hosts.")
    timeout: float = setting(
        values.seconds, "60", "Seconds for one whole policy fetch (RFC 8461 section 3.3: a minute)."
    )
    workers: int = setting(values.number(1, 1000), "16", "Domains that are polled at the same time.")
    id_minutes: int = setting(
        values.number(5, 1440),
        "60",
        "Minutes between two looks at the `id` in DNS alone. If it has changed, the whole domain is checked at once.",
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    days: int = setting(
        values.number(1, 28), "14", "Least clean days for `ready`, within the last 28: with reports, without a failure."
    )
    sessions: int = setting(
        values.number(1, 10**9), "100", "Least sessions for `ready`, under your policy, within the last 28 days."
    )
    reporters: int = setting(values.number(1, 1000), "2", "Least reporters for `ready` that told of these sessions.")


@dataclass(frozen=True, slots=True)
class Limits:
    message_bytes: int = setting(values.size, "10 MiB", "The mail, or the body of a POST, as it comes.")
    report_bytes: int = setting(values.size, "20 MiB", "The report, unpacked.")
    in_hand_bytes: int = setting(
        values.size,
        "256 MiB",
        "All mails together that one listener process is receiving or storing. One beyond it is asked to come later.",
    )
    policies: int = setting(values.number(1, 10**7), "10000", "Policy results in one report.")
    failure_details: int = setting(values.number(1, 10**7), "100000", "Failure details in one report.")
    posts_per_minute: int = setting(
        values.number(0, 10**6), "60", "POSTs from one address (IPv6: from one /64) in the long run; 0: no limit."
    )
    posts_burst: int = setting(
        values.number(1, 10**6), "300", "POSTs that one address may send at once: reports about many domains."
    )
    spool_bytes: int = setting(values.size, "1 GiB", "What the spool may hold; a POST beyond that gets 503.")


@dataclass(frozen=True, slots=True)
class Spool:
    folder: Path | None = setting(
        values.optional(values.path),
        "",
        "Where POSTs wait while the database is away, one folder for each database. Default: `tlsrpt-spool` beside "
        "the SQLite file; with PostgreSQL in the working directory.",
    )


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept of deliveries that are not counted, and of the audit log; 0 days: for ever."""

    not_a_report_days: int = setting(
        values.number(0, 36_500), "30", "Days that mails stay which hold no report at all; 0: for ever."
    )
    quarantined_days: int = setting(
        values.number(0, 36_500), "180", "Days that other quarantined deliveries stay; 0: for ever."
    )
    foreign_days: int = setting(
        values.number(0, 36_500), "90", "Days that reports about domains stay which were not added; 0: for ever."
    )
    audit_days: int = setting(
        values.number(0, 36_500), "400", "Days that the audit log stays: who changed what; 0: for ever."
    )
    deliveries: int = setting(
        values.number(1, 10**9), "100000", "All of these together, by number. What is worth least makes room first."
    )
    bytes: int = setting(values.size, "1 GiB", "All of these together, by their bytes as they came.")


@dataclass(frozen=True, slots=True)
class Metrics:
    domain_labels: int = setting(
        values.number(0, 10_000),
        "200",
        "`/metrics` tells figures of each domain as long as there are no more than so many; 0: never.",
    )
    mx_labels: bool = setting(
        values.flag, "no", "Whether it tells failures and certificates of each MX host too, at most 20 of a domain."
    )
    listen: Address | None = setting(
        values.optional(values.address),
        "",
        "Where the listener tells figures of its own process at `/metrics`, to anybody who reaches that address: they "
        "name no domains. The second of several processes has the next port, and so on. Default: nowhere.",
    )


@dataclass(frozen=True, slots=True)
class Log:
    level: str = setting(
        values.one_of("debug", "info", "warning", "error"), "info", "What is logged, to standard error."
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything, one section a field; `domains` stands alone at the top."""

    domains: tuple[str, ...] = setting(
        values.listed(values.domain), "", "Domains to begin with: added where they are not there yet."
    )
    database: Database = field(default_factory=Database)
    smtp: Smtp = field(default_factory=Smtp)
    lmtp: Lmtp = field(default_factory=Lmtp)
    imap: Imap = field(default_factory=Imap)
    web: Web = field(default_factory=Web)
    auth: Auth = field(default_factory=Auth)
    dns: Dns = field(default_factory=Dns)
    monitor: Monitor = field(default_factory=Monitor)
    verdict: Verdict = field(default_factory=Verdict)
    limits: Limits = field(default_factory=Limits)
    spool: Spool = field(default_factory=Spool)
    keep: Keep = field(default_factory=Keep)
    mail: Mail = field(default_factory=Mail)
    summary: Summary = field(default_factory=Summary)
    alerts: Alerts = field(default_factory=Alerts)
    metrics: Metrics = field(default_factory=Metrics)
    log: Log = field(default_factory=Log)
