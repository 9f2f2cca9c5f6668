"""No English is left on a Japanese page: every page of the application is read, whatever was kept in its database.

The pages are those of the URL map, so a new one is read too; an argument that is not in `values` fails.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from collector import settings
from collector.channels import CHANNELS
from collector.delivery import REASONS
from collector.monitor.model import ERRORS
from collector.report.model import RESULT_TYPES
from collector.store import accounts, queries, tokens
from collector.store.engine import Engine
from collector.store.queries.alerts import alerts
from collector.store.recipients import KINDS
from dashboard.mail.unsubscribing import Tokens
from dashboard.web import create_app
from tests.support import living
from tests.web import kept_world
from tests.web.conftest import add_user, enter

# One worker fills one database.
pytestmark = pytest.mark.xdist_group("pages")
NO_PAGES = ("/api/v1/", "/v1/", "/static/", "/metrics", "/healthz", "/readyz", "/login/oidc")
# The reference of the API is English, as the API is, and says so itself (`lang`).
ENGLISH = {"/api/v1/docs"}

# ---- What may stand in Latin letters on a Japanese page, and why. What stands in <code>, or is marked `translate="no"`,
# is typed or read by programs: codes, names of settings and their values.
WORDS = {
    # values of the protocol, as they stand in records, policies and reports (RFC 8460, 8461, 7672)
    *("enforce", "testing", "none", "sts", "tlsa", "mode", "version", "mailto", "https", "http", "ftp", "null"),
    *("rua", "policy", "summary", "usage", "selector", "matching", "type", "STSv", "TLSRPTv", "gzip", "zip"),
    *("unspecified", *RESULT_TYPES, *ERRORS),
    # names that are never translated
    *("Content-Type", "From", "Subject", "subjectAltName", "fullchain", "localhost", "base", "Bearer", "English"),
    *("Authorization", "www", "Google", "Microsoft", "oidc"),
    # ways in, codes of reasons, roles and scopes: as in the API, the settings and the commands
    *CHANNELS,
    *REASONS,
    *("viewer", "operator", "admin", "read", "write", "record"),
    # commands
    *("tlsrpt", "serve", "schedule", "config", "domain", "add", "user", "recount", "NAME", "TOKEN", "curl", "openssl"),
    # this world's names
    *("ada", "grace", "messy", "selftest"),
}
# Names with a dot, a slash, an underscore or the like; members of JSON (`failure-details`); tags (`p=`); parameters
# before a colon; options of commands; what is quoted.
NAME = re.compile(
    r"""https?://\S+ | /[\w./\[\]-]+ | [\w*-]*[\w*][._@/=\[\]+][\w.@:/=+\[\]*-]* | \b[a-z]+(?:-[a-z]+)+\b | _[a-z.-]+
    | ^[a-z_]+(?=:\ ) | --[a-z]+\b | -[a-z]\b | '[^']*' | "[^"]*" | <[^>]*> | \bTLS-Report-\w+""",
    re.VERBOSE | re.ASCII,
)
# Acronyms: DKIM, STARTTLS, RFC; SHA-256.
ACRONYM = re.compile(r"\b[A-Z0-9]{2,}(?:[sv]\d*)?\b", re.ASCII)
WORD = re.compile(r"[A-Za-z]{3,}")
# What a stranger said, word for word: nobody translates it.
STRANGERS = (
    *(living.SCRIPT, "Big Mail Example Inc.", "tls: handshake timed out", "not an address", "Reporter Example"),
    *("here", "a test", "openssl s_client -starttls smtp -connect", "document.title"),
)
ATTRIBUTES = ("title", "aria-label", "placeholder", "alt")


