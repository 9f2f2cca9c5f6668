"""`tlsrpt setup`: what to publish for a domain, step by step, and a test of the way that reports take."""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import click

from collector import domains
from collector.cli import Context
from collector.errors import UsageError
from collector.log import escape
from collector.monitor import advice
from collector.monitor.advice import Plan, Seen, Step
from collector.monitor.fetch import tls_context
from collector.resolver import Resolver
from collector.settings import Settings

# How long the command waits for what it sent; after that the page of the domain tells it.
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.5
_MARKS = {True: "done", False: "to do", None: ""}
_ENDS = {True: "ok", False: "stopped here", None: "-"}


@click.command()
@click.argument("domain", metavar="DOMAIN")
@click.option("--self-test", is_flag=True, help="Send a report through the domain's own record, and see it arrive.")
@click.pass_obj
def setup(context: Context, domain: str, self_test: bool) -> int:
    """Tells what to publish for a domain: the TLSRPT record, the MTA-STS policy and its record, in the right order.

    Looks at DNS and at the policy host, and at nothing else; what is there already is marked `done`. The self-test
    needs the database, and the domain in it: its report is marked, and changes no figure.
    """
    name = domains.normalise(domain)
    if name is None:
        raise UsageError(f"{domain!r} is no domain name")
    if self_test:
        return _self_test(context, name)
    for line in _plan_lines(_plan(context.settings, name, datetime.now(UTC))):
        click.echo(line)
    return 0


def _plan(settings: Settings, name: str, now: datetime) -> Plan:
    from collector.setup.look import look
    from collector.setup.ours import ours

    resolver, tls = Resolver(settings.dns), tls_context(settings.monitor)
    seen = asyncio.run(look(name, resolver=resolver, monitor=settings.monitor, context=tls, now=now))
    return advice.plan(name, ours(settings, name, seen.tlsrpt.rua), Seen(seen.tlsrpt, seen.found), now)


def _plan_lines(plan: Plan) -> Iterable[str]:
    for note in plan.notes:
        yield f"! {escape(note)}"
    yield f"To begin with {plan.domain}"
    yield from _steps(plan.begin, 1)
    yield "Later, to enforce"
    yield from _steps(plan.roll_over, len(plan.begin) + 1)
    yield "To take MTA-STS back one day"
    yield from _steps(plan.removal, 1)


def _steps(steps: Iterable[Step], first: int) -> Iterable[str]:
    for number, step in enumerate(steps, first):
        mark = _MARKS[step.seen]
        yield f"  {number}. {step.title}" + (f" [{mark}]" if mark else "")
        yield f"     {step.why}"
        for item in step.publish:
            if item.kind == "file":
                yield f"     {item.name} (lines end with CRLF):"
            yield from (f"       {escape(line)}" for line in item.text.splitlines())


def _self_test(context: Context, name: str) -> int:
    from collector.setup.self_test import SelfTest
    from collector.store.queries import find_domain
    from collector.store.startup import prepare

    settings = context.settings
    with context.engine() as engine:
        prepare(engine, settings)
        domain_id = find_domain(engine, name)
        if domain_id is None:
            raise UsageError(f"{name} is none of the domains: tlsrpt domain add {name}")
        test = SelfTest(settings, engine, resolver=Resolver(settings.dns), context=tls_context(settings.monitor))
        run = test.begin(domain_id, datetime.now(UTC))
        if run is None:
            raise UsageError(f"{name} was tested less than a minute ago")
        run(name, lambda: datetime.now(UTC))
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while True:
            result = test.result(domain_id, name, datetime.now(UTC))
            if result is None or result.arrived is not None or time.monotonic() > give_up:
                break
            time.sleep(_POLL_SECONDS)
    for way in result.ways if result is not None else ():
        click.echo(escape(way.rua or name))
        for step in way.steps:
            click.echo(f"  {step.name:<9} {_ENDS[step.ok]:<13} {escape(step.text)}")
    return 0 if result is not None and result.arrived else 1
