"""Everything that a check of a domain looks at, as found (contract: `tlsrpt check --json`)."""

from dataclasses import dataclass
from datetime import datetime

from collector.monitor.model import Problem, StsPolicy


@dataclass(frozen=True, slots=True)
class TlsrptCheck:
    """The `_smtp._tls` record (RFC 8460 section 3) as text; `rua` are its URIs, none where it is not valid."""

    record: str | None
    rua: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class StsCheck:
    """The `_mta-sts` record and the policy file (RFC 8461). `error` is one of model.ERRORS; then `policy` is None."""

    record: str | None
    id: str | None
    policy: StsPolicy | None
    error: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an MX host showed. `names` are its DNS names; `trusted`: chain, names for this host and dates all hold."""

    not_after: datetime  # aware, UTC
    names: tuple[str, ...]
    trusted: bool


@dataclass(frozen=True, slots=True)
class MxCheck:
    """One MX host. None is unknown: it was not reached, or there is no policy to match.

    `tlsa` are its TLSA records as text; `dnssec`: whether they, and the MX record, are proven by DNSSEC.
    """

    host: str
    matches_policy: bool | None
    starttls: bool | None
    certificate: Certificate | None = None
    tlsa: tuple[str, ...] = ()
    dnssec: bool | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """All of it, at one time (aware, UTC)."""

    domain: str
    at: datetime
    tlsrpt: TlsrptCheck
    mta_sts: StsCheck
    mx: tuple[MxCheck, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        found = [*self.tlsrpt.problems, *self.mta_sts.problems]
        return tuple(found + [problem for host in self.mx for problem in host.problems])

    @property
    def ok(self) -> bool:
        """Whether nothing of severity error was found."""
        return not any(problem.severity == "error" for problem in self.problems)
