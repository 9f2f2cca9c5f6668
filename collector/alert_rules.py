"""The names of the rules of the alerts: in `alerts.off`, in the database, in the API and in what is posted."""

# Most urgent first.
RULES = (
    "held_back",  # failures in enforce: mail is being held back now
    "policy_fetch",  # the published policy cannot be fetched
    "certificate",  # of an MX host or the policy host: ends soon, or has ended
    "mx_not_in_policy",  # an MX in DNS that the policy does not name
    "record_elsewhere",  # the TLSRPT record points here no longer
    "figures_differ",  # from what the raw bytes say; about the installation
    "failure_rate",  # above the threshold, with enough sessions
    "new_failure",  # a result type, or an MX, that did not fail before
    "no_reports",  # about a domain that had some
    "reporter_silent",  # a regular one
    "policy_changed",  # mode, MX hosts, max_age or id of the policy, or the TLSRPT record
    "quarantine",  # fills up; about the installation
)
