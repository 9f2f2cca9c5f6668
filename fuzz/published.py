"""What a domain publishes, and what must hold whatever octets that is. A breach is an AssertionError.

The first octet says which reader gets the rest: the `_mta-sts` record, the TLSRPT record, or the policy. In the two
records NUL parts one TXT record from the next.
"""

from collector.monitor import policy, records, tlsrpt_record
from collector.monitor.model import ERRORS, Problem, reason

_LONGEST = 500  # characters of a text for people

SEEDS = (
    b"0v=STSv1; id=20260101T000000;\0v=STSv1; id=2;",
    b"0V=STSv1; id=2026-01-01",
    b"1v=TLSRPTv1; rua=mailto:a@example.com,https://example.com:443/v1/tlsrpt; x=y",
    b"1v=TLSRPTv1;rua=mailto:a@example.com!10m\0v=spf1 -all",
    b"1v=TLSRPTv1; rua=mailto:%61@b\xc3\xbccher.example?subject=x,a@example.com",
    b"1v=TLsRPTv1",  # a find: its better record had no rua
    b"2version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n",
    b"2version: STSv1\nmode: none\nmax_age: 0\n",
    b"2<!DOCTYPE html><html>",
)


def run(raw: bytes) -> None:
    """The octets through one reader, and checked. Raises AssertionError, or what broke."""
    which, rest = (raw or b"0")[0] % 3, raw[1:]
    if which == 0:
        check_records(tuple(rest.split(b"\0")))
    elif which == 1:
        check_tlsrpt_records(tuple(rest.split(b"\0")))
    else:
        check_policy(rest)


def check_policy(body: bytes) -> None:
    """RFC 8461 section 3.2."""
    reading = policy.read(body)
    assert (reading.policy is None) == (reason(reading.problems) is not None)
    _check_shown(reading.problems)
    if reading.policy is not None:
        assert reading.policy.mode in policy.MODES
        assert 0 <= reading.policy.max_age <= policy.MAX_AGE_LIMIT
        assert reading.policy.mx or reading.policy.mode == "none"
        assert reading.policy.text.encode() == body
        assert "\0" not in reading.policy.text  # PostgreSQL takes none


def check_records(found: tuple[bytes, ...]) -> None:
    """RFC 8461 section 3.1."""
    record = records.read(found)
    assert (record.id is None) == (record.error in ERRORS)
    assert (record.error is None) == (reason(record.problems) is None)
    _check_shown(record.problems)
    assert record.id is None or (record.id.isalnum() and record.id.isascii() and len(record.id) <= 32)


def check_tlsrpt_records(found: tuple[bytes, ...]) -> None:
    """RFC 8460 section 3. What is offered as a better record is one."""
    check = tlsrpt_record.read(found, "example.com")
    assert bool(check.rua) == (reason(check.problems) is None)
    _check_shown(check.problems)
    for problem in check.problems:
        if problem.fix.startswith("v="):
            assert tlsrpt_record.read((problem.fix.encode(),), "example.com").rua


def _check_shown(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        assert problem.severity in ("error", "warning")
        assert problem.text.isprintable()
        assert len(problem.text) < _LONGEST
