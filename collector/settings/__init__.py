"""Settings: one table, three sources (file < environment < command line), everything checked at load."""

from collector.settings.load import Given, build, gather, load, rows, unknown_variables
from collector.settings.mail import Alerts, Mail, Summary
from collector.settings.table import (
    Auth,
    Database,
    Dns,
    Imap,
    Keep,
    Limits,
    Lmtp,
    Log,
    Monitor,
    Settings,
    Smtp,
    Verdict,
)
from collector.settings.values import Address, Recipient, WeeklyTime
from collector.settings.web import Web

__all__ = [
    "Address",
    "Alerts",
    "Auth",
    "Database",
    "Dns",
    "Given",
    "Imap",
    "Keep",
    "Limits",
    "Lmtp",
    "Log",
    "Mail",
    "Monitor",
    "Recipient",
    "Settings",
    "Smtp",
    "Summary",
    "Verdict",
    "Web",
    "WeeklyTime",
    "build",
    "gather",
    "load",
    "rows",
    "unknown_variables",
]
