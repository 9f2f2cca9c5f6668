"""The link in a mail that ends such mails: for whoever holds it, at once, and never by looking (RFC 8058)."""

import re

import pytest
from flask.testing import FlaskClient

from collector.store import audit, recipients
from collector.store.engine import Engine
from collector.store.recipients import Kept
from dashboard.mail.unsubscribing import Tokens
from tests.support.page import read
from tests.web import world
from tests.web.conftest import MakeApp, add_user

ADDRESS = "ops@example.net"
FROM = "tlsrpt@example.net"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def path(filled: Engine) -> str:
    return f"/unsubscribe/{Tokens(filled, world.NOW).token('summary', ADDRESS)}"


@pytest.fixture
def stranger(filled: Engine, make_app: MakeApp) -> FlaskClient:
    """Somebody on the internet who has no login, where others have one."""
    add_user(filled)
    client = make_app(**{"web.public_url": "https://tls.example.net", "mail.from": FROM}).test_client()
    client.environ_base |= {"REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "tls.example.net"}
    return client


def gone(engine: Engine) -> set[tuple[str, str]]:
    return set(recipients.unsubscribed(engine))


@pytest.mark.parametrize("form", [{"data": ONE_CLICK}, {"data": ONE_CLICK, "content_type": "multipart/form-data"}])
def test_a_mail_program_posts_to_it(form: dict[str, object], stranger: FlaskClient, path: str, filled: Engine) -> None:
    answer = stranger.post(path, **form)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert gone(filled) == {(ADDRESS, "summary")}
    assert "Set-Cookie" not in answer.headers


def test_a_person_sees_a_form_and_nothing_is_done_by_looking(stranger: FlaskClient, path: str, filled: Engine) -> None:
    for _ in range(2):  # programs that look at links before their reader does
        answer = stranger.get(path)
    assert answer.status_code == 200
    assert gone(filled) == set()
    assert "Set-Cookie" not in answer.headers
    page = read(answer.text)
    assert page.problems == []
    assert f"Shall {ADDRESS} get no weekly summary any more?" in answer.text
    assert re.search(r'<form method="post">', answer.text)
    assert "csrf_token" not in answer.text


def test_it_is_done_once_however_often_it_is_asked(stranger: FlaskClient, path: str, filled: Engine) -> None:
    for _ in range(3):
        answer = stranger.post(path, data=ONE_CLICK)
        assert (answer.status_code, f"{ADDRESS} gets no weekly summary any more." in answer.text) == (200, True)
    entries = [entry for entry in audit.entries(filled).items if entry.action == "unsubscribed"]
    assert [(entry.subject, entry.details, entry.by.address) for entry in entries] == [
        (ADDRESS, {"kind": "summary"}, "192.0.2.7")
    ]
    assert "gets no weekly summary any more" in stranger.get(path).text


def test_it_says_what_remains_and_how_to_get_it_back(stranger: FlaskClient, path: str, filled: Engine) -> None:
    page = read(stranger.post(path).text)
    assert "No other mail of this dashboard goes there." in page.text
    assert f"the sender of that mail, {FROM}." in page.text
    recipients.add(filled, Kept(ADDRESS, (), None, True, True, False, world.NOW))
    assert "Alerts still go there by mail." in read(stranger.get(path).text).text
    of_alerts = f"/unsubscribe/{Tokens(filled, world.NOW).token('alerts', ADDRESS)}"
    assert "No other mail" in read(stranger.post(of_alerts).text).text  # both have ended by now


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("end", "status"), [("", 200), ("x", 404)])
def test_a_stranger_finds_no_link_that_would_not_open(
    stranger: FlaskClient, path: str, end: str, status: int, method: str
) -> None:
    page = read(stranger.open(path + end, method=method).text)
    assert page.links() == ["#content", f"{path}{end}?lang=ja"]
    assert stranger.get(page.links()[1]).status_code == status


def test_alerts_are_another_kind(stranger: FlaskClient, filled: Engine) -> None:
    path = f"/unsubscribe/{Tokens(filled, world.NOW).token('alerts', ADDRESS)}"
    assert "no alerts by mail" in stranger.get(path).text
    assert "no alerts by mail" in stranger.post(path).text
    assert gone(filled) == {(ADDRESS, "alerts")}


def test_another_site_may_post_it(stranger: FlaskClient, path: str, filled: Engine) -> None:
    """A mail program in a browser is another site; the token is all that counts."""
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://webmail.example"}
    assert stranger.post(path, data=ONE_CLICK, headers=headers).status_code == 200
    assert gone(filled) == {(ADDRESS, "summary")}


def test_it_works_where_nobody_has_a_login(make_app: MakeApp, path: str, filled: Engine) -> None:
    client = make_app(**{"web.public_url": "https://tls.example.net"}).test_client()
    from_afar = {"X-Forwarded-For": "192.0.2.7", "Host": "tls.example.net"}
    assert client.get("/", headers=from_afar).status_code == 403
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get(path, headers=from_afar).text)
    assert any(file.endswith("style.css") for file in files)
    assert {client.get(file, headers=from_afar).status_code for file in files} == {200}
    assert client.post(path, data=ONE_CLICK, headers=from_afar).status_code == 200
    assert gone(filled) == {(ADDRESS, "summary")}


@pytest.mark.parametrize("token", ["x", "AAAA", "a" * 900, "%00", "{path}x", "<script>"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_none_of_ours(token: str, method: str, stranger: FlaskClient, path: str, filled: Engine) -> None:
    answer = stranger.open(f"/unsubscribe/{token.replace('{path}', path.rpartition('/')[2])}", method=method)
    assert answer.status_code == 404
    assert read(answer.text).problems == []
    assert gone(filled) == set()


def test_a_strangers_address_does_not_act(stranger: FlaskClient, filled: Engine) -> None:
    path = f"/unsubscribe/{Tokens(filled, world.NOW).token('summary', '<script>alert(1)</script>@example.net')}"
    for answer in (stranger.get(path), stranger.post(path)):
        assert "<script>alert" not in answer.text
        assert read(answer.text).problems == []
