"""Whatever octets a domain publishes, the readers answer: a result or an error, and words that can be shown."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.monitor import policy, records, tlsrpt_record
from collector.monitor.model import ERRORS, Problem, reason

# Words of both grammars, and what is easily put between them.
PIECES = st.sampled_from(
    b"version: STSv1|mode: enforce|mode: none|max_age: 86400|mx: mx.example.com|mx: *.example|v=STSv1;|v=STSv1 ;|id=1"
    b"|v=TLSRPTv1;|v=TLSRPTv1 ;|rua=|mailto:|https://|a@b.example|!10m|,|%21"
    b"|\r\n|\n|\r|: | |*|.|;|=|\0|\xef\xbb\xbf".split(b"|")
)
OCTETS = st.lists(PIECES | st.binary(max_size=4), max_size=20).map(b"".join)
many = settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def shown_well(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        assert problem.severity in ("error", "warning")
        assert problem.text.isprintable()
        assert len(problem.text) < 500


@many
@given(OCTETS)
def test_policy(body: bytes) -> None:
    reading = policy.read(body)
    assert (reading.policy is None) == (reason(reading.problems) is not None)
    shown_well(reading.problems)
    if reading.policy is not None:
        assert reading.policy.mode in policy.MODES
        assert 0 <= reading.policy.max_age <= policy.MAX_AGE_LIMIT
        assert reading.policy.mx or reading.policy.mode == "none"
        assert reading.policy.text.encode() == body
        assert "\0" not in reading.policy.text  # PostgreSQL takes none


@many
@given(st.lists(OCTETS, max_size=3))
def test_records(found: list[bytes]) -> None:
    record = records.read(tuple(found))
    assert (record.id is None) == (record.error in ERRORS)
    assert (record.error is None) == (reason(record.problems) is None)
    shown_well(record.problems)
    assert record.id is None or (record.id.isalnum() and record.id.isascii() and len(record.id) <= 32)


@many
@given(st.lists(OCTETS, max_size=3))
def test_tlsrpt_records(found: list[bytes]) -> None:
    check = tlsrpt_record.read(tuple(found), "example.com")
    assert bool(check.rua) == (reason(check.problems) is None)
    shown_well(check.problems)
    for problem in check.problems:
        if problem.fix.startswith("v="):
            assert tlsrpt_record.read((problem.fix.encode(),), "example.com").rua
