"""docs/mx-hosts.md has a row for each problem that a look at a host can find, and for no other."""

import re
from pathlib import Path

import collector.monitor.probe

ROOT = Path(__file__).parents[2]
FOLDER = Path(collector.monitor.probe.__file__).parent
# The code is the first argument, of Problem or of Fault.
CODE = re.compile(r'(?:Problem|Fault)\(\s*"([a-z0-9_]+)"|code = "([a-z_]+)"(?: if .* else "([a-z_]+)")?')


def test_every_problem_is_explained() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    codes = {code for match in CODE.finditer(source) for code in match.groups() if code}
    page = (ROOT / "docs" / "mx-hosts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9_]+)` \| (?:error|warning) \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(codes)
