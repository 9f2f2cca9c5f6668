"""What goes out: the relay, the weekly summary, the alerts, in the table of settings."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.alert_rules import RULES
from collector.settings import values
from collector.settings.row import setting
from collector.settings.values import Address, Recipient, WeeklyTime

LANGUAGES = ("en", "ja")


@dataclass(frozen=True, slots=True)
class Mail:
    relay: Address | None = setting(
        values.optional(values.address),
        "",
        "`host:port` of the mail server that takes summaries and alerts. Without it no mail goes out.",
    )
    from_: str | None = setting(
        values.optional(values.mailbox),
        "",
        "Sender of summaries and alerts: `addr` or `Name <addr>`. Default: `tlsrpt@` the name of the machine.",
    )
    user: str | None = setting(values.optional(values.text), "", "Name for AUTH at the relay.")
    password: str | None = setting(values.optional(values.text), "", "Password for AUTH at the relay.", secret=True)
    starttls: str = setting(
        values.flag_or("auto"),
        "auto",
        "`yes`: STARTTLS at the relay, or nothing is sent; its certificate is checked. `no`: without. `auto`: yes, but "
        "for a relay at a loopback address, where it is used if it is offered.",
    )
    tls: str = setting(
        values.flag_or("auto"),
        "auto",
        "TLS from the first byte, certificate checked, instead of STARTTLS. `auto`: on port 465.",
    )
    ca_file: Path | None = setting(
        values.optional(values.path), "", "An extra CA (PEM) for the relay, beside the system's."
    )
    timeout: float = setting(values.seconds, "60", "Seconds to wait for the connection, and for each answer.")
    dkim_key: Path | None = setting(
        values.optional(values.path),
        "",
        "Private key (PEM; RSA or Ed25519) that signs the mails, where the relay does not. Wants `dkim_selector`.",
    )
    dkim_selector: str | None = setting(values.optional(values.filled), "", "Selector of the key in DNS.")
    dkim_domain: str | None = setting(
        values.optional(values.domain), "", "Domain that signs. Default: that of the sender."
    )


@dataclass(frozen=True, slots=True)
class Summary:
    recipients: tuple[Recipient, ...] = setting(
        values.listed(values.summary_recipient),
        "",
        "Who gets the weekly mail: `addr`, or `addr=domain1+domain2` for some domains only. More can be named in the "
        "dashboard.",
    )
    at: WeeklyTime = setting(values.weekly_time, "Mon 07:00", "When the weekly mail goes out.")
    timezone: ZoneInfo = setting(values.timezone, "UTC", "The zone of `at`. The week itself is one of UTC days.")
    language: str = setting(values.one_of(*LANGUAGES), "en", "The language of mails: `en` or `ja`.")
    only_if_needed: bool = setting(
        values.flag, "no", "Whether weeks in which everything is well and nothing changed have no mail."
    )
    chart: bool = setting(values.flag, "yes", "Whether a small chart of each domain with sessions is attached.")


@dataclass(frozen=True, slots=True)
class Alerts:
    recipients: tuple[Recipient, ...] = setting(
        values.listed(values.summary_recipient),
        "",
        "Who gets alerts by mail: `addr`, or `addr=domain1+domain2`. More can be named in the dashboard.",
    )
    webhooks: tuple[str, ...] = setting(
        values.listed(values.hook_url),
        "",
        "Addresses that alerts are posted to as JSON. A comma in one is written %2C.",
        secret=True,
    )
    webhook_secret: str | None = setting(
        values.optional(values.text),
        "",
        "Signs what is posted (HMAC-SHA256), so that the receiver knows us.",
        secret=True,
    )
    apprise: tuple[str, ...] = setting(
        values.listed(values.filled),
        "",
        "Apprise URLs: Slack, Teams, Matrix, ntfy, Telegram and a hundred others. A comma in one is written %2C.",
        secret=True,
    )
    off: tuple[str, ...] = setting(
        values.listed(values.one_of(*RULES)), "", "Rules that are not wanted, by their names."
    )
    failure_percent: float = setting(
        values.percentage, "5", "`failure_rate`: alert from so many failed sessions of a hundred on a day."
    )
    failure_sessions: int = setting(
        values.number(1, 10**9), "20", "`failure_rate`: days with fewer sessions say nothing."
    )
    certificate_days: int = setting(values.number(1, 365), "14", "`certificate`: days before the end of a certificate.")
    silent_days: int = setting(
        values.number(2, 365), "4", "`no_reports`: days without any report about a domain that had some."
    )
    quarantined: int = setting(
        values.number(1, 10**6), "20", "`quarantine`: alert from so many reports quarantined in a day."
    )
