"""Figures do not depend on the order of things (rules 3 and 9): whatever was added, learned or sent when, they are those
of a fresh database that had known all of today's domains before the first delivery came.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, Table, select

from collector import settings as product
from collector.adopt import work_off_all
from collector.auth import Authentication
from collector.auth.key_record import Key, NoKey, choose
from collector.delivery import Envelope, Reason
from collector.ingest import ingest
from collector.monitor.model import Observation, StsPolicy
from collector.recount import recount
from collector.retry import Reader, retry
from collector.settings import Limits
from collector.store import commit, domains, kept, published, queries
from collector.store.domains import Snapshot
from collector.store.engine import reading
from collector.store.tables import ROLLUPS, delivery_part, domain, report
from tests.store.fresh import Arrived, Fresh, Result, Said
from tests.support.mails import rsa_key, sign
from tests.support.processes import tlsrpt
from tests.support.reports import mail, policy_result, to_json
from tests.support.reports import report as made

LIMITS = Limits()
D, E, MX1, MX2, PROVIDER = "d.example", "e.example", "mx1.d.example", "mx2.d.example", "mx.provider.example"
SIGNER, OTHER = "bigmail.example", "mallory.example"
KEY = rsa_key()
UNSIGNED = Reason("dkim_missing", "no signature")


class World:
    """The product over a database, and the model beside it; the same happens to both."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.fresh, self.snapshot = engine, Fresh(), Snapshot()

    def take(
        self,
        said: Said,
        *,
        hint: str | None = D,
        signer: str | None = None,
        quarantined: bool = False,
        signed: bool = False,
        channel: str = "smtp",
    ) -> str:
        """`signer`: whose signature was found good on arrival. `signed`: there is one, whose key is there later only."""
        document = document_of(said)
        raw = to_json(document) if hint is None else mail(document, domain=hint, submitter=said.contact)
        if signed and hint is not None:
            raw = sign(raw, SIGNER, "s1", KEY)
        found = Authentication(signer, None if signer else UNSIGNED)
        channel = channel if hint else "https"
        now = datetime.now(UTC)
        read = ingest(raw, Envelope(channel), now, limits=LIMITS, dkim="record", authenticate=lambda *_: found)
        if quarantined:
            read = replace(read, reason=UNSIGNED)
        [stored] = commit.commit(self.engine, [read], self.snapshot)
        self.fresh.take(Arrived(read.id, now, said, hint, signer if hint else None, quarantined))
        return stored.outcome

    def add(self, name: str) -> None:
        domains.add(self.engine, [name])
        self.fresh.known.add(name)

    def remove(self, name: str) -> None:
        domains.remove(self.engine, name)
        self.fresh.known.discard(name)

    def learn(self, name: str, *hosts: str) -> None:
        """The monitor finds MX hosts of a known domain."""
        now = datetime.now(UTC)
        seen = Observation(now, "1", StsPolicy("enforce", 604800, hosts, "made"), mx_hosts=hosts)
        domain_id = queries.find_domain(self.engine, name)
        assert domain_id is not None
        published.record(self.engine, domain_id, seen, now + timedelta(days=1))
        self.fresh.mx_seen(name, hosts, now)

    def retry(self) -> None:
        """Everything that is open, with the key in DNS."""
        reader = Reader(product.load(environ={}, overrides={"auth.dkim": "record"}), Keys())
        for retried in retry(self.engine, reader, kept.open_ones(self.engine)):
            self._retried(retried.row)

    def _retried(self, row: queries.DeliveryRow) -> None:
        [one] = [one for one in self.fresh.arrived if one.id == row.id]
        was = one.signer
        one.signer = row.reporter if row.authenticated else None
        if one.is_quarantined or (one.signer and not was and one.original is None and not one.lent_by):
            self.fresh.enter(one)

    def settle(self) -> None:
        work_off_all(self.engine, limits=LIMITS, pause=lambda seconds: None)

    def check(self) -> None:
        rows = {table.name: dict(rows_of(self.engine, table)) for table in ROLLUPS}
        assert rows == self.fresh.rollups()
        found = queries.deliveries(self.engine, limit=1000).items
        outcomes = {row.id: (row.outcome, {part.domain: part.outcome for part in row.parts}) for row in found}
        assert outcomes == self.fresh.outcomes()
        assert counted(self.engine) == {(one.id, name, one.sender) for one, name, _ in self.fresh.counted()}
        assert pointing_nowhere(self.engine) == []

    def prove(self) -> None:
        """Counting afresh, as the scheduler does at night, finds the same."""
        for name in sorted(self.fresh.known):
            domain_id = queries.find_domain(self.engine, name)
            assert domain_id is not None
            now = datetime.now(UTC)
            found = recount(
                self.engine, domain_id, name, limits=LIMITS, is_check=True, now=now, pause=lambda seconds: None
            )
            assert list(found) == []


