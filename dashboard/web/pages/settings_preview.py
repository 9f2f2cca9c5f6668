"""`/settings/mail/preview`: the weekly mail of a week as a recipient would get it; for admins.

Its HTML is a document of its own in a frame, which may do nothing but be looked at: whoever made mistakes in it, or got
a name past the escaping, reaches nobody's session.
"""

from flask import Blueprint, Response, make_response, render_template

from collector.settings.mail import LANGUAGES
from dashboard.summary.week import week_of
from dashboard.web import mail_preview, state
from dashboard.web.csp import FRAMED_MAIL, WITH_FRAME


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/mail/preview", "preview_mail", page)
    blueprint.add_url_rule("/mail/preview/html", "preview_mail_html", html)


def page() -> Response:
    asked = mail_preview.asked()
    answer = make_response(
        render_template(
            "settings_mail_preview.html",
            asked=asked,
            preview=mail_preview.preview(asked),
            is_over=state.now() >= asked.week.end,
            this_week=week_of(state.today()),
            public_url=state.settings().web.public_url,
            languages=LANGUAGES,
        )
    )
    answer.headers["Content-Security-Policy"] = WITH_FRAME
    return answer


def html() -> Response:
    """The HTML part alone."""
    asked = mail_preview.asked()
    answer = make_response(mail_preview.document(mail_preview.preview(asked).content))
    answer.headers["Content-Security-Policy"] = FRAMED_MAIL
    answer.headers["Content-Language"] = asked.language
    return answer
