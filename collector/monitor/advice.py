"""What to publish for a domain, in which order, and how to take it back. Pure: what was seen in, steps out.

The order is that of RFC 8461 section 8: the policy before its id (M22), `testing` before `enforce`, and a removal that
waits until every earlier policy has run out (M24).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector.domains import mx_matches
from collector.monitor.checked import TlsrptCheck
from collector.monitor.model import Observation, StsPolicy
from collector.text import say, sentences

# While you test, a mistake should be forgotten after a day; later weeks protect better (section 10.2, M25).
TESTING_MAX_AGE = 86_400
ENFORCE_MAX_AGE = 14 * 86_400
REMOVAL_MAX_AGE = 86_400
_STRING = 255
PATH = "/.well-known/mta-sts.txt"


@dataclass(frozen=True, slots=True)
class Ours:
    """Where this collector takes reports. `mailto` and `https` are URIs; `accepted`: published ones that lead here."""

    mailto: str
    https: str | None
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hosted:
    """The policy that the dashboard itself answers with, and the id that belongs to it."""

    policy: StsPolicy
    policy_id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What is live now. `held_until`: until then a sender may hold a policy published earlier, None if unknown."""

    tlsrpt: TlsrptCheck
    found: Observation
    held_until: datetime | None = None
    hosted: Hosted | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """Something to publish: `kind` TXT at a name, or a file at an address. The file's lines end with CRLF."""

    kind: str  # TXT or file
    name: str
    value: str

    @property
    def text(self) -> str:
        """What to copy: a line of a zone file, or the lines of the file (with LF, for pages and terminals)."""
        if self.kind != "TXT":
            return self.value.replace("\r\n", "\n")
        # A character-string holds 255 octets; several are read as one (R8, M4).
        pieces = [self.value[at : at + _STRING] for at in range(0, len(self.value), _STRING)]
        strings = " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)
        return f"{self.name}. IN TXT {strings}"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `seen`: whether it is live; None where nobody can see it, or it is for later."""

    key: str
    title: str
    why: str
    publish: tuple[Item, ...] = ()
    seen: bool | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps to begin, to go over to enforce, and to take it all back; `notes` are what stands in the way."""

    domain: str
    begin: tuple[Step, ...]
    roll_over: tuple[Step, ...]
    removal: tuple[Step, ...]
    notes: tuple[str, ...] = ()


def plan(domain: str, ours: Ours, seen: Seen, now: datetime) -> Plan:
    """All of it for `domain` (normal form) as of `now` (aware, UTC)."""
    wanted = wanted_policy(seen)
    return Plan(
        domain,
        (_tlsrpt(domain, ours, seen.tlsrpt), _file(domain, wanted, seen), _record(domain, wanted, seen, now)),
        _roll_over(domain, wanted, seen, now),
        _removal(domain, seen, now),
        tuple(_notes(seen, wanted)),
    )


