"""schemathesis asks the API whatever its own document allows and forbids, over the world, and finds nothing.

`make api-fuzz` asks more of it: TLSRPT_TEST_EXAMPLES times as many.
"""

import os
from typing import Any

import pytest
import schemathesis
from schemathesis.engine import from_schema
from schemathesis.engine.events import ScenarioFinished

from tests.web.conftest import MakeApp

_EXAMPLES = 4 * int(os.environ.get("TLSRPT_TEST_EXAMPLES", "1"))
# These ask the network or change what the other questions are about; each has tests of its own.
_LEFT_OUT = [
    *("setup", "policy_draft", "self_test", "check", "adopt", "remove", "retry", "retry_all"),
    *("serve_policy", "stop_serving", "add_user", "change_user", "add_token"),
]
_CONFIG = {
    "seed": 8460,
    "generation": {"max-examples": _EXAMPLES, "deterministic": True, "database": "none"},
    "phases": {"stateful": {"enabled": False}},
    # What is well formed may not be so beside others: `from` after `to`, a cursor that is none.
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "406"]}},
}


@pytest.mark.filterwarnings("default")  # the tool's own affair
def test_schemathesis_finds_nothing(make_app: MakeApp) -> None:
    config = schemathesis.Config.from_dict(_CONFIG)
    app = make_app()

    def local(environ: dict[str, Any], start_response: Any) -> Any:
        return app({**environ, "REMOTE_ADDR": "127.0.0.1"}, start_response)

    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", local, config=config)
    found, asked = [], 0
    for event in from_schema(schema.exclude(operation_id=_LEFT_OUT)).execute():
        if isinstance(event, ScenarioFinished):
            asked += len(event.recorder.cases)
            for checks in event.recorder.checks.values():
                found += [
                    f"{event.label}: {check.name}: {check.failure_info.failure}"
                    for check in checks
                    if check.failure_info
                ]
    assert not found, "\n".join(found)
    assert asked > 100
