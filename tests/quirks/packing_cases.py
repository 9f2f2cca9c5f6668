"""QUIRKS B4, how the JSON is packed: told by its bytes, unpacked at most twice, bounded. Its marks and text too (Q84)."""

import gzip
import io
import zipfile

from tests.quirks import Case, Refused
from tests.quirks.mail_cases import GOOD_ONES, PACKED, TEXT
from tests.support import reports
from tests.support.reports import headers, mail, multipart, part

OTHER = reports.to_json(reports.report(report_id="other"))


def read(name: str, content: bytes, *codes: str, **more: object) -> Case:
    """A mail whose part holds these bytes."""
    return Case(name, mail(content), [*codes], **{"figures": GOOD_ONES, **more})


def refused(name: str, content: bytes, code: str, words: str, **more: object) -> Refused:
    return Refused(name, mail(content), code, words, **more)


def with_path(content: bytes) -> bytes:
    """A gzip header with a file name that is a path, and a time (R40)."""
    target = io.BytesIO()
    with gzip.GzipFile("../../etc/rpt1.json", "wb", fileobj=target) as stream:
        stream.write(content)
    return target.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def in_zip(content: bytes, kind: str = "application/zip") -> bytes:
    return multipart([part(content, kind, "reports.zip")], headers())


BOMB = gzip.compress(bytes(25_000_000), 1, mtime=0)

CASES: list[Case] = [
    read("Q82 made under DOS, at the fastest", PACKED[:8] + b"\x04\x00" + PACKED[10:]),
    read("Q82 made under who knows what", PACKED[:8] + b"\x00\xff" + PACKED[10:]),
    read("Q82 with a path and a time", with_path(TEXT)),
    read("Q83 packed twice", gzip.compress(PACKED), "Q83"),
    read("Q83 two members", gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]), "Q83"),
    read("Q83 something behind", PACKED + b"\r\n-- \r\nscanned by example", "Q83"),
    read("Q83 a line end behind", PACKED + b"\r\n\0"),
    refused("Q83 packed three times", gzip.compress(gzip.compress(PACKED)), "unpack", "more than twice"),
    refused("Q83 cut off", PACKED[:-12], "unpack", "ends too early"),
    refused("Q83 nothing but its header", PACKED[:10], "unpack", "ends too early"),
    refused("Q83 a checksum that is wrong", PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "unpack", "broken gzip data"),
    refused("Q83 broken inside", PACKED[:12] + b"\xff\xff\xff\xff" + PACKED[16:], "unpack", "broken gzip data"),
    refused("Q83 a thousand members", gzip.compress(b"") * 1000, "limit", "members"),
    refused("Q83 a bomb", BOMB, "limit", "larger than 20971520 bytes"),
    refused("Q83 a bomb in a bomb", gzip.compress(BOMB), "limit", "larger than 20971520 bytes"),
    read("Q84 a byte order mark", gzip.compress(b"\xef\xbb\xbf" + TEXT), "Q84"),
    read("Q84 leading blank lines", gzip.compress(b"\r\n\n " + TEXT)),
    read("Q84 UTF-16", gzip.compress(TEXT.decode().encode("utf-16")), "Q84"),
    read("Q84 UTF-16, not packed and not said so", TEXT.decode().encode("utf-16-be"), "Q79", "Q84", databases=True),
    Case("Q85 a zip file", in_zip(zipped({"report.json": TEXT, "readme.txt": b"no"})), ["Q85"], figures=GOOD_ONES),
    Case("Q85 called tlsrpt+zip", in_zip(zipped({"report.json": TEXT}), "application/tlsrpt+zip"), ["Q85"], figures=GOOD_ONES),
    Case("Q85 called x-zip-compressed", in_zip(zipped({"a.json": TEXT}), "application/x-zip-compressed"), ["Q85"], figures=GOOD_ONES),
    Case("Q85 two reports, one packed again", zipped({"a.json": TEXT, "../b.json.gz": reports.to_gzip(OTHER)}), ["Q85"], figures=(20, 0), channel="import"),
    Refused("Q85 a bomb", in_zip(zipped({"a.json": bytes(21_000_000)})), "limit", "larger than 20971520 bytes"),
    Refused("Q85 cut off", in_zip(zipped({"a.json": TEXT})[:-30]), "unpack", "broken zip file"),
    Refused("Q85 a zip file within gzip", mail(gzip.compress(zipped({"a.json": TEXT}))), "unpack", "a zip file within gzip"),
]  # fmt: skip
