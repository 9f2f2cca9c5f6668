"""Health, readiness, metrics, and the headers of every answer."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from collector import settings
from collector.store import figure_checks, queries
from collector.store.engine import Engine, open_engine
from dashboard.web import create_app, metrics
from tests.web import world
from tests.web.conftest import MakeApp, add_token, add_user


def test_up(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "up"})


def test_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


@pytest.mark.parametrize("host", ["10.0.0.7:8080", "dashboard", "localhost"])
def test_health_under_any_name(client: FlaskClient, host: str) -> None:
    """Load balancers ask by address."""
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def over(engine: Engine) -> FlaskClient:
    return create_app(settings.Settings(), engine).test_client()


def test_not_ready_with_an_empty_database(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    client = over(engine)
    answer = client.get("/readyz")
    engine.dispose()
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "reason": "the database is empty: run `tlsrpt db upgrade`"}
    assert client.get("/healthz").status_code == 200


def test_database_away() -> None:
    client = over(open_engine("postgresql+psycopg://nobody:secret@127.0.0.1:1/none?connect_timeout=1"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "reason": "the database does not answer"}
    assert client.get("/healthz").status_code == 200
    for path in ("/", "/api/v1/domains", "/metrics"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "127.0.0.1:1" not in answer.text
        assert "secret" not in answer.text


def scrape(client: FlaskClient) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_metrics(client: FlaskClient) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    figures = scrape(client)
    assert (
        figures.items()
        >= {
            "tlsrpt_domains{enforce}": 1,
            "tlsrpt_domains{testing}": 1,
            "tlsrpt_domains{none}": 0,
            "tlsrpt_domains{unknown}": 1,
            "tlsrpt_deliveries{stored}": 3,
            "tlsrpt_deliveries{duplicate}": 1,
            "tlsrpt_deliveries{unassigned}": 1,
            "tlsrpt_deliveries{quarantined}": 1,
            "tlsrpt_deliveries{conflict}": 0,
            "tlsrpt_reports{stored}": 3,
            "tlsrpt_reports{duplicate}": 1,
            "tlsrpt_reports{unassigned}": 1,
            "tlsrpt_reports{conflict}": 0,
        }.items()
    )
    assert world.NOW.timestamp() - 6 * 3600 <= figures["tlsrpt_last_delivery_timestamp_seconds"]
    assert figures["process_resident_memory_bytes"] > 0


def test_metrics_of_figures_that_differ(client: FlaskClient, filled: Engine, clock: world.Clock) -> None:
    assert scrape(client)["tlsrpt_figures_differing"] == 0
    for name, rows in (("example.com", 3), ("quiet.example", 4)):
        domain_id = queries.find_domain(filled, name)
        assert domain_id is not None
        figure_checks.record(filled, domain_id, clock.at, rows)
    clock.at += timedelta(minutes=1)
    assert scrape(client)["tlsrpt_figures_differing"] == 7


def test_metrics_of_each_domain(client: FlaskClient) -> None:
    figures = scrape(client)
    assert (
        figures.items()
        >= {
            "tlsrpt_sessions{example.com,successful}": 95,
            "tlsrpt_sessions{example.com,failed}": 10,
            "tlsrpt_sessions{quiet.example,failed}": 0,
            "tlsrpt_policy_mode{example.com,enforce}": 1,
            "tlsrpt_policy_mode{example.com,testing}": 0,
            "tlsrpt_policy_mode{quiet.example,unknown}": 1,
        }.items()
    )
    assert figures["tlsrpt_last_report_timestamp_seconds{example.com}"] <= world.NOW.timestamp()
    assert "tlsrpt_last_report_timestamp_seconds{quiet.example}" not in figures


def test_metrics_name_mx_hosts_only_if_told_to(make_app: MakeApp) -> None:
    figures = scrape(make_app(**{"metrics.mx_labels": "yes"}).test_client())
    assert figures["tlsrpt_mx_failed_sessions{example.com,mx1.example.com}"] == 6
    assert "mx1.example.com" not in make_app().test_client().get("/metrics").text


@pytest.mark.parametrize("most", ["0", "2"])
def test_metrics_name_no_domain_where_there_are_more_than_the_setting(make_app: MakeApp, most: str) -> None:
    """Beyond it labels are our own words, so that the number of series never grows."""
    text = make_app(**{"metrics.domain_labels": most}).test_client().get("/metrics").text
    assert not re.search(r"\.(example|com|net)\b", text.replace("prometheus.io", ""))


def test_metrics_are_not_counted_for_every_question(client: FlaskClient, filled: Engine, clock: world.Clock) -> None:
    assert scrape(client)["tlsrpt_deliveries{stored}"] == 3
    world.submit(filled, world.both_domains())
    assert scrape(client)["tlsrpt_deliveries{stored}"] == 3
    clock.at += timedelta(minutes=1)
    assert scrape(client)["tlsrpt_deliveries{stored}"] == 4


@pytest.mark.parametrize(
    ("taken", "seconds"), [(0.0, 5), (0.25, 5), (0.75, 15), (6.0, 120)], ids=["empty", "small", "large", "huge"]
)
def test_counting_metrics_takes_a_twentieth_of_the_time_at_the_most(taken: float, seconds: int) -> None:
    assert metrics.keeping(taken) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "path", ["/", "/domains/example.com", "/api/v1/domains", "/api/v1/nothing", "/healthz", "/nothing"]
)
def test_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert directive in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_headers_behind_tls(filled: Engine, make_app: MakeApp) -> None:
    client = make_app(**{"web.public_url": "https://tls.example.net"}).test_client()
    assert client.get("/healthz").headers["Strict-Transport-Security"].startswith("max-age=")


def test_redirect_to_login_has_the_headers_too(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    answer = make_app().test_client().get("/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_metrics_want_a_token(filled: Engine, make_app: MakeApp) -> None:
    add_user(filled)
    client = make_app().test_client()
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=add_token(filled)).status_code == 200
