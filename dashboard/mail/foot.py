"""The foot of a mail: the link that ends such mails, for people whose program shows none for `List-Unsubscribe`.

A mail is made once for many, and the link is each one's: it is put in at the end of both parts, after all that
strangers wrote. In HTML what they wrote is escaped, so `</body>` is ours.
"""

from dataclasses import replace

from markupsafe import escape

from collector.text import say
from dashboard.mail.message import Content
from dashboard.mail.recipients import Recipient
from dashboard.text import language

# Of HTML, in UTF-8: what dashboard.mail.html leaves to it.
MOST_BYTES = 2_000
_END = "</body>"


def with_foot(content: Content, to: Recipient) -> Content:
    """The mail as `to` gets it: as it is, where there is no public address that a link could lead to.

    A link of more than MOST_BYTES stands in the text only.
    """
    if to.unsubscribe is None:
        return content
    words = language(to.language).value(say("Unsubscribe"))
    before, end, after = content.html.rpartition(_END)
    link = (
        '<p style="margin: 0; padding: 0 16px 24px; text-align: center; font-family: sans-serif; font-size: 13px;">'
        f'<a href="{escape(to.unsubscribe)}" style="color: #1f5c99;">{escape(words)}</a></p>\n'
    )
    has_room = len(link.encode()) <= MOST_BYTES
    html = before + link + end + after if end and has_room else content.html
    return replace(content, text=f"{content.text.rstrip()}\n\n{words}:\n{to.unsubscribe}\n", html=html)
