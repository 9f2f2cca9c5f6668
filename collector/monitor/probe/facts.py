"""What was met at one MX host, before anybody judges it, and what decides how much it matters."""

from dataclasses import dataclass
from datetime import datetime

from collector.monitor.model import StsPolicy
from collector.resolver import AddressAnswer, TlsaAnswer


class Fault(Exception):
    """Why a look ended before it had seen everything. `code` becomes that of a problem; the message is the sentence.

    `reached`: the host answered as a mail server, so it is its fault; else it may be the network in between.
    """

    def __init__(self, code: str, text: str, *, reached: bool = True) -> None:
        super().__init__(text)
        self.code = code
        self.reached = reached


@dataclass(frozen=True, slots=True)
class Distrust:
    """Why a chain is not trusted, as OpenSSL says it. `dates`: only because a certificate in it is out of date."""

    text: str
    dates: bool


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """A handshake that was completed.

    `chain` are the certificates as sent (DER), the host's own first. Names are not looked at in `distrust`.
    `weakness`: why a client of today refused TLS at first, None where it did not.
    """

    version: str  # as OpenSSL names it: TLSv1.2
    chain: tuple[bytes, ...]
    distrust: Distrust | None = None
    weakness: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation with a host. `starttls` is None if it did not come so far; then `fault` says why."""

    starttls: bool | None = None
    tls: TlsSeen | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about one host. A Fault in the place of an answer says why there is none."""

    host: str
    addresses: AddressAnswer | Fault
    tlsa: TlsaAnswer | Fault
    session: Session | None = None  # None without an address


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides how much a fault matters. `policy`: what the domain publishes; `mx_secure`: its MX record's proof.

    `trust_ad` is that setting, to name where nobody knows about DNSSEC.
    """

    policy: StsPolicy | None
    mx_secure: bool | None
    now: datetime  # aware, UTC
    trust_ad: str = "auto"

    @property
    def asks_for_tls(self) -> bool:
        """Whether senders of MTA-STS look at this host's certificate."""
        return self.policy is not None and self.policy.mode != "none"

    @property
    def effect(self) -> str:
        """What senders make of a host that has not valid TLS (RFC 8461 section 5)."""
        if self.policy is not None and self.policy.mode == "enforce":
            return "Under your policy senders hold back the mail for it."
        if self.asks_for_tls:
            return "Senders report it, and under enforce they would hold back the mail for it."
        return "Under mode enforce senders would hold back the mail for it."
