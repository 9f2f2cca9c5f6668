"""Who is told: mail addresses, webhooks and Apprise URLs. The last two are secrets, and known by their digest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from collector import settings

MAIL, WEBHOOK, APPRISE = "mail", "webhook", "apprise"


@dataclass(frozen=True, slots=True)
class Target:
    """`name` is what may be shown: the address, or the digest of a URL. `domains`: about these only; none: all."""

    channel: str
    name: str
    domains: frozenset[str] = frozenset()

    def wants(self, domain: str) -> bool:
        """Whether alerts about a domain are for it; "" is the installation, for those who get all."""
        return not self.domains or domain in self.domains


def digest(url: str) -> str:
    return sha256(url.encode()).hexdigest()


def by_digest(urls: Iterable[str]) -> Mapping[str, str]:
    """The URLs by what they are known by."""
    return {digest(url): url for url in urls}


def of_urls(alerts: settings.Alerts) -> tuple[Target, ...]:
    hooks = [Target(WEBHOOK, digest(url)) for url in dict.fromkeys(alerts.webhooks)]
    return (*hooks, *(Target(APPRISE, digest(url)) for url in dict.fromkeys(alerts.apprise)))
