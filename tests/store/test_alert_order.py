"""The order of alerts, whatever the order they opened in: what is urgent first, and each once over all pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from collector.alert_rules import RULES
from collector.errors import UsageError
from collector.store.alerts import Opened, write
from collector.store.queries.alerts import alerts
from collector.store.queries.common import encode_cursor
from tests.support import alerting
from tests.support.collector import NOW, Collector

# An alert each, in the order in which they open; those in brackets are over by now. An older version had `of_old`.
OPENED = ("quarantine", "[held_back]", "held_back", "of_old", "certificate", "[quarantine]", "held_back", "new_failure")
# The number is that of the alert.
SHOWN = ["held_back 6", "held_back 2", "certificate 4", "new_failure 7", "quarantine 0", "of_old 3"]
OVER = ["quarantine 5", "held_back 1"]


@dataclass
class Given:
    engine: Engine
    names: dict[object, str]

    def shown(self, state: str | None, limit: int = 100) -> Iterator[str]:
        """All pages, one after the other."""
        cursor = None
        while True:
            page = alerts(self.engine, state=state, limit=limit, cursor=cursor)
            yield from (self.names[row.id] for row in page.items)
            cursor = page.next
            if cursor is None:
                return


@pytest.fixture
def given(engine: Engine) -> Given:
    Collector(engine).add("example.com")
    names: dict[object, str] = {}
    for number, word in enumerate(OPENED):
        at, rule = NOW + timedelta(minutes=number), word.strip("[]")
        if rule in RULES:
            alert_id = alerting.open_one(engine, rule, at, subject=str(number), told=False)
        else:
            alert_id = uuid4()
            write(engine, at, opened=[Opened(alert_id, "example.com", rule, "", 1, {}, notices=())])
        if word != rule:
            alerting.close(engine, alert_id, at)
        names[alert_id] = f"{rule} {number}"
    return Given(engine, names)


@pytest.mark.parametrize(("state", "expected"), [("open", SHOWN), ("closed", OVER), (None, SHOWN + OVER)])
def test_what_is_urgent_stands_first_then_what_opened_last(
    given: Given, state: str | None, expected: list[str]
) -> None:
    for limit in (100, 1, 2, 3):
        assert list(given.shown(state, limit)) == expected, limit


def test_one_that_ends_between_two_pages_hides_no_other(given: Given) -> None:
    first = alerts(given.engine, state="open", limit=2)
    alerting.close(given.engine, first.items[1].id, NOW + timedelta(hours=1))
    rest = alerts(given.engine, state="open", cursor=first.next)
    assert [given.names[row.id] for row in rest.items] == SHOWN[2:]


_ID = "01a20f07-1a44-77e5-8f7a-8d85aae08c6b"


@pytest.mark.parametrize("text", ["", "0", "x 1", f"99 {_ID}", f"-1 {_ID}", "0 x", _ID, "٣ x"])
def test_what_is_no_cursor_is_refused(given: Given, text: str) -> None:
    with pytest.raises(UsageError):
        alerts(given.engine, cursor=encode_cursor(text))
