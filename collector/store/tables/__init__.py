"""All tables. Their comments are the data model's documentation (docs/data-model.md is made from them).

Report-side tables carry `domain_id` in every primary, unique and foreign key, and `day` beside it: month partitions
and distribution by domain are a matter of operation. Ids are UUIDv7 made by the program; there is no IDENTITY.
"""

from collector.store.tables.alerts import alert, alert_look, alert_notice
from collector.store.tables.arrivals import delivery, delivery_name, delivery_part, report, to_settle
from collector.store.tables.base import REPORT_SIDE, metadata
from collector.store.tables.changes import change_mark
from collector.store.tables.checks import check_state
from collector.store.tables.domains import domain, domain_mx, former_domain, known_domains, poll, published_policy
from collector.store.tables.mail import recipient, summary_run, unsubscribed
from collector.store.tables.mailboxes import imap_folder
from collector.store.tables.operators import (
    api_token,
    audit,
    login_failure,
    secret,
    user,
    web_session,
)
from collector.store.tables.rollups import (
    ROLLUPS,
    figure_check,
    rollup_day,
    rollup_failure,
    rollup_mx,
    rollup_policy,
    rollup_reporter,
    rollup_type,
)
from collector.store.tables.setup import hosted_policy, self_test

__all__ = [
    "REPORT_SIDE",
    "ROLLUPS",
    "alert",
    "alert_look",
    "alert_notice",
    "api_token",
    "audit",
    "change_mark",
    "check_state",
    "delivery",
    "delivery_name",
    "delivery_part",
    "domain",
    "domain_mx",
    "figure_check",
    "former_domain",
    "hosted_policy",
    "imap_folder",
    "known_domains",
    "login_failure",
    "metadata",
    "poll",
    "published_policy",
    "recipient",
    "report",
    "rollup_day",
    "rollup_failure",
    "rollup_mx",
    "rollup_policy",
    "rollup_reporter",
    "rollup_type",
    "secret",
    "self_test",
    "summary_run",
    "to_settle",
    "unsubscribed",
    "user",
    "web_session",
]