class Keys:
    def get(self, name: str) -> Key | NoKey:
        return choose([KEY.record().encode()]) if name == f"s1._domainkey.{SIGNER}" else NoKey("is not published")

    def peek(self, name: str) -> bool:
        return True


def document_of(said: Said) -> dict[str, Any]:
    entries = []
    for result in said.results:
        details = [
            {"result-type": kind, "failed-session-count": count, **({"receiving-mx-hostname": mx} if mx else {})}
            for kind, mx, count in result.details
        ]
        entry = policy_result(
            result.name or "",
            policy_type=result.kind,
            mx=result.mx,
            successful=result.good,
            failed=result.bad,
            details=details,
        )
        if result.name is None:
            del entry["policy"]["policy-domain"]
        entries.append(entry)
    document = made(entries, day=said.day, report_id=said.report_id, contact=f"tls@{said.contact}")
    return document | {"organization-name": said.organization}


def rows_of(engine: Engine, table: Table) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
    """The rows of a rollup by what tells them apart, under the domain's name."""
    with reading(engine) as connection:
        found = connection.execute(
            select(domain.c.name, table).join(table, table.c.domain_id == domain.c.domain_id)
        ).all()
    for row in found:
        head = (row.name, row.day.isoformat(), bool(row.authenticated))
        match table.name:
            case "rollup_day":
                yield head, [row.reports, row.successful, row.failed, row.last_received]
            case "rollup_type":
                yield (*head, row.policy_type, row.mode), [row.results, row.successful, row.failed]
            case "rollup_reporter":
                counts = [row.reports, row.successful, row.failed, row.last_received, row.organization]
                yield (*head, row.reporter), counts
            case "rollup_mx":
                yield (*head, row.mx), [row.failed, row.successful, row.attributable]
            case "rollup_failure":
                yield (*head, row.result_type, row.mx or "", row.reporter, row.mode), [row.details, row.failed]
            case "rollup_policy":
                yield (*head, row.reporter, row.mode, tuple(row.mx)), [row.results, row.sessions]


def counted(engine: Engine) -> set[tuple[UUID, str, tuple[bool, str]]]:
    """The reports that count: delivery, domain, sender."""
    query = select(report.c.delivery_id, domain.c.name, report.c.authenticated, report.c.reporter)
    with reading(engine) as connection:
        rows = connection.execute(query.join(domain, domain.c.domain_id == report.c.domain_id)).all()
    return {(row.delivery_id, row.name, (bool(row.authenticated), row.reporter)) for row in rows}


def pointing_nowhere(engine: Engine) -> list[Any]:
    """Parts that lead to a report that is not there, and contradictions that lead to none."""
    there = select(report.c.report_id)
    part = delivery_part.c
    lost = part.report_id.is_not(None) & part.report_id.not_in(there)
    with reading(engine) as connection:
        query = select(part.name, part.outcome).where(lost | ((part.outcome == "conflict") & part.report_id.is_(None)))
        return list(connection.execute(query).all())


# The 24 orders.

MOX = Said(
    (
        Result("sts", D, 3, 1, mx=(MX1,), details=(("certificate-expired", MX1, 1),)),
        Result("tlsa", MX1, 5, 2, details=(("tlsa-invalid", MX1, 2),)),
        Result("sts", E, 7, 0, mx=("mx.e.example",)),
    ),
    *("id-1", "2026-11-20", "mox.example", "Mox Example"),
)
DOMAINS = (D, MX1, E)
# Which domains come before the report, in which order, and which after.
ORDERS = [(order[:cut], order[cut:]) for order in permutations(DOMAINS) for cut in range(4)]


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


