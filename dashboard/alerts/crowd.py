"""A fault that very many domains share is one alert, not one for each. Pure.

A hoster's MX, policy host or name server serves 100,000 domains: nobody reads 100,000 messages.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from heapq import nsmallest

from dashboard.alerts.model import Condition, Figures, Key
from dashboard.alerts.rules.published import policy_host

# So many domains that would open at a time, by the same rule, are told of together; of one host so many.
MOST_AT_ONCE = 50
MOST_OF_HOST = 10
_EXAMPLES = 5


@dataclass(slots=True)
class _Group:
    """Conditions of one rule, and host, that would open. Of a crowd only the names are kept."""

    most: int
    names: set[str] = field(default_factory=set)
    conditions: list[Condition] = field(default_factory=list)

    def add(self, condition: Condition) -> None:
        self.names.add(condition.domain)
        if self.is_crowd:
            self.conditions.clear()
        else:
            self.conditions.append(condition)

    @property
    def is_crowd(self) -> bool:
        return len(self.names) > self.most


class Crowd:
    """Takes conditions, however many, and gives them back: those of a crowd as one about the installation.

    Its `size` is the number of domains. What is open already stays as it is. A crowd that is open lasts until half of
    it is left.
    """

    def __init__(self, open_keys: Collection[Key]) -> None:
        self._open_keys = open_keys
        self._kept: list[Condition] = []
        self._groups: dict[tuple[str, str], _Group] = {}

    def add(self, conditions: Iterable[Condition]) -> None:
        for condition in conditions:
            if condition.key in self._open_keys or not condition.domain:
                self._kept.append(condition)
            elif condition.opens:
                self._group(condition).add(condition)

    def conditions(self) -> tuple[Condition, ...]:
        return (*self._kept, *(each for place, group in self._groups.items() for each in _told(place, group)))

    def _group(self, condition: Condition) -> _Group:
        is_shared = condition.rule == "certificate" and condition.subject != policy_host(condition.domain)
        place = condition.rule, condition.subject if is_shared else ""
        if place not in self._groups:
            most = MOST_OF_HOST if place[1] else MOST_AT_ONCE
            is_open = ("", *place) in self._open_keys
            self._groups[place] = _Group(most // 2 if is_open else most)
        return self._groups[place]


def _told(place: tuple[str, str], group: _Group) -> list[Condition]:
    if not group.is_crowd:
        return group.conditions
    evidence: Figures = {"domains": len(group.names), "examples": nsmallest(_EXAMPLES, group.names)}
    return [Condition(place[0], "", place[1], len(group.names), evidence)]
