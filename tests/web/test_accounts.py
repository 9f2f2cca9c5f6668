"""Users, tokens and the session key in the store, on both databases."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import StoreUnavailable, UsageError
from collector.store import accounts
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
    accounts.add_token(engine, "ci", scope="read", token_hash=b"1" * 32, now=NOW)
    with pytest.raises(UsageError, match="there is a user 'ada' already"):
        add(engine, "ada")
    with pytest.raises(UsageError, match="there is a token 'ci' already"):
        accounts.add_token(engine, "ci", scope="read", token_hash=b"2" * 32, now=NOW)


def test_nothing_to_remove(engine: Engine) -> None:
    with pytest.raises(UsageError, match="there is no user 'ada'"):
        accounts.remove_user(engine, "ada")
    with pytest.raises(UsageError, match="there is no token 'ci'"):
        accounts.remove_token(engine, "ci")


def test_tokens(engine: Engine) -> None:
    ends = NOW + timedelta(days=30)
    forever = accounts.add_token(engine, "b", scope="read", token_hash=b"1" * 32, now=NOW)
    bounded = accounts.add_token(engine, "a", scope="write", token_hash=b"2" * 32, expires_at=ends, now=NOW)
    assert accounts.tokens(engine) == (bounded, forever)
    assert accounts.token_with_hash(engine, b"1" * 32, now=NOW + timedelta(days=10_000)) == forever
    assert accounts.token_with_hash(engine, b"2" * 32, now=ends - timedelta(microseconds=1)) == bounded
    assert accounts.token_with_hash(engine, b"2" * 32, now=ends) is None
    assert accounts.token_with_hash(engine, b"3" * 32, now=NOW) is None
    accounts.remove_token(engine, "b")
    assert accounts.token_with_hash(engine, b"1" * 32, now=NOW) is None


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
