"""What each route asks of whoever comes. A path and its twin under /api/v1 have the same rules.

Two questions: which role may use it (`role`), and what one who is limited to some domains gets there (`reach`).
Whatever is not thought of here is for operators if it changes something, and closed to those with a limit.
"""

from werkzeug.routing import Rule

# Open to everybody at all times, under any name: whether it is up, the target of `rua=https:`, and the link in a mail
# that ends such mails, whose token is all that it asks for.
ALWAYS_OPEN = frozenset({"/healthz", "/readyz", "/v1/tlsrpt", "/unsubscribe/<token>"})
# Open to strangers who are about to say who they are.
BEFORE_LOGIN = frozenset({"/login", "/login/oidc", "/login/oidc/callback"})
# About whoever asks, and about nothing else: for every role, with a limit or without.
ABOUT_ONESELF = frozenset({"/logout", "/settings", "/settings/password", "/settings/sessions/end"})
# The same for everybody: what the program is and what words mean.
ABOUT_NOTHING = frozenset({"/openapi.json", "/docs"})
# Narrowed to the domains that the viewer may see. Everything else, deliveries above all, may hold others' figures.
NARROWED = frozenset(
    {
        *("/", "/domains", "/reports", "/reports/<uuid:report_id>", "/reports/<uuid:report_id>/raw"),
        *(
            "/reports/<uuid:report_id>/json",
            "/reports/<uuid:report_id>/neighbours",
            "/result-types",
            "/result-types/<path:code>",
            "/reporters/<path:reporter>",
            "/mx/<path:host>",
            "/attention",
            "/alerts",
            "/alerts/<uuid:alert_id>",
            # Who may change something may make quiet what is about domains of theirs.
            *(f"/alerts/<uuid:alert_id>/{what}" for what in ("acknowledge", "mute", "unmute")),
        ),
    }
)
# What only an admin may do or see: who may come in, what was done, how the program is set up, and losing figures.
_ADMIN = ("/settings/", "/audit", "/users", "/tokens", "/sessions", "/configuration", "/recipients", "/summaries")
# Among these, for operators: adding a domain is adopting one.
_OPERATOR = frozenset({"/settings/domains"})

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def path(rule: Rule) -> str:
    """The rule as the pages have it."""
    return rule.rule.removeprefix("/api/v1") or "/"


def role(rule: Rule, method: str) -> str:
    """The least role that may."""
    wanted = path(rule)
    if wanted in ABOUT_ONESELF:
        return "viewer"
    if wanted in _OPERATOR:
        return "operator"
    if wanted.startswith(_ADMIN) or method == "DELETE":
        return "admin"
    return "viewer" if method in _SAFE else "operator"


def reach(rule: Rule) -> str:
    """What a viewer with a limit gets.

    `general`: what everybody gets; `domain`: the domain of the path, if it is theirs; `narrowed`: a list without the
    others; `closed`: nothing.
    """
    wanted = path(rule)
    if wanted in ABOUT_ONESELF or wanted in ABOUT_NOTHING or wanted in BEFORE_LOGIN or wanted in ALWAYS_OPEN:
        return "general"
    if wanted in NARROWED:
        return "narrowed"
    return "domain" if "domain" in rule.arguments and not wanted.startswith(_ADMIN) else "closed"
