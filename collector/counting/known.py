"""The domains that the operator has added, and their MX hosts: what decides whose a result is."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

# Of the domains that share a host so many matter: two are as good as a thousand.
MOST_OWNERS = 2


@dataclass(frozen=True, slots=True)
class KnownDomains:
    """A snapshot. All names in normal form.

    `mx`: MX host -> the known domains that have it, each with the time when DNS first said so, the earliest first, at
    most MOST_OWNERS.
    """

    ids: dict[str, UUID] = field(default_factory=dict)  # domain -> domain_id
    mx: dict[str, tuple[tuple[datetime, str], ...]] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.ids

    def owner_of_host(self, host: str, at: datetime) -> str | None:
        """The one known domain that had `host` as MX at that time; None if there was none or more than one.

        While DNS named nobody's, or had not been asked yet, whoever has the host by now is as near as we come.
        """
        owners = self.mx.get(host)
        if owners is None:
            return None
        then = [name for first_seen, name in owners if first_seen <= at] or [name for _, name in owners]
        return then[0] if len(then) == 1 else None

    def above(self, host: str) -> str | None:
        """The known domain that `host` lies under, the nearest one first."""
        name = host
        while name:
            if name in self.ids:
                return name
            name = name.partition(".")[2]
        return None
