"""Everything in the folder is taken, once, and nothing in it is touched."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from collector.store import queries
from collector.store.engine import writing
from collector.store.tables import imap_folder
from tests.imap.mailbox import Mailbox, OneKey, mail
from tests.imap.proxy import Proxy
from tests.support.mails import rsa_key, sign

RUBBISH = b"Subject: cheap watches\r\n\r\nBuy now.\r\n"


def test_what_is_new_is_stored_and_remembered(stored_mailbox: Mailbox) -> None:
    mailbox = stored_mailbox
    mailbox.put([mail(1), RUBBISH, mail(2), mail(1)])
    assert mailbox.told() == "stored 2 · duplicate 1 · quarantined 1"
    assert mailbox.outcomes() == ["stored", "quarantined", "stored", "duplicate"]
    assert mailbox.told() == "nothing"

    mailbox.put([mail(3)])
    assert mailbox.told() == "stored 1"
    assert mailbox.row().last_uid == 5
    assert mailbox.row().fetched_at is not None


def test_it_is_told_how_a_delivery_came(mailbox: Mailbox) -> None:
    sent = mail()
    mailbox.put([sent])
    mailbox.fetch()
    [row] = queries.deliveries(mailbox.engine, limit=10).items
    assert row.channel == "imap"
    assert row.size == len(sent)


def test_nothing_in_the_folder_is_marked(mailbox: Mailbox) -> None:
    mailbox.put([mail(1), mail(2)])
    mailbox.fetch()
    told = mailbox.program.select_folder("INBOX")
    assert (told[b"EXISTS"], told[b"RECENT"]) == (2, 2)
    flags = mailbox.program.get_flags([1, 2])
    assert [b"\\Seen" in each or b"\\Deleted" in each for each in flags.values()] == [False, False]


def test_mails_that_have_gone_leave_no_gap(mailbox: Mailbox) -> None:
    mailbox.put(map(mail, range(6)))
    mailbox.program.select_folder("INBOX")
    mailbox.program.delete_messages([1, 3, 6])
    mailbox.program.expunge()
    assert mailbox.told() == "stored 3"
    mailbox.put([mail(7)])
    assert mailbox.told() == "stored 1"


def test_a_folder_that_was_numbered_anew_is_read_again(
    stored_mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = stored_mailbox
    mailbox.program.create_folder("Reports")
    mailbox.put([mail(1), mail(2)], "Reports")
    assert mailbox.told(imap__folder="Reports") == "stored 2"
    before = mailbox.row().uid_validity
    mailbox.program.delete_folder("Reports")
    mailbox.program.create_folder("Reports")
    mailbox.put([mail(3), mail(2)], "Reports")
    assert mailbox.told(imap__folder="Reports") == "stored 1 · duplicate 1"
    assert mailbox.row().uid_validity != before
    assert "numbered the mails anew" in caplog.text


def test_a_server_restored_from_a_backup_hides_no_mail(mailbox: Mailbox) -> None:
    """Its next UID lies below what was remembered, under the same UIDVALIDITY."""
    mailbox.put([mail(1)])
    mailbox.fetch()
    with writing(mailbox.engine) as connection:
        connection.execute(update(imap_folder).values(last_uid=40))
    mailbox.put([mail(2)])
    assert mailbox.told() == "stored 1 · duplicate 1"


@pytest.mark.parametrize("folder", ["Reports", "TLS reports", "Bäume & Büsche/日本語", 'back\\slash "quoted"', "50%*"])
def test_the_folder_may_have_any_name(folder: str, mailbox: Mailbox) -> None:
    mailbox.program.create_folder(folder)
    mailbox.put([mail(1)], folder)
    mailbox.put([mail(2)])
    assert mailbox.told(imap__folder=folder) == "stored 1"


def test_folders_and_users_are_remembered_apart(mailbox: Mailbox) -> None:
    mailbox.program.create_folder("Reports")
    mailbox.put([mail(1)])
    mailbox.put([mail(2)], "Reports")
    assert mailbox.told() == "stored 1"
    assert mailbox.told(imap__folder="Reports") == "stored 1"
    other = Mailbox(mailbox.dovecot, mailbox.engine)
    other.put([mail(3)])
    assert other.told() == "stored 1"
    other.close()


def test_a_large_folder_is_asked_for_in_pieces(mailbox: Mailbox) -> None:
    mailbox.put(map(mail, range(30)))
    mailbox.program.select_folder("INBOX")
    mailbox.program.delete_messages(range(5, 26))
    mailbox.program.expunge()
    assert mailbox.told(window=4) == "stored 9"
    assert mailbox.row().last_uid == 30


def test_a_server_that_answers_about_few_mails_is_asked_about_few(
    mailbox: Mailbox, proxy: Callable[..., Proxy]
) -> None:
    """RFC 9738, as Yahoo has it."""
    mailbox.put(map(mail, range(5)))
    before = proxy(changes={b" MOVE": b" MOVE MESSAGELIMIT=2"})
    assert mailbox.told(imap__port=str(before.port), imap__move_to="Done") == "stored 5 · moved 5"
    assert (before.heard.count(b"UID SEARCH UID"), before.heard.count(b"UID MOVE")) == (6, 3)


def test_large_mails_are_not_fetched_all_at_once(mailbox: Mailbox) -> None:
    """Five million bytes each: three groups."""
    padding = (b"x" * 998 + b"\r\n") * 5_000  # after the last part: nobody reads it
    mailbox.put([mail(number) + padding for number in range(3)])
    assert mailbox.told() == "stored 3"


def test_a_mail_beyond_the_limit_is_quarantined_with_its_header(mailbox: Mailbox) -> None:
    large = mail(1) + b"x" * 20_000
    mailbox.put([large, mail(2)])
    assert mailbox.told(limits__message_bytes="10000") == "stored 1 · quarantined 1"
    row = queries.deliveries(mailbox.engine, limit=10).items[1]
    assert row.reason_code == "limit"
    assert row.reason_message == (
        f"larger than 10000 bytes ({len(large)}): only its header is kept here, the mail stays in the folder INBOX with UID 1"
    )
    assert row.size == large.index(b"\r\n\r\n") + 4
    assert mailbox.told(limits__message_bytes="10000") == "nothing"


def test_an_empty_mail_is_one(mailbox: Mailbox) -> None:
    mailbox.put([b"\r\n", mail(1)])
    assert mailbox.told() == "stored 1 · quarantined 1"


def test_a_signature_is_to_hold_when_the_server_took_the_mail(mailbox: Mailbox) -> None:
    expires = {"x": str(int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()))}
    signed = sign(mail(1), "reporter.example", "s1", rsa_key(), tags=expires)
    mailbox.put([signed], msg_time=datetime(2026, 10, 31, tzinfo=UTC))
    mailbox.put([signed], msg_time=datetime(2026, 11, 2, tzinfo=UTC))
    fetched = mailbox.fetch(keys=OneKey(rsa_key()), auth__dkim="require")
    assert str(fetched) == "stored 1 · conflict 0 · duplicate 0 · unassigned 0 · quarantined 1 (dkim_fail 1)"
