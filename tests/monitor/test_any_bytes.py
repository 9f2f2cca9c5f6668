"""Whatever octets a domain publishes, the readers answer: a result or an error, and words that can be shown.

What must hold stands in `fuzz.published`, for `make fuzz` asks the same with other octets.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import published

# Words of both grammars, and what is easily put between them.
PIECES = st.sampled_from(
    b"version: STSv1|mode: enforce|mode: none|max_age: 86400|mx: mx.example.com|mx: *.example|v=STSv1;|v=STSv1 ;|id=1"
    b"|v=TLSRPTv1;|v=TLSRPTv1 ;|rua=|mailto:|https://|a@b.example|!10m|,|%21"
    b"|\r\n|\n|\r|: | |*|.|;|=|\0|\xef\xbb\xbf".split(b"|")
)
OCTETS = st.lists(PIECES | st.binary(max_size=4), max_size=20).map(b"".join)
many = settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(OCTETS)
def test_policy(body: bytes) -> None:
    published.check_policy(body)


@many
@given(st.lists(OCTETS, max_size=3).map(tuple))
def test_records(found: tuple[bytes, ...]) -> None:
    published.check_records(found)


@many
@given(st.lists(OCTETS, max_size=3).map(tuple))
def test_tlsrpt_records(found: tuple[bytes, ...]) -> None:
    published.check_tlsrpt_records(found)


def test_the_seeds_of_the_fuzzer_hold() -> None:
    for seed in published.SEEDS:
        published.run(seed)
