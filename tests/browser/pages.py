"""Every page there is, with an address of it in the furnished house, by the name of its view."""

# `{...}` are ids, which are made anew each time: `furnished.names`.
PAGES = {
    "pages.overview": "/",
    "pages.domains": "/domains",
    "pages.domain_overview": "/domains/example.com",
    "pages.domain_daily": "/domains/example.com/daily",
    "pages.domain_mx": "/domains/example.com/mx",
    "pages.domain_mx_host": "/domains/example.com/mx/mx2.example.com",
    "pages.domain_failures": "/domains/example.com/failures",
    "pages.domain_failure": "/domains/example.com/failures/certificate-expired",
    "pages.domain_reporters": "/domains/example.com/reporters",
    "pages.domain_reporter": "/domains/example.com/reporters/bigmail.example",
    "pages.domain_policies": "/domains/example.com/policies",
    "pages.domain_check": "/domains/example.com/check",
    "pages.domain_setup": "/domains/example.com/setup",
    "pages.reports": "/reports?limit=10",
    "pages.report": "/reports/{report}",
    "pages.report_json": "/reports/{report}/json",
    "pages.result_types": "/result-types",
    "pages.result_type": "/result-types/certificate-expired",
    "pages.mx_across": "/mx/mx2.example.com",
    "pages.reporter_across": "/reporters/bigmail.example",
    "pages.deliveries": "/deliveries?limit=10",
    "pages.deliveries_foreign": "/deliveries/foreign",
    "pages.delivery": "/deliveries/{delivery}",
    "pages.delivery_foreign": "/deliveries/foreign/foreign.example",
    "pages.delivery_differences": "/deliveries/{conflict}/documents/0/differences",
    "pages.alerts": "/alerts",
    "pages.alert": "/alerts/{alert}",
    "pages.unsubscribe": "/unsubscribe/{unsubscribe}",
    "settings.account": "/settings",
    "settings.audit_log": "/settings/audit",
    "settings.configuration": "/settings/configuration",
    "settings.domains": "/settings/domains",
    "settings.ask_to_remove_domain": "/settings/domains/example.com/remove",
    "settings.mail": "/settings/mail",
    "settings.preview_mail": "/settings/mail/preview",
    "settings.tokens_page": "/settings/tokens",
    "settings.ask_to_remove_token": "/settings/tokens/{token}/remove",
    "settings.users": "/settings/users",
    "settings.user": "/settings/users/{user}",
    "settings.ask_to_remove_user": "/settings/users/{user}/remove",
    "api.docs": "/api/v1/docs",
}
# The same pages in another state: much chosen, nothing found, something said.
STATES = {
    "a range without reports": "/domains/example.com?from=2020-01-01&to=2020-01-31",
    "a long range, by week": "/domains/example.com?from=2026-06-01&to=2026-11-23",
    "one reporter only": "/domains/example.com?reporter=bigmail.example&policy_type=sts",
    "a domain of which nothing came": "/domains/quiet.example",
    "a policy that cannot be fetched": "/domains/example.net",
    "a domain that is well": "/domains/example.org",
    "strings of strangers": "/domains/example.com/failures?from=2026-11-22&to=2026-11-22",
    "no domain found": "/?search=nothing",
    "a draft of a policy": "/domains/example.com/setup?mode=none&max_age=86400&mx=mx1.example.com",
    "why there is a quarantine": "/deliveries?outcome=quarantined",
    "what a retry has done": "/deliveries?outcome=quarantined&retried=dkim_fail&tried=3&counted=1&key_away=yes",
    "something that is not there": "/nothing",
    "a date that is none": "/reports?from=yesterday",
}
# What answers no page: files, forwards, words for programs.
NO_PAGES = {
    *("pages.static_file", "pages.delivery_raw", "pages.document", "health.up", "health.ready", "metrics.metrics"),
    *("access.to_provider", "access.from_provider"),
    "settings.preview_mail_html",  # a mail, looked at by itself
}
# Seen by those who are not logged in: a test of its own.
BEFORE_LOGIN = {"access.login"}
