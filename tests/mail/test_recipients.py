"""Who gets which mail: settings and dashboard together, and those who want none."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from collector import settings
from collector.errors import UsageError
from collector.store import recipients as store
from collector.store.recipients import Kept
from dashboard.mail.recipients import Recipient, merged, recipients
from dashboard.mail.unsubscribing import Tokens

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ADA = Kept("ada@example.net", (), None, True, False, False, NOW)


def loaded(**more: str) -> settings.Settings:
    return settings.load(environ={}, overrides={name.replace("__", "."): value for name, value in more.items()})


def told(*people: Recipient) -> list[str]:
    return [f"{one.address} {'+'.join(one.domains) or '*'} {one.language} {one.only_if_needed}" for one in people]


# What the settings name, what the dashboard keeps, and who gets the summary from both.
MERGED = [
    ("", [], []),
    ("Ada@Example.NET", [], ["ada@example.net * en False"]),
    ("ops@bücher.example", [], ["ops@xn--bcher-kva.example * en False"]),
    ("b@example.net,a@example.net=example.com", [], ["a@example.net example.com en False", "b@example.net * en False"]),
    ("a@example.net=example.com,A@example.net=example.org", [], ["a@example.net example.com+example.org en False"]),
    ("a@example.net=example.com,a@example.net", [], ["a@example.net * en False"]),
    ("", [ADA], ["ada@example.net * en False"]),
    ("", [replace(ADA, language="ja", only_if_needed=True)], ["ada@example.net * ja True"]),
    ("ada@example.net=example.com", [ADA], ["ada@example.net * en False"]),
    ("ada@example.net", [replace(ADA, domains=("example.org",))], ["ada@example.net example.org en False"]),
    ("ada@example.net", [replace(ADA, gets_summary=False)], []),
]


@pytest.mark.parametrize(("named", "kept", "expected"), MERGED)
def test_both_lists_as_one(named: str, kept: list[Kept], expected: list[str]) -> None:
    found = loaded(summary__recipients=named)
    assert told(*merged(found, "summary", found.summary.recipients, kept)) == expected


def test_the_settings_say_what_a_row_does_not() -> None:
    found = loaded(summary__recipients="a@example.net", summary__language="ja", summary__only_if_needed="yes")
    assert told(*merged(found, "summary", found.summary.recipients, [ADA])) == [
        "a@example.net * ja True",
        "ada@example.net * ja False",
    ]


def test_each_kind_has_its_own_recipients(engine: Engine) -> None:
    given = loaded(summary__recipients="a@example.net", alerts__recipients="b@example.net")
    store.add(engine, replace(ADA, gets_summary=False, gets_alerts=True))
    assert [one.address for one in recipients(engine, given, "summary", now=NOW)] == ["a@example.net"]
    assert [one.address for one in recipients(engine, given, "alerts", now=NOW)] == ["ada@example.net", "b@example.net"]


def test_who_wants_none_gets_none_of_that_kind_whoever_names_him(engine: Engine) -> None:
    given = loaded(summary__recipients="a@example.net", alerts__recipients="a@example.net")
    assert store.unsubscribe(engine, "a@example.net", "summary", NOW)
    assert not store.unsubscribe(engine, "a@example.net", "summary", NOW)
    assert recipients(engine, given, "summary", now=NOW) == ()
    assert len(recipients(engine, given, "alerts", now=NOW)) == 1
    assert store.unsubscribed(engine) == {("a@example.net", "summary"): NOW}
    assert store.subscribe(engine, "a@example.net", "summary")
    assert not store.subscribe(engine, "a@example.net", "summary")
    assert len(recipients(engine, given, "summary", now=NOW)) == 1


def test_rows_are_added_changed_and_removed(engine: Engine) -> None:
    store.add(engine, replace(ADA, domains=("b.example", "a.example", "b.example")))
    with pytest.raises(UsageError, match=r"there is a recipient 'ada@example\.net' already"):
        store.add(engine, ADA)
    assert store.kept(engine) == (replace(ADA, domains=("a.example", "b.example")),)
    changed = replace(ADA, language="ja", gets_alerts=True, created_at=NOW.replace(year=2027))
    store.change(engine, changed)
    assert store.kept(engine) == (replace(changed, created_at=NOW),)
    store.remove(engine, ADA.address)
    assert store.kept(engine) == ()
    for refused in (lambda: store.change(engine, ADA), lambda: store.remove(engine, ADA.address)):
        with pytest.raises(UsageError, match="there is no recipient"):
            refused()


@pytest.mark.parametrize(
    "text", ["", "ada", "ada@", "a b@example.net", "a@b@c", "x" * 320 + "@example.net", "a\0@b.example"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="is no mail address"):
        store.normal(text)


def test_the_link_that_unsubscribes(engine: Engine) -> None:
    given = loaded(summary__recipients="a@example.net", web__public_url="https://tls.example.com/sub/")
    [one] = recipients(engine, given, "summary", now=NOW)
    assert one.unsubscribe is not None
    prefix, _, token = one.unsubscribe.rpartition("/")
    assert prefix == "https://tls.example.com/sub/unsubscribe"
    assert Tokens(engine, NOW).read(token) == ("summary", "a@example.net")
    assert recipients(engine, given, "summary", now=NOW) == (one,)  # the same in every attempt
    [without] = recipients(engine, loaded(summary__recipients="a@example.net"), "summary", now=NOW)
    assert without.unsubscribe is None


def test_nobody_makes_a_token_but_us(sqlite_engine: Engine) -> None:
    tokens = Tokens(sqlite_engine, NOW)
    token = tokens.token("alerts", "прове́рка@example.net")
    assert tokens.read(token) == ("alerts", "прове́рка@example.net")
    flipped = [f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}" for at in range(len(token) - 1)]
    for other in (*flipped, "", "A", "====", "é", "x" * 5000, token[4:], token + "AAAA", f"{token}\n"):
        assert tokens.read(other) is None, other
