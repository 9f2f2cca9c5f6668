"""How many bytes all mails in hand may hold together."""

import threading
from collections.abc import Callable

import pytest

from collector.receive.smtp.budget import Budget
from tests.receive.listener import Client, Listener

Listen = Callable[..., Listener]
KIB, MIB = 1024, 1024 * 1024


def test_shares_of_one_budget() -> None:
    budget = Budget(total=1000 * KIB, largest=100 * KIB)
    first, second = budget.share(), budget.share()
    steps = [
        (first, 700 * KIB, True),
        (second, 40 * KIB, True),
        (second, 40 * KIB, False),  # it is no small mail any more: three quarters are for those
        (first, 11 * KIB, False),
        (second, 24 * KIB, True),  # and one that stays small finds room
        (first, 10 * KIB, False),
    ]
    for share, size, expected in steps:
        assert share.grow(size) == expected, size
    assert budget.held == 764 * KIB
    first.release()
    first.release()
    assert budget.held == 64 * KIB
    assert second.grow(600 * KIB)
    second.release()
    assert budget.held == 0


def test_a_mail_alone_may_be_as_large_as_mails_may_be() -> None:
    budget = Budget(total=MIB, largest=MIB)
    share = budget.share()
    assert share.grow(MIB)
    assert not share.grow(1)


@pytest.mark.parametrize(("size", "room"), [(64 * KIB, True), (100 * KIB, False)])
def test_small_mails_have_room_where_large_ones_have_none(size: int, room: bool) -> None:
    budget = Budget(total=MIB, largest=100 * KIB)
    assert budget.share().grow(3 * MIB // 4)
    assert budget.has_room_for(size) == room


def start(listener: Listener, size: int) -> Client:
    """A client in the middle of a mail, of which so many bytes have come."""
    client = listener.client()
    client.greet().ask("DATA")
    return client.send(b"x" * size)


def test_a_mail_beyond_it_is_asked_to_come_later(listen: Listen) -> None:
    listener = listen(limits__message_bytes="1MiB", limits__in_hand_bytes="1MiB")
    with start(listener, 700 * KIB) as first, start(listener, 400 * KIB) as second:
        # It is not waited for: the answer comes while the first is still in hand.
        assert second.send(b"\r\n.\r\n").reply().startswith("452 4.3.1")
        assert second.begin().data(b"x" * 10 * KIB + b"\r\n").startswith("250")
        assert second.ask("MAIL FROM:<> SIZE=500000").startswith("452 4.3.1")
        assert second.ask("MAIL FROM:<> SIZE=10000").startswith("250")
        assert first.send(b"\r\n.\r\n").reply().startswith("250")
        second.ask("RSET")
        assert second.begin().data(b"x" * 900 * KIB + b"\r\n").startswith("250")
    assert len(listener.deliveries()) == 3


def test_whoever_hangs_up_leaves_room(listen: Listen) -> None:
    listener = listen(limits__message_bytes="1MiB", limits__in_hand_bytes="1MiB")
    for _ in range(5):
        with start(listener, 900 * KIB):
            pass
    with listener.client() as client:
        assert client.greet().data(b"x" * 900 * KIB + b"\r\n").startswith("250")


def test_many_at_once_all_hear_an_answer(listen: Listen) -> None:
    listener = listen(limits__message_bytes="1MiB", limits__in_hand_bytes="2MiB")
    answers: list[str] = []

    def send() -> None:
        with listener.client() as client:
            answers.append(client.greet().data(b"x" * 900 * KIB + b"\r\n")[:9])

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 12
    assert set(answers) <= {"250 2.0.0", "452 4.3.1"}
    assert "250 2.0.0" in answers