class _Texts(HTMLParser):
    """The texts of a page and of the attributes that people read, but for what says that it is English or a document."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if not self._is_left_out:
            self.found += [given[name] for name in ATTRIBUTES if given.get(name)]
        if tag not in ("meta", "link", "img", "input", "br", "path", "rect"):
            is_code = tag in ("script", "style", "code") or given.get("translate") == "no"
            is_document = "document" in given.get("class", "").split()
            self._open.append((tag, is_code or is_document or given.get("lang", "ja") != "ja"))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._is_left_out and data.strip():
            self.found.append(" ".join(data.split()))

    @property
    def _is_left_out(self) -> bool:
        return any(is_left_out for _, is_left_out in self._open)


def english(html: str) -> list[str]:
    """`word: the text it stands in` for each English word that is left."""
    reader = _Texts()
    reader.feed(html)
    left = []
    for text in dict.fromkeys(reader.found):
        bare = text
        for stranger in STRANGERS:
            bare = bare.replace(stranger, " ")
        bare = ACRONYM.sub(" ", NAME.sub(" ", bare))
        words = [word for word in WORD.findall(bare) if word not in WORDS]
        left += [f"{word}: {text[:200]}" for word in words[:1]]
    return left


@pytest.fixture(scope="module")
def kept_engine(living_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path = Path(living_engine.url.database or "")
    engine = kept_world.database(path, tmp_path_factory.mktemp("kept") / "tlsrpt.db")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def app(kept_engine: Engine) -> Flask:
    # Its resolver asks nobody: what is live is then not known, and that is said too.
    given = settings.gather(environ={}, overrides={"dns.nameservers": "127.0.0.1:1", "dns.timeout": "0.1"})
    made = create_app(settings.build(given), kept_engine, now=lambda: living.NOW, given=given)
    add_user(kept_engine)
    return made


@pytest.fixture
def ada(app: Flask, kept_engine: Engine) -> FlaskClient:
    client = app.test_client()
    found = accounts.user_named(kept_engine, "ada")
    assert found is not None
    enter(client, kept_engine, found)
    client.set_cookie("tlsrpt-language", "ja")
    return client


def values(engine: Engine) -> dict[str, list[str]]:
    """For each argument of a rule what it can be; each is asked for."""
    deliveries = queries.deliveries(engine).items
    telling = [row for row in deliveries if row.outcome != "stored" or row.findings]
    rows = queries.reports(engine).items
    return {
        "domain": ["example.com", "example.net", "quiet.example"],
        "host": ["mx2.example.com", "mx1.example.com"],
        "reporter": ["bigmail.example", living.SCRIPT],
        "code": ["certificate-expired", "made-up-type", "validation-failure"],
        "report_id": [str(row.id) for row in rows if row.findings or row.report_id == "messy"] or [str(rows[0].id)],
        "alert_id": [str(row.id) for row in alerts(engine).items],
        "delivery_id": [str(row.id) for row in telling],
        "position": ["0"],
        "name": ["foreign.example"],
        "user_id": [str(row.id) for row in accounts.users(engine)],
        "token": [Tokens(engine, living.NOW).token(kind, "ops@example.net") for kind in KINDS],
        "token_id": [str(row.id) for row in tokens.tokens(engine)],
    }


def pages(app: Flask, engine: Engine) -> list[str]:
    known = values(engine)
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and _is_page(rule)]
    adapter = app.url_map.bind("localhost")
    return [
        adapter.build(rule.endpoint, dict(zip(rule.arguments, chosen, strict=True)))
        for rule in rules
        for chosen in product(*(known[name] for name in rule.arguments))
    ]


def _is_page(rule: Rule) -> bool:
    return not rule.rule.startswith(NO_PAGES) and rule.rule not in ENGLISH


def test_no_english_is_left_on_any_page(app: Flask, kept_engine: Engine, ada: FlaskClient) -> None:
    left: dict[str, str] = {}
    read = set()
    for path in pages(app, kept_engine):
        answer = ada.get(path)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            read.add(app.url_map.bind("localhost").match(path)[0])
            left.update(dict.fromkeys(english(answer.text), path))
    assert left == {}
    # What cannot be read so are redirects and files.
    rules = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and _is_page(rule)}
    assert rules - read == {"access.login", "pages.delivery_raw", "pages.document"}


STATES = [
    "/?from=2026-01-01&search=example",
    "/domains/example.com?from=2026-01-01",
    "/domains/example.com/failures?reporter=bigmail.example&policy_type=sts&authenticated=yes",
    "/domains/example.com/setup?mode=enforce&max_age=1&mx=mx1.example.com",
    "/domains/example.com/setup?mode=x&max_age=x&mx=*.*.example.com",
    "/domains/example.com/setup?mode=enforce&max_age=86400&mx=",
    "/domains/example.com/setup?told=too-soon",
    "/reports?reporter=nobody&outcome=conflict",
    "/deliveries?outcome=quarantined",
    "/deliveries?reason=dkim_fail&tried=3&counted=1&go_on=x&key_away=yes",
    "/deliveries?channel=imap",
    "/alerts?state=closed&rule=certificate",
    "/alerts?domain=example.com&limit=2",
    "/settings/domains?added=new.example&counted=3",
    "/settings/domains?removed=new.example",
    "/settings/users?done=added&name=x",
]
ERRORS = [
    ("/no-such-page", 404),
    ("/reports?from=x", 400),
    ("/reports?from=2026-02-02&to=2026-01-01", 400),
    ("/reports?from=1969-01-01", 400),
    ("/reports?limit=0", 400),
    ("/reports?cursor=x", 400),
    ("/reports?outcome=x", 400),
    ("/reports?domain=-", 400),
    ("/reports?reporter=%00", 400),
    ("/domains/nobody.example", 404),
    ("/domains/example.com/mx/nobody.example", 404),
    ("/domains/example.com/reporters/nobody.example", 404),
    ("/reports/01a20658-9b80-758c-9bad-3aea4274d8fd", 404),
    ("/deliveries/01a20658-9b80-758c-9bad-3aea4274d8fd", 404),
    ("/alerts/01a20658-9b80-758c-9bad-3aea4274d8fd", 404),
    ("/alerts?state=x", 400),
    ("/deliveries/foreign/nobody.example", 404),
    ("/settings/users/01a20658-9b80-758c-9bad-3aea4274d8fd", 404),
]


@pytest.mark.parametrize("path", STATES)
def test_no_english_is_left_whatever_a_page_is_asked(ada: FlaskClient, path: str) -> None:
    answer = ada.get(path)
    assert answer.status_code == 200
    assert english(answer.text) == []


@pytest.mark.parametrize(("path", "status"), ERRORS)
def test_no_english_is_left_on_an_error_page(ada: FlaskClient, path: str, status: int) -> None:
    answer = ada.get(path)
    assert answer.status_code == status
    assert english(answer.text) == []


FORMS = [
    ("/settings/users", {"name": "ada", "role": "viewer", "password": "long enough"}, 400),
    ("/settings/users", {"name": "x", "role": "king", "password": "long enough"}, 400),
    ("/settings/users", {"name": "x", "role": "viewer", "password": "short"}, 400),
    ("/settings/tokens", {"name": "ci", "scope": "read"}, 400),
    ("/settings/tokens", {"name": "x", "scope": "read", "days": "x"}, 400),
    ("/settings/domains", {"name": "-"}, 400),
    ("/settings/password", {"old": "x", "new": "y"}, 400),
    ("/deliveries/retry/nonsense", {}, 404),
    ("/reports", {}, 405),
]


@pytest.mark.parametrize(("path", "form", "status"), FORMS)
def test_no_english_is_left_on_what_a_form_is_answered(
    app: Flask, ada: FlaskClient, path: str, form: dict[str, str], status: int
) -> None:
    page = ada.get("/settings").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = ada.post(path, data={**form, "csrf_token": token[1]})
    assert answer.status_code == status
    assert english(answer.text) == []
    stale = ada.post(path, data=form)
    assert english(stale.text) == []


def test_no_english_is_left_before_one_has_logged_in(app: Flask) -> None:
    stranger = app.test_client()
    for path in ("/login?lang=ja", "/login?out=yes", "/no-such-page"):
        assert english(stranger.get(path, follow_redirects=True).text) == []


def test_english_is_noticed() -> None:
    assert english("<p>これは left です</p>") == ["left: これは left です"]
    assert english('<p title="Some words">enforce、example.com、DKIM</p>') == ["Some: Some words"]
    assert english('<p lang="en">All of it</p><pre class="document">{"a": "text"}</pre>') == []
