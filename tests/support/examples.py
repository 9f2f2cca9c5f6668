"""How many examples a property test tries: few in the suite, many under `make fuzz` (TLSRPT_TEST_EXAMPLES=50)."""

import os

from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("TLSRPT_TEST_EXAMPLES", "1"))


def examples(number: int) -> settings:
    """For `@examples(100)` above `@given(...)`. Fixtures last over the examples of a test; the machine may be busy."""
    return settings(
        max_examples=number * FACTOR,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
