"""The effective configuration, as pages and API show it."""

from collector.settings import shown
from dashboard.web import state


def configuration_lines() -> list[tuple[str, str, str, str, str]]:
    """(section, key, text in force with secrets hidden, source or "", variable) of every setting."""
    return [
        (each.row.section, each.row.key, shown.text(each), each.source, each.row.variable) for each in state.given()
    ]
