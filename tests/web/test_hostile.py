"""Whatever is asked: an answer, and never a failure of our own."""

import base64
from urllib.parse import quote

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PATHS = (
    *("/", "/domains", "/domains/{}", "/reports", "/reports/{}", "/deliveries", "/deliveries/{}", "/login", "/metrics"),
    *("/domains/{}/daily", "/domains/example.com", "/domains/example.com/mx", "/domains/example.com/failures"),
    *("/api/v1/domains", "/api/v1/domains/{}/chart", "/api/v1/domains/example.com/daily", "/api/v1/{}"),
    *("/api/v1/domains/example.com/failures", "/api/v1/reports", "/api/v1/reports/{}/raw", "/api/v1/deliveries"),
    *("/domains/example.com/mx/{}", "/domains/example.com/reporters/{}", "/domains/example.com/failures/{}"),
    *("/result-types", "/result-types/{}", "/deliveries/foreign/{}", "/deliveries/retry/{}", "/reports/{}/json"),
    *("/api/v1/deliveries/{}", "/static/{}/style.css", "/static/0/{}"),
)
NAMES = (
    "from",
    "to",
    "limit",
    "cursor",
    "search",
    "domain",
    "reporter",
    "outcome",
    "channel",
    "reason",
    "format",
    "policy",
    "details",
)
WORDS = ("2026-11-20", "9000-12-31", "1970-01-01", "1000", "yes", "csv", "json", "stored", "example.com", "%", "\0")

texts = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=30),
    st.binary(max_size=30).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS),
    part=texts,
    query=st.dictionaries(st.sampled_from(NAMES), texts, max_size=3),
    accept=st.sampled_from(("*/*", "text/csv", "text/csv;q=x", "")),
    method=st.sampled_from(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS")),
)
def test_no_request_fails(
    client: FlaskClient, path: str, part: str, query: dict[str, str], accept: str, method: str
) -> None:
    path = path.replace("{}", quote(part, safe=""))
    answer = client.open(path, query_string=query, headers={"Accept": accept}, method=method)
    assert answer.status_code < 500, answer.text
