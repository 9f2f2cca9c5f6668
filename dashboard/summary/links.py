"""Addresses of pages in a mail: whole ones, or none where `web.public_url` is not set."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from dashboard.summary.week import Week


@dataclass(frozen=True, slots=True)
class Links:
    """`base` is `web.public_url`, without a slash at its end; None: there is nothing to link to."""

    base: str | None

    def overview(self, week: Week) -> str | None:
        return self._page("/", week)

    def domain(self, name: str, week: Week) -> str | None:
        return self._page(f"/domains/{quote(name, safe='')}", week)

    def deliveries(self, outcome: str) -> str | None:
        return None if self.base is None else f"{self.base}/deliveries?{urlencode({'outcome': outcome})}"

    def _page(self, path: str, week: Week) -> str | None:
        days = urlencode({"from": week.first.isoformat(), "to": week.last.isoformat()})
        return None if self.base is None else f"{self.base}{path}?{days}"