def fresh_id(now: datetime) -> str:
    """An id that was never used before: the time in UTC, letters and digits only (M2)."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def policy_text(policy: StsPolicy) -> str:
    """The file for a policy; its lines end with CRLF (RFC 8461 section 3.2)."""
    lines = ["version: STSv1", f"mode: {policy.mode}", *(f"mx: {mx}" for mx in policy.mx), f"max_age: {policy.max_age}"]
    return "".join(f"{line}\r\n" for line in lines)


def made(mode: str, max_age: int, mx: Iterable[str]) -> StsPolicy:
    """A policy with its text."""
    policy = StsPolicy(mode, max_age, tuple(dict.fromkeys(mx)), "")
    return StsPolicy(policy.mode, policy.max_age, policy.mx, policy_text(policy))


def covers(patterns: Iterable[str], host: str) -> bool:
    """Whether one of the patterns matches the host."""
    return any(mx_matches(pattern, host) for pattern in patterns)


def wanted_policy(seen: Seen) -> StsPolicy:
    """The policy to publish now: what is there with every live MX in it, else a new one in testing."""
    there = seen.hosted.policy if seen.hosted is not None else seen.found.policy
    hosts = seen.found.mx_hosts or ()
    if there is None or there.mode == "none":
        return made("testing", TESTING_MAX_AGE, hosts)
    # A pattern without a live host may belong to one that is about to come: it stays.
    return made(there.mode, there.max_age, (*there.mx, *(host for host in hosts if not covers(there.mx, host))))


def _files(domain: str, policy: StsPolicy) -> tuple[Item, ...]:
    """The file to publish; none while it could name no MX host, which would be no policy (RFC 8461 section 3.2)."""
    return (_item(domain, policy),) if policy.mx or policy.mode == "none" else ()


def _tlsrpt(domain: str, ours: Ours, check: TlsrptCheck) -> Step:
    published = check.rua
    uris = [*(uri for uri in (ours.mailto, ours.https) if uri)]
    if here := [uri for uri in published if uri in ours.accepted]:
        # What leads here already need not be written in another way.
        uris = [*here, *([ours.https] if ours.https else [])]
    others = [uri for uri in published if uri not in uris and uri not in ours.accepted]
    record = "v=TLSRPTv1; rua=" + ",".join(dict.fromkeys([*uris, *others]))
    return Step(
        "tlsrpt",
        say("Say where reports go"),
        say("First of all: what goes wrong with the next steps is told to you."),
        (Item("TXT", f"_smtp._tls.{domain}", record),),
        any(uri in ours.accepted or uri in uris for uri in published),
    )


def _file(domain: str, wanted: StsPolicy, seen: Seen) -> Step:
    host = f"mta-sts.{domain}"
    found = seen.found.policy
    if seen.hosted is not None:
        wanted = seen.hosted.policy
        why = say(
            "This dashboard answers with it. %(host)s must lead here, by HTTPS with a certificate for just this name.",
            host=host,
        )
        is_there = found is not None and found.text == wanted.text
    else:
        why = say(
            "%(host)s needs an address, a web server, and a certificate for just this name; no redirect.", host=host
        )
        is_there = found is not None and _alike(found, wanted)
    if not wanted.mx and wanted.mode != "none":
        why = sentences(why, say("It names every MX host of the domain, and none is known now."))
    return Step("policy", say("Publish the policy"), why, _files(domain, wanted), is_there)


def _record(domain: str, wanted: StsPolicy, seen: Seen, now: datetime) -> Step:
    there = seen.found.policy_id
    policy = seen.found.policy
    if seen.hosted is not None:
        policy_id, is_there = seen.hosted.policy_id, there == seen.hosted.policy_id
    else:
        is_there = there is not None and policy is not None and _alike(policy, wanted)
        policy_id = there if is_there and there else fresh_id(now)
    why = say(
        "After the policy can be fetched: the id tells senders to fetch it. Change it after each change of the policy."
    )
    return Step("record", say("Tell senders that there is a policy"), why, (_txt(domain, policy_id),), is_there)


def _roll_over(domain: str, wanted: StsPolicy, seen: Seen, now: datetime) -> tuple[Step, ...]:
    enforced = made("enforce", max(wanted.max_age, ENFORCE_MAX_AGE), wanted.mx)
    policy = seen.found.policy
    is_enforced = policy is not None and policy.mode == "enforce"
    why = say(
        "Mail that fails the policy is then held back. For two weeks it stays in force even if nobody can fetch it."
    )
    return (
        Step(
            "wait",
            say("Wait for the verdict ready"),
            say(
                "Two weeks of reports from several senders without a failure that enforce would turn into "
                "held-back mail."
            ),
        ),
        Step("enforce", say("Publish the policy in enforce"), why, _files(domain, enforced), is_enforced),
        Step(
            "enforce-record",
            say("Change the id"),
            say("Only once the new policy can be fetched (RFC 8461 section 8.1)."),
            () if is_enforced else _new_id(domain, seen, now, 1),
        ),
        Step(
            "pickup",
            say("See senders pick it up"),
            say(
                "The page of policies says who applies it. Until the old max_age is over some may apply the old policy."
            ),
        ),
    )


def _removal(domain: str, seen: Seen, now: datetime) -> tuple[Step, ...]:
    policy = seen.found.policy
    ends = [now + timedelta(seconds=policy.max_age)] if policy is not None else []
    ends += [seen.held_until] if seen.held_until is not None else []
    ends += [now + timedelta(seconds=REMOVAL_MAX_AGE)]
    until = max(ends).astimezone(UTC)
    return (
        Step(
            "none",
            say("Publish a policy of mode none"),
            say("Never just take the file away: senders would apply the old policy until its max_age is over."),
            (_item(domain, made("none", REMOVAL_MAX_AGE, ())),),
            policy is not None and policy.mode == "none",
        ),
        Step(
            "none-record", say("Change the id"), say("Once that policy can be fetched."), _new_id(domain, seen, now, 2)
        ),
        Step(
            "outlast",
            say("Wait until %(day)s", day=until.date()),
            say(
                "Done today, that is when the last policy that a sender may hold has run out, an older one with a "
                "longer max_age included (RFC 8461 section 8.3)."
            ),
        ),
        Step(
            "remove",
            say("Remove the record, then the file"),
            say(
                "%(record)s first, then %(host)s. Leave _smtp._tls as long as you want reports.",
                record=f"_mta-sts.{domain}",
                host=f"mta-sts.{domain}",
            ),
        ),
    )


def _notes(seen: Seen, wanted: StsPolicy) -> Iterable[str]:
    hosts = seen.found.mx_hosts
    if hosts is None:
        yield say("The MX hosts could not be looked up just now, so the policy may lack some.")
    elif not hosts:
        yield say("The domain has no MX host: nobody sends mail to it, and there is nothing to protect.")
    for problem in seen.tlsrpt.problems:
        yield say("_smtp._tls: %(problem)s.", problem=problem.text)
    policy = seen.found.policy if seen.hosted is None else seen.hosted.policy
    if policy is not None and policy.mode != "none":
        for host in hosts or ():
            if not covers(policy.mx, host):
                if seen.hosted is None:
                    yield say("The published policy does not list %(host)s: add it.", host=host)
                else:
                    yield say("The served policy does not list %(host)s: add it.", host=host)
    if seen.found.error not in (None, "no_record"):
        yield say("The policy cannot be fetched: %(error)s.", error=seen.found.error_detail or str(seen.found.error))
    for pattern in wanted.mx:
        if hosts and not any(mx_matches(pattern, host) for host in hosts):
            yield say(
                "%(pattern)s matches no MX host that is live now: drop it unless one is to come.", pattern=pattern
            )


def _alike(one: StsPolicy, other: StsPolicy) -> bool:
    return one.mode == other.mode and set(one.mx) == set(other.mx) and one.max_age == other.max_age


def _new_id(domain: str, seen: Seen, now: datetime, step: int) -> tuple[Item, ...]:
    """The record of a later step. Ids in one plan differ: two steps that are copied at once are still two changes.

    A policy that is served here gets its id when it is set.
    """
    if seen.hosted is not None:
        return ()
    return (_txt(domain, fresh_id(now + timedelta(seconds=step))),)


def _item(domain: str, policy: StsPolicy) -> Item:
    return Item("file", f"https://mta-sts.{domain}{PATH}", policy.text)


def _txt(domain: str, policy_id: str) -> Item:
    return Item("TXT", f"_mta-sts.{domain}", f"v=STSv1; id={policy_id};")
