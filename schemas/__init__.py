"""The two JSON Schemas (draft 2020-12) of a report.

tlsrpt-report          RFC 8460 with erratum 6241, to the letter: what departs from it is a finding
tlsrpt-report-accept   what a report needs at least to be counted: what departs from it is refused
"""

import json
from importlib.resources import files
from typing import Any

NAMES = ("tlsrpt-report", "tlsrpt-report-accept")


def load(name: str) -> dict[str, Any]:
    """The schema of that name (one of NAMES) as a dict. KeyError if there is none."""
    if name not in NAMES:
        raise KeyError(name)
    schema: dict[str, Any] = json.loads((files(__name__) / f"{name}.schema.json").read_bytes())
    return schema
