"""A valid policy held against what it is for: live MX hosts, and time (RFC 8461 sections 4.1, 5, 8, 10.2). Pure."""

from collections.abc import Iterator

from collector.domains import mx_matches
from collector.monitor.model import Problem, StsPolicy

NOT_IN_POLICY = "mx_not_in_policy"
_DAY = 86_400
# Section 10.2 asks for weeks (M25). Within this time a missing refresh or an attacker may outlast the policy.
_SHORT = 7 * _DAY
_GOOD = 14 * _DAY


def look_at(policy: StsPolicy, mx_hosts: tuple[str, ...] | None) -> tuple[Problem, ...]:
    """Warnings about a valid policy as a whole. `mx_hosts` in normal form; None: nobody could tell."""
    if policy.mode == "none":
        return tuple(_leftovers(policy))
    return (*_age(policy), *_hosts(policy, mx_hosts))


def _leftovers(policy: StsPolicy) -> Iterator[Problem]:
    """M24: mode none is for taking a policy back, and then only a short max_age helps."""
    if policy.mx:
        text = "the mode is none, where mx lines mean nothing: is this policy on its way out, or was testing meant?"
        yield Problem("none_mx", "warning", text, "Leave the mx lines out, or write: mode: testing")
    if policy.max_age > _DAY:
        text = f"the mode is none with a max_age of {policy.max_age} s: for as long may senders keep it"
        yield Problem("none_max_age", "warning", text, f"max_age: {_DAY}")


def _age(policy: StsPolicy) -> Iterator[Problem]:
    if policy.max_age < _DAY:
        text = f"max_age is {policy.max_age} s: senders look about once a day, and have forgotten the policy by then"
        yield Problem("max_age_short", "warning", text, f"max_age: {_DAY if policy.mode == 'testing' else _GOOD}")
    elif policy.mode == "enforce" and policy.max_age < _SHORT:
        text = f"max_age is {policy.max_age} s: in enforce it should be weeks, for as long the protection holds"
        yield Problem("max_age_short", "warning", text, f"max_age: {_GOOD}")


def _hosts(policy: StsPolicy, mx_hosts: tuple[str, ...] | None) -> Iterator[Problem]:
    if mx_hosts is None:
        text = "the MX records could not be looked up just now: whether the policy names them is not known"
        yield Problem("mx_unknown", "warning", text)
    elif not mx_hosts:
        yield Problem("no_mx", "warning", "the domain takes no mail: it has no MX host that the policy could name")
    for pattern in policy.mx if mx_hosts else ():
        if not any(mx_matches(pattern, host) for host in mx_hosts or ()):
            text = f"mx: {pattern} fits none of the MX hosts: a line from former times, or a slip"
            fix = f"Remove the line mx: {pattern} if no MX host is to have such a name."
            yield Problem("mx_unused", "warning", text, fix)


def match(host: str, policy: StsPolicy | None) -> tuple[bool | None, tuple[Problem, ...]]:
    """Whether the policy names an MX host (M17), and what it means if not. None: there is no policy to match."""
    if policy is None or policy.mode == "none":
        return None, ()
    if any(mx_matches(pattern, host) for pattern in policy.mx):
        return True, ()
    what = "do not deliver to it" if policy.mode == "enforce" else "report a failure, and would not deliver in enforce"
    fix = f"Add this line to the policy, then give the _mta-sts record a new id: mx: {host}"
    near = next((pattern for pattern in policy.mx if _is_near(pattern, host)), None)
    if near is not None:
        text = f"mx: {near} stands for exactly one label, so it does not fit the MX host {host}: senders {what}"
        return False, (Problem("mx_wildcard_labels", "error", text, fix),)
    text = f"the policy does not name the MX host {host}: senders {what}"
    return False, (Problem(NOT_IN_POLICY, "error", text, fix),)


def _is_near(pattern: str, host: str) -> bool:
    """Whether a wildcard would fit if it stood for any number of labels, none included."""
    return pattern.startswith("*.") and (host == pattern[2:] or host.endswith(pattern[1:]))
