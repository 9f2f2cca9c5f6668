"""Several programs with one database: a folder is read by one of them at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from collector.auth.key_record import Key, NoKey
from collector.errors import MailboxUnavailable
from collector.ids import new_id
from collector.receive.imap.fetch import LEASE
from collector.store import mailboxes
from collector.store.mailboxes import Folder, Progress
from tests.imap.mailbox import Mailbox, OneKey, mail
from tests.imap.test_put_off import signed
from tests.support.mails import rsa_key

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FOLDER = Folder("imap.example.net", "reports@example.com", "TLS ✓")
LATER = NOW + LEASE


def test_a_claim_keeps_others_away_until_it_is_released(engine: Engine) -> None:
    one, other = new_id(), new_id()
    claim = mailboxes.claim(engine, FOLDER, one, NOW, LEASE)
    assert claim is not None
    assert (claim.progress, claim.failures) == (Progress(), 0)
    assert mailboxes.claim(engine, FOLDER, other, NOW, LEASE) is None
    reached = Progress(7, 4_294_967_294, {3: NOW, 5: NOW + timedelta(microseconds=1)})
    assert mailboxes.remember(engine, FOLDER, one, reached, LATER)
    assert not mailboxes.remember(engine, FOLDER, other, Progress(7, 1), LATER)
    mailboxes.release(engine, FOLDER, one, LATER, 2, None)

    assert mailboxes.claim(engine, FOLDER, other, NOW, LEASE, due_only=True) is None
    claim = mailboxes.claim(engine, FOLDER, other, NOW, LEASE)
    assert claim is not None
    assert (claim.progress, claim.failures) == (reached, 2)
    assert not mailboxes.remember(engine, FOLDER, one, Progress(), LATER)


def test_a_claim_runs_out(engine: Engine) -> None:
    one, other = new_id(), new_id()
    mailboxes.claim(engine, FOLDER, one, NOW, LEASE)
    assert mailboxes.claim(engine, FOLDER, one, NOW, LEASE) is not None  # its owner may have lost the database
    assert mailboxes.claim(engine, FOLDER, other, LATER - timedelta(seconds=1), LEASE) is None
    assert mailboxes.claim(engine, FOLDER, other, LATER, LEASE) is not None
    mailboxes.release(engine, FOLDER, one, NOW, 0, NOW)
    assert mailboxes.claim(engine, FOLDER, one, LATER, LEASE) is None


def test_of_many_at_once_one_gets_it(engine: Engine) -> None:
    start = threading.Barrier(4)

    def claim(_: int) -> bool:
        start.wait(20)
        return mailboxes.claim(engine, FOLDER, new_id(), NOW, LEASE) is not None

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(claim, range(4))) == 1


def test_two_passes_at_once(stored_mailbox: Mailbox) -> None:
    mailbox = stored_mailbox
    mailbox.put(map(mail, range(10)))
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda fetcher: fetcher.fetch(), [mailbox.fetcher(), mailbox.fetcher()]))
    stored = [fetched.outcomes["stored"] for fetched in found if fetched is not None]
    assert sorted(stored, reverse=True) in ([10], [10, 0])
    assert mailbox.outcomes() == ["stored"] * 10


def test_one_that_lost_its_claim_ends(stored_mailbox: Mailbox) -> None:
    """It was asleep for longer than its lease: another took the folder over, and both counted each report once."""
    mailbox = stored_mailbox
    mailbox.put([signed(number, "good.example") for number in range(3)])
    other = mailbox.fetcher(clock=lambda: datetime.now(UTC) + 2 * LEASE)

    class Asleep(OneKey):
        def get(self, name: str) -> Key | NoKey:
            other.fetch()
            return super().get(name)

    ended = mailbox.fetcher(keys=Asleep(rsa_key()), auth__dkim="require").fetch()
    assert ended is not None
    assert isinstance(ended.error, MailboxUnavailable)
    assert str(ended.error) == "another program has taken over the folder INBOX"
    assert sorted(mailbox.outcomes()) == ["duplicate"] * 3 + ["stored"] * 3
    assert mailbox.row().last_uid == 3
