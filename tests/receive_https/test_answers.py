"""What a sender is told: the statuses and bodies of the contract, over real gunicorn and on both databases."""

import base64
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from collector import settings
from collector.auth import Authentication
from collector.delivery import Envelope, Stored
from collector.ingest import ingest
from collector.store import accounts, queries
from collector.store.writer import Writer
from tests.receive_https.site import GZIP, JSON, PATH, Site, document, packed
from tests.support import reports

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
Body = Callable[[str], bytes]  # of a report-id


def plain(report_id: str) -> bytes:
    return reports.to_json(document(report_id))


def twice(report_id: str) -> bytes:
    return gzip.compress(packed(report_id))


def raw(content: bytes) -> Body:
    return lambda _: content


FOREIGN = reports.to_gzip(reports.report([reports.policy_result("foreign.example")], report_id="foreign"))
XML = gzip.compress(b"<?xml version='1.0'?><feedback></feedback>")
HTML = b"<!doctype html><title>no report</title>"
BOMB = gzip.compress(bytes(4_000_000))
# (what, body, content type, other fields, status, outcome, reason or error)
POSTS: list[tuple[str, Body, str | None, dict[str, str], int, str | None, str | None]] = [
    ("packed", packed, GZIP, {}, 201, "stored", None),
    ("plain (Q95)", plain, JSON, {}, 201, "stored", None),
    ("a parameter to the type", plain, JSON + "; charset=utf-8", {}, 201, "stored", None),
    ("no type (Q98)", packed, None, {}, 201, "stored", None),
    ("no type and plain", plain, None, {}, 201, "stored", None),
    ("curl's own type (Q98)", packed, "application/x-www-form-urlencoded", {}, 201, "stored", None),
    ("a type of something else", plain, "text/html", {}, 201, "stored", None),
    ("the types the wrong way round", plain, GZIP, {}, 201, "stored", None),
    ("the types the other wrong way round", packed, JSON, {}, 201, "stored", None),
    ("packed for the way (Q96)", packed, JSON, {"Content_Encoding": "gzip"}, 201, "stored", None),
    ("packed for the way as well (Q96)", twice, GZIP, {"Content_Encoding": "gzip"}, 201, "stored", None),
    ("called packed for the way", plain, JSON, {"Content_Encoding": "gzip"}, 201, "stored", None),
    ("under a name that is not ours", packed, GZIP, {"Host": "attacker.example"}, 201, "stored", None),
    ("from another site's page", packed, GZIP, {"Origin": "https://x.example"}, 201, "stored", None),
    ("about a domain that was not added", raw(FOREIGN), GZIP, {}, 202, "unassigned", "unassigned"),
    ("three layers", lambda i: gzip.compress(twice(i)), GZIP, {}, 202, "quarantined", "unpack"),
    ("broken gzip data", lambda i: packed(i)[:-9], GZIP, {}, 202, "quarantined", "unpack"),
    ("broken gzip data under no type", lambda i: packed(i)[:-9], None, {}, 202, "quarantined", "unpack"),
    ("HTML under a right type", raw(HTML), JSON, {}, 202, "quarantined", "json"),
    ("HTML under the other right type", raw(HTML), GZIP, {}, 202, "quarantined", "unpack"),
    ("nothing under a right type", raw(b""), JSON, {}, 202, "quarantined", "json"),
    ("a report without its policies", raw(b'{"policies": null}'), JSON, {}, 202, "quarantined", "schema"),
    ("a gzip bomb", raw(BOMB), GZIP, {}, 202, "quarantined", "limit"),
    ("HTML", raw(HTML), None, {}, 415, None, "unsupported_media_type"),
    ("HTML that says so", raw(HTML), "text/html", {}, 415, None, "unsupported_media_type"),
    ("nothing", raw(b""), None, {}, 415, None, "unsupported_media_type"),
    ("other JSON", raw(b'{"a": 1}'), "application/json", {}, 415, None, "unsupported_media_type"),
    ("a DMARC report", raw(XML), "application/gzip", {}, 415, None, "unsupported_media_type"),
]


@pytest.mark.parametrize(
    ("what", "body", "content_type", "fields", "status", "outcome", "code"), POSTS, ids=[case[0] for case in POSTS]
)
def test_post(
    site: Site,
    what: str,
    body: Body,
    content_type: str | None,
    fields: dict[str, str],
    status: int,
    outcome: str | None,
    code: str | None,
) -> None:
    told = site.post(body(what), content_type, **fields)
    assert (told.status, told.body.get("outcome"), told.code) == (status, outcome, code)
    assert told.headers["Content-Type"] == "application/json"
    if outcome is None:
        assert set(told.body) == {"error"}
    else:
        assert list(told.body) == ["outcome", "delivery", "reason"]


