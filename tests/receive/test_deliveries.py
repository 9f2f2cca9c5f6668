"""From the socket into the store: every mail is kept with its envelope, and answered with its id and outcome."""

import re
import socket
from collections.abc import Callable
from uuid import UUID

import pytest

from collector.store import queries
from tests.receive.listener import Listener, day
from tests.support import reports
from tests.support.dns import SERVFAIL, DnsServer
from tests.support.mails import rsa_key, sign

Listen = Callable[..., Listener]
KEY = rsa_key()
KEY_NAME = "s1._domainkey.reporter.example"
NOT_JSON, NOT_GZIP = b"{", b"\x1f\x8b\x08\x00 broken"


def report_mail(number: int = 0, domain: str = "example.com") -> bytes:
    return reports.mail(reports.report([reports.policy_result(domain)], day=day(number)), domain)


def signed(mail: bytes) -> bytes:
    return sign(mail, "reporter.example", "s1", KEY)


def send(listener: Listener, mail: bytes) -> tuple[str, str, str]:
    """(code, id, outcome) of the answer to one mail."""
    with listener.client() as client:
        answer = client.greet().data(mail)
    match = re.fullmatch(r"(250 2\.0\.0) ([0-9a-f-]{36}) (\w+)", answer)
    assert match, answer
    return match[1], match[2], match[3]


def test_answer_holds_id_and_outcome_of_what_is_in_the_store(listener: Listener) -> None:
    mail = report_mail()
    _, id_, outcome = send(listener, mail)
    assert outcome == "stored"
    [delivery] = listener.deliveries()
    assert str(delivery.id) == id_
    assert delivery.outcome == "stored"
    assert delivery.envelope == {
        "peer": "127.0.0.1",
        "helo": "client.example",
        "mail_from": "tls-reports@reporter.example",
        "rcpt_to": ["tlsrpt@example.com"],
    } | {name: value for name, value in delivery.envelope.items() if value is None}
    assert queries.delivery_raw(listener.engine, UUID(id_)) == mail


# Bad input gets a clear answer and loses nothing (rule 2).
KEPT = [
    ("a report about a domain of ours", report_mail(), "stored", None),
    ("a report about a foreign domain", report_mail(domain="foreign.example"), "unassigned", None),
    ("no report", b"Subject: buy this\r\n\r\nnow\r\n", "quarantined", "not_a_report"),
    ("an empty mail", b"", "quarantined", "not_a_report"),
    ("no header", b"\x00\xff\r\n", "quarantined", "not_a_report"),
    ("broken gzip", reports.mail(NOT_GZIP), "quarantined", "unpack"),
    ("broken JSON", reports.mail(reports.to_gzip(NOT_JSON)), "quarantined", "json"),
    ("wrong schema", reports.mail(reports.to_gzip({"policies": 1})), "quarantined", "schema"),
    ("too much to unpack", reports.mail(reports.to_gzip(b" " * 25_000_000)), "quarantined", "limit"),
]


@pytest.mark.parametrize(("what", "mail", "outcome", "reason"), KEPT, ids=[case[0] for case in KEPT])
def test_every_mail_is_kept(listener: Listener, what: str, mail: bytes, outcome: str, reason: str | None) -> None:
    assert send(listener, mail)[2] == outcome
    [delivery] = listener.deliveries()
    assert (delivery.outcome, delivery.reason_code, delivery.size) == (outcome, reason, len(mail))
    assert queries.delivery_raw(listener.engine, delivery.id) == mail


def test_repeated_report_is_a_duplicate(listener: Listener) -> None:
    assert [send(listener, report_mail())[2] for _ in range(3)] == ["stored", "duplicate", "duplicate"]


def test_large_report_counts_as_a_small_one_does(listener: Listener) -> None:
    """Beyond what may be read on the event loop: 3,000 details in a small mail, which unpack to a megabyte."""
    details = [reports.detail(failed=number + 1) for number in range(3000)]
    mail = reports.mail(reports.report([reports.policy_result(details=details)], day=day(0)))
    assert len(mail) < 64 * 1024
    assert send(listener, mail)[2] == "stored"


def test_several_mails_in_one_session_are_several_deliveries(listener: Listener) -> None:
    with listener.client() as client:
        client.greet()
        for number in range(3):
            assert client.data(report_mail(number)).endswith("stored")
            client.begin()
    assert listener.outcomes() == ["stored"] * 3


def test_smuggled_mail_stays_within_the_first(listener: Listener) -> None:
    second = b"MAIL FROM:<>\r\nRCPT TO:<tlsrpt@example.com>\r\nDATA\r\nSubject: two\r\n\r\ntwo"
    for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r"):
        with listener.client() as client:
            client.greet().ask("DATA")
            client.send(b"Subject: one\r\n\r\none" + end + second + b"\r\n.\r\n")
            assert client.reply().startswith("250")
            assert client.ask("NOOP").startswith("250 2.0.0 OK")
    assert len(listener.deliveries()) == 4


def test_client_that_has_hung_up_in_a_mail_leaves_nothing(listener: Listener) -> None:
    with listener.client() as client:
        client.greet().ask("DATA")
        client.send(report_mail()[:500])
        client.socket.shutdown(socket.SHUT_WR)
        assert client.reply() == ""
    assert listener.deliveries() == []


def test_client_that_has_said_all_still_gets_its_answer(listener: Listener) -> None:
    with listener.client() as client:
        client.greet().ask("DATA")
        client.send(report_mail() + b".\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        assert client.reply().endswith("stored")
        assert client.reply() == ""


def test_signed_report_counts_and_unsigned_one_is_quarantined(listen: Listen) -> None:
    with DnsServer({(KEY_NAME, "TXT"): [KEY.record()]}) as dns:
        listener = listen(auth__dkim="require", dns__nameservers=str(dns.address))
        assert send(listener, signed(report_mail(0)))[2] == "stored"
        assert send(listener, signed(report_mail(1)))[2] == "stored"
        assert send(listener, report_mail(2))[2] == "quarantined"
        assert dns.queries[(KEY_NAME, "TXT")] == 1
    assert [delivery.authenticated for delivery in listener.deliveries()] == [True, True, False]


def test_dots_do_not_break_a_signature(listen: Listen) -> None:
    with DnsServer({(KEY_NAME, "TXT"): [KEY.record()]}) as dns:
        listener = listen(auth__dkim="require", dns__nameservers=str(dns.address))
        mail = report_mail().replace(b"This is an aggregate", b".\r\n..\r\n. This is an aggregate")
        assert send(listener, signed(mail))[2] == "stored"


def test_key_that_cannot_be_fetched_is_tried_again(listen: Listen) -> None:
    """Q105: every sender tries again after a 451."""
    with DnsServer({(KEY_NAME, "TXT"): SERVFAIL}) as dns:
        listener = listen(auth__dkim="require", dns__nameservers=str(dns.address), dns__timeout="1")
        with listener.client() as client:
            assert client.greet().data(signed(report_mail())).startswith("451 4.7.5")
            assert listener.deliveries() == []
            dns.zone[(KEY_NAME, "TXT")] = [KEY.record()]
            assert client.begin().data(signed(report_mail())).endswith("stored")
