"""The policy file (RFC 8461 section 3.2, M7 to M10). Pure: octets in, policy and problems out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from collector.monitor import mx_pattern
from collector.monitor.model import PolicyReading, Problem, StsPolicy, reason
from collector.monitor.mx_pattern import shown

MODES = ("enforce", "testing", "none")
MAX_AGE_LIMIT = 31557600  # seconds, one year
_MOST_PROBLEMS = 20
# What to write where nothing can be kept: a beginning that does no harm.
_LINES = {"version": "version: STSv1", "mode": "mode: testing", "max_age": "max_age: 86400"}
_BOM = b"\xef\xbb\xbf"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class _Line:
    """`number` counts from 1; `value` has no blanks around it."""

    number: int
    key: str
    value: str


class _Reader:
    """Collects fields and problems. After the first error nothing more is accepted, but everything is named."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def error(self, code: str, text: str, fix: str = "") -> None:
        self.problems.append(Problem(code, "error", text, fix))

    def warning(self, code: str, text: str, fix: str = "") -> None:
        self.problems.append(Problem(code, "warning", text, fix))

    def lines(self, text: str) -> Iterator[_Line]:
        """The fields in order. Lines end with LF or CRLF (erratum 6253), the last one may lack its end."""
        rows = text.split("\n")
        if rows[-1] == "":
            rows.pop()
        for number, row in enumerate(rows, 1):
            row = row.removesuffix("\r")
            if not row.strip(" \t"):
                self.blank(number)
            elif (line := self._line(number, row)) is not None:
                yield line

    def blank(self, number: int) -> None:
        if not any(problem.code == "blank_line" for problem in self.problems):
            self.warning("blank_line", f"line {number} is blank: some senders may refuse the policy")

    def _line(self, number: int, row: str) -> _Line | None:
        seen = shown(row)
        key, colon, value = row.partition(":")
        if _CONTROL.search(row.replace("\t", "")):
            self.error("line", f"line {number} holds a control character: {seen}")
        elif not colon:
            self.error("line", f"line {number} has no colon: {seen}")
        elif key.strip(" \t") != key:
            self.error("line", f"line {number}: no blank may stand around the key: {seen}")
        elif not _KEY.match(key):
            self.error("line", f"line {number}: this is no key: {shown(key)}")
        else:
            return _Line(number, key, value.strip(" \t"))
        return None

    def single(self, fields: list[_Line], key: str) -> _Line | None:
        """The field `key`. The first one wins (M10)."""
        found = [line for line in fields if line.key == key]
        for line in found[1:]:
            self.warning("repeated", f"line {line.number}: {key} stands here again and is ignored")
        if found:
            return found[0]
        other_case = [line for line in fields if line.key.lower() == key]
        if other_case:
            text = f"line {other_case[0].number}: the key must be written {key}, not {other_case[0].key}"
        else:
            text = f"there is no {key} line"
        self.error(key, text, _LINES[key])
        return None

    def version(self, fields: list[_Line]) -> None:
        line = self.single(fields, "version")
        if line is not None and line.value != "STSv1":
            self.error(
                "version", f"line {line.number}: version must be STSv1, not {shown(line.value)}", "version: STSv1"
            )

    def mode(self, fields: list[_Line]) -> str:
        line = self.single(fields, "mode")
        if line is not None and line.value not in MODES:
            text = f"line {line.number}: mode must be enforce, testing or none in lower case, not {shown(line.value)}"
            self.error("mode", text, f"mode: {line.value.lower()}" if line.value.lower() in MODES else "mode: testing")
        return line.value if line is not None else ""

    def max_age(self, fields: list[_Line]) -> int:
        line = self.single(fields, "max_age")
        if line is None:
            return 0
        if not re.fullmatch(r"[0-9]{1,10}", line.value):
            text = f"line {line.number}: max_age must be a number of seconds, not {shown(line.value)}"
            self.error("max_age", text, _LINES["max_age"])
            return 0
        seconds = int(line.value)
        if seconds > MAX_AGE_LIMIT:
            text = f"line {line.number}: max_age is {seconds}, the most allowed is {MAX_AGE_LIMIT}"
            self.error("max_age", text, f"max_age: {MAX_AGE_LIMIT}")
        return seconds

    def mx(self, fields: list[_Line], mode: str) -> tuple[str, ...]:
        """The patterns in normal form, each once. Only mode none may do without (M8)."""
        lines = [line for line in fields if line.key == "mx"]
        if not lines and mode != "none":
            text = "there is no mx line, and without one only mode none is allowed"
            self.error("mx_missing", text, "A line for each of your MX hosts, such as: mx: mx1.example.com")
        patterns = []
        for line in lines:
            try:
                patterns.append(mx_pattern.read(line.value))
            except mx_pattern.BadPattern as bad:
                self.error(bad.code, f"line {line.number}: {bad}", bad.fix)
                continue
            if "_" in line.value:
                self.warning("mx_underscore", f"line {line.number}: an underscore is not allowed in a host name")
        return tuple(dict.fromkeys(patterns))


def read(body: bytes) -> PolicyReading:
    """Reads a policy file to the letter of the RFC. Keys and values are case-sensitive, unknown keys ignored."""
    reader = _Reader()
    text = _text(reader, body)
    if text is None:
        return PolicyReading(None, tuple(reader.problems))
    fields = list(reader.lines(text))
    reader.version(fields)
    mode = reader.mode(fields)
    max_age = reader.max_age(fields)
    mx = reader.mx(fields, mode)
    # Errors first: the cut leaves the reason of a refusal in.
    problems = tuple(sorted(reader.problems, key=lambda problem: problem.severity)[:_MOST_PROBLEMS])
    return PolicyReading(None if reason(problems) else StsPolicy(mode, max_age, mx, text), problems)


def _text(reader: _Reader, body: bytes) -> str | None:
    """The body as text; None, with the error noted, where it cannot be a policy at all."""
    if body.startswith(_BOM):
        reader.error("bom", "the file begins with a byte order mark", "Save it as UTF-8 without BOM, or as ASCII.")
        return None
    if not body.strip():
        reader.error("empty", "the file is empty")
        return None
    if body.lstrip()[:1] == b"<":
        # A page that says "not found" with status 200, most often.
        fix = "Answer with the policy itself at /.well-known/mta-sts.txt, before any rule that leads to a page."
        reader.error("html", "this is an HTML page, not a policy", fix)
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        reader.error("encoding", f"line {line} is not UTF-8")
        return None
