"""`/settings/mail`: who gets which mail, and what became of the weekly ones; for admins."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from collector.errors import UsageError
from collector.settings.mail import LANGUAGES
from collector.store import outbox
from collector.store.outbox import SUMMARIES
from collector.store.queries import outgoing
from collector.store.recipients import KINDS
from dashboard.mail import message
from dashboard.summary import week
from dashboard.summary.when import next_time
from dashboard.text import Text, say
from dashboard.web import params, recipients, state
from dashboard.web.access import audit
from dashboard.web.configuration import configuration_lines

# What can be tried again by hand: nobody has these mails, as far as anybody knows.
_AGAIN = (outgoing.PUT_OFF, outgoing.GIVEN_UP, outgoing.SKIPPED)


def register(blueprint: Blueprint) -> None:
    for path, view, method in (
        ("/mail", mail, "GET"),
        ("/mail/recipients", put_recipient, "POST"),
        ("/mail/recipients/remove", remove_recipient, "POST"),
        ("/mail/recipients/subscribe", subscribe_recipient, "POST"),
        ("/mail/again", send_again, "POST"),
    ):
        blueprint.add_url_rule(path, view.__name__, view, methods=[method])


def mail() -> str:
    return _page()


def put_recipient() -> Response | tuple[str, int]:
    """Adds one, or changes the one of that address."""
    form = request.form
    try:
        recipients.put(
            form.get("address", ""),
            form.get("domains", ""),
            form.get("language", ""),
            tuple(kind for kind in KINDS if form.get(kind)),
            bool(form.get("only_if_needed")),
        )
    except UsageError as error:
        return _page(error.args[0]), 400
    return _back()


def remove_recipient() -> Response:
    recipients.remove(request.form.get("address", ""))
    return _back()


def subscribe_recipient() -> Response:
    recipients.subscribe(request.form.get("address", ""), request.form.get("kind", ""))
    return _back()


def send_again() -> Response:
    """Makes a weekly mail that did not go out due at once: the scheduler sends it within a minute."""
    wanted, address = week.parse(request.form.get("week", "")), request.form.get("recipient", "")
    outbox.again(state.engine(), SUMMARIES, {"week": str(wanted), "recipient": address}, state.now())
    audit.about(address, week=str(wanted))
    return _back()


def _back() -> Response:
    return redirect(url_for("settings.mail"), 303)


def _page(problem: str | Text = "") -> str:
    settings, now = state.settings(), state.now()
    found = recipients.rows()
    runs = outgoing.summary_runs(state.engine(), now=now)
    return render_template(
        "settings_mail.html",
        message=problem,
        recipients=found,
        previews={row.address for row in found if "summary" in row.kinds and "summary" not in row.ended},
        warnings=_warnings(found, runs),
        runs=runs,
        can_again=_AGAIN,
        next_at=next_time(settings.summary.at, settings.summary.timezone, now),
        sender=message.sender(settings.mail).address,
        languages=LANGUAGES,
        given=params.text(request.args, "address") or "",
        lines=[line for line in configuration_lines() if line[0] in ("mail", "summary", "alerts")],
    )


def _warnings(found: list[recipients.Row], runs: tuple[outgoing.SummaryRun, ...]) -> list[Text]:
    """What keeps mails from going out, in sentences."""
    settings = state.settings()
    told = []
    if settings.mail.relay is None:
        told.append(say("No relay is set (mail.relay): no mail goes out."))
    if not any("summary" in row.kinds and "summary" not in row.ended for row in found):
        told.append(say("Nobody gets the weekly mail."))
    channels = settings.alerts.webhooks or settings.alerts.apprise
    if not channels and not any("alerts" in row.kinds and "alerts" not in row.ended for row in found):
        told.append(say("Nobody is told of alerts."))
    if any(run.state in (outgoing.PUT_OFF, outgoing.GIVEN_UP, outgoing.UNCERTAIN) for run in runs[:100]):
        told.append(say("Weekly mails did not arrive: the table below says why."))
    return told
