"""From a mail of a folder to its delivery, by way of `ingest()`."""

from collections.abc import Callable
from datetime import datetime

from collector.auth import Authenticate, Authentication
from collector.auth.dkim import Authenticator
from collector.auth.results import TrustedResults
from collector.delivery import Delivery, Envelope, Reason
from collector.errors import KeyUnavailable
from collector.ids import new_id
from collector.ingest import ingest
from collector.receive.imap.mailbox import Mail
from collector.settings import Settings

# Who sent it to the mailbox, and how, the server does not tell.
_ENVELOPE = Envelope("imap")


class Reader:
    """Reads mails under the operator's limits and DKIM policy."""

    def __init__(self, settings: Settings, authenticator: Authenticator, clock: Callable[[], datetime]) -> None:
        """`clock` answers the time, aware, UTC."""
        self._limits = settings.limits
        self._dkim = settings.auth.dkim
        self._trusted = TrustedResults.of(settings.auth)
        self._authenticator = authenticator
        self._clock = clock

    @property
    def most(self) -> int:
        """Bytes of the largest mail that is read."""
        return self._limits.message_bytes

    def read(self, mail: Mail) -> Delivery:
        """The delivery. Its signatures are to hold for the time at which the server took it. Raises KeyUnavailable."""
        return self._ingest(mail, self._authenticator.at(mail.arrived or self._clock()))

    def read_unauthenticated(self, mail: Mail, error: KeyUnavailable) -> Delivery:
        """The same for a mail whose key nobody waits for any more."""
        nobody = Authentication(None, Reason("dkim_fail", f"Tried for too long: {error}"))
        return self._ingest(mail, lambda raw, identities: nobody)

    def too_large(self, header: Mail, size: int, uid: int, folder: str) -> Delivery:
        """A mail beyond the limit: it is quarantined with its header, and stays where it is."""
        words = (
            f"larger than {self.most} bytes ({size}): only its header is kept here, the mail stays in "
            f"the folder {folder} with UID {uid}"
        )
        now = self._clock()
        identity = new_id(int(now.timestamp() * 1000))
        return Delivery(identity, now, _ENVELOPE, header.raw, reason=Reason("limit", words))

    def _ingest(self, mail: Mail, authenticate: Authenticate) -> Delivery:
        return ingest(
            mail.raw,
            _ENVELOPE,
            self._clock(),
            limits=self._limits,
            dkim=self._dkim,
            authenticate=authenticate,
            trusted=self._trusted,
        )