@pytest.mark.parametrize(("before", "after"), ORDERS, ids=lambda names: "+".join(names) or "-")
def test_three_domains_before_or_after_the_report_in_every_order(
    world: World, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    for name in before:
        world.add(name)
    first = world.take(MOX)
    assert first == ("stored" if before else "unassigned")
    for name in after:
        assert world.take(MOX) == "duplicate"
        world.add(name)
        world.settle()
        world.check()
    assert world.take(MOX) == "duplicate"
    assert {name: totals(world.engine, name) for name in DOMAINS} == {D: (3, 1), MX1: (5, 2), E: (7, 0)}
    world.check()


def totals(engine: Engine, name: str) -> tuple[int, int]:
    with reading(engine) as connection:
        rows = dict(rows_of(engine, ROLLUPS[0]))
        assert connection is not None
    return sum(row[1] for key, row in rows.items() if key[0] == name), sum(
        row[2] for key, row in rows.items() if key[0] == name
    )


# Anything, in any order.

# Few of everything: what matters happens where things meet.
RESULTS = (
    Result("sts", D, 3, 1, mx=(MX1,), details=(("certificate-expired", MX1, 1),)),
    Result("sts", D, 4, 0, mx=(MX1, MX2)),
    Result("sts", E, 7, 2, mx=("*.e.example",), details=(("certificate-expired", "mx.e.example", 1),)),
    Result("sts", MX1, 2, 0, mx=(MX1,)),
    Result("sts", None, 1, 0, mx=(MX1,)),
    Result("tlsa", D, 3, 1),
    Result("tlsa", MX1, 5, 2, details=(("tlsa-invalid", MX1, 2),)),
    Result("tlsa", MX2, 0, 0, details=(("tlsa-invalid", MX2, 0),)),
    Result("tlsa", PROVIDER, 6, 1, details=(("tlsa-invalid", PROVIDER, 1), ("dnssec-invalid", "", 1))),
    Result("no-policy-found", E, 8, 0),
)
reports = st.builds(
    Said,
    st.lists(st.sampled_from(RESULTS), min_size=1, max_size=3).map(tuple) | st.just(()),
    st.sampled_from(["id-1", "id-1", "id-1", f"2_{E}"]),
    st.sampled_from(["2026-11-20", "2026-11-20", "2026-11-20", "2026-11-21"]),
    st.sampled_from([SIGNER, SIGNER, "small.example"]),
    st.sampled_from(["Big Mail", "Bigger Mail", None]),
)
hints = st.sampled_from([D, D, E, "provider.example", None])
signers = st.sampled_from([None, None, SIGNER, SIGNER, OTHER])
channels = st.sampled_from(["smtp", "lmtp", "imap", "import"])  # without a mail around it, it is a POST
names = st.sampled_from([D, D, E, MX1, "provider.example"])


def other(said: Said) -> Said:
    """Other content under the same key."""
    first, *more = said.results
    return replace(said, results=(replace(first, good=first.good + 1), *more))


class Machine(RuleBasedStateMachine):
    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.engine)
        self.is_settled = True

    @initialize(known=st.sets(names), first=st.lists(st.tuples(reports, hints, signers), min_size=4, max_size=8))
    def begin(self, known: set[str], first: list[tuple[Said, str | None, str | None]]) -> None:
        """With something that may meet: half of the first reports contradict the one before."""
        for name in sorted({D, *known}):
            self.world.add(name)
        for number, (said, hint, signer) in enumerate(first):
            if number % 2 and first[number - 1][0].results:
                said, hint, signer = first[number - 1]
                said = other(said)
            self.world.take(said, hint=hint, signer=signer)

    @rule(said=reports, hint=hints, signer=signers, channel=channels)
    def deliver(self, said: Said, hint: str | None, signer: str | None, channel: str) -> None:
        self.world.take(said, hint=hint, signer=signer, channel=channel)

    @precondition(lambda self: self.world.fresh.arrived)
    @rule(data=st.data(), hint=hints, signer=signers, channel=channels)
    def deliver_again(self, data: st.DataObject, hint: str | None, signer: str | None, channel: str) -> None:
        """The same, to the letter or under another mail and signature; a copy that is quarantined says nothing."""
        said = data.draw(st.sampled_from(self.world.fresh.arrived)).said
        self.world.take(said, hint=hint, signer=signer, channel=channel)

    @precondition(lambda self: any(one.said.results for one in self.world.fresh.arrived))
    @rule(data=st.data())
    def contradict(self, data: st.DataObject) -> None:
        """Other content under the same key."""
        one = data.draw(st.sampled_from([one for one in self.world.fresh.arrived if one.said.results]))
        self.world.take(other(one.said), hint=one.hint, signer=one.signer)

    @precondition(lambda self: any(one.hint and not one.signer for one in self.world.fresh.arrived))
    @rule(data=st.data(), signer=st.sampled_from([SIGNER, OTHER]))
    def lend(self, data: st.DataObject, signer: str) -> None:
        """A signed copy of what came unsigned."""
        one = data.draw(st.sampled_from([one for one in self.world.fresh.arrived if one.hint and not one.signer]))
        self.world.take(one.said, hint=one.hint, signer=signer)

    @rule(said=reports, hint=hints, is_signed=st.booleans(), quarantined=st.booleans())
    def deliver_while_keys_are_away(self, said: Said, hint: str | None, is_signed: bool, quarantined: bool) -> None:
        """Counted without authentication, or quarantined, until it is tried again."""
        said = replace(said, contact=SIGNER) if is_signed else said
        self.world.take(said, hint=hint, quarantined=quarantined, signed=is_signed)

    @rule(name=names, is_settled=st.booleans())
    def add(self, name: str, is_settled: bool) -> None:
        self.world.add(name)
        self.is_settled = False
        if is_settled:
            self.settle()

    @precondition(lambda self: self.world.fresh.known)
    @rule(data=st.data(), is_settled=st.booleans(), comes_back=st.booleans())
    def remove(self, data: st.DataObject, is_settled: bool, comes_back: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.world.fresh.known)))
        self.world.remove(name)
        self.is_settled = False
        if is_settled:
            self.settle()
        if comes_back:
            self.world.add(name)
            self.settle()

    @precondition(lambda self: self.world.fresh.known)
    @rule(data=st.data(), hosts=st.lists(st.sampled_from([MX1, MX2, PROVIDER]), min_size=1, max_size=2, unique=True))
    def learn(self, data: st.DataObject, hosts: list[str]) -> None:
        self.world.learn(data.draw(st.sampled_from(sorted(self.world.fresh.known))), *hosts)
        self.is_settled = False

    @rule()
    def settle(self) -> None:
        self.world.settle()
        self.is_settled = True

    @precondition(lambda self: self.is_settled)
    @rule()
    def retry(self) -> None:
        self.world.retry()

    @invariant()
    def all_is_as_if_counted_afresh(self) -> None:
        if not self.is_settled:
            return
        self.world.settle()  # what a copy lent to a report that others contradict
        self.world.check()

    def teardown(self) -> None:
        self.world.settle()
        self.world.check()
        self.world.prove()


