"""Every link of every page leads somewhere, whoever wrote the names in it; and no stranger's string acts there."""

from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from collector.store import queries
from collector.store.engine import Engine
from tests.support import living
from tests.support.page import read

# One worker fills one database.
pytestmark = pytest.mark.xdist_group("pages")
_OF_A_KIND = 3  # pages that differ by a name only; of those under a filter one


def kind(living_app: Flask, link: str) -> tuple[object, ...]:
    """What a link is about: its view, and which parameters it has."""
    parts = urlsplit(link)
    endpoint, _ = living_app.url_map.bind("localhost").match(parts.path)
    return endpoint, tuple(sorted(pair.partition("=")[0] for pair in parts.query.split("&")))


def test_no_link_is_dead(living_app: Flask, reader: FlaskClient) -> None:
    seen: set[str] = set()
    kinds: dict[tuple[object, ...], int] = {}
    waiting = ["/"]
    while waiting:
        link = waiting.pop().partition("#")[0]
        if not link.startswith("/") or link in seen:
            continue
        seen.add(link)
        which = kind(living_app, link)
        kinds[which] = kinds.get(which, 0) + 1
        if kinds[which] > (1 if "?" in link else _OF_A_KIND):
            continue
        answer = reader.get(link)
        assert answer.status_code == 200, link
        # A mail is a document with styles of its own.
        if answer.mimetype == "text/html" and which[0] != "settings.preview_mail_html":
            page = read(answer.text)
            assert page.problems == [], link
            # The API's page shows examples, of which not every one is there in this world.
            waiting += reversed(page.links()) if which[0] != "api.docs" else []
    endpoints = {str(endpoint) for endpoint, _ in kinds}
    pages = ("domain_mx_host", "domain_reporter", "domain_failure", "result_type", "report", "report_json", "delivery")
    assert {f"pages.{name}" for name in pages} <= endpoints


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_strangers_string_acts(reader: FlaskClient, living_engine: Engine, language: str) -> None:
    name = quote(living.SCRIPT, safe="/")
    [report] = queries.reports(living_engine, domain="example.com", reporter=living.SCRIPT).items
    paths = (
        f"/domains/example.com/mx/{name}",
        f"/domains/example.com/reporters/{name}",
        "/domains/example.com/failures/made-up-type",
        "/result-types/made-up-type",
        "/result-types",
        f"/reports/{report.id}",
        f"/reports/{report.id}/json",
        f"/deliveries/{report.delivery_id}",
    )
    for path in paths:
        answer = reader.get(path, query_string={"lang": language})
        assert answer.status_code == 200, path
        page = read(answer.text)
        assert page.problems == [], path
        assert living.SCRIPT not in answer.text, path
        assert not [link for link in page.links() if link.startswith("javascript:")], path
        foreign = [given for given in page.all("a") if given.get("href", "").startswith("http")]
        assert all(given["rel"] == "noopener noreferrer nofollow" for given in foreign), path
