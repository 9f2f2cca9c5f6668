"""`/api/v1/recipients` and `/summaries`: who gets which mail, and what became of the weekly ones; for admins."""

from flask import Blueprint, Response

from collector.store import outbox
from collector.store.outbox import SUMMARIES
from collector.store.queries import outgoing
from dashboard.summary import week
from dashboard.web import recipients, respond, state
from dashboard.web.access import audit
from dashboard.web.api import answers
from dashboard.web.api.operation import operation
from dashboard.web.api.sent import limited_to, sent
from dashboard.web.api.types import mail


def add_to(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/recipients", "recipients", recipients_)
    blueprint.add_url_rule("/recipients", view_func=put_recipient, methods=["POST"])
    blueprint.add_url_rule("/recipients/remove", view_func=remove_recipient, methods=["POST"])
    blueprint.add_url_rule("/recipients/subscribe", view_func=subscribe, methods=["POST"])
    blueprint.add_url_rule("/summaries", view_func=summaries)
    blueprint.add_url_rule("/summaries/again", view_func=send_again, methods=["POST"])


@operation(mail.Recipients)
def recipients_() -> Response:
    """Who gets mail, by address: whom the settings name, and whom somebody added."""
    return answers.only_json(_all())


@operation(mail.Recipients, errors=(400, 413), body=mail.NewRecipient)
def put_recipient() -> Response:
    """Adds a recipient, or changes the one of that address; answers with all of them."""
    given = sent(mail.NewRecipient)
    recipients.put(
        given["address"],
        limited_to(given.get("domains", ())),
        given.get("language", ""),
        tuple(given["kinds"]),
        given.get("only_if_needed", False),
    )
    return respond.json(_all())


@operation(mail.Recipients, errors=(400, 413), body=mail.WhichRecipient)
def remove_recipient() -> Response:
    """Removes one that was added: what the settings say of the address counts again."""
    recipients.remove(sent(mail.WhichRecipient)["address"])
    return respond.json(_all())


@operation(mail.Recipients, errors=(400, 413), body=mail.Subscription)
def subscribe() -> Response:
    """Takes back that somebody wanted no more of these mails."""
    given = sent(mail.Subscription)
    recipients.subscribe(given["address"], given["kind"])
    return respond.json(_all())


@operation(mail.WeeklyMails)
def summaries() -> Response:
    """What became of the weekly mails of the last eight weeks."""
    return answers.only_json(
        {
            "mails": [
                {
                    "week": run.week,
                    "recipient": run.recipient,
                    "state": run.state,
                    "at": run.at,
                    "attempts": run.attempts,
                    "error": run.error,
                }
                for run in outgoing.summary_runs(state.engine(), now=state.now())
            ]
        }
    )


@operation(mail.SentAgain, errors=(400, 413), body=mail.WhichMail)
def send_again() -> Response:
    """Makes a mail that did not go out due at once; one that may have arrived is never sent again."""
    given = sent(mail.WhichMail)
    wanted = week.parse(given["week"])
    where = {"week": str(wanted), "recipient": given["recipient"]}
    count = outbox.again(state.engine(), SUMMARIES, where, state.now())
    audit.about(given["recipient"], week=str(wanted))
    return respond.json({"count": count})


def _all() -> dict[str, list[mail.Recipient]]:
    return {
        "recipients": [
            {
                "address": row.address,
                "kinds": row.kinds,
                "domains": row.domains,
                "language": row.language,
                "only_if_needed": row.only_if_needed,
                "is_kept": row.is_kept,
                "unsubscribed": row.ended,
            }
            for row in recipients.rows()
        ]
    }
