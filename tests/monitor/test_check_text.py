"""A check as text: states, colours, and nothing that a stranger could do to a terminal."""

from datetime import UTC, datetime, timedelta

import click

from collector.commands.check_text import text
from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.model import Problem, StsPolicy

NOW = datetime(2026, 3, 4, tzinfo=UTC)


def check(*problems: Problem, hosts: tuple[MxCheck, ...] = ()) -> Check:
    policy = StsPolicy("testing", 86400, ("mx.example.com",), "")
    sts = StsCheck("v=STSv1; id=1", "1", policy, None, problems)
    return Check("xn--bcher-kva.example", NOW, TlsrptCheck("v=TLSRPTv1; rua=mailto:a@example.com"), sts, hosts)


def test_it_is_aligned_and_says_what_to_publish() -> None:
    expired = Certificate(NOW - timedelta(days=1), ("mx.example.com",), False)
    host = MxCheck("mx.example.com", False, True, expired, ("3 1 1 00",), False, (Problem("late", "error", "Over."),))
    problems = (Problem("minor", "warning", "Some " * 40, "mx: a"), Problem("major", "error", "Why."))
    assert click.unstyle(text(check(*problems, hosts=(host,)), 60)).splitlines() == [
        "xn--bcher-kva.example (bücher.example): 2 errors, 1 warning",
        "",
        "TLSRPT             ok       v=TLSRPTv1; rua=mailto:a@example.com",
        "MTA-STS            error    v=STSv1; id=1",
        "policy                      mode testing, max_age 86400 (1 day), mx.example.com",
        "MX mx.example.com  error    not in the policy, STARTTLS, certificate not trusted, expired, 1 TLSA, no DNSSEC",
        "",
        "error MTA-STS: major",
        "  Why.",
        "",
        "warning MTA-STS: minor",
        *["  " + "Some " * 10 + "Some"] * 3,
        "  " + "Some " * 6 + "Some",
        "  -> mx: a",
        "",
        "error mx.example.com: late",
        "  Over.",
    ]


def test_a_terminal_gets_colours_and_nothing_else() -> None:
    shown = text(check(Problem("code", "error", "\x1b[2Jgone\r\nnew line", "\x9b31m")), 80)
    assert "\x1b[31m" in shown  # ours
    plain = click.unstyle(shown)
    assert all(line.isprintable() for line in plain.splitlines())
    assert "\\x1b[2Jgone\\r\\nnew line" in plain


def test_without_anything_there_is_still_an_answer() -> None:
    nothing = Check("example.com", NOW, TlsrptCheck(None), StsCheck(None, None, None, "no_record"), ())
    assert "policy            none (no_record)" in click.unstyle(text(nothing, 0))
