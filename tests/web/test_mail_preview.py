"""The weekly mail is looked at as its recipient would get it, in a frame that can do nothing; nothing is sent or kept."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from collector import settings
from collector.store import audit, recipients
from collector.store.engine import Engine
from collector.store.queries import outgoing
from collector.store.recipients import Kept
from dashboard.mail.unsubscribing import Tokens
from dashboard.summary import compose
from dashboard.summary.week import Week
from dashboard.web.csp import CSP
from tests.support import alerting, living
from tests.support.page import read
from tests.web import world
from tests.web.conftest import MakeApp, add_user, enter
from tests.web.test_settings_pages import admin

__all__ = ["admin"]  # a fixture: mail goes to ops@example.com, and about example.net to ann@example.net

PREVIEW, HTML = "/settings/mail/preview", "/settings/mail/preview/html"
of_living = pytest.mark.xdist_group("pages")


def text_of(client: FlaskClient, **query: str) -> str:
    answer = client.get(PREVIEW, query_string=query)
    assert answer.status_code == 200, answer.text
    return read(answer.text).text


@of_living
@pytest.mark.parametrize("tag", ["en", "ja"])
def test_it_is_the_mail_that_would_go_out(reader: FlaskClient, living_engine: Engine, tag: str) -> None:
    mail = compose.mail(
        living_engine, settings.load(environ={}), Week(2026, 47), now=living.NOW, tag=tag
    )  # the week before the one of living.NOW
    shown = text_of(reader, language=tag)
    assert mail.subject in shown
    assert " ".join(mail.text.split()) in shown
    document = reader.get(HTML, query_string={"language": tag}).text
    as_sent = re.sub(r"data:image/png;base64,[\w+/=]+", "cid:x", document.replace('<base target="_blank">\n', ""))
    assert re.sub("cid:chart[0-9]+", "cid:x", mail.html) == as_sent
    assert len(re.findall("base64,", document)) == len(mail.images) > 0


@of_living
def test_the_frame_can_do_nothing_and_no_other_page_has_one(reader: FlaskClient) -> None:
    page, document = reader.get(PREVIEW), reader.get(HTML, query_string={"language": "ja"})
    assert page.headers["Content-Security-Policy"] == f"{CSP}; frame-src 'self'"
    assert reader.get("/settings/mail").headers["Content-Security-Policy"] == CSP
    [frame] = read(page.text).all("iframe")
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    policy = dict(rule.partition(" ")[::2] for rule in document.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "sandbox": frame["sandbox"],
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
    }
    assert document.headers["Content-Language"] == "ja"
    assert document.headers["Cache-Control"] == "no-store"
    assert dict(parse_qsl(urlsplit(frame["src"]).query)) == {"week": "2026-W47", "language": "en"}


@of_living
def test_what_strangers_wrote_stays_text(reader: FlaskClient) -> None:
    for path in (PREVIEW, HTML):
        written = reader.get(path).text
        assert living.SCRIPT not in written
        assert "&lt;script&gt;document.title" in written


def test_a_recipient_sees_their_domains_in_their_language(admin: FlaskClient, filled: Engine) -> None:
    assert "quiet.example" in text_of(admin)
    theirs = text_of(admin, recipient="Ann@Example.NET")
    assert "example.net" in theirs
    assert not [name for name in ("quiet.example", "example.com:") if name in theirs]
    recipients.add(filled, Kept("ann@example.net", ("example.com",), "ja", True, False, False, world.NOW))
    answer = admin.get(HTML, query_string={"recipient": "ann@example.net"})
    assert '<html lang="ja">' in answer.text
    assert "quiet.example" not in answer.text
    english = admin.get(HTML, query_string={"recipient": "ann@example.net", "language": "en"})
    assert '<html lang="en">' in english.text


def test_the_header_is_that_of_the_mail_and_the_link_that_ends_it_stays_its_recipients(
    filled: Engine, make_app: MakeApp
) -> None:
    public = "https://tls.example.net"
    client = make_app(
        **{"summary.recipients": "ops@example.com", "mail.from": "TLS <tls@example.net>", "web.public_url": public}
    ).test_client()
    client.environ_base |= {"HTTP_HOST": "tls.example.net"}
    shown = text_of(client, recipient="ops@example.com")
    for line in (
        "From TLS <tls@example.net>",
        "To ops@example.com",
        "Auto-Submitted auto-generated",
        "TLS-Required No",
        f"List-Unsubscribe <{public}/unsubscribe/preview>",
        "List-Unsubscribe-Post List-Unsubscribe=One-Click",
    ):
        assert line in shown
    assert "To tls@example.net" not in text_of(client)
    document = client.get(HTML, query_string={"recipient": "ops@example.com"}).text
    assert f'href="{public}/unsubscribe/preview"' in document
    assert '<base target="_blank">' in document
    token = Tokens(filled, world.NOW).token("summary", "ops@example.com")
    assert token not in shown + document
    assert client.get("/unsubscribe/preview").status_code == 404


def test_nothing_is_sent_or_kept(admin: FlaskClient, filled: Engine) -> None:
    before = audit.entries(filled).items
    for path in (PREVIEW, HTML):
        assert admin.get(path, query_string={"recipient": "ops@example.com"}).status_code == 200
    assert outgoing.summary_runs(filled, now=world.NOW) == ()
    assert audit.entries(filled).items == before


BAD = [
    ({"week": "x"}, 400, "'x' is no week such as 2026-W47"),
    ({"week": "2025-W53"}, 400, "there is no week 2025-W53"),
    ({"week": "1969-W20"}, 400, "there is no week 1969-W20"),
    ({"week": "9001-W01"}, 400, "there is no week 9001-W01"),
    ({"week": "2026-W49"}, 400, "2026-W49 begins on 2026-11-30: there is nothing to tell yet"),
    ({"language": "xx"}, 400, "language: 'xx' is none of 'en', 'ja'"),
    ({"recipient": "nobody"}, 400, "no mail address"),
    ({"recipient": "bob@example.com"}, 404, "Nobody of that address gets the weekly mail."),
]


@pytest.mark.parametrize(("query", "status", "said"), BAD, ids=str)
def test_what_cannot_be_shown_is_refused_with_a_word(
    admin: FlaskClient, query: dict[str, str], status: int, said: str
) -> None:
    for path in (PREVIEW, HTML):
        answer = admin.get(path, query_string=query)
        assert (answer.status_code, said in read(answer.text).text) == (status, True)
        assert answer.headers["Content-Security-Policy"] == CSP


@pytest.mark.parametrize("week", ["1970-W01", "2026-W48"])
def test_weeks_reach_from_the_first_day_there_can_be_to_now(admin: FlaskClient, week: str) -> None:
    assert week in text_of(admin, week=week)


def test_it_says_when_no_such_mail_goes_out(filled: Engine, make_app: MakeApp, admin: FlaskClient) -> None:
    recipients.add(filled, Kept("bob@example.com", ("other.example",), None, True, False, True, world.NOW))
    none_goes_out, not_over, nobody = "none goes out", "That week is not over", "Nobody gets the weekly mail."
    assert none_goes_out in text_of(admin, recipient="bob@example.com")  # a domain that is none of ours: nothing to say
    usual = text_of(admin, recipient="ops@example.com")
    assert not [each for each in (none_goes_out, not_over, nobody) if each in usual]
    assert not_over in text_of(admin, week="2026-W48")
    recipients.remove(filled, "bob@example.com")
    other = make_app().test_client()
    enter(other, filled, add_user(filled, "grace"))
    assert nobody in text_of(other)


def test_the_page_of_the_mails_links_to_it(admin: FlaskClient, filled: Engine) -> None:
    alerting.mails(filled, world.NOW)
    recipients.add(filled, Kept("sent@example.com", (), None, True, False, False, world.NOW))
    links = [link for link in read(admin.get("/settings/mail").text).links() if link.startswith(PREVIEW)]
    asked = [dict(parse_qsl(urlsplit(link).query)) for link in links]
    for query in (
        {},
        {"recipient": "ops@example.com"},
        {"week": "2026-W47", "recipient": "sent@example.com"},
        {"week": "2026-W47"},  # to those who get none any more
    ):
        assert query in asked
    assert {"recipient": "bob@example.org"} not in asked  # unsubscribed
    assert {admin.get(link).status_code for link in links} == {200}
