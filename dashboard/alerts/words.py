"""An alert in words, from its rule and its evidence: a title, a sentence with the figures, what to do, where to look.

Texts can be told in each language (collector.text). What strangers wrote stands in them as it is: whoever shows them
escapes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from collector.text import Text, listed, say, say_n
from dashboard.alerts.phrases import RULES, About

TITLES: Mapping[str, Text] = {
    "held_back": say("mail is being held back"),
    "policy_fetch": say("the policy cannot be fetched"),
    "certificate": say("a certificate ends"),
    "mx_not_in_policy": say("an MX host is missing from the policy"),
    "record_elsewhere": say("reports are not asked for here"),
    "figures_differ": say("figures are wrong"),
    "failure_rate": say("many sessions fail"),
    "new_failure": say("something fails that did not before"),
    "no_reports": say("no reports come in"),
    "reporter_silent": say("a regular reporter is silent"),
    "policy_changed": say("the published policy changed"),
    "quarantine": say("the quarantine fills up"),
}
EVENTS: Mapping[str, Text] = {"opened": say("new"), "grown": say("worse"), "closed": say("over"), "test": say("test")}


@dataclass(frozen=True, slots=True)
class Words:
    """`title` is a few words with the domain in front; `path` that of the page it is about, below `web.public_url`.

    DOMAIN in `action` stands for the domain's name, as in dashboard.explain.
    """

    title: Text
    sentence: Text
    action: Text
    path: str


def words(rule: str, domain: str, subject: str, evidence: Mapping[str, Any]) -> Words:
    """The words of an alert. `domain` "" is the installation."""
    about = About(domain, subject, evidence)
    if "domains" in evidence:
        return _many(rule, about)
    sentence, action, path = RULES[rule](about)
    who = domain or say("this installation")
    return Words(say("%(who)s: %(what)s", who=who, what=TITLES[rule]), sentence, action, path)


def _many(rule: str, about: About) -> Words:
    """One alert for a fault that very many domains share."""
    count, examples = about.number("domains"), about.names("examples")
    who = say_n("%(n)s domain", "%(n)s domains", count)
    if about.subject:
        who = say("%(subject)s, of %(domains)s", subject=about.subject, domains=who)
    sentence = say(
        "It is so for %(who)s, among them %(examples)s. So many at a time have one cause: look for what they share.",
        who=who,
        examples=listed(examples) if examples else "-",
    )
    path = f"/mx/{quote(about.subject)}" if about.subject else "/"
    return Words(say("%(who)s: %(what)s", who=who, what=TITLES[rule]), sentence, _ACTION_OF_MANY, path)


_ACTION_OF_MANY = say("Look at one of them: its page tells the cause. What mends one mends them all.")