def test_a_slash_at_the_end_is_no_reason_to_lose_a_report(site: Site) -> None:
    assert site.post(packed("slash"), path=PATH + "/").status == 201
    assert site.post(packed("query"), path=PATH + "?from=curl").status == 201
    assert site.post(packed("other"), path="/v1/other").status == 404


def test_what_is_kept_of_it(site: Site, site_engine: Engine) -> None:
    body = packed("kept")
    told = site.post(body, "Application/TLSRPT+gzip; x=" + "y" * 300)
    found = queries.delivery(site_engine, UUID(told.body["delivery"]))
    assert found is not None
    assert (found.channel, found.outcome, found.authenticated, found.size) == ("https", "stored", False, len(body))
    assert found.envelope["peer"] == "127.0.0.1"
    assert found.envelope["content_type"] == ("Application/TLSRPT+gzip; x=" + "y" * 300)[:255]
    assert queries.delivery_raw(site_engine, found.id) == body
    [part] = found.parts
    assert part.report_id is not None
    report = queries.report(site_engine, part.report_id)
    assert report is not None
    assert (report.authenticated, report.reporter, report.successful) == (False, "reporter.example", 10)


def test_nothing_is_kept_of_what_is_no_report(site: Site, site_engine: Engine) -> None:
    site.post(HTML, None)
    kept = queries.deliveries(site_engine, reason="not_a_report")
    assert kept.items == ()


def test_again_is_a_duplicate_whatever_the_bytes(site: Site) -> None:
    same = document("again")
    assert site.post(reports.to_gzip(same)).status == 201
    told = site.post(json.dumps(same, indent=4, sort_keys=True).encode(), JSON)
    assert (told.status, told.outcome, told.code) == (200, "duplicate", None)


def test_other_content_under_the_same_key_is_a_conflict(site: Site) -> None:
    assert site.post(packed("conflict", successful=1)).status == 201
    told = site.post(packed("conflict", successful=2))
    assert (told.status, told.outcome, told.code) == (202, "conflict", "conflict")


def by_mail(engine: Engine, content: reports.Json) -> Stored:
    """What becomes of a report that comes by a signed mail."""
    delivery = ingest(
        reports.mail(content),
        Envelope("smtp"),
        NOW,
        limits=settings.Limits(),
        dkim="require",
        authenticate=lambda raw, claimed: Authentication("reporter.example"),
    )
    writer = Writer(engine)
    writer.start()
    try:
        return writer.submit(delivery).result(30)
    finally:
        writer.close()


def report_of(engine: Engine, delivery: UUID) -> Any:
    found = queries.delivery(engine, delivery)
    assert found is not None
    assert found.parts[0].report_id is not None
    return queries.report(engine, found.parts[0].report_id)


def test_by_post_after_mail_is_a_duplicate(site: Site, site_engine: Engine) -> None:
    """Q99, R14: with several rua a sender delivers to each."""
    content = document("mail, then post")
    assert by_mail(site_engine, content).outcome == "stored"
    assert site.post(reports.to_gzip(content)).status == 200


def test_by_mail_after_post_lends_its_authentication(site: Site, site_engine: Engine) -> None:
    content = document("post, then mail")
    first = UUID(site.post(reports.to_gzip(content)).body["delivery"])
    assert not report_of(site_engine, first).authenticated
    assert by_mail(site_engine, content).outcome == "duplicate"
    assert report_of(site_engine, first).authenticated


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods(site: Site, method: str) -> None:
    told = site.ask(method, PATH, b"{}" if method == "PUT" else None)
    assert (told.status, told.headers["Allow"]) == (405, "POST")
    assert told.body is None if method == "HEAD" else told.code == "method_not_allowed"


def test_nobody_has_to_log_in(site: Site, site_engine: Engine) -> None:
    """A redirect to a form would count as delivered for a sender that does not look (Q104)."""
    accounts.add_user(site_engine, "ada", role="admin", password_hash="x", now=NOW)
    try:
        assert site.ask("GET", "/api/v1/domains").status == 401
        assert site.post(packed("nobody")).status == 201
        wrong = base64.b64encode(b"x:y").decode()
        assert site.post(packed("somebody"), Authorization=f"Basic {wrong}").status == 201
    finally:
        accounts.remove_user(site_engine, "ada")


def test_metrics_tell_the_depth_of_the_spool(site: Site) -> None:
    connection = site.connect()
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    assert "\ntlsrpt_spool_files 0.0\n" in text
    assert "\ntlsrpt_spool_bytes 0.0\n" in text
    assert "\ntlsrpt_spool_set_aside 0.0\n" in text


def test_a_line_of_the_log_for_each(site: Site) -> None:
    told = site.post(packed("line"))
    line = site.process.says(told.body["delivery"])
    assert line.endswith("outcome=stored reason=- reporter='reporter.example' peer=127.0.0.1\n")
