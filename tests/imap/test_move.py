"""Where `imap.move_to` is set, what is stored goes there, and nothing else is touched."""

from collections.abc import Callable

import pytest

from collector.errors import MailboxUnavailable
from collector.receive.imap.mailbox import sequence_sets
from tests.imap.mailbox import Mailbox, in_short, mail
from tests.imap.proxy import Proxy
from tests.imap.test_put_off import SomeKeys, signed

RUBBISH = b"Subject: cheap watches\r\n\r\nBuy now.\r\n"

SERVERS = [
    ("MOVE", {}, []),
    ("UIDPLUS only", {b" MOVE": b" XOVE"}, []),
    ("neither", {b" MOVE": b" XOVE", b" UIDPLUS": b" XIDPLUS"}, [1, 2, 4]),
]


@pytest.mark.parametrize(("changes", "left"), [case[1:] for case in SERVERS], ids=[case[0] for case in SERVERS])
def test_what_is_stored_is_moved(
    changes: dict[bytes, bytes], left: list[int], mailbox: Mailbox, proxy: Callable[..., Proxy]
) -> None:
    """Somebody else has marked UID 3 as deleted: it is not ours to remove."""
    target = "Archive/TLS reports ✓"
    mailbox.put([mail(1), RUBBISH, mail(3), mail(4)])
    mailbox.program.select_folder("INBOX")
    mailbox.program.delete_messages([3])
    before = proxy(changes=changes)
    how = {"imap__port": str(before.port), "imap__move_to": target}
    assert mailbox.told(**how) == "stored 3 · quarantined 1 · moved 3"
    assert len(mailbox.holds(target)) == 3
    assert mailbox.holds() == sorted([*left, 3])
    if left:
        assert all(b"\\Deleted" in flags for flags in mailbox.program.get_flags(left).values())

    assert mailbox.told(**how) == "nothing"
    mailbox.put([mail(5)])
    assert mailbox.told(**how) == "stored 1 · moved 1"
    assert len(mailbox.holds(target)) == 4
    assert b"UID MOVE" in before.heard or changes
    assert b" EXPUNGE\r\n" not in before.heard


SETS = [
    ([], []),
    ([7], ["7"]),
    ([1, 2, 3, 5, 7, 8], ["1:3,5,7:8"]),
    (range(1, 100_001), ["1:100000"]),
]


@pytest.mark.parametrize(("uids", "sets"), SETS)
def test_uids_in_a_command(uids: list[int], sets: list[str]) -> None:
    assert list(sequence_sets(uids)) == sets


def test_a_command_is_no_longer_than_a_server_takes() -> None:
    uids = list(range(1, 100_000, 2))
    sets = list(sequence_sets(uids))
    assert [int(uid) for each in sets for uid in each.split(",")] == uids
    assert max(map(len, sets)) <= 4000


def test_what_is_not_stored_whole_stays(mailbox: Mailbox) -> None:
    mailbox.put([mail(1), mail(2) + b"x" * 20_000, signed(3, "slow.example")])
    keys = SomeKeys("slow.example")
    how = {"keys": keys, "auth__dkim": "record", "limits__message_bytes": "10000", "imap__move_to": "Done"}
    assert mailbox.told(**how) == "stored 1 · quarantined 1 · put off 1 · moved 1"
    assert mailbox.holds() == [2, 3]
    keys.away.clear()
    assert mailbox.told(**how) == "stored 1"
    assert mailbox.told(**how) == "moved 1"
    assert mailbox.holds() == [2]


def test_what_was_read_before_goes_there_too(mailbox: Mailbox) -> None:
    mailbox.put(map(mail, range(5)))
    mailbox.fetch()
    mailbox.put([mail(7)])
    assert mailbox.told(imap__move_to="Done", window=2) == "stored 1 · moved 6"


def test_a_connection_cut_while_moving(mailbox: Mailbox, proxy: Callable[..., Proxy]) -> None:
    """It is moved by the next pass, and read by neither again."""
    mailbox.put([mail(1)])
    mailbox.fetch(imap__move_to="Done")
    mailbox.put([mail(2)])
    before = proxy()

    def cut_it(data: bytes) -> None:
        if b"COPYUID" in data or b"Move completed" in data:
            before.cut()

    before.listener = cut_it
    cut = mailbox.fetcher(imap__port=str(before.port), imap__move_to="Done").fetch()
    assert cut is not None
    assert isinstance(cut.error, MailboxUnavailable)
    assert dict(cut.outcomes) == {"stored": 1}
    assert not mailbox.fetch(imap__move_to="Done").outcomes
    assert (mailbox.holds(), len(mailbox.holds("Done"))) == ([], 2)


def test_a_folder_that_cannot_be_made_keeps_no_report_away(mailbox: Mailbox) -> None:
    mailbox.put([mail(1), signed(1, "slow.example")])
    keys = SomeKeys("slow.example")
    how = {"keys": keys, "auth__dkim": "record", "imap__move_to": "Done//"}
    for told in ("stored 1 · put off 1", "stored 1"):
        ended = mailbox.fetcher(**how).fetch()
        assert ended is not None
        assert isinstance(ended.error, MailboxUnavailable)
        assert in_short(ended) == told
        keys.away.clear()
    assert mailbox.holds() == [1, 2]
