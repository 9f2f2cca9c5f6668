"""The link at the foot of a mail: each one's own, at the end of both parts, in the reader's language."""

import pytest

from dashboard.mail.foot import MOST_BYTES, with_foot
from dashboard.mail.message import Content, Image
from dashboard.mail.recipients import Recipient

URL = "https://tls.example.com/unsubscribe/abc-_1"
HTML = "<html><body><p>&lt;/body&gt;</p></body>\n</html>\n"
MADE = Content("subject", "Hello </body>\n", HTML, (Image("c1", b"png"),))


def someone(url: str | None = URL, language: str = "en") -> Recipient:
    return Recipient("ops@example.net", (), language, only_if_needed=False, unsubscribe=url)


@pytest.mark.parametrize(("tag", "words"), [("en", "Unsubscribe"), ("ja", "配信の停止")])
def test_both_parts_end_with_the_link(tag: str, words: str) -> None:
    footed = with_foot(MADE, someone(language=tag))
    assert footed.text == f"Hello </body>\n\n{words}:\n{URL}\n"
    assert footed.html.startswith("<html><body><p>&lt;/body&gt;</p><p ")
    assert footed.html.endswith(f'<a href="{URL}" style="color: #1f5c99;">{words}</a></p>\n</body>\n</html>\n')
    assert (footed.subject, footed.images) == (MADE.subject, MADE.images)


def test_a_mail_of_text_alone_stays_one() -> None:
    footed = with_foot(Content("subject", "Hello\n"), someone())
    assert (footed.text, footed.html) == (f"Hello\n\nUnsubscribe:\n{URL}\n", "")


def test_a_link_that_would_make_the_html_too_long_stands_in_the_text_only() -> None:
    long = URL + "x" * MOST_BYTES
    footed = with_foot(MADE, someone(long))
    assert (footed.html, footed.text) == (HTML, f"Hello </body>\n\nUnsubscribe:\n{long}\n")


def test_no_link_where_it_would_lead_nowhere() -> None:
    assert with_foot(MADE, someone(None)) is MADE


def test_a_link_does_not_act_in_html() -> None:
    assert 'href="https://x/&#34;&gt;&lt;b&gt;"' in with_foot(MADE, someone('https://x/"><b>')).html
