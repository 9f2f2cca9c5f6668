"""What the request at hand asks the queries for. A page and the API behind it read the same parameters here.

Whatever is a list is narrowed to the domains that the viewer may see. A parameter that cannot be read is a UsageError.
"""

from collections.abc import Iterable
from uuid import UUID

from flask import request

from collector.channels import CHANNELS
from collector.delivery import OUTCOMES
from collector.store import queries
from collector.store.queries import (
    DeliveryRow,
    DomainOverview,
    Failure,
    Filter,
    ForeignName,
    Page,
    PublishedPolicy,
    Readable,
    ReportRow,
)
from dashboard.verdict import Verdict, judge
from dashboard.web import access, params, state


def figures_filter() -> Filter:
    """`from`, `to`, `authenticated`, `reporter`, `policy_type`: by default all of the last 30 days ending today."""
    return params.figures_filter(request.args, state.today())


def domains(database: Readable | None = None, *, worst_first: bool = False) -> Page[DomainOverview]:
    """`search` and the filter for figures. By name, or those in trouble first: each has cursors of its own."""
    return queries.domain_overview(
        database or state.reader(),
        figures_filter(),
        now=state.now(),
        limit=params.limit(request.args),
        cursor=params.cursor(request.args),
        search=params.text(request.args, "search"),
        only=access.only(),
        worst_first=worst_first,
    )


def verdict(
    domain_id: UUID, database: Readable | None = None, *, history: tuple[PublishedPolicy, ...] | None = None
) -> Verdict:
    """Over the last 28 days, whatever range was asked for. The viewer may see the domain.

    `history`: the published policy's intervals, where they were read already.
    """
    now = state.now()
    found = queries.evidence(database or state.reader(), domain_id, now=now, history=history)
    return judge(found, state.settings().verdict, now)


def verdicts(rows: Iterable[DomainOverview], database: Readable | None = None) -> dict[UUID, Verdict]:
    """The same for a page of domains, without a word about reporters and MX hosts."""
    now, least = state.now(), state.settings().verdict
    published = {row.domain_id: row.history for row in rows}
    found = queries.evidence_of_all(database or state.reader(), published, now=now, published=published)
    return {domain_id: judge(evidence, least, now) for domain_id, evidence in found.items()}


def failures(domain_id: UUID) -> Page[Failure]:
    """The causes of one domain, which the viewer may see, under the filter for figures."""
    return queries.failures(
        state.reader(),
        domain_id,
        figures_filter(),
        limit=params.limit(request.args),
        cursor=params.cursor(request.args),
    )


def reports() -> Page[ReportRow]:
    """`domain`, `reporter`, `outcome`, and the filter for lists."""
    return queries.reports(
        state.reader(),
        filter=params.list_filter(request.args, state.today()),
        domain=params.domain(request.args),
        reporter=params.text(request.args, "reporter"),
        outcome=params.choice(request.args, "outcome", OUTCOMES),
        limit=params.limit(request.args),
        cursor=params.cursor(request.args),
        only=access.only(),
    )


def foreign() -> Page[ForeignName]:
    """Domains that wait for adoption. The guard keeps viewers with a limit away."""
    return queries.foreign_names(state.reader(), limit=params.limit(request.args), cursor=params.cursor(request.args))


def deliveries() -> Page[DeliveryRow]:
    """`outcome`, `domain`, `reporter`, `channel`, `reason`, and the filter for lists.

    The guard keeps viewers with a limit away from all of them.
    """
    return queries.deliveries(
        state.reader(),
        filter=params.list_filter(request.args, state.today()),
        outcome=params.choice(request.args, "outcome", OUTCOMES),
        domain=params.domain(request.args),
        reporter=params.text(request.args, "reporter"),
        channel=params.choice(request.args, "channel", CHANNELS),
        reason=params.text(request.args, "reason"),
        limit=params.limit(request.args),
        cursor=params.cursor(request.args),
    )
