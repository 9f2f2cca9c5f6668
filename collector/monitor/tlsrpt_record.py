"""The `_smtp._tls` TXT record (RFC 8460 section 3, R1 to R8; QUIRKS B6). Pure: octets in, URIs and problems out."""

from collections.abc import Iterator
from dataclasses import replace

from collector.monitor import txt
from collector.monitor.checked import TlsrptCheck
from collector.monitor.model import Problem
from collector.monitor.rua import Uri, read_uri

VERSION = "v=TLSRPTv1"
_MOST_PROBLEMS = 20
_MOST_URIS = 100  # more are a hostile record, not a wish
_MOST_FIX = 1000  # characters
_UNUSED = "senders then find no valid record, and nobody reports to you"


def read(records: tuple[bytes, ...], domain: str) -> TlsrptCheck:
    """The record of `domain`, from all TXT records at `_smtp._tls.DOMAIN` (each one's strings joined, R8).

    Every problem's `fix` is the whole record to publish.
    """
    good = f"{VERSION}; rua=mailto:tlsrpt@{domain}"
    chosen = txt.choose(records, VERSION, good, _UNUSED)
    if chosen.record is None:
        return TlsrptCheck(None, problems=_with_better_fix(chosen, good))
    text = txt.printable(chosen.record)
    if not chosen.record.isascii():
        problem = Problem("not_ascii", "error", f"the record holds characters that are not ASCII: {_UNUSED}", good)
        return TlsrptCheck(text, problems=(problem, *_fixed(chosen.problems, good)))
    reader = _Reader(chosen.record.decode("ascii").partition(";")[2])
    problems = (*reader.problems(good), *_fixed(chosen.problems, reader.fix(good)))
    is_valid = not any(problem.severity == "error" for problem in problems)
    kept = sorted(problems, key=lambda problem: problem.severity)[:_MOST_PROBLEMS]
    return TlsrptCheck(text, reader.rua if is_valid else (), tuple(kept))


def _fixed(problems: tuple[Problem, ...], record: str) -> tuple[Problem, ...]:
    """The problems, with `record` in place of one that is mended in its beginning only."""
    return tuple(replace(each, fix=record) if each.fix.startswith(VERSION) else each for each in problems)


def _with_better_fix(chosen: txt.Chosen, good: str) -> tuple[Problem, ...]:
    """A record that only begins wrongly is to be kept, but for its beginning and whatever else is wrong in it."""
    if not chosen.meant or not chosen.meant.isascii():
        return _fixed(chosen.problems, good)
    reader = _Reader(chosen.meant.decode("ascii").strip(" \t\"'"))
    fix = reader.fix(good)
    return tuple(replace(each, fix=fix) for each in chosen.problems)


class _Reader:
    """Reads the fields after the version, and names everything that is wrong with them."""

    def __init__(self, rest: str) -> None:
        self._found: list[tuple[str, str, str]] = []  # code, severity, text
        self._uris: list[Uri] = []
        self._others: list[str] = []
        self._lists = 0
        fields = txt.fields(rest)
        if fields and fields[-1] != fields[-1].rstrip(" \t"):
            fields[-1] = fields[-1].rstrip(" \t")
            self._note("blank_at_end", "a blank stands after the last field: some senders may refuse it", "warning")
        for field in fields:
            self._field(field)
        self._look_at_lists()

    @property
    def rua(self) -> tuple[str, ...]:
        """The URIs as they are published, each once."""
        return tuple(dict.fromkeys(uri.text for uri in self._uris))

    def fix(self, good: str) -> str:
        """The whole record as it should be; `good` where nothing of it can be kept."""
        wanted = list(dict.fromkeys(uri.wanted for uri in self._uris if uri.wanted))
        if not wanted:
            return good
        record = "; ".join((VERSION, "rua=" + ",".join(wanted), *self._others))
        return record if len(record) <= _MOST_FIX else good

    def problems(self, good: str) -> Iterator[Problem]:
        fix = self.fix(good)
        for code, severity, text in self._found:
            yield Problem(code, severity, f"{text}: {_UNUSED}" if severity == "error" else text, fix)

    def _note(self, code: str, text: str, severity: str = "error") -> None:
        self._found.append((code, severity, text))

    def _field(self, field: str) -> None:
        name, equals, value = field.partition("=")
        if not field:
            self._note("empty_field", "nothing stands between two semicolons")
        elif name == "rua":
            self._list(value)
        elif name.strip(" \t").lower() == "rua":
            self._note("rua_case", f"rua= must be written in lower case and without blanks: {txt.shown(field)}")
            self._list(value)
        elif not equals or not txt.is_field(name, value):
            hint = " (a semicolon inside a URI is written %3B)" if self._lists else ""
            self._note("field", f"this is no name=value{hint}: {txt.shown(field)}")
        else:
            # R6: unknown fields are ignored.
            self._others.append(field)

    def _list(self, value: str) -> None:
        self._lists += 1
        parts = value.split(",")
        if len(parts) > _MOST_URIS:
            self._note("rua_many", f"rua names {len(parts)} URIs: senders take a few at most")
            return
        for part in parts:
            uri = read_uri(part.strip(" \t"))
            self._found += uri.problems
            self._uris.append(uri)

    def _look_at_lists(self) -> None:
        """What concerns the list as a whole."""
        if not self._lists:
            self._note("rua_missing", "there is no rua= field, which says where reports are to go")
        if self._lists > 1:
            text = "rua= stands there more than once: some senders take the first, some the last, some none"
            self._note("rua_repeated", text)
        known = [uri for uri in self._uris if uri.is_known]
        for uri in self._uris:
            if not uri.is_known and uri.scheme:
                # R4: beside one that is known, senders pass over it.
                text = f"only mailto: and https: are known, not {txt.shown(uri.scheme)}:"
                self._note("scheme", text, "warning" if known else "error")
        texts = [uri.text for uri in self._uris if uri.text]
        if len(set(texts)) < len(texts):
            self._note("rua_same", "the same URI stands there twice: some senders report twice", "warning")
