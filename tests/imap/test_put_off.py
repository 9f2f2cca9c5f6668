"""A mail that something temporary stands against waits, and does not hold up those after it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.auth.key_record import Key, NoKey
from collector.errors import KeyUnavailable, MailboxUnavailable, StoreUnavailable
from collector.receive.imap.reading import PATIENCE
from collector.store import queries
from collector.store.engine import writing
from collector.store.tables import imap_folder
from tests.imap.mailbox import Mailbox, OneKey, in_short, mail
from tests.support import reports
from tests.support.mails import rsa_key, sign

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class SomeKeys(OneKey):
    """A source of keys that cannot be had for some domains just now."""

    def __init__(self, *away: str) -> None:
        super().__init__(rsa_key())
        self.away = set(away)
        self.asked = 0

    def get(self, name: str) -> Key | NoKey:
        self.asked += 1
        domain = name.partition("._domainkey.")[2]
        if domain in self.away:
            raise KeyUnavailable(f"the DKIM key {name} could not be fetched: SERVFAIL")
        return super().get(name)


def signed(number: int, domain: str) -> bytes:
    document = reports.report(day=f"2026-11-{number + 1:02}", contact=f"tls@{domain}", report_id=f"{number}")
    return sign(reports.mail(document, submitter=domain), domain, "s1", rsa_key())


def test_a_mail_whose_key_is_away_waits(stored_mailbox: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    mailbox = stored_mailbox
    mailbox.put([signed(0, "good.example"), signed(1, "slow.example"), signed(2, "good.example")])
    keys = SomeKeys("slow.example")
    how = {"keys": keys, "auth__dkim": "require"}
    assert mailbox.told(**how) == "stored 2 · put off 1"
    assert "UID 2 is put off: the DKIM key s1._domainkey.slow.example could not be fetched" in caplog.text
    assert [uid for uid, _ in mailbox.row().put_off] == [2]
    assert mailbox.row().last_uid == 3

    mailbox.put([signed(3, "good.example")])
    assert mailbox.told(**how) == "stored 1 · put off 1"
    keys.away.clear()
    assert mailbox.told(**how) == "stored 1"
    assert mailbox.row().put_off == []
    assert mailbox.outcomes() == ["stored"] * 4


def test_nobody_waits_for_a_key_for_ever(mailbox: Mailbox) -> None:
    mailbox.put([signed(0, "slow.example")])
    keys = SomeKeys("slow.example")
    now = NOW

    def at(later: timedelta) -> str:
        return mailbox.told(keys=keys, auth__dkim="require", clock=lambda: now + later)

    assert at(timedelta()) == "put off 1"
    assert at(PATIENCE - timedelta(minutes=1)) == "put off 1"
    assert at(PATIENCE) == "quarantined 1"
    [row] = queries.deliveries(mailbox.engine, limit=10).items
    assert row.reason_code == "dkim_fail"
    assert row.reason_message is not None
    assert "s1._domainkey.slow.example" in row.reason_message


def test_what_counts_unsigned_counts_then_too(mailbox: Mailbox) -> None:
    mailbox.put([signed(0, "slow.example")])
    keys = SomeKeys("slow.example")
    for later, told in ((timedelta(), "put off 1"), (PATIENCE, "stored 1")):
        assert mailbox.told(keys=keys, auth__dkim="record", clock=lambda at=NOW + later: at) == told
    assert not queries.deliveries(mailbox.engine, limit=10).items[0].authenticated


def test_a_mail_put_off_may_go(mailbox: Mailbox) -> None:
    mailbox.put([signed(0, "slow.example")])
    how = {"keys": SomeKeys("slow.example"), "auth__dkim": "require"}
    assert mailbox.told(**how) == "put off 1"
    mailbox.program.select_folder("INBOX")
    mailbox.program.delete_messages([1])
    mailbox.program.expunge()
    assert mailbox.told(**how) == "nothing"
    assert mailbox.row().put_off == []


def test_where_dns_is_away_the_pass_ends(mailbox: Mailbox) -> None:
    """Not one look-up after the other, each with its time-out, for thousands of mails."""
    away = [f"r{number}.example" for number in range(25)]
    mailbox.put(signed(number, domain) for number, domain in enumerate(away))
    keys = SomeKeys(*away)
    how = {"keys": keys, "auth__dkim": "require"}
    for tried, waiting in ((10, 10), (20, 20), (35, 25)):
        ended = mailbox.fetcher(**how).fetch()
        assert ended is not None
        assert isinstance(ended.error, KeyUnavailable) == (waiting < 25)
        assert (keys.asked, ended.put_off) == (tried, waiting)

    # Some come back: each gets its turn, though others before it fail again.
    keys.away = set(away[:15])
    taken = sum(mailbox.fetch(**how).outcomes["stored"] for _ in range(4))
    assert taken == 10
    assert mailbox.fetch(**how).put_off == 15


def test_the_store_is_away_from_the_start(mailbox: Mailbox, sqlite_away: Callable[[], None]) -> None:
    mailbox.put([mail(1)])
    sqlite_away()
    with pytest.raises(StoreUnavailable):
        mailbox.fetch()


@pytest.fixture
def sqlite_away(mailbox: Mailbox) -> Callable[[], None]:
    """Puts a folder where the database was."""

    def act() -> None:
        mailbox.engine.dispose()
        path = Path(str(mailbox.engine.url.database))
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()
        path.mkdir()

    return act


def test_the_store_goes_away_meanwhile(mailbox: Mailbox, sqlite_away: Callable[[], None]) -> None:
    class Fatal(OneKey):
        def get(self, name: str) -> Key | NoKey:
            sqlite_away()
            return super().get(name)

    mailbox.put([signed(0, "good.example")])
    ended = mailbox.fetcher(keys=Fatal(rsa_key()), auth__dkim="require").fetch()
    assert ended is not None
    assert isinstance(ended.error, StoreUnavailable)
    assert not ended.outcomes


def test_a_mail_that_the_server_breaks_off_over_waits(mailbox: Mailbox) -> None:
    """As Dovecot does when it cannot read a file. The next pass asks for one by one, and finds which it is."""
    mailbox.put(map(mail, range(4)))
    mailbox.holds()
    folder = mailbox.dovecot.directory / "home" / mailbox.user / "mail"
    # Seconds and microseconds stand in the names, as numbers of any length.
    files = [*folder.glob("cur/*"), *folder.glob("new/*")]
    second = sorted(files, key=lambda file: [int(number) for number in re.findall(r"[0-9]+", file.name)[:2]])[1]
    second.chmod(0)
    told = [in_short(mailbox.fetcher().fetch()) for _ in range(4)]
    # All at once; one by one up to there; the others; and from then on it is tried last.
    assert told == ["nothing", "stored 1 · put off 1", "stored 2 · put off 1", "put off 1"]
    assert mailbox.row().failures == 0
    second.chmod(0o600)
    assert mailbox.told() == "stored 1"


def test_when_too_many_wait_no_new_ones_are_taken(mailbox: Mailbox) -> None:
    mailbox.program.multiappend("INBOX", [signed(0, "slow.example")] * 200)
    mailbox.put([mail(1)])
    keys = SomeKeys("slow.example")
    how = {"keys": keys, "auth__dkim": "require"}
    mailbox.fetcher(**how).fetch()
    with writing(mailbox.engine) as connection:
        waiting = [[uid, 1_795_000_000_000_000] for uid in range(1, 201)]
        connection.execute(imap_folder.update().values(put_off=waiting, last_uid=200))
    now = datetime.fromtimestamp(1_795_000_000, UTC) + timedelta(hours=1)
    with pytest.raises(MailboxUnavailable, match="200 mails wait to be tried again"):
        mailbox.fetch(**how, clock=lambda: now)
    with writing(mailbox.engine) as connection:
        connection.execute(imap_folder.update().values(put_off=waiting[1:]))
    assert mailbox.told(**how, clock=lambda: now) == "quarantined 1 · put off 199"
