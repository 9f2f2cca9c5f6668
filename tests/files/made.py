"""Signed mails, and readers of them over a real DNS server."""

import time
from datetime import UTC, datetime
from pathlib import Path

from collector.auth.hasty import HastyKeys
from collector.auth.keys import KeyCache
from collector.receive.files.pieces import Piece
from collector.receive.files.read import Reader, Terms
from collector.resolver import Resolver
from collector.settings import Limits
from tests.support import reports
from tests.support.dns import DnsServer
from tests.support.mails import rsa_key, sign

KEY = rsa_key(1024)
KEY_NAME = "s1._domainkey.reporter.example"
ZONE = {(KEY_NAME, "TXT"): [KEY.record()]}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def signed(number: int = 0, tags: dict[str, str | None] | None = None) -> bytes:
    """A signed mail with the report of that number about example.com: 10 sessions."""
    mail = reports.mail(reports.report(report_id=f"id-{number}"))
    return sign(mail, "reporter.example", "s1", KEY, tags=tags)


def unsigned(number: int = 0) -> bytes:
    return reports.mail(reports.report(report_id=f"id-{number}"))


def terms(dns: DnsServer, *, dkim: str = "require", strict: bool = False) -> Terms:
    return Terms(dns.settings(), Limits(), dkim, strict)


def reader(terms: Terms) -> Reader:
    return Reader(HastyKeys(KeyCache(Resolver(terms.dns).txt, time.monotonic), time.monotonic), terms, lambda: NOW)


def piece(raw: bytes, name: str | None = None) -> Piece:
    return Piece(name or "f", raw, name)


def folder(where: Path, mails: list[bytes]) -> Path:
    where.mkdir()
    for number, mail in enumerate(mails):
        (where / f"{number:04}.eml").write_bytes(mail)
    return where
