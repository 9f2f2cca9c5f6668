"""The whole exception tree.

    TlsrptError
    ├── ConfigurationError       the operator has to change something; exit status 2
    ├── UsageError               a request or command that makes no sense; exit status 2, HTTP 400
    ├── TemporaryError           trying again later may work: SMTP 451, HTTP 503
    │   ├── StoreUnavailable     the database does not answer
    │   │   └── ReplicaUnavailable   its replica does not answer, but the database itself may
    │   │       └── ReplicaBehind    the replica lacks a change that its reader is to see
    │   ├── ReaderUnavailable    the process that reads large mails was lost with one
    │   ├── SpoolUnavailable     the local spool takes nothing either
    │   ├── MailboxUnavailable   the IMAP server does not answer, or refuses what we ask
    │   ├── CheckBusy            the domain is being checked already
    │   ├── LoginProviderUnavailable  the OpenID Connect provider does not answer as it should
    │   ├── RelayUnavailable     the relay for outgoing mail does not answer, is not trusted, or does not want us
    │   ├── RecipientPutOff      the relay does not take this mail just now
    │   ├── RelayUnanswered      the relay got a whole mail and did not say whether it takes it
    │   ├── KeyUnavailable       DNS could not deliver a DKIM key just now
    │   └── LookupFailed         DNS gave no answer: time-out, SERVFAIL, no server
    ├── RecipientRefused         the relay does not take this mail, now or later
    ├── NoSuchName               DNS answered that there is nothing of that name and type
    ├── SchemaOutdated           the database wants `tlsrpt db upgrade`; exit status 2
    └── ReportRefused            the bytes are no report we can count: the delivery is quarantined

An outcome that is expected (`stored`, `duplicate`, ...) is a value and no exception.
"""


class TlsrptError(Exception):
    """Root of all errors this project raises on purpose. `temporary` tells whether a retry may help."""

    temporary = False


class ConfigurationError(TlsrptError):
    """A setting is wrong. The message is one line and names the key."""


class UsageError(TlsrptError):
    """The caller asked for something that cannot be: a bad date, cursor, limit or name."""


class TemporaryError(TlsrptError):
    """Something this project depends on is away."""

    temporary = True


class StoreUnavailable(TemporaryError):
    """The database did not answer, or took no write."""


class ReplicaUnavailable(StoreUnavailable):
    """The replica did not answer, or gave up a query. The database itself may well answer."""


class ReplicaBehind(ReplicaUnavailable):
    """The replica has not got a change yet that its reader is to see."""


class ReaderUnavailable(TemporaryError):
    """The process that read a large mail ended in the middle of it, or did not come to an end."""


class SpoolUnavailable(TemporaryError):
    """A POST could not be written to the local spool: the disk is full or broken, or the spool's limit is reached."""


class MailboxUnavailable(TemporaryError):
    """The IMAP server does not answer, lets us not in, or refuses what we ask of it. The message says which."""


class CheckBusy(TemporaryError):
    """A domain is being checked already, or too many are. The message says which."""


class LoginProviderUnavailable(TemporaryError):
    """The OpenID Connect provider does not answer, or not as it should. The message says which."""


class RelayUnavailable(TemporaryError):
    """The relay does not answer, is not trusted, or refuses us whoever the mail is for. The message says which."""


class RecipientPutOff(TemporaryError):
    """The relay does not take one mail just now. The message says what it said."""


class RelayUnanswered(TemporaryError):
    """The relay got one mail to its end, and nobody knows whether it takes it. The message says what came instead."""


class RecipientRefused(TlsrptError):
    """The relay does not take one mail, and will not later. The message says what it said."""


class KeyUnavailable(TemporaryError):
    """A DKIM key could not be fetched for a passing reason (time-out, SERVFAIL)."""


class LookupFailed(TemporaryError):
    """DNS gave no usable answer (time-out, SERVFAIL, no server). The message says which."""


class NoSuchName(TlsrptError):
    """The name does not exist, or has no record of the type asked for. `ttl`: seconds this may be remembered."""

    def __init__(self, message: str, ttl: float) -> None:
        super().__init__(message)
        self.ttl = ttl


class SchemaOutdated(TlsrptError):
    """The schema of the database is not the one this program was written for."""


class ReportRefused(TlsrptError):
    """The bytes hold no report that can be counted.

    `code` is a reason code of the contract: `not_a_report`, `unpack`, `json`, `schema` or `limit`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