EXAMPLES = int(os.environ.get("TLSRPT_TEST_EXAMPLES", "1"))


def run(opened: Any, examples: int) -> None:
    """`opened()` gives a fresh engine for each run of the machine."""

    class Here(Machine):
        def __init__(self) -> None:
            self.context = opened()
            self.engine = self.context.__enter__()
            super().__init__()

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                self.context.__exit__(None, None, None)

    how = settings(
        max_examples=examples * EXAMPLES,
        stateful_step_count=20,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        derandomize=EXAMPLES == 1,  # `make fuzz` looks elsewhere each time
    )
    run_state_machine_as_test(Here, settings=how)


@pytest.mark.timeout(900)  # however busy the machine is
def test_any_order_on_sqlite(sqlite_template: Path, tmp_path: Path) -> None:
    from shutil import copyfile

    from collector.store.engine import open_engine

    @contextmanager
    def opened() -> Iterator[Engine]:
        file = tmp_path / "run.db"
        copyfile(sqlite_template, file)
        engine = open_engine(f"sqlite:///{file}")
        try:
            yield engine
        finally:
            engine.dispose()
            for each in tmp_path.glob("run.db*"):
                each.unlink()

    run(opened, 25)


@pytest.mark.timeout(900)  # however busy the machine is
def test_any_order_on_postgresql(postgres_pool: Any) -> None:
    from collector.store.engine import open_engine

    @contextmanager
    def opened() -> Iterator[Engine]:
        url = postgres_pool.take()
        engine = open_engine(url)
        try:
            yield engine
        finally:
            engine.dispose()
            postgres_pool.give_back(url)

    run(opened, 10)


# What the command says.


def test_adding_a_domain_by_command_says_what_counts_now_and_for_whom_it_counted_before(tmp_path: Path) -> None:
    (tmp_path / "report.eml").write_bytes(mail(document_of(MOX), domain=D))
    other_day = replace(MOX, day="2026-11-21", results=MOX.results[:1])
    (tmp_path / "other.eml").write_bytes(mail(document_of(other_day), domain=D))
    assert tlsrpt("import", "report.eml", "other.eml", cwd=tmp_path).returncode == 0
    for names, lines in (
        ([D], [f"added {D}; 2 reports now count for {D}"]),
        (
            [MX1, E],
            [
                f"added {MX1}; 1 report now counts for {MX1}, 1 of them counted for {D} before",
                f"added {E}; 1 report now counts for {E}",
            ],
        ),
        ([MX1, "new.example"], [f"{MX1} was there already", "added new.example"]),
    ):
        done = tlsrpt("domain", "add", *names, cwd=tmp_path)
        assert (done.returncode, done.stdout.splitlines()) == (0, lines)
    again = tlsrpt("import", "report.eml", "other.eml", cwd=tmp_path)
    assert again.returncode == 0
    assert "duplicate" in again.stdout
    assert tlsrpt("domain", "remove", MX1, cwd=tmp_path).stdout == f"removed {MX1}\n"
    assert tlsrpt("db", "recount", "--check", cwd=tmp_path).returncode == 0
