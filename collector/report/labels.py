"""Media types and file names around a report: hints, and a source of findings (RFC 8460 sections 5.1, 5.3 and 5.4)."""

from collector.report.notes import Notes
from collector.report.unpack import GZIP, ZIP

_RIGHT_TYPES = ("application/tlsrpt+gzip", "application/tlsrpt+json")


def claims(content_type: str | None, file_name: str | None) -> bool:
    """Whether a label says that this is a report: a tlsrpt type (Q76), or a file name in the RFC's form."""
    if content_type is not None and content_type.startswith("application/tlsrpt"):
        return True
    name = (file_name or "").lower()
    return name.count("!") >= 2 and name.endswith((".json", ".json.gz"))


def is_gzip(content_type: str | None) -> bool:
    return content_type == "application/tlsrpt+gzip"


def note(content: bytes, content_type: str | None, file_name: str | None, in_mail: bool, notes: Notes) -> None:
    """Notes labels that do not fit a report which was read from `content`, the bytes as attached or posted."""
    if content.startswith(ZIP):
        notes.add("Q85", "packed as a zip file")
    elif content_type in _RIGHT_TYPES:
        _note_wrong_packing(content, content_type, file_name, notes)
    elif content_type == "application/tlsrpt":
        notes.add("Q76", "the type is application/tlsrpt, without +json or +gzip")
    elif in_mail:
        notes.add("Q77", f"the type is {content_type}")
    elif content_type is not None:
        notes.add("Q98", f"posted as {content_type}")


def _note_wrong_packing(content: bytes, content_type: str, file_name: str | None, notes: Notes) -> None:
    is_packed = content.startswith(GZIP)
    name = (file_name or "").lower()
    if is_gzip(content_type) != is_packed:
        notes.add("Q79", f"labelled {content_type}, and the content is {'gzip' if is_packed else 'not packed'}")
    elif name.endswith((".gz", ".json")) and name.endswith(".gz") != is_packed:
        notes.add("Q79", f"the file name {file_name} does not fit its content")


def file_name_domain(file_name: str | None) -> str | None:
    """The policy domain in a file name `submitter!domain!begin!end...` (RFC 8460 section 5.1), as sent."""
    pieces = (file_name or "").split("!")
    return pieces[1] if len(pieces) >= 3 else None
