"""Whose fault the failures of one side look like, in a sentence: what they have in common, and where to look first."""

from collections.abc import Sequence

from collector.store.queries import Breakdown, MxTable, Reporter
from dashboard.text import Text, say


def at_host(found: Breakdown, table: MxTable, reporters: int) -> Text | None:
    """Failures at one MX host. `reporters`: how many reported in these days. None: there were no failures."""
    if not found.failed:
        return None
    if len(found.reporters) == 1 and reporters > 1:
        who = found.reporters[0].name
        return say(
            "Only %(who)s tells it, of %(n)s reporters: it may be its side, or the way to it. "
            "Look at the host all the same.",
            who=who,
            n=reporters,
        )
    others = [row.mx for row in table.mx if row.failed and row.mx != found.mx[0].name]
    if not others:
        return say("No other MX host has failures in these days: look at this host first.")
    return say("Other MX hosts have failures too: look at what they share, such as the policy or the certificates.")


def by_reporter(found: Breakdown, reporters: Sequence[Reporter], name: str) -> Text | None:
    """Failures that one reporter tells, beside what the others tell."""
    if not found.failed:
        return None
    others = [row for row in reporters if row.reporter != name]
    if not others:
        return say("No other reporter can confirm it or speak against it in these days.")
    failing = [row for row in others if row.failed]
    if not failing:
        return say("The other reporters tell no failures in these days: look at its side, or the way to it, first.")
    if 2 * len(failing) > len(others):
        return say("Most other reporters tell failures too: the fault is likely yours.")
    return say("Some other reporters tell failures too: compare the result types and the MX hosts.")


def of_type(found: Breakdown, reporters: int, hosts: int) -> Text | None:
    """Failures of one result type. `hosts`: MX hosts that the reports of these days name."""
    if not found.failed:
        return None
    named = [share.name for share in found.mx if share.name]
    if len(found.reporters) == 1 and reporters > 1:
        who = found.reporters[0].name
        return say(
            "Only %(who)s tells it, of %(n)s reporters: look at its side, or the way to it, first.",
            who=who,
            n=reporters,
        )
    if len(named) == 1 and hosts > 1:
        return say("It happens at one MX host only, %(mx)s: look at that host first.", mx=named[0])
    if 2 * len(found.reporters) > reporters > 1:
        return say("Most reporters tell it: the fault is likely yours.")
    return say("Neither one reporter nor one MX host stands out.")
