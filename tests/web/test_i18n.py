"""English and Japanese: which one a page speaks, and that the catalogue is whole."""

import re
from datetime import UTC, date, datetime

import pytest
from babel.messages.catalog import Message
from flask.testing import FlaskClient

from collector.text import Text, clauses, listed, say, say_n, sentences
from dashboard.text import LANGUAGES, language
from docs import translations

EN, JA = language("en"), language("ja")
DAY = date(2026, 11, 24)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def _forms(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple | list) else (message.string,)


@pytest.mark.parametrize("tag", translations.languages())
def test_the_catalogue_has_every_text_of_the_code_and_no_other(tag: str) -> None:
    code = {(message.id, message.context) for message in translations.extracted() if message.id}
    kept = {(message.id, message.context) for message in translations.kept(tag) if message.id}
    assert kept == code, "run `make translations`"
    assert [message.id for message in translations.missing(tag)] == []
    assert not any(message.fuzzy for message in translations.kept(tag))


@pytest.mark.parametrize("tag", translations.languages())
def test_a_translation_has_the_placeholders_of_its_text(tag: str) -> None:
    for message in translations.kept(tag):
        if not message.id:
            continue
        text = message.id if isinstance(message.id, str) else message.id[1]
        for form in _forms(message):
            assert set(_PLACEHOLDER.findall(form)) == set(_PLACEHOLDER.findall(text)), text
            assert "%" not in _PLACEHOLDER.sub("", form).replace("%%", ""), text


def test_a_text_is_english_and_knows_its_other_languages() -> None:
    text = say("The last day that was reported is %(day)s.", day=DAY)
    assert text == "The last day that was reported is 24 Nov 2026."
    assert text.told(EN) == text
    assert text.told(JA) == "最後にレポートされた日は2026年11月24日です。"


@pytest.mark.parametrize(("n", "english"), [(1, "1 clean day with"), (1234, "1,234 clean days with")])
def test_a_number_chooses_the_form(n: int, english: str) -> None:
    text = say_n(
        "%(n)s clean day with reports; %(least)s are needed.",
        "%(n)s clean days with reports; %(least)s are needed.",
        n,
        least=14,
    )
    assert text.startswith(english)
    assert f"{n:,}日です（必要数 14）" in text.told(JA)


def test_texts_are_put_together_as_each_language_does() -> None:
    one, other = say("no failures"), say("no report yet")
    assert sentences(one, "", other) == "no failures no report yet"
    assert sentences(one, other).told(JA) == "失敗なしレポート未着"
    assert clauses([one, other]) == "no failures; no report yet"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b", "c"], most=1) == "a and 2 more"
    assert listed(["a", "b", "c"], most=1).told(JA) == "a、ほか2件"
    assert listed(["a"]).told(JA) == "a"


def test_a_hostile_value_is_a_value_in_every_language() -> None:
    text = say("%(host)s offers no STARTTLS", host="%(n)s<b>")
    assert text == "%(n)s<b> offers no STARTTLS"
    assert text.told(JA) == "%(n)s<b>が STARTTLS を提示しません"


def test_an_error_keeps_its_text() -> None:
    assert isinstance(str(ValueError(say("no failures"))), Text)


def test_days_and_numbers_are_written_as_each_language_does() -> None:
    moment = datetime(2026, 11, 24, 13, 45, tzinfo=UTC)
    assert (EN.day(DAY), JA.day(DAY)) == ("Tue 24 Nov 2026", "2026年11月24日(火)")
    assert (EN.moment(moment), JA.moment(moment)) == ("24 Nov 2026, 13:45 UTC", "2026年11月24日 13:45 UTC")
    assert EN.days(DAY, date(2026, 11, 26)) == "Tue 24 Nov to Thu 26 Nov 2026"
    assert JA.days(DAY, date(2026, 11, 26)) == "2026年11月24日(火)〜2026年11月26日(木)"
    assert (EN.percent("0.12"), JA.percent("0.12")) == ("0.12 %", "0.12%")


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "expected"),
    [
        ("", None, "", "en"),
        ("", None, "ja-JP,ja;q=0.9,en;q=0.5", "ja"),
        ("", None, "fr", "en"),
        ("", "ja", "en", "ja"),
        ("", "xx", "ja", "ja"),
        ("?lang=en", "ja", "ja", "en"),
        ("?lang=<b>", None, "", "en"),
    ],
    ids=["nothing", "browser", "another language", "cookie", "broken cookie", "address first", "not a language"],
)
def test_the_language_of_a_page(
    client: FlaskClient, query: str, cookie: str | None, accept: str, expected: str
) -> None:
    if cookie is not None:
        client.set_cookie("tlsrpt-language", cookie)
    answer = client.get(f"/reports{query}", headers={"Accept-Language": accept})
    assert f'<html lang="{expected}">' in answer.text
    assert answer.headers["Content-Language"] == expected
    assert {"cookie", "accept-language"} <= {each.lower() for each in answer.vary}
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_switch_keeps_the_page_and_is_remembered(client: FlaskClient) -> None:
    page = client.get("/reports?reporter=other.example").text
    assert 'hreflang="ja" href="/reports?reporter=other.example&amp;lang=ja"' in page
    answer = client.get("/reports?reporter=other.example&lang=ja")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert '<html lang="ja">' in client.get("/").text


def test_programs_are_answered_in_english(client: FlaskClient) -> None:
    client.set_cookie("tlsrpt-language", "ja")
    answer = client.get("/api/v1/domains/example.com/verdict", headers={"Accept-Language": "ja"})
    assert "ポリシー" not in answer.text
    assert "Set-Cookie" not in client.get("/api/v1/domains?lang=ja").headers


def test_the_languages_offered_have_a_catalogue() -> None:
    assert set(translations.languages()) == set(LANGUAGES) - {"en"}


def test_the_api_tells_in_another_language_where_its_address_says_so(client: FlaskClient) -> None:
    path = "/api/v1/domains/example.com/chart"
    english, japanese = client.get(path).json, client.get(f"{path}?lang=ja").json
    assert english is not None
    assert japanese is not None
    assert (english["data"][0]["name"], japanese["data"][0]["name"]) == ("Successful", "成功")
    assert (english["config"]["locale"], japanese["config"]["locale"]) == ("en", "ja")
    assert client.get(path, headers={"Accept-Language": "ja"}).json == english
