"""`/reports`: what was counted."""

from flask import Blueprint, render_template

from dashboard.web import asked, state


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/reports", "reports", reports)


def reports() -> str:
    page = asked.reports()
    return render_template("reports.html", reports=page.items, next=page.next, today=state.today())
