"""What goes out: the relay, the weekly summary, the alerts, in the table of settings."""

import re
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.alert_rules import RULES
from collector.errors import ConfigurationError
from collector.settings import urls, values
from collector.settings.row import setting
from collector.settings.values import Address, Recipient, WeeklyTime

LANGUAGES = ("en", "ja")


def _selector(value: str) -> str:
    """RFC 6376 section 3.1; unlike a host name it may be a number."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", value.strip()) or len(value) > 63:
        raise ValueError(f"{value!r} is no selector")
    return value.strip()


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
        "for a relay at a loopback address, where it is used if it is offered, whoever's the certificate is.",
    )
    tls: str = setting(
        values.flag_or("auto"),
        "auto",
        "TLS from the first byte, certificate checked, instead of STARTTLS. `auto`: on port 465.",
    )
    ca_file: Path | None = setting(
        values.optional(values.path), "", "An extra CA (PEM) for the relay, beside the system's."
    )
    timeout: float = setting(
        values.seconds,
        "60",
        "Seconds to wait for the connection and for each answer; ten times as long for the one to a whole mail "
        "(RFC 5321: ten minutes), for who gives up sooner sends mails twice.",
    )
    dkim_key: Path | None = setting(
        values.optional(values.path),
        "",
        "Private key (PEM; RSA or Ed25519) that signs the mails, where the relay does not. Wants `dkim_selector`.",
    )
    dkim_selector: str | None = setting(values.optional(_selector), "", "Selector of the key in DNS.")
    dkim_domain: str | None = setting(
        values.optional(values.domain), "", "Domain that signs. Default: that of the sender."
    )

    @property
    def is_tls_at_once(self) -> bool:
        """Whether the relay speaks TLS from the first byte (RFC 8314 section 3.3)."""
        return self.tls == "yes" or (self.tls == "auto" and self.relay is not None and self.relay.port == 465)


def check(mail: Mail) -> None:
    """What no single setting can know. Raises ConfigurationError."""
    relay = mail.relay
    if relay is None:
        return  # nothing of it is used
    if (mail.user is None) != (mail.password is None):
        raise ConfigurationError("mail.user, mail.password: give both or neither")
    if (mail.dkim_key is None) != (mail.dkim_selector is None):
        raise ConfigurationError("mail.dkim_key, mail.dkim_selector: give both or neither")
    if mail.tls == "yes" and mail.starttls == "yes":
        raise ConfigurationError("mail.tls, mail.starttls: a relay has TLS from the first byte, or by STARTTLS")
    is_plain = mail.starttls == "no" and not mail.is_tls_at_once
    if mail.user is not None and is_plain and not relay.is_loopback:
        raise ConfigurationError(f"mail.starttls: no would show the password to everyone between us and {relay.host}")


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
        values.listed(urls.hook_url),
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
