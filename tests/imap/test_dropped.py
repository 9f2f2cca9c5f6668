"""A connection that breaks off anywhere costs no mail: what is not remembered is taken again."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from collector.errors import MailboxUnavailable
from tests.imap.mailbox import Mailbox, mail
from tests.imap.proxy import Proxy
from tests.support.processes import until


def test_a_connection_cut_anywhere(mailbox: Mailbox, proxy: Callable[..., Proxy]) -> None:
    mailbox.put([mail(0)])
    before = proxy()
    mailbox.fetch(imap__port=str(before.port))
    whole = before.passed
    assert whole > 2000
    for number, limit in enumerate(range(20, whole + 200, whole // 15), 1):
        mailbox.put([mail(number)])
        before.limit = limit
        cut = mailbox.fetcher(imap__port=str(before.port)).fetch()
        assert cut is not None
        before.limit = None
        again = mailbox.fetch(imap__port=str(before.port))
        assert dict(cut.outcomes + again.outcomes) == {"stored": 1}, (limit, cut, again)
        assert mailbox.row().last_uid == number + 1


def test_after_each_cut_it_goes_on_where_it_was(mailbox: Mailbox, proxy: Callable[..., Proxy]) -> None:
    """Groups of one mail each, and a connection that lives for three of them."""
    padding = b"x" * 5_000_000
    mailbox.put([mail(number) + padding for number in range(4)])
    before = proxy(limit=12_000_000)
    outcomes: Counter[str] = Counter()
    passes = 0
    while passes < 5:
        passes += 1
        fetched = mailbox.fetcher(imap__port=str(before.port)).fetch()
        assert fetched is not None
        outcomes += fetched.outcomes
        if fetched.error is None:
            break
        assert isinstance(fetched.error, MailboxUnavailable)
    assert (passes, dict(outcomes)) == (2, {"stored": 4})


def test_a_pass_that_is_told_to_stop_ends_at_once(mailbox: Mailbox, proxy: Callable[..., Proxy]) -> None:
    mailbox.put([mail(1)])
    before = proxy()

    def fall_silent(data: bytes) -> None:
        before.is_silent = b"* SEARCH" in data

    before.listener = fall_silent
    fetcher = mailbox.fetcher(imap__port=str(before.port), imap__timeout="60")
    results = []
    thread = threading.Thread(target=lambda: results.append(fetcher.fetch()))
    thread.start()
    until(lambda: before.is_silent, 10, "the search")
    fetcher.stop()
    thread.join(10)
    [fetched] = results
    assert fetched is not None
    assert fetched.error is None
    assert (mailbox.row().claimed_until, mailbox.row().failures, mailbox.row().fetched_at) == (None, 0, None)
    assert mailbox.told() == "stored 1"


@pytest.mark.parametrize("window", [2, 50_000])
def test_mails_that_come_or_go_meanwhile(window: int, mailbox: Mailbox, proxy: Callable[..., Proxy]) -> None:
    mailbox.put(map(mail, range(5)))

    def meddle(data: bytes) -> None:
        """While the server answers what mails there are."""
        if b"* SEARCH" in data and mailbox.holds() == [1, 2, 3, 4, 5]:
            mailbox.program.select_folder("INBOX")
            mailbox.program.delete_messages([2, 4])
            mailbox.program.expunge()
            mailbox.put([mail(7)])

    before = proxy(listener=meddle)
    taken = mailbox.fetch(imap__port=str(before.port), window=window)
    assert taken.outcomes["stored"] in (3, 4)
    assert mailbox.told() in ("stored 1", "nothing")
    assert mailbox.outcomes() == ["stored"] * 4
