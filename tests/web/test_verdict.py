"""The verdict where people and programs meet it: API, list, card, command."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from collector.demo import fill
from collector.store.engine import Engine, open_engine
from collector.store.startup import upgrade
from tests.support import processes
from tests.support.page import read
from tests.web.conftest import MakeApp, add_user, enter

WORDS = {"example.com": "not_ready", "example.net": "insufficient_data", "quiet.example": "not_applicable"}


@pytest.mark.parametrize(("name", "word"), WORDS.items())
def test_the_api_answers_as_the_contract_says(client: FlaskClient, name: str, word: str) -> None:
    answer = client.get(f"/api/v1/domains/{name}/verdict").json
    assert {"verdict", "reasons", "evidence"} <= set(answer)  # more may stand beside these
    assert answer["verdict"] == word
    assert set(answer["evidence"]) == {"days", "sessions", "reporters", "would_refuse"}
    assert answer["reasons"]
    assert all(set(reason) == {"code", "text", "ok"} for reason in answer["reasons"])


def test_its_figures_are_those_of_the_last_28_days_whatever_range_is_asked_for(client: FlaskClient) -> None:
    path = "/api/v1/domains/example.com/verdict"
    answer = client.get(path).json
    assert answer["evidence"] == {"days": 1, "sessions": 105, "reporters": 2, "would_refuse": 10}
    assert client.get(f"{path}?from=2026-11-24&to=2026-11-24").json == answer


def test_a_list_and_one_by_one_say_the_same(client: FlaskClient) -> None:
    rows = client.get("/api/v1/domains").json["domains"]
    assert {row["domain"]: row["verdict"] for row in rows} == WORDS


def test_a_domain_that_is_not_there(client: FlaskClient) -> None:
    assert client.get("/api/v1/domains/unknown.example/verdict").status_code == 404
    assert client.get("/api/v1/domains/example.com/verdict?format=csv").status_code == 400


def test_a_viewer_sees_the_verdict_of_its_own_domains_only(make_app: MakeApp, filled: Engine) -> None:
    client = make_app().test_client()
    enter(client, filled, add_user(filled, "grace", "viewer", "example.net"))
    assert client.get("/domains/example.net").status_code == 200
    assert client.get("/domains/example.com").status_code == 404
    assert "not ready" not in client.get("/").text


def test_thresholds_are_settings(make_app: MakeApp) -> None:
    low = {"verdict.days": "1", "verdict.sessions": "1", "verdict.reporters": "1"}
    answer = make_app(**low).test_client().get("/api/v1/domains/example.net/verdict").json
    reasons = {reason["code"]: reason["ok"] for reason in answer["reasons"]}
    assert (reasons["clean_days"], reasons["sessions"], reasons["reporters"]) == (True, True, True)
    assert answer["verdict"] == "ready"


def test_the_card_says_it_in_a_sentence_with_every_reason_and_what_to_do(client: FlaskClient) -> None:
    page = read(client.get("/domains/example.com").text)
    assert "✕ not ready Enforce is not healthy." in page.text
    assert "What to do Renew the certificate" in page.text
    reasons = client.get("/api/v1/domains/example.com/verdict").json["reasons"]
    assert [reason["text"] for reason in reasons if reason["text"] not in page.text] == []
    # Not by colour alone: a mark with its name.
    against = [reason for reason in reasons if reason["ok"] is False]
    assert len(page.all("span", class_="reason-mark", **{"aria-label": "against it"})) == len(against) == 2


def test_the_list_shows_the_word(client: FlaskClient) -> None:
    text = client.get("/").text
    assert 'word-not_ready">✕ not ready</span>' in text
    assert 'word-insufficient_data">insufficient data</span>' in text
    assert 'word-not_applicable">not applicable</span>' in text


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A folder with the demo's database in it, as of now."""
    engine = open_engine(f"sqlite:///{tmp_path / 'tlsrpt.db'}")
    upgrade(engine)
    fill(engine, datetime.now(UTC) - timedelta(minutes=1))
    engine.dispose()
    return tmp_path


# Each of the demo's domains tells a part of the story.
STORY = [
    ("example.com", "not_ready", 1),
    ("example.org", "ready", 0),
    ("example.net", "not_ready", 1),
    ("bücher.example", "not_applicable", 0),
]


def test_the_command_and_its_exit_status(demo: Path) -> None:
    for name, word, status in STORY:
        done = processes.tlsrpt("verdict", name, "--json", cwd=demo, variables={})
        assert (json.loads(done.stdout)["verdict"], done.returncode, done.stderr) == (word, status, ""), name
    text = processes.tlsrpt("verdict", "Example.ORG.", cwd=demo, variables={}).stdout
    assert text.startswith("example.org: ready (mode testing). It is safe to go to enforce.\n")
    assert "\n  yes  The policy lists every MX host in DNS: mail.example.org.\n" in text
    assert text.endswith(
        "\nWhat to do: Publish the policy with mode enforce: the file first, then a new id in the _mta-sts record.\n"
    )


@pytest.mark.parametrize("name", ["unknown.example", "no domain", ""])
def test_the_command_refuses_what_it_does_not_know(tmp_path: Path, name: str) -> None:
    done = processes.tlsrpt("verdict", name, cwd=tmp_path, variables={})
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
