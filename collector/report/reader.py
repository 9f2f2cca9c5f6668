"""One piece of bytes, one report."""

from collector.report import strict
from collector.report.decode import decode
from collector.report.limits import Limits, refuse_too_many_values
from collector.report.model import Report
from collector.report.normalise import normalise
from collector.report.notes import Notes
from collector.report.unpack import Room, unpack


def read(data: bytes, *, limits: Limits) -> Report:
    """The report in `data`: JSON, or gzip of it (told by its magic number; at most two layers, Q83, Q96).

    Raises ReportRefused: `unpack`, `json`, `schema` or `limit`.
    """
    notes = Notes()
    return read_plain(unpack(data, Room(limits.report_bytes), notes), notes, limits)


def read_plain(text: bytes, notes: Notes, limits: Limits) -> Report:
    """The report that a JSON text is; `notes` hold what was noted while it was unpacked. Raises ReportRefused."""
    refuse_too_many_values(text, limits.policies, limits.failure_details)
    return strict.read(text, notes, limits) or normalise(decode(text, notes), text, notes, limits)
