"""In which language a page speaks, and what templates need for it.

`?lang=` chooses, and a cookie keeps the choice; without one the browser's Accept-Language decides, and English is left.
What programs read is English, unless its address says otherwise (the words of a chart).
"""

from collections.abc import Mapping
from typing import Any

from babel.support import NullTranslations
from flask import Flask, Response, g, has_app_context, request
from flask_babel import Babel, Domain, get_locale
from werkzeug.utils import cached_property

from dashboard.text import FORMS, LANGUAGES, Language, Text, clauses, language
from dashboard.web import state
from dashboard.web.errors import for_programs

COOKIE = "tlsrpt-language"
_ENGLISH = "en"
_SPOKEN = "tlsrpt_spoken"
_A_YEAR = 365 * 86_400


class _Catalogues(Domain):  # type: ignore[misc]  # it has no types
    """Flask-Babel's texts, read from the same catalogue as all others."""

    def get_translations(self) -> NullTranslations:
        return spoken().catalogue


class _Babel(Babel):  # type: ignore[misc]
    @cached_property
    def domain_instance(self) -> Domain:
        return _Catalogues()


def register(app: Flask) -> None:
    _Babel(app, default_locale=_ENGLISH, locale_selector=_choose)
    # Flask-Babel's own look for the language again at each text.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of Jinja's extension
        lambda text: spoken().catalogue.gettext(text),
        lambda one, many, n: spoken().catalogue.ngettext(one, many, n),
        newstyle=True,
        pgettext=lambda about, text: spoken().catalogue.pgettext(about, text),
        npgettext=lambda about, one, many, n: spoken().catalogue.npgettext(about, one, many, n),
    )
    # A text over several lines of a template is one line.
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    # Whatever a template shows is told in its language, without its author thinking of it.
    app.jinja_env.finalize = tr
    app.jinja_env.filters.update(tr=tr, recalled=recalled)
    app.jinja_env.globals.update(
        spoken=spoken, other_languages=other_languages, asked_language=asked_language, clauses=clauses
    )
    app.after_request(_label)


def spoken() -> Language:
    """The language of the page at hand; English where there is none."""
    if not has_app_context():
        return language(_ENGLISH)
    # A page asks thousands of times.
    found: Language | None = g.get(_SPOKEN)
    if found is None:
        found = language(str(get_locale() or _ENGLISH))
        setattr(g, _SPOKEN, found)
    return found


def tr(value: Any) -> Any:
    """A Text in the language of the page; anything else as it is."""
    return value.told(spoken()) if isinstance(value, Text) else value


def recalled(text: str | None) -> str | None:
    """A text that was kept in English, in the language of the page; None if there is none."""
    return None if text is None else spoken().recalled(text)


def asked_language() -> str:
    """What a page asks of the API as `lang`: "" for English, which it speaks by itself."""
    return "" if spoken().tag == _ENGLISH else spoken().tag


def other_languages() -> Mapping[str, str]:
    """The languages to change to: tag and name."""
    return {tag: forms.name for tag, forms in FORMS.items() if tag != spoken().tag}


def _choose() -> str:
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        return asked
    if for_programs(request.path):
        return _ENGLISH
    kept = request.cookies.get(COOKIE)
    if kept in LANGUAGES:
        return kept
    return request.accept_languages.best_match(LANGUAGES, _ENGLISH) or _ENGLISH


def _label(response: Response) -> Response:
    """Says the language of a page, and keeps a choice."""
    if response.mimetype != "text/html":
        return response
    response.headers.setdefault("Content-Language", spoken().tag)
    response.vary.update(("Cookie", "Accept-Language"))
    asked = request.args.get("lang")
    if asked in LANGUAGES and asked != request.cookies.get(COOKIE):
        path = request.script_root or "/"
        response.set_cookie(
            COOKIE, asked, max_age=_A_YEAR, path=path, secure=state.is_https(), httponly=True, samesite="Lax"
        )
    return response
