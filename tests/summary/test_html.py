"""The HTML of a mail: what mail programs keep of it, who it trusts (nobody), and how large it may grow."""

import re
import time
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from io import BytesIO

import pytest
from PIL import Image

from dashboard.mail import message
from dashboard.mail.foot import with_foot
from dashboard.mail.recipients import Recipient
from dashboard.summary import chart, html, says, text
from dashboard.summary.links import Links
from dashboard.summary.model import MOST_IN_FULL, Summary, shortened
from dashboard.text import LANGUAGES, language
from tests.summary.weeks import HOSTILE, MADE_AT, domain, everything, held_back, hostile, in_testing, summary
from tests.support.mail_html import lint

PUBLIC = "https://tls.example.com"
LONG = f"https://{'.'.join(['long' * 15] * 4)}.example/tls"
# Gmail cuts a mail off beyond 102 kB.
MOST = 100_000


def page(given: Summary, tag: str = "en", base: str | None = PUBLIC, *, with_charts: bool = True) -> str:
    return html.render(given, language(tag), Links(base), with_charts=with_charts)[0]


def mail(
    given: Summary, tag: str = "en", base: str = PUBLIC, unsubscribe: str | None = None
) -> tuple[EmailMessage, bytes]:
    """As it goes out."""
    spoken, links = language(tag), Links(base)
    to = Recipient("ada@example.net", (), tag, only_if_needed=False, unsubscribe=unsubscribe)
    written, images = html.render(given, spoken, links, with_charts=True)
    content = message.Content(
        spoken.value(says.subject(given)),
        text.render(given, spoken, links),
        written,
        tuple(message.Image(*each) for each in images),
    )
    raw = message.build(
        with_foot(content, to),
        by=message.Sender("", "tls@example.com"),
        to=to.address,
        message_id="<1@example.com>",
        now=MADE_AT,
    )
    return message_from_bytes(raw, policy=policy.default), raw  # type: ignore[return-value]


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("base", [PUBLIC, None])
@pytest.mark.parametrize("given", [everything(), summary(), summary(domain())], ids=["everything", "none", "well"])
def test_mail_programs_keep_all_of_it(given: Summary, base: str | None, tag: str) -> None:
    written = page(given, tag, base)
    read = lint(written, public_url=base)
    assert read.faults == []
    assert bool(read.links) is (base is not None)
    assert written.startswith("<!DOCTYPE html>")
    assert '<meta name="color-scheme" content="light dark">' in written


BAD = {
    "<style>p{}</style>": ["<style>"],
    '<p style="position: fixed">a</p>': ["position: fixed"],
    '<p style="background-color: url(x)">a</p>': ["background-color: url(x)"],
    '<a href="https://elsewhere.example/">a</a>': ["a link to https://elsewhere.example/"],
    '<img src="https://elsewhere.example/i.png" alt="a">': ["a picture from https://elsewhere.example/i.png"],
    '<img src="cid:a" alt="">': ["a picture from cid:a"],
    '<p onclick="a()">a</p>': ["<p onclick>"],
    "<table><tr><td>a</td></tr></table>": ["a table that a screen reader would read out as one"],
    "<p>a": ["<p> does not end"],
}


@pytest.mark.parametrize("written", BAD)
def test_the_linter_finds_what_they_drop(written: str) -> None:
    assert lint(written, public_url=PUBLIC).faults == BAD[written]


def test_each_picture_that_is_named_comes_along_and_no_other() -> None:
    written, images = html.render(everything(), language("en"), Links(None), with_charts=True)
    assert lint(written).images == [cid for cid, _ in images]
    assert len(images) == 10
    assert all(len(png) < 6000 for _, png in images)
    without, none = html.render(everything(), language("en"), Links(None), with_charts=False)
    assert (lint(without).images, none) == ([], ())


