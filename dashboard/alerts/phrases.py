"""What each rule says of an alert: a sentence with the figures, what to do, and the path of the page it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from collector.text import Text, Value, listed, say, say_n, sentences
from dashboard import explain
from dashboard.alerts.rules.published import policy_host
from dashboard.verdict import words as verdict_words


@dataclass(frozen=True, slots=True)
class About:
    """What the words of an alert are made of. `domain` "" is the installation."""

    domain: str
    subject: str
    evidence: Mapping[str, Any]

    def text(self, name: str) -> str:
        return str(self.evidence.get(name) or "")

    def number(self, name: str) -> int:
        return int(self.evidence.get(name) or 0)

    def names(self, name: str) -> list[str]:
        return [str(each) for each in self.evidence.get(name) or ()]

    def day(self, name: str) -> date:
        return date.fromisoformat(self.text(name)[:10])

    def at(self, name: str) -> datetime:
        return datetime.fromisoformat(self.text(name))

    @property
    def page(self) -> str:
        return f"/domains/{quote(self.domain, safe='')}" if self.domain else "/"


Told = tuple[Text, Text, str]


def _held_back(about: About) -> Told:
    what = say_n(
        "%(n)s session failed under your policy in enforce, %(days)s: that mail was held back.",
        "%(n)s sessions failed under your policy in enforce, %(days)s: that mail was held back.",
        about.number("failed"),
        days=verdict_words.days(about.day("first_day"), about.day("last_day")),
    )
    return sentences(what, *_causes(about)), _action_of_type(about), about.page


def _failure_rate(about: About) -> Told:
    what = say(
        "%(failed)s of %(sessions)s sessions failed on %(day)s, which is %(percent)s %%.",
        failed=about.number("failed"),
        sessions=about.number("sessions"),
        day=about.day("day"),
        percent=f"{about.number('permille') / 10:g}",
    )
    return sentences(what, *_causes(about)), _action_of_type(about), about.page


def _new_failure(about: About) -> Told:
    figures: dict[str, Value] = {
        "subject": about.subject,
        "days": verdict_words.days(about.day("first_day"), about.day("last_day")),
        "quiet": about.number("quiet_days"),
    }
    failed = about.number("failed")
    if about.text("kind") == "mx":
        what = say_n(
            "%(n)s session failed at %(subject)s, %(days)s, and none in the %(quiet)s days before.",
            "%(n)s sessions failed at %(subject)s, %(days)s, and none in the %(quiet)s days before.",
            failed,
            **figures,
        )
        path = f"{about.page}/mx/{quote(about.subject, safe='')}"
    else:
        what = say_n(
            "%(n)s session failed with %(subject)s, %(days)s, and none in the %(quiet)s days before.",
            "%(n)s sessions failed with %(subject)s, %(days)s, and none in the %(quiet)s days before.",
            failed,
            **figures,
        )
        path = f"{about.page}/failures/{quote(about.subject, safe='')}"
    return sentences(what, *_causes(about)), _action_of_type(about), path


def _causes(about: About) -> list[Text]:
    """With which results, at which hosts, told by whom: what is known of it."""
    told = []
    if types := about.names("result_types"):
        told.append(say("Result: %(types)s.", types=listed(types)))
    if hosts := about.names("mx"):
        told.append(say("MX: %(hosts)s.", hosts=listed(hosts)))
    if reporters := about.names("reporters"):
        told.append(say("Told by %(reporters)s.", reporters=listed(reporters)))
    return told


def _action_of_type(about: About) -> Text:
    types = about.names("result_types") or [about.subject]
    return sentences(explain.result_type(types[0]).action)


def _policy_fetch(about: About) -> Told:
    fault = explain.fetch_error(about.text("error"))
    what = say(
        "No look has fetched the policy since %(at)s (%(error)s).", at=about.at("since"), error=about.text("error")
    )
    if about.text("until"):
        then = say("Senders that have it use it until its max_age is over, on %(day)s.", day=about.at("until"))
    else:
        then = say("No policy is in force: senders deliver without checking.")
    return sentences(what, fault.meaning, then), sentences(fault.action), f"{about.page}/policies"


def _certificate(about: About) -> Told:
    at = about.at("not_after")
    if about.text("ended"):
        what = say("The certificate of %(host)s ended on %(at)s.", host=about.subject, at=at)
        then = say("Senders that check it, as all do under enforce, do not deliver there.")
    else:
        what = say("The certificate of %(host)s ends on %(at)s.", host=about.subject, at=at)
        then = say("Then senders that check it, as all do under enforce, deliver there no more.")
    if about.subject == policy_host(about.domain):
        then = say("Then senders cannot fetch the policy, and go on with the one they have until its max_age is over.")
        return sentences(what, then), _RENEW_OF_POLICY, f"{about.page}/policies"
    return sentences(what, then), _RENEW, f"{about.page}/mx/{quote(about.subject, safe='')}"


_RENEW_OF_POLICY = say("Renew the certificate, and have the web server load it.")
_RENEW = say("Renew the certificate, and have the mail server load it: a restart or a reload.")


def _mx_not_in_policy(about: About) -> Told:
    if about.text("mode") == "enforce":
        then = say("Under enforce no sender delivers there.")
    else:
        then = say("Under enforce no sender would deliver there.")
    what = say("The policy does not name %(host)s, which is an MX host in DNS.", host=about.subject)
    patterns = about.names("patterns")
    names = say("It names %(patterns)s.", patterns=listed(patterns)) if patterns else ""
    action = say(
        "Add the line mx: %(host)s to the policy, then give the _mta-sts record a new id. If the host is not yours, "
        "take it out of the MX records.",
        host=about.subject,
    )
    return sentences(what, names, then), action, f"{about.page}/policies"


def _record_elsewhere(about: About) -> Told:
    record = about.text("record")
    if not record:
        what = say("There is no valid _smtp._tls record: nobody sends reports.")
    else:
        what = say("The _smtp._tls record leads elsewhere: %(record)s.", record=record)
    action = say(
        "Put the address of this collector back into its rua, unless it was taken out on purpose. "
        "The setup page of DOMAIN shows the record."
    )
    return what, action, f"{about.page}/setup"


def _figures_differ(about: About) -> Told:
    count, names = about.number("differing_domains"), about.names("names")
    what = say_n(
        "%(n)s row of the figures of %(who)s differs from what was counted afresh from the raw bytes.",
        "%(n)s rows of the figures of %(who)s differ from what was counted afresh from the raw bytes.",
        about.number("rows"),
        who=names[0] if count == 1 else say_n("%(n)s domain", "%(n)s domains", count),
    )
    if count == len(names):
        which = say("Domains: %(names)s.", names=listed(names)) if count > 1 else ""
    else:
        which = say("Among them: %(names)s.", names=listed(names))
    then = say(
        "Last check: %(day)s. Pages, mails and the API show these figures until they are corrected.",
        day=about.day("last_check"),
    )
    return sentences(what, which, then), _RECOUNT, about.page


_RECOUNT = say(
    "tlsrpt db recount --check lists the differences, tlsrpt db recount corrects them; --domain NAME limits both to "
    "one domain. This is a fault in the program: please report it with the lines of --check."
)


def _no_reports(about: About) -> Told:
    if not about.domain:
        what = say("No report about any domain has come since %(at)s.", at=about.at("last_report"))
        return what, _SEE_CHANNELS, "/deliveries"
    what = say("No report about it has come since %(at)s.", at=about.at("last_report"))
    regular = say_n(
        "Before there were reports about %(n)s day of four weeks.",
        "Before there were reports about %(n)s days of four weeks.",
        about.number("regular_days"),
    )
    action = say(
        "See that the _smtp._tls record still asks for reports at an address that reaches this collector, and that "
        "no delivery is in quarantine."
    )
    return sentences(what, regular), action, about.page


_SEE_CHANNELS = say(
    "See that mail to the address of the reports reaches this collector: its listener, the mail server in front, the "
    "mailbox, the disk."
)


def _reporter_silent(about: About) -> Told:
    what = say(
        "%(reporter)s reported about %(n)s days of four weeks, and about none since %(day)s.",
        reporter=about.subject,
        n=about.number("regular_days"),
        day=about.day("last_day"),
    )
    action = say(
        "If others report as ever, it may just send you no mail, or have stopped reporting. Look for its reports in "
        "quarantine, and whether it still reaches your MX."
    )
    return what, action, f"{about.page}/reporters/{quote(about.subject, safe='')}"


def _policy_changed(about: About) -> Told:
    at, old, new = about.at("at"), about.text("old"), about.text("new")
    if about.subject == "tlsrpt":
        what = say(
            "The _smtp._tls record was %(old)s and is %(new)s, first seen at %(at)s.",
            old=old or say("missing"),
            new=new or say("missing"),
            at=at,
        )
    elif about.text("kind") == "mode":
        what = say("The mode was %(old)s and is %(new)s, first seen at %(at)s.", old=old, new=new, at=at)
    else:
        what = say("New in the policy: %(fields)s, first seen at %(at)s.", fields=listed(about.names("fields")), at=at)
    count = about.number("changes")
    more = say_n("%(n)s change in two days.", "%(n)s changes in two days.", count) if count > 1 else ""
    return sentences(what, more), _CHANGED_BY_WHOM, f"{about.page}/policies"


_CHANGED_BY_WHOM = say(
    "If it was you, there is nothing to do. If not, find out who can change your DNS or policy host."
)


def _quarantine(about: About) -> Told:
    what = say_n(
        "%(n)s delivery was quarantined within a day: it is kept, and not counted.",
        "%(n)s deliveries were quarantined within a day: they are kept, and not counted.",
        about.number("deliveries"),
    )
    reasons = about.names("reasons")
    why = say("Reasons: %(reasons)s.", reasons=listed(reasons)) if reasons else ""
    action = say(
        "Look at the reasons: where genuine reports are refused, a mail server in front may change them. After a fix "
        "they can be read again, all at once."
    )
    return sentences(what, why), action, "/deliveries?outcome=quarantined"


RULES: Mapping[str, Callable[[About], Told]] = {
    "held_back": _held_back,
    "policy_fetch": _policy_fetch,
    "certificate": _certificate,
    "mx_not_in_policy": _mx_not_in_policy,
    "record_elsewhere": _record_elsewhere,
    "figures_differ": _figures_differ,
    "failure_rate": _failure_rate,
    "new_failure": _new_failure,
    "no_reports": _no_reports,
    "reporter_silent": _reporter_silent,
    "policy_changed": _policy_changed,
    "quarantine": _quarantine,
}
