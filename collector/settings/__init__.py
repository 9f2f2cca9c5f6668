"""Settings: one table, three sources (file < environment < command line), everything checked at load."""

from collector.settings.load import Given, build, gather, load, rows, unknown_variables
from collector.settings.table import (
    Auth,
    Database,
    Dns,
    Imap,
    Keep,
    Limits,
    Lmtp,
    Log,
    Mail,
    Monitor,
    Settings,
    Smtp,
    Summary,
    Verdict,
)
from collector.settings.values import Address, Recipient
from collector.settings.web import Web

__all__ = [
    "Address",
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
    "build",
    "gather",
    "load",
    "rows",
    "unknown_variables",
]
