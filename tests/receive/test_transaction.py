"""MAIL and RCPT as tables: what is taken, and the answer to what is not."""

import pytest

from collector.addresses import Recipients, parse_path
from collector.receive.smtp.transaction import Transaction, begin

LIMIT = 1000

# (argument of MAIL after EHLO, the sender, or the answer)
MAIL = [
    ("FROM:<a@example.com>", "a@example.com"),
    ("from:<a@example.com>", "a@example.com"),
    ("FROM: <a@example.com>", "a@example.com"),  # many clients write the blank
    ("FROM:<>", ""),  # a report that answers nothing comes from nobody (Q88)
    ("FROM:<> SIZE=1000 BODY=8BITMIME SMTPUTF8", ""),
    ("FROM:<a@example.com> size=1000 body=8bitmime smtputf8", "a@example.com"),
    ('FROM:<"a b"@example.com>', '"a b"@example.com'),
    ("FROM:<SRS0=ab=cd=example.org=x@relay.example>", "SRS0=ab=cd=example.org=x@relay.example"),  # Q88
    ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"),
    ("FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
    ("FROM:<@relay.example:a@example.com>", "a@example.com"),
    ("FROM:<é@example.com> SMTPUTF8", "é@example.com"),
    ("FROM:<é@example.com>", "553 5.6.7"),
    ("FROM:<a@example.com> SIZE=1001", "552 5.3.4"),
    ("FROM:<a@example.com> SIZE=99999999999999999999", "552 5.3.4"),
    ("FROM:<a@example.com> SIZE=999999999999999999999", "501 5.5.4"),
    ("FROM:<a@example.com> SIZE=", "501 5.5.4"),
    ("FROM:<a@example.com> SIZE", "501 5.5.4"),
    ("FROM:<a@example.com> SIZE=-1", "501 5.5.4"),
    ("FROM:<a@example.com> SIZE=\u0663", "501 5.5.4"),
    ("FROM:<a@example.com> SIZE=1 SIZE=2", "501 5.5.4"),
    ("FROM:<a@example.com> BODY=BINARYMIME", "501 5.5.4"),
    ("FROM:<a@example.com> SMTPUTF8=1", "501 5.5.4"),
    ("FROM:<a@example.com> RET=HDRS", "555 5.5.4"),
    ("FROM:<a@example.com> AUTH=<>", "555 5.5.4"),
    ("FROM:<a@example.com>SIZE=1", "501 5.1.7"),
    ("FROM:a@example.com", "501 5.1.7"),
    ("FROM:<a@example.com", "501 5.1.7"),
    ("FROM:<a>", "501 5.1.7"),
    ("FROM:<a@b@example.com>", "501 5.1.7"),
    ("FROM:<a b@example.com>", "501 5.1.7"),
    ("FROM:<" + "a" * 65 + "@example.com>", "501 5.1.7"),
    ("FROM:<a@" + "b" * 256 + ">", "501 5.1.7"),
    ("FROM:", "501 5.1.7"),
    ("TO:<a@example.com>", "501 5.1.7"),
    ("", "501 5.1.7"),
]

PATTERNS = ("tlsrpt@*", "reports@example.com", "*@catch-all.example")
# (argument of RCPT, the recipient, or the answer)
RCPT = [
    ("TO:<tlsrpt@example.com>", "tlsrpt@example.com"),
    ("to: <TLSRPT@Example.COM>", "TLSRPT@Example.COM"),
    ("TO:<tlsrpt@example.com.>", "tlsrpt@example.com."),
    ("TO:<tlsrpt@elsewhere.example>", "tlsrpt@elsewhere.example"),
    ("TO:<Reports@EXAMPLE.com>", "Reports@EXAMPLE.com"),
    ("TO:<whoever@catch-all.example>", "whoever@catch-all.example"),
    ("TO:<tlsrpt@xn--bcher-kva.example>", "tlsrpt@xn--bcher-kva.example"),
    ("TO:<tlsrpt@bücher.example>", "553 5.6.7"),
    ("TO:<reports@example.net>", "550 5.1.1"),
    ("TO:<tlsrpt+x@example.com>", "550 5.1.1"),  # a subaddress is another address
    ("TO:<postmaster>", "550 5.1.1"),
    ("TO:<postmaster@example.com>", "550 5.1.1"),
    ("TO:<victim%elsewhere.example@catch-all.example>", "550 5.1.1"),  # asks for a relay, as do the next ones
    ("TO:<elsewhere.example!victim@catch-all.example>", "550 5.1.1"),
    ('TO:<"victim@elsewhere.example"@catch-all.example>', "550 5.1.1"),
    ('TO:<"tlsrpt"@example.com>', "550 5.1.1"),
    ("TO:<@catch-all.example:tlsrpt@example.com>", "550 5.1.1"),
    ("TO:<@a.example,@b.example:tlsrpt@example.com>", "550 5.1.1"),
    ("TO:<tlsrpt@[192.0.2.1]>", "550 5.1.1"),
    ("TO:<tlsrpt@-bad-.example>", "550 5.1.1"),
    ("TO:<tlsrpt@example.com> NOTIFY=NEVER", "555 5.5.4"),
    ("TO:<>", "501 5.1.3"),
    ("TO:tlsrpt@example.com", "501 5.1.3"),
    ("TO:<tlsrpt@example.com", "501 5.1.3"),
    ("FROM:<tlsrpt@example.com>", "501 5.1.3"),
    ("", "501 5.1.3"),
]


@pytest.mark.parametrize(("argument", "expected"), MAIL)
def test_mail(argument: str, expected: str) -> None:
    begun = begin(argument, extended=True, message_bytes=LIMIT)
    if isinstance(begun, Transaction):
        assert begun.sender == expected
    else:
        assert begun[:9] == expected


def test_parameters_need_ehlo() -> None:
    assert isinstance(begin("FROM:<>", extended=False, message_bytes=LIMIT), Transaction)
    assert begin("FROM:<> SIZE=1", extended=False, message_bytes=LIMIT) == "501 5.5.4 Syntax error in the parameters"


@pytest.mark.parametrize(("argument", "expected"), RCPT)
def test_rcpt(argument: str, expected: str) -> None:
    transaction = Transaction("")
    answer = transaction.add_recipient(argument, Recipients(PATTERNS))
    if transaction.recipients:
        assert answer[:9] == "250 2.1.5"
        assert transaction.recipients == [expected]
    else:
        assert answer[:9] == expected


def test_u_label_is_the_a_label_of_a_pattern() -> None:
    accepted = Recipients(["tlsrpt@xn--bcher-kva.example"])
    transaction = Transaction("", smtputf8=True)
    assert transaction.add_recipient("TO:<tlsrpt@Bücher.example>", accepted).startswith("250")
    assert transaction.add_recipient("TO:<tlsrpt@buecher.example>", accepted).startswith("550")


def test_no_pattern_no_recipient() -> None:
    parsed = parse_path("<tlsrpt@example.com>")
    assert parsed is not None
    assert not Recipients([]).accepts(parsed[0])
    assert Recipients(["*@*"]).accepts(parsed[0])


def test_recipients_of_one_mail_are_bounded_and_counted_once() -> None:
    transaction = Transaction("")
    accepted = Recipients(["*@*"])
    answers = [transaction.add_recipient(f"TO:<r{n}@example.com>", accepted)[:3] for n in range(101)]
    assert answers == ["250"] * 100 + ["452"]
    assert transaction.add_recipient("TO:<r7@example.com>", accepted)[:3] == "250"
    assert len(transaction.recipients) == 100
