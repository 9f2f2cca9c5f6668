"""Whether reports that a record asks for come to this collector."""

from urllib.parse import urlsplit

from collector import domains
from collector.monitor.model import Problem
from collector.settings import Settings

_PATH = "/v1/tlsrpt"


class Here:
    """Judges the targets of a TLSRPT record by the settings of this collector."""

    def __init__(self, settings: Settings) -> None:
        self._patterns = [tuple(pattern.rsplit("@", 1)) for pattern in settings.smtp.recipients]
        self._has_mailbox = settings.imap.host is not None
        self._public = settings.web.public_url

    def __call__(self, domain: str, rua: tuple[str, ...]) -> tuple[Problem, ...]:
        """The warning that none of these URIs leads here; none where that cannot be told."""
        if any(self._leads_here(uri) is not False for uri in rua):
            return ()
        text = "the record sends reports elsewhere: none of its targets is one of this collector, which will see none"
        return (Problem("not_here", "warning", text, f"v=TLSRPTv1; rua={','.join((*rua, self._own(domain)))}"),)

    def _leads_here(self, uri: str) -> bool | None:
        """None: nobody knows, for a mailbox may have any address, and without public_url so may we."""
        scheme, _, rest = uri.partition(":")
        match scheme.lower():
            case "mailto":
                return True if self._accepts(rest.partition("?")[0]) else None if self._has_mailbox else False
            case "https":
                return None if self._public is None else _place(uri) == _place(self._public.rstrip("/") + _PATH)
            case _:
                return False

    def _accepts(self, address: str) -> bool:
        local, _, domain = address.lower().rpartition("@")
        name = domains.normalise(domain)
        return any(pattern in self._patterns for pattern in ((local, name), (local, "*"), ("*", name), ("*", "*")))

    def _own(self, domain: str) -> str:
        """An address that is accepted here."""
        local, of = self._patterns[0] if self._patterns else ("tlsrpt", "*")
        return f"mailto:{'tlsrpt' if local == '*' else local}@{domain if of == '*' else of}"


def _place(url: str) -> tuple[str, int | None, str]:
    parts = urlsplit(url)
    return (parts.hostname or "", parts.port or 443, parts.path.rstrip("/"))
