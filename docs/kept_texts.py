"""The texts that are made once and kept: findings, reasons, problems, steps of a self-test, refusals.

They are plain English f-strings, for they are made where time counts, and long before anybody knows who reads them.
Read from the code here, each becomes a message with a context of its own, in which `%(name)s` stands for what the
f-string inserts; by that message a page finds again what a kept text was made of (dashboard.recall). A condition
within a text makes two messages of it.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import islice, product
from pathlib import Path

# Where such texts are made, below collector/.
_SOURCES = (
    *("auth/*.py", "counting/assign.py", "ingest.py", "report/*.py", "report/normalise/*.py", "resolver.py"),
    *("monitor/[a-o]*.py", "monitor/policy.py", "monitor/[q-z]*.py", "monitor/probe/*.py"),
    *("receive/https/intake.py", "receive/imap/reader.py", "unreachable.py"),
    *("setup/live.py", "setup/look.py", "setup/mail_way.py", "setup/post_way.py", "setup/self_test.py"),
    *("store/accounts.py", "store/domains.py", "store/group.py", "store/hosted.py", "store/kept.py"),
    *("store/published.py", "store/tokens.py", "store/queries/common.py", "store/queries/narrowed.py"),
)
# What libraries and systems say, which stands within such texts.
_OTHERS = (
    *("certificate has expired", "certificate is not yet valid", "self-signed certificate"),
    *("self-signed certificate in certificate chain", "unable to get local issuer certificate"),
    *("unable to verify the first certificate", "certificate signature failure"),
    "Hostname mismatch, certificate is not valid for '%(host)s'.",
    "IP address mismatch, certificate is not valid for '%(address)s'.",
    *("Connection refused", "Connection reset by peer", "Connection timed out", "Network is unreachable"),
    *("No route to host", "Connection aborted", "Broken pipe", "Connection closed"),
    *("%(value)s is a required property", "%(value)s is not of type %(type)s", "%(value)s is not one of %(words)s"),
    *("%(value)s is too short", "%(value)s is too long", "%(value)s should be non-empty"),
    "%(value)s is less than the minimum of %(least)s",
    "%(value)s is greater than the maximum of %(most)s",
    "%(value)s is not one of %(words)s or %(n)s other candidates",
    "Error %(code)s while decompressing data: %(what)s",
    *("unknown compression method", "incorrect header check", "incorrect data check", "invalid block type"),
    "invalid stored block lengths",
    *("The DNS operation timed out.", "The resolution lifetime expired after %(seconds)s seconds"),
)
# How far a session with an MX host came: single words, which are no prose elsewhere.
_STAGES = ("connection", "greeting")
# How texts of ours are put together where no word stands between them.
GLUE = ("%(text)s. %(effect)s", "%(where)s: %(what)s")
# Calls whose texts are kept nowhere, or are messages already.
_ELSEWHERE = re.compile(
    r".*\.(startswith|endswith)|log\.\w+|re\.compile|say|say_n|text|literal_column|ConfigurationError|RuntimeError|getattr"
)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_RECORD = re.compile(r"[\w-]+[:=] ?\S*(; ?[\w-]+=\S*)*")
_WORD = re.compile(r"[(\"']?[A-Za-z][A-Za-z'/-]+[)\"']?[,.;:?]?")
_MOST = 16  # messages of one text


def messages() -> Iterator[tuple[str, str]]:
    """(path, message) of every text that is kept, in the order of the code."""
    root = Path(__file__).parent.parent
    yield from (("docs/kept_texts.py", message) for message in (*_OTHERS, *_STAGES, *GLUE))
    for pattern in _SOURCES:
        for path in sorted((root / "collector").glob(pattern)):
            name = path.relative_to(root).as_posix()
            yield from ((name, message) for message in messages_of(path.read_text(encoding="utf-8")))


def messages_of(source: str) -> Iterator[str]:
    """Those of one module, each once."""
    tree = ast.parse(source)
    reader = _Reader(tree)
    reader.visit(tree)
    found = [message for node, told in reader.texts if node not in reader.used for message in told]
    yield from dict.fromkeys(message for message in found if _is_prose(message))


def _is_prose(message: str) -> bool:
    """Some words, one of them in lower case; no name, and no line of a record or a policy."""
    if " " not in message or _RECORD.fullmatch(message):
        return False
    words = [word for word in _PLACEHOLDER.sub(" ", message).split() if _WORD.fullmatch(word)]
    return any(word.islower() for word in words)


class _Reader(ast.NodeVisitor):
    """Gathers the texts of a module; `used` are those that stand within others."""

    def __init__(self, tree: ast.Module) -> None:
        self.texts: list[tuple[ast.expr, list[str]]] = []
        self.used: set[ast.expr] = set()
        self._names: dict[str, ast.expr] = _assigned(tree.body)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outside = self._names
        self._names = {**outside, **_assigned(node.body)}
        for statement in node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body:
            self.visit(statement)
        self._names = outside

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - names of ast

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # else a docstring
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """What is compared is said to nobody."""

    def visit_Call(self, node: ast.Call) -> None:
        if not _ELSEWHERE.fullmatch(ast.unparse(node.func)):
            self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Add) and any(_is_text(part) for part in (node.left, node.right)):
            self._take(node)
        else:
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._take(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._take(node)

    def _take(self, node: ast.expr) -> None:
        """A text has more than one message if a condition stands in it."""
        self.texts.append((node, [_named(parts) for parts in islice(self._choices(node), _MOST)]))

    def _choices(self, node: ast.expr) -> Iterator[Sequence[ast.expr | str]]:
        """What it can consist of: literal text, and expressions that are inserted."""
        match node:
            case ast.Constant(value=str(text)):
                yield (text,)
            case ast.JoinedStr(values=values):
                for parts in product(*(list(self._choices(value)) for value in values)):
                    yield [each for part in parts for each in part]
            case ast.FormattedValue(value=value, conversion=-1):
                yield from self._inserted(value)
            case ast.FormattedValue(value=value):
                yield (value,)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                for first, second in product(list(self._inserted(left)), list(self._inserted(right))):
                    yield (*first, *second)
            case _:
                yield (node,)

    def _inserted(self, node: ast.expr, *, is_part: bool = True) -> Iterator[Sequence[ast.expr | str]]:
        """An inserted expression; one that is a choice of texts is each of them. A name may also be told alone."""
        match node:
            case _ if _is_text(node):
                if is_part:
                    self.used.add(node)
                yield from self._choices(node)
            case ast.IfExp(body=one, orelse=other) if _is_text(one) or _is_text(other):
                yield from self._inserted(one, is_part=is_part)
                yield from self._inserted(other, is_part=is_part)
            case ast.BoolOp(op=ast.Or(), values=[given, ast.Constant(value=str(text)) as default]):
                self.used.add(default)
                yield (given,)
                yield (text,)
            case ast.Name(id=name) if name in self._names:
                yield from self._inserted(self._names[name], is_part=False)
            case _:
                yield (node,)


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
    return False


def _is_choice(node: ast.expr) -> bool:
    return any(map(_is_text, (node.body, node.orelse))) if isinstance(node, ast.IfExp) else _is_text(node)


def _assigned(body: Sequence[ast.stmt]) -> dict[str, ast.expr]:
    """Names that are given a text once and nothing else in these statements or within them."""
    found: dict[str, list[ast.expr]] = {}
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    found.setdefault(name, []).append(value)
    return {
        name: values[0]
        for name, values in found.items()
        if len(values) == 1
        and all(not isinstance(node, ast.Name) or node.id != name for node in ast.walk(values[0]))
        and _is_choice(values[0])
    }


def _named(parts: Sequence[ast.expr | str]) -> str:
    """A message of its parts."""
    taken: dict[str, int] = {}
    told = []
    for part in parts:
        if isinstance(part, str):
            told.append(part.replace("%", "%%"))
            continue
        name = _name(part)
        taken[name] = taken.get(name, 0) + 1
        told.append(f"%({name}{taken[name] if taken[name] > 1 else ''})s")
    return "".join(told).strip()


def _name(node: ast.expr) -> str:
    """A word for what is inserted, from how it is written."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower() or "value"
        case ast.Call(args=[first, *_]):
            return _name(first)
        case ast.Call(func=func):
            return _name(func.value if isinstance(func, ast.Attribute) else func)
        case ast.Subscript(value=value) | ast.BinOp(left=value) | ast.BoolOp(values=[value, *_]):
            return _name(value)
    return "value"
