"""The mail about alerts: its HTML says what its text says, mail programs keep it, and no stranger acts in it."""

import re
from collections.abc import Iterable
from typing import Any

import pytest

from dashboard.alerts.html import LOOK
from dashboard.alerts.mail import mail
from dashboard.alerts.words import EVENTS
from dashboard.mail.columns import WIDTH, width
from dashboard.mail.html import MOST_BYTES
from dashboard.text import LANGUAGES, language
from tests.alerts.world import content
from tests.support.alerting import OF_RULE
from tests.support.mail_html import lint

PUBLIC = "https://tls.example.com"
EVIL = '"><script>alert(1)</script>\r\nBcc: all@example.net\x07\u202e=?utf-8?q?x?='


def of_rule(rule: str, event: str = "opened", **more: Any) -> dict[str, Any]:
    domain, subject, size, evidence = OF_RULE[rule]
    given = {"event": event, "domain": domain, "subject": subject, "size": size, "evidence": evidence}
    return dict(content(rule, **given | more))


def hostile() -> dict[str, Any]:
    """A stranger's text wherever one can stand."""
    named = {"result_types": [EVIL], "mx": [EVIL], "reporters": [EVIL]}
    return of_rule("new_failure", subject=EVIL, evidence=OF_RULE["new_failure"][3] | named)


GIVEN = {
    "one": [of_rule("held_back")],
    "every event": [of_rule("certificate", event) for event in EVENTS],
    "every rule": [of_rule(rule) for rule in OF_RULE],
    "strangers": [hostile(), of_rule("reporter_silent", subject=EVIL)],
    "very many": [of_rule("held_back", domain=f"held{each}.example") for each in range(100)],
    "very many strangers": [of_rule("reporter_silent", subject=EVIL * 20) for _ in range(40)],
}


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("base", [PUBLIC, None])
@pytest.mark.parametrize("name", GIVEN)
def test_mail_programs_keep_all_of_it(name: str, base: str | None, tag: str) -> None:
    made = mail(GIVEN[name], tag, base)
    read = lint(made.html, public_url=base)
    assert read.faults == []
    assert read.images == []
    assert bool(read.links) is (base is not None)
    assert len(made.html.encode()) <= MOST_BYTES
    assert f'<html lang="{tag}">' in made.html


def squeezed(parts: Iterable[str]) -> str:
    """Without blanks and ends of lines."""
    return "".join("".join(parts).split())


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("name", GIVEN)
def test_no_line_of_the_text_is_too_long_but_for_links(name: str, tag: str) -> None:
    lines = mail(GIVEN[name], tag, PUBLIC).text.splitlines()
    assert [line for line in lines if width(line) > WIDTH and " " in line.strip()] == []


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("name", [name for name in GIVEN if name != "very many strangers"])
def test_the_html_says_what_the_text_says(name: str, tag: str) -> None:
    made = mail(GIVEN[name], tag, PUBLIC)
    read = lint(made.html, public_url=PUBLIC)
    heads = {made.subject, language(tag).value(LOOK)}
    told = squeezed(each for each in read.texts if each.strip() not in heads)
    said = squeezed(line for line in made.text.splitlines() if line not in read.links)
    assert said.removeprefix(squeezed(made.subject)) == told  # of one alert the subject is its title
    assert read.links == [line for line in made.text.splitlines() if line.startswith(f"{PUBLIC}/alerts")]


def test_of_more_than_fit_the_number_is_told() -> None:
    made = mail(GIVEN["very many strangers"], "en", PUBLIC)
    boxes = made.html.count("border-left")
    assert 10 < boxes < 30
    assert f"And {40 - boxes} more" in made.html
    assert "And 70 more" in mail(GIVEN["very many"], "en", PUBLIC).html


@pytest.mark.parametrize("tag", LANGUAGES)
def test_what_strangers_say_stays_text(tag: str) -> None:
    made = mail([hostile()], tag, PUBLIC)
    assert "<script" not in made.html
    assert "&lt;script&gt;alert(1)" in made.html
    for told in (made.html, made.text):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", told)
        assert not any(line.startswith("Bcc:") for line in told.splitlines())
