"""The domains that the operator has added, and their MX hosts: what decides whose a result is."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class KnownDomains:
    """A snapshot. All names in normal form."""

    ids: dict[str, UUID] = field(default_factory=dict)  # domain -> domain_id
    mx: dict[str, frozenset[str]] = field(default_factory=dict)  # MX host -> the known domains that have it

    def __contains__(self, name: object) -> bool:
        return name in self.ids

    def owner_of_host(self, host: str) -> str | None:
        """The one known domain that has `host` as MX; None if there is none or more than one."""
        owners = self.mx.get(host, frozenset())
        return next(iter(owners)) if len(owners) == 1 else None

    def above(self, host: str) -> str | None:
        """The known domain that `host` lies under, the nearest one first."""
        name = host
        while name:
            if name in self.ids:
                return name
            name = name.partition(".")[2]
        return None
