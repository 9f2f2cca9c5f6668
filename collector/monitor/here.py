"""Whether reports that a record asks for come to this collector."""

from urllib.parse import unquote, urlsplit

from collector import domains
from collector.addresses import POST_PATH, Recipients, parse_path
from collector.monitor.model import Problem
from collector.settings import Settings


class Here:
    """Judges the targets of a TLSRPT record by the settings of this collector."""

    def __init__(self, settings: Settings) -> None:
        self._patterns = settings.smtp.recipients
        self._recipients = Recipients(settings.smtp.recipients)
        self._has_mailbox = settings.imap.host is not None
        self._public = settings.web.public_url

    def __call__(self, domain: str, rua: tuple[str, ...]) -> tuple[Problem, ...]:
        """The warning that none of these URIs leads here; none where that cannot be told."""
        if any(self.leads_here(uri) is not False for uri in rua):
            return ()
        text = "the record sends reports elsewhere: none of its targets is one of this collector, which will see none"
        return (Problem("not_here", "warning", text, f"v=TLSRPTv1; rua={','.join((*rua, self._own(domain)))}"),)

    def leads_here(self, uri: str) -> bool | None:
        """None: nobody knows, for a mailbox may have any address, and without public_url so may we."""
        match uri.partition(":")[0].lower():
            case "mailto":
                parsed = parse_path(f"<{address_of(uri)}>")
                is_ours = parsed is not None and self._recipients.accepts(parsed[0])
                return True if is_ours else None if self._has_mailbox else False
            case "https":
                return None if self._public is None else _is_same(uri, self._public.rstrip("/") + POST_PATH)
            case _:
                return False

    def _own(self, domain: str) -> str:
        """An address that is accepted here."""
        local, _, of = (self._patterns[0] if self._patterns else "tlsrpt@*").rpartition("@")
        return f"mailto:{'tlsrpt' if local == '*' else local}@{domain if of == '*' else of}"


def address_of(uri: str) -> str:
    """The first address of a mailto: URI (RFC 6068), with its escapes undone."""
    return unquote(uri.partition(":")[2].partition("?")[0].partition(",")[0])


def _is_same(uri: str, ours: str) -> bool:
    try:
        one, other = urlsplit(uri), urlsplit(ours)
        is_same_port = (one.port or 443) == (other.port or 443)
    except ValueError:  # what somebody published need not be a URI
        return False
    hosts = [domains.normalise(each.hostname or "") or each.hostname for each in (one, other)]
    return is_same_port and hosts[0] == hosts[1] and one.path.rstrip("/") == other.path.rstrip("/")
