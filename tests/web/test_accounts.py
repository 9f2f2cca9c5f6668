"""Users, tokens and the session key in the store, on both databases."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import StoreUnavailable, UsageError
from collector.store import accounts, audit, sessions, tokens
from collector.store.engine import Engine, open_engine
from collector.store.queries.counts import counts
from tests.web import world

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def add(engine: Engine, name: str, *limited_to: str) -> accounts.User:
    return accounts.add_user(engine, name, role="viewer", password_hash="$argon2id$", domains=limited_to, now=NOW)


def test_users(engine: Engine) -> None:
    assert not accounts.any_user(engine)
    grace = add(engine, "grace", "b.example", "a.example", "b.example")
    ada = add(engine, "ada")
    assert accounts.any_user(engine)
    assert accounts.users(engine) == (ada, grace)
    assert grace.domains == ("a.example", "b.example")
    assert accounts.user_named(engine, "grace") == grace
    assert accounts.user_with_id(engine, grace.id) == grace
    accounts.remove_user(engine, "grace")
    assert accounts.user_named(engine, "grace") is None
    assert accounts.user_with_id(engine, grace.id) is None


def test_names_are_unique(engine: Engine) -> None:
    add(engine, "ada")
    tokens.add(engine, "ci", scope="read", token_hash=b"1" * 32, now=NOW)
    with pytest.raises(UsageError, match="there is a user 'ada' already"):
        add(engine, "ada")
    with pytest.raises(UsageError, match="there is a token 'ci' already"):
        tokens.add(engine, "ci", scope="read", token_hash=b"2" * 32, now=NOW)


def test_nothing_to_remove(engine: Engine) -> None:
    with pytest.raises(UsageError, match="there is no user 'ada'"):
        accounts.remove_user(engine, "ada")
    with pytest.raises(UsageError, match="there is no token 'ci'"):
        tokens.remove(engine, "ci")


def test_tokens(engine: Engine) -> None:
    ends = NOW + timedelta(days=30)
    forever = tokens.add(engine, "b", scope="read", token_hash=b"1" * 32, now=NOW)
    bounded = tokens.add(engine, "a", scope="write", token_hash=b"2" * 32, expires_at=ends, now=NOW)
    assert tokens.tokens(engine) == (bounded, forever)
    assert tokens.with_hash(engine, b"1" * 32, now=NOW + timedelta(days=10_000)) == forever
    assert tokens.with_hash(engine, b"2" * 32, now=ends - timedelta(microseconds=1)) == bounded
    assert tokens.with_hash(engine, b"2" * 32, now=ends) is None
    assert tokens.with_hash(engine, b"3" * 32, now=NOW) is None
    for later, used in ((0, NOW), (59, NOW), (61, NOW + timedelta(seconds=61))):
        tokens.note_use(engine, tokens.tokens(engine)[0], NOW + timedelta(seconds=later))
        assert tokens.tokens(engine)[0].last_used_at == used
    assert tokens.add(engine, "c", scope="read", token_hash=b"4" * 32, domains=["b.example", "a.example"], now=NOW) == (
        tokens.with_hash(engine, b"4" * 32, now=NOW)
    )
    tokens.remove(engine, "b")
    assert tokens.with_hash(engine, b"1" * 32, now=NOW) is None


def test_sessions_are_as_good_as_their_user(engine: Engine) -> None:
    ada, grace = add(engine, "ada"), add(engine, "grace", "a.example")
    until = NOW + timedelta(hours=1)

    def begin(secret: bytes, user: accounts.User) -> None:
        sessions.begin(
            engine, secret, user_id=user.id, name=user.name, now=NOW, ends_at=until, address="192.0.2.1", browser="B"
        )

    for number, user in enumerate((ada, ada, grace)):
        begin(bytes([number]) * 32, user)
    sessions.begin(
        engine, b"p" * 32, name="ada", role="admin", domains=(), now=NOW, ends_at=until, address="", browser=""
    )
    found = sessions.find(engine, b"\2" * 32, now=NOW)
    assert found is not None
    assert (found.name, found.role, found.domains, found.address) == ("grace", "viewer", ("a.example",), "192.0.2.1")
    assert sessions.find(engine, b"\2" * 32, now=until) is None
    first = sessions.find(engine, b"\0" * 32, now=NOW)
    assert first is not None
    assert [each.user_id for each in sessions.of(engine, first, now=NOW)] == [ada.id, ada.id]  # not the provider's ada
    accounts.change_user(engine, "grace", role="operator")
    assert sessions.find(engine, b"\2" * 32, now=NOW) is None
    assert sessions.end_all(engine, first) == 2
    begin(b"4" * 32, ada)
    accounts.remove_user(engine, "ada")
    (left,) = sessions.every(engine, now=NOW, limit=10)
    assert (left.user_id, left.role) == (None, "admin")
    assert sessions.end(engine, left.id) == left
    assert sessions.end(engine, left.id) is None


def test_audit_pages_and_ends(engine: Engine) -> None:
    for number in range(5):
        at = NOW + timedelta(days=number)
        audit.record(engine, audit.By("ada", "password", "192.0.2.1"), "login", f"\0{number}\ud800", now=at)
    audit.record(engine, audit.COMMAND, "user_added", "x", now=NOW, details={"role": "a" * 2000})
    page = audit.entries(engine, action="login", limit=3)
    assert [entry.subject for entry in page.items] == ["\ufffd4?", "\ufffd3?", "\ufffd2?"]
    assert [entry.subject for entry in audit.entries(engine, action="login", limit=3, cursor=page.next).items] == [
        "\ufffd1?",
        "\ufffd0?",
    ]
    (told,) = audit.entries(engine, actor="command").items
    assert len(told.details["role"]) == 1000
    assert audit.expire(engine, NOW + timedelta(days=3), pause=lambda: None) == 4
    assert len(audit.entries(engine).items) == 2
    with pytest.raises(UsageError):
        audit.entries(engine, cursor="x")


def test_every_process_gets_the_same_secret(engine: Engine) -> None:
    found: list[bytes] = []
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        found.append(accounts.secret(engine, "session", now=NOW))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 4
    assert len(found[0]) == 32
    assert accounts.secret(engine, "other", now=NOW) != found[0]


def test_database_away() -> None:
    engine = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable):
        accounts.any_user(engine)


def test_counts(engine: Engine) -> None:
    assert counts(engine, now=NOW).last_delivery is None
    world.fill(engine)
    found = counts(engine, now=world.NOW)
    assert found.domains == {"enforce": 1, "testing": 1, "unknown": 1}
    assert found.reports == {"stored": 3, "duplicate": 1, "unassigned": 1}
    assert found.deliveries == {"stored": 3, "duplicate": 1, "unassigned": 1, "quarantined": 1}
    assert found.last_delivery == world.NOW - timedelta(hours=1)
    # The policy is in force for its max_age after the last look that found it, and no longer.
    assert counts(engine, now=world.NOW + timedelta(days=7)).domains == {"enforce": 1, "testing": 1, "unknown": 1}
    assert counts(engine, now=world.NOW + timedelta(days=8)).domains == {"unknown": 3}