def test_a_chart_shows_each_day_and_each_failure() -> None:
    days = domain().daily
    failing = [(day, good, 1 if place == 3 else 0) for place, (day, good, _) in enumerate(days)]
    colours = set(Image.open(BytesIO(chart.draw(failing))).convert("RGB").get_flattened_data())
    assert (0xD5, 0x5E, 0x00) in colours
    plain = set(Image.open(BytesIO(chart.draw(days))).convert("RGB").get_flattened_data())
    assert (0xD5, 0x5E, 0x00) not in plain
    assert (0x43, 0x84, 0xBF) in plain


@pytest.mark.parametrize("tag", LANGUAGES)
def test_what_strangers_say_stays_text(tag: str) -> None:
    given = summary(hostile(), foreign=((HOSTILE, 1),))
    sent, raw = mail(given, tag)
    assert "Bcc" not in sent
    assert sent["To"] == "ada@example.net"
    assert not re.search(r"[\x00-\x1f\x7f\u202e]", str(sent["Subject"]))
    assert raw.isascii()
    written = page(given, tag)
    assert "<script" not in written
    assert "alert(1)" in written
    assert lint(written, public_url=PUBLIC).faults == []
    for told in (written, text.render(given, language(tag), Links(PUBLIC))):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", told)
        assert not any(line.startswith("Bcc:") for line in told.splitlines())


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_text_says_what_the_html_says(tag: str) -> None:
    given = summary(
        held_back("held.example", silent_reporters=("a.example", "b.example")),
        in_testing("on.example"),
        domain("well.example"),
        quarantined=(("dkim_fail", 3),),
        foreign=(("foreign.example", 2),),
    )
    spoken = language(tag)
    plain = _squeezed(text.render(given, spoken, Links(PUBLIC)))
    bars = {spoken.value(says.THIS_WEEK), spoken.value(says.WEEK_BEFORE)}
    counts = {str(count) for count in range(10)} | {spoken.value(word) for word in says.WORDS.values()}
    # Bars and counts are figures again that stand in sentences; marks and links have their own form.
    left_out = bars | counts | {"✕", "!", "✓", spoken.value(says.subject(given))}
    link_texts = {spoken.value(each) for each in (html.LOOK, html.ALL_FIGURES, html.WELL)}
    read = lint(page(given, tag), public_url=PUBLIC)
    told = [_squeezed(each).lstrip("·") for each in read.texts if each.strip()]
    missing = [each for each in told if each not in plain and each not in map(_squeezed, left_out | link_texts)]
    assert missing == []


def _squeezed(said: str) -> str:
    return "".join(unescape(said).split())


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize(("base", "least"), [(PUBLIC, 50), (LONG, 30)])
def test_three_thousand_domains_fit_into_a_mail(base: str, least: int, tag: str) -> None:
    failing = [held_back(f"held-{each:04}.customer.example") for each in range(2000)]
    well = [domain(f"well-{each:04}.customer.example") for each in range(1000)]
    given = summary(*failing, *well)
    foot = f"{base}/unsubscribe/{'a' * 400}"
    began = time.process_time()
    sent, _ = mail(given, tag, base, foot)
    assert time.process_time() - began < 2
    parts = {part.get_content_subtype(): part for part in sent.walk() if part.get_content_maintype() == "text"}
    for kind in ("html", "plain"):
        assert len(parts[kind].get_payload().encode()) < MOST, kind  # type: ignore[union-attr]
    written = parts["html"].get_content()
    told = len(set(re.findall(r"held-\d{4}\.", written)))
    assert told > least
    assert f"{2000 - told:,}" in written
    assert f'href="{foot}"' in written
    assert lint(written, public_url=base).faults == []
    brief = replace(given, domains=(*given.domains[:MOST_IN_FULL], *map(shortened, given.domains[MOST_IN_FULL:])))
    assert page(brief, tag, base) == page(given, tag, base)
    assert text.render(brief, language(tag), Links(base)) == text.render(given, language(tag), Links(base))
