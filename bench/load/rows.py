"""From mails to rows, without the questions of `commit()`: nothing here is there already.

What is not of one report alone is made once; rows stand in the order of the tables' columns (collector.store.bulk).
"""

import zlib
from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Connection

from bench.load.documents import Mail, Reporter, envelope_of
from collector.counting import identity
from collector.ids import new_id
from collector.store import bulk
from collector.store.bulk import Row
from collector.store.rollups import Increments
from collector.store.tables import delivery, delivery_part, report
from collector.store.types import to_json

_SMALL = 4096  # bytes of a mail that is kept as it is, as in `commit()`


class Rows:
    """All that follows from reports that are stored, counted and authenticated."""

    def __init__(self, connection: Connection, domain_ids: Mapping[str, UUID]) -> None:
        self._connection, self._database, self._ids = connection, bulk.of(connection), domain_ids
        self._increments = Increments()
        self._deliveries: list[Row] = []
        self._reports: list[Row] = []
        self._parts: list[Row] = []

    def add(self, mail: Mail) -> None:
        form, _, _, at = mail
        raw, read = mail.read()
        forms, part, reporter, figures = self._database.forms, form.part, form.reporter, form.figures()
        domain_id, received_at, yes = self._ids[part.domain], forms.instant(at), forms.flag(True)
        delivery_id, report_id = forms.id(new_id(int(at.timestamp() * 1000))), forms.id(new_id())
        key = identity.report_key(read, part, reporter=reporter.domain, authenticated=True)
        packed = zlib.compress(raw, 0 if len(raw) <= _SMALL else 1)
        self._deliveries.append(
            (
                *(delivery_id, received_at, "smtp", "stored", None, None, reporter.domain, yes),
                *(len(raw), "[]", _envelope(reporter), forms.octets(packed)),
            )
        )
        digest = forms.octets(identity.document(read))
        self._parts.append((delivery_id, 0, part.domain, "stored", report_id, digest, yes, reporter.domain, None))
        self._reports.append(
            (
                *(forms.id(domain_id), forms.day(mail.day), forms.octets(key), report_id),
                *(delivery_id, received_at, yes, reporter.domain),
                *(read.report_id, reporter.organization, reporter.contact),
                *(forms.instant(read.start_datetime), forms.instant(read.end_datetime)),
                *(figures.successful, figures.failed, "[]", form.kept),
            )
        )
        self._increments.add_counted(
            (domain_id, mail.day, True),
            figures,
            reporter=reporter.domain,
            organization=reporter.organization,
            received_at=at,
        )

    def write(self) -> None:
        for table, rows in ((delivery, self._deliveries), (report, self._reports), (delivery_part, self._parts)):
            self._database.insert(self._connection, table, rows)
        self._increments.write(self._connection)


@lru_cache(maxsize=100)
def _envelope(reporter: Reporter) -> str:
    it = envelope_of(reporter)
    return to_json(
        {
            "peer": it.peer,
            "helo": it.helo,
            "mail_from": it.mail_from,
            "rcpt_to": it.rcpt_to,
            "tls": it.tls,
            "content_type": it.content_type,
            "file_name": it.file_name,
        }
    )
