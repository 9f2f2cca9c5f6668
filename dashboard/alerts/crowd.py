"""A fault that very many domains share is one alert, not one for each. Pure.

A hoster's MX, policy host or name server serves 100,000 domains: nobody reads 100,000 messages.
"""

from collections.abc import Collection, Iterable

from dashboard.alerts.model import Condition, Figures, Key

# So many domains that would open at a time, by the same rule, are told of together; of one host so many.
MOST_AT_ONCE = 50
MOST_OF_HOST = 10
_EXAMPLES = 5
_Group = tuple[str, str]  # rule, host


def gathered(conditions: Iterable[Condition], open_keys: Collection[Key]) -> tuple[Condition, ...]:
    """The conditions, those of a crowd as one about the installation; its `size` is the number of domains.

    What is open already stays as it is. A crowd that is open lasts until half of it is left.
    """
    kept: list[Condition] = []
    groups: dict[_Group, list[Condition]] = {}
    for condition in conditions:
        if condition.opens and condition.domain and condition.key not in open_keys:
            groups.setdefault(_group(condition), []).append(condition)
        else:
            kept.append(condition)
    for (rule, host), theirs in groups.items():
        names = sorted({each.domain for each in theirs})
        most = MOST_OF_HOST if host else MOST_AT_ONCE
        if len(names) > (most // 2 if ("", rule, host) in open_keys else most):
            evidence: Figures = {"domains": len(names), "examples": names[:_EXAMPLES]}
            kept.append(Condition(rule, "", host, len(names), evidence))
        else:
            kept += theirs
    return tuple(kept)


def _group(condition: Condition) -> _Group:
    return condition.rule, condition.subject if condition.rule == "certificate" else ""
