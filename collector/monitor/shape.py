"""A check as JSON (contract: `tlsrpt check --json`), and back: so it is printed, answered and kept."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.model import Problem, StsPolicy

Shape = dict[str, Any]


def check(found: Check) -> Shape:
    return {
        "domain": found.domain,
        "at": _moment(found.at),
        "ok": found.ok,
        "tlsrpt": tlsrpt(found.tlsrpt),
        "mta_sts": sts(found.mta_sts),
        "mx": [mx(host) for host in found.mx],
    }


def tlsrpt(found: TlsrptCheck) -> Shape:
    return {"record": found.record, "rua": list(found.rua), "problems": _problems(found.problems)}


def sts(found: StsCheck) -> Shape:
    policy = found.policy
    return {
        "record": found.record,
        "id": found.id,
        "policy": {"mode": policy.mode, "max_age": policy.max_age, "mx": list(policy.mx)} if policy else None,
        "error": found.error,
        "problems": _problems(found.problems),
    }


def mx(found: MxCheck) -> Shape:
    shown = found.certificate
    return {
        "host": found.host,
        "matches_policy": found.matches_policy,
        "starttls": found.starttls,
        "certificate": {"not_after": _moment(shown.not_after), "names": list(shown.names), "trusted": shown.trusted}
        if shown
        else None,
        "tlsa": list(found.tlsa),
        "dnssec": found.dnssec,
        "problems": _problems(found.problems),
    }


def read_tlsrpt(shape: Mapping[str, Any]) -> TlsrptCheck:
    return TlsrptCheck(shape["record"], tuple(shape["rua"]), _read_problems(shape))


def read_sts(shape: Mapping[str, Any]) -> StsCheck:
    """The text of the policy is not kept here: it stands in the history of the published policy."""
    given = shape["policy"]
    policy = StsPolicy(given["mode"], given["max_age"], tuple(given["mx"]), "") if given else None
    return StsCheck(shape["record"], shape["id"], policy, shape["error"], _read_problems(shape))


def read_mx(shape: Mapping[str, Any]) -> MxCheck:
    shown = shape["certificate"]
    certificate = None
    if shown:
        not_after = datetime.fromisoformat(shown["not_after"])
        certificate = Certificate(not_after, tuple(shown["names"]), shown["trusted"])
    return MxCheck(
        host=shape["host"],
        matches_policy=shape["matches_policy"],
        starttls=shape["starttls"],
        certificate=certificate,
        tlsa=tuple(shape["tlsa"]),
        dnssec=shape["dnssec"],
        problems=_read_problems(shape),
    )


def _problems(problems: tuple[Problem, ...]) -> list[Shape]:
    return [{"code": each.code, "severity": each.severity, "text": each.text, "fix": each.fix} for each in problems]


def _read_problems(shape: Mapping[str, Any]) -> tuple[Problem, ...]:
    return tuple(Problem(each["code"], each["severity"], each["text"], each["fix"]) for each in shape["problems"])


def _moment(at: datetime) -> str:
    """RFC 3339, UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
