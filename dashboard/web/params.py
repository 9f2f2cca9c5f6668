"""Query parameters, read once at the edge. What cannot be is a UsageError, which becomes a 400."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from collector import domains
from collector.errors import UsageError
from collector.store.queries import Filter
from dashboard.text import say

DEFAULT_DAYS = 30
LIMIT_DEFAULT = 100
LIMIT_MOST = 1000
# A century: more than there can be, and few enough to list every day of it.
_MOST_DAYS = 36_600
# No report is about a day outside of this (collector.report), and every day of it has one before and one after.
_EVER = (date(1970, 1, 1), date(9000, 12, 31))

Args = Mapping[str, str]


def day(args: Args, name: str) -> date | None:
    """A day `YYYY-MM-DD`, None if it is not given. An emptied field of a form counts as not given."""
    text = args.get(name, "")
    if not text:
        return None
    try:
        # fromisoformat() alone reads other forms too, such as week dates.
        found = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        found = None
    if found is None:
        raise UsageError(say("%(name)s: %(given)s is no day such as 2026-01-31", name=name, given=repr(text[:20])))
    if not _EVER[0] <= found <= _EVER[1]:
        first, last = map(str, _EVER)
        raise UsageError(
            say("%(name)s: %(day)s is before %(first)s or after %(last)s", name=name, day=text, first=first, last=last)
        )
    return found


def day_range(args: Args, today: date) -> tuple[date, date]:
    """`from` and `to`, both inclusive; by default the last 30 days ending today."""
    last = day(args, "to")
    first = day(args, "from")
    if last is None:
        last = today
    if first is None:
        first = last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise UsageError(say("from: %(first)s is after %(last)s", first=str(first), last=str(last)))
    if last - first >= timedelta(days=_MOST_DAYS):
        raise UsageError(say("from: a range has at most %(n)s days", n=str(_MOST_DAYS)))
    return first, last


def figures_filter(args: Args, today: date) -> Filter:
    """The filter for figures: `from`, `to`, `authenticated=yes`, `reporter`, `policy_type`."""
    first, last = day_range(args, today)
    return Filter(first, last, authenticated_only(args), text(args, "reporter"), policy_type(args))


def policy_type(args: Args) -> str | None:
    """A policy type as reports have it, in lower case (Q14); the RFC's three, or whatever was reported (R24)."""
    given = text(args, "policy_type")
    return None if given is None else given.lower()


def list_filter(args: Args, today: date) -> Filter | None:
    """The filter for lists of reports and deliveries: all of them unless a day or `authenticated=yes` is given."""
    only = authenticated_only(args)
    if args.get("from") or args.get("to"):
        return Filter(*day_range(args, today), only)
    return Filter(*_EVER, only) if only else None


def authenticated_only(args: Args) -> bool:
    """`authenticated=yes` leaves unauthenticated reports out."""
    return choice(args, "authenticated", ("yes", "no")) == "yes"


def choice(args: Args, name: str, choices: tuple[str, ...]) -> str | None:
    """One of `choices`, None if it is not given."""
    text = args.get(name, "")
    if not text:
        return None
    if text not in choices:
        given = repr(text[:40])
        raise UsageError(
            say(
                "%(name)s: %(given)s is none of %(choices)s",
                name=name,
                given=given,
                choices=", ".join(map(repr, choices)),
            )
        )
    return text


def text(args: Args, name: str) -> str | None:
    """Any text, None if it is not given. No database takes a NUL in one."""
    given = args.get(name) or None
    if given is not None and "\0" in given:
        raise UsageError(say("%(name)s: there is a NUL in it", name=name))
    return given


def domain(args: Args, name: str = "domain") -> str | None:
    """A domain name in normal form, None if it is not given."""
    given = args.get(name, "")
    if not given:
        return None
    normal = domains.normalise(given)
    if normal is None:
        raise UsageError(say("%(name)s: %(given)s is no domain name", name=name, given=repr(given[:260])))
    return normal


def limit(args: Args, default: int = LIMIT_DEFAULT) -> int:
    """How many entries a page holds: 1 to 1,000."""
    given = args.get("limit", "")
    if not given:
        return default
    if not re.fullmatch(r"[0-9]{1,6}", given) or not 1 <= int(given) <= LIMIT_MOST:
        most = str(LIMIT_MOST)
        raise UsageError(say("limit: %(given)s is not a number from 1 to %(most)s", given=repr(given[:20]), most=most))
    return int(given)


def cursor(args: Args) -> str | None:
    """The `next` of the page before, as it was given; the query says whether it is one."""
    return text(args, "cursor")
