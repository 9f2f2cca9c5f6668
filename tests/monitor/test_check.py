"""The whole check with real DNS, HTTPS and SMTP on loopback, and `tlsrpt check` as a process."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.monitor import shape
from collector.monitor.check import Checker
from collector.monitor.checked import Check, MxCheck
from collector.monitor.fetch import tls_context
from collector.monitor.model import Problem, StsPolicy
from collector.resolver import Resolver
from tests.support.dns import SERVFAIL, DnsServer, Zone
from tests.support.mx_host import Authority, MxHost
from tests.support.policy_host import Host, PolicyHost, ok, redirect
from tests.support.processes import tlsrpt

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
RUA = "v=TLSRPTv1; rua=mailto:tlsrpt@example.com"


def policy(*mx: str, mode: str = "enforce", max_age: int = 1_209_600) -> bytes:
    lines = ["version: STSv1", f"mode: {mode}", f"max_age: {max_age}", *(f"mx: {host}" for host in mx), ""]
    return "\r\n".join(lines).encode()


HOSTS = {
    "fine.example": Host(ok(policy("mx1.fine.example", "*.mail.fine.example"))),
    "omits.example": Host(ok(policy("mx1.omits.example"))),
    "labels.example": Host(ok(policy("*.labels.example"))),
    "dot.example": Host(ok(policy("mx.dot.example."))),
    "short.example": Host(ok(policy("mx.short.example", max_age=86400))),
    "leaving.example": Host(ok(policy("mx.leaving.example", mode="none", max_age=604800))),
    "years.example": Host(ok(policy("mx.years.example", max_age=31557601))),
    "provider.example": Host(certificate="other name"),
    "moved2.example": Host(redirect("301 Moved Permanently")),
}
ZONE: Zone = {
    ("fine.example", "MX"): ["20 b.mail.fine.example", "10 mx1.fine.example"],
    ("omits.example", "MX"): ["10 mx1.omits.example", "20 mx2.omits.example"],
    ("labels.example", "MX"): ["10 a.b.labels.example"],
    ("short.example", "MX"): ["10 mx.short.example"],
    ("unknown-mx.example", "MX"): SERVFAIL,
    ("many.example", "MX"): [f"{number} mx{number}.many.example" for number in range(30)],
    ("_mta-sts.hyphen.example", "TXT"): ["v=STSv1; id=2026-01-01; x=1"],
    ("_mta-sts.case.example", "TXT"): ["V=STSv1; id=1"],
    ("_mta-sts.homeless.example", "TXT"): ["v=STSv1; id=1"],
    ("_smtp._tls.dead.example", "TXT"): SERVFAIL,
    ("_smtp._tls.dmarc.example", "TXT"): ["v=TLSRPTv1; rua=mailto:tlsrpt@example.com!10m"],
    ("_smtp._tls.parent.example", "TXT"): [RUA],
    ("_mta-sts.parent.example", "TXT"): ["v=STSv1; id=1"],
}


class Mx:
    """Looks at no host; says what it was asked, and what a table says."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, StsPolicy | None, bool | None]] = []

    async def probe(self, host: str, *, policy: StsPolicy | None, mx_secure: bool | None) -> MxCheck:
        self.asked.append((host, policy, mx_secure))
        if host.startswith("mx13."):
            await asyncio.Event().wait()
        problems = (Problem("certificate_expired", "error", "x"),) if host.startswith("mx3.") else ()
        return MxCheck(host, None, True, problems=problems)


@pytest.fixture(scope="module")
def host() -> Iterator[PolicyHost]:
    with PolicyHost() as running:
        running.hosts.update(HOSTS)
        yield running


@pytest.fixture(scope="module")
def dns(host: PolicyHost) -> Iterator[DnsServer]:
    zone = host.zone() | ZONE
    for name in HOSTS:
        zone.setdefault((f"_smtp._tls.{name}", "TXT"), [RUA])
    with DnsServer(zone) as running:
        yield running


def look(domain: str, dns: DnsServer, host: PolicyHost, prober: Mx | None = None, timeout: float = 20) -> Check:
    monitor = host.settings(timeout)
    checker = Checker(Resolver(dns.settings()), monitor, tls_context(monitor), prober or Mx())
    return asyncio.run(checker.look(domain, NOW)).check


def test_all_is_well(dns: DnsServer, host: PolicyHost) -> None:
    prober = Mx()
    found = look("fine.example", dns, host, prober)
    assert (found.ok, found.problems) == (True, ())
    assert (found.domain, found.at) == ("fine.example", NOW)
    assert found.tlsrpt.rua == ("mailto:tlsrpt@example.com",)
    assert (found.mta_sts.record, found.mta_sts.id) == ("v=STSv1; id=20260101", "20260101")
    assert found.mta_sts.policy is not None
    assert [(each.host, each.matches_policy) for each in found.mx] == [
        ("mx1.fine.example", True),
        ("b.mail.fine.example", True),
    ]
    assert [(name, given) for name, given, _ in prober.asked] == [
        ("mx1.fine.example", found.mta_sts.policy),
        ("b.mail.fine.example", found.mta_sts.policy),
    ]


# domain, error of the contract, problem, what to publish (its beginning)
SLIPS = [
    ("hyphen.example", "bad_record", "id", "v=STSv1; id=20260101; x=1;"),
    ("case.example", "no_record", "version_case", "v=STSv1; id=1"),
    ("nothing.example", "no_record", "no_record", "v=STSv1; id="),
    ("homeless.example", "dns", "policy_host_missing", "Publish an A or AAAA record at mta-sts.homeless.example"),
    ("moved2.example", "redirect", "redirect", "Answer at https://mta-sts.moved2.example"),
    ("missing.example", "status", "status", "Answer at https://mta-sts.missing.example"),
    ("html.example", "media_type", "html", "Content-Type: text/plain"),
    ("odd-type.example", "media_type", "media_type", "Content-Type: text/plain"),
    ("soft-404.example", "syntax", "html", "Answer with the policy itself"),
    ("provider.example", "tls", "certificate_name", "Have the policy host show a certificate for mta-sts.provider"),
    ("expired.example", "tls", "certificate_expired", "Renew"),
    ("untrusted.example", "tls", "certificate_untrusted", "Send the whole chain"),
    ("bom.example", "syntax", "bom", "Save it"),
    ("dot.example", "syntax", "mx_trailing_dot", "mx: mx.dot.example"),
    ("years.example", "syntax", "max_age", "max_age: 31557600"),
    ("no-mode.example", "syntax", "mode", "mode: testing"),
    ("long.example", "too_large", "too_large", ""),
    ("closes-early.example", "connect", "connect", ""),
]  # fmt: skip


@pytest.mark.parametrize(("domain", "error", "code", "fix"), SLIPS, ids=[case[0] for case in SLIPS])
def test_a_slip_is_named(domain: str, error: str, code: str, fix: str, dns: DnsServer, host: PolicyHost) -> None:
    found = look(domain, dns, host).mta_sts
    assert (found.error, found.policy) == (error, None)
    [problem] = [each for each in found.problems if each.code == code]
    assert problem.severity == "error"
    assert problem.fix.startswith(fix)
    assert problem.text.isprintable()


def test_the_certificate_of_the_provider_is_named(dns: DnsServer, host: PolicyHost) -> None:
    """M11, M23."""
    [problem] = look("provider.example", dns, host).mta_sts.problems
    assert "www.provider.example" in problem.text


def test_an_mx_host_that_the_policy_omits(dns: DnsServer, host: PolicyHost) -> None:
    found = look("omits.example", dns, host)
    assert not found.ok
    first, second = found.mx
    assert (first.matches_policy, first.problems) == (True, ())
    assert second.matches_policy is False
    assert [problem.code for problem in second.problems] == ["mx_not_in_policy"]


def test_a_wildcard_over_two_labels(dns: DnsServer, host: PolicyHost) -> None:
    """M17."""
    found = look("labels.example", dns, host)
    assert [problem.code for problem in found.mx[0].problems] == ["mx_wildcard_labels"]
    assert [problem.code for problem in found.mta_sts.problems] == ["mx_unused"]


@pytest.mark.parametrize(
    ("domain", "codes"), [("short.example", ["max_age_short"]), ("leaving.example", ["none_mx", "none_max_age"])]
)
def test_a_warning_leaves_it_well(domain: str, codes: list[str], dns: DnsServer, host: PolicyHost) -> None:
    found = look(domain, dns, host)
    assert [problem.code for problem in found.problems] == codes
    assert found.ok


TLSRPT = [("nothing.example", "no_record"), ("dead.example", "dns"), ("dmarc.example", "size_suffix")]


@pytest.mark.parametrize(("domain", "code"), TLSRPT)
def test_a_tlsrpt_record_that_is_not_there_is_an_error(
    domain: str, code: str, dns: DnsServer, host: PolicyHost
) -> None:
    [problem] = look(domain, dns, host).tlsrpt.problems
    assert (problem.code, problem.severity) == (code, "error")


def test_a_parent_says_nothing_about_a_subdomain(dns: DnsServer, host: PolicyHost) -> None:
    """M16, R1."""
    dns.queries.clear()
    found = look("sub.parent.example", dns, host)
    assert found.mta_sts.error == "no_record"
    assert found.tlsrpt.record is None
    assert not [name for name, _ in dns.queries if not name.endswith("sub.parent.example")]


def test_hosts_that_cannot_be_known_are_a_warning(dns: DnsServer, host: PolicyHost) -> None:
    host.hosts["unknown-mx.example"] = Host(ok(policy("mx.example.com")))
    dns.zone[("_mta-sts.unknown-mx.example", "TXT")] = ["v=STSv1; id=1"]
    dns.zone[("mta-sts.unknown-mx.example", "A")] = ["127.0.0.1"]
    found = look("unknown-mx.example", dns, host)
    assert [problem.code for problem in found.mta_sts.problems] == ["mx_unknown"]


def test_hosts_are_looked_at_within_bounds(dns: DnsServer, host: PolicyHost) -> None:
    """The first twenty, each for a limited time; one that is slow keeps no other from its result."""
    prober = Mx()
    found = look("many.example", dns, host, prober, timeout=0.5)
    assert len(prober.asked) == 20
    codes = {each.host: [problem.code for problem in each.problems] for each in found.mx}
    assert len(codes) == 30
    assert codes["mx13.many.example"] == codes["mx29.many.example"] == ["not_looked_at"]
    assert codes["mx3.many.example"] == ["certificate_expired"]
    assert codes["mx4.many.example"] == []


def test_the_check_of_a_foreign_domain_says_nothing_about_this_collector(dns: DnsServer, host: PolicyHost) -> None:
    monitor = host.settings()
    told = Problem("not_here", "warning", "elsewhere")
    resolver, context = Resolver(dns.settings()), tls_context(monitor)
    checker = Checker(resolver, monitor, context, Mx(), lambda domain, rua: (told,))
    assert asyncio.run(checker.look("fine.example", NOW)).check.tlsrpt.problems == (told,)
    # Without a valid record there is nothing to add.
    assert told not in asyncio.run(checker.look("dmarc.example", NOW)).check.tlsrpt.problems
    assert look("fine.example", dns, host).tlsrpt.problems == ()


KEYS = {
    "": {"domain", "at", "ok", "tlsrpt", "mta_sts", "mx"},
    "tlsrpt": {"record", "rua", "problems"},
    "mta_sts": {"record", "id", "policy", "error", "problems"},
}
MX_KEYS = {"host", "matches_policy", "starttls", "certificate", "tlsa", "dnssec", "problems"}


@pytest.fixture
def variables(dns: DnsServer, host: PolicyHost, tmp_path: Path) -> dict[str, str]:
    return {
        "TLSRPT_DNS_NAMESERVERS": str(dns.address),
        "TLSRPT_MONITOR_CA_FILE": str(host.ca_file),
        "TLSRPT_MONITOR_HTTPS_PORT": str(host.port),
        "TLSRPT_MONITOR_SMTP_PORT": "1",
        "TLSRPT_DATABASE_URL": f"sqlite:///{tmp_path / 'tlsrpt.db'}",
    }


def test_the_command_answers_in_json_without_a_database(variables: dict[str, str], tmp_path: Path) -> None:
    away = variables | {"TLSRPT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    ended = tlsrpt("check", "OMITS.example.", "--json", cwd=tmp_path, variables=away)
    assert (ended.returncode, ended.stderr) == (1, "")
    answer = json.loads(ended.stdout)
    assert set(answer) == KEYS[""]
    assert (answer["domain"], answer["ok"]) == ("omits.example", False)
    assert set(answer["tlsrpt"]) == KEYS["tlsrpt"]
    assert set(answer["mta_sts"]) == KEYS["mta_sts"]
    assert answer["mta_sts"]["policy"] == {"mode": "enforce", "max_age": 1209600, "mx": ["mx1.omits.example"]}
    assert [set(each) for each in answer["mx"]] == [MX_KEYS] * 2
    problem = next(each for each in answer["mx"][1]["problems"] if each["code"] == "mx_not_in_policy")
    assert set(problem) == {"code", "severity", "text", "fix"}
    assert list(tmp_path.iterdir()) == []


def test_the_command_tells_people_what_to_publish(variables: dict[str, str], tmp_path: Path) -> None:
    ended = tlsrpt("check", "dmarc.example", cwd=tmp_path, variables=variables)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.startswith("dmarc.example: 2 errors\n")
    assert "error TLSRPT: size_suffix" in ended.stdout
    assert "  -> v=TLSRPTv1; rua=mailto:tlsrpt@example.com\n" in ended.stdout
    assert "\x1b" not in ended.stdout  # no terminal, no colours


def test_the_command_is_content_with_a_domain_that_is_well(
    variables: dict[str, str], host: PolicyHost, dns: DnsServer, tmp_path: Path
) -> None:
    """Record, policy and MX host all real: exit status 0, a line for each."""
    authority = Authority()
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(host.ca_file.read_bytes() + authority.ca_file.read_bytes())
    host.hosts["well.example"] = Host(ok(policy("mx.well.example")))
    dns.zone |= {
        ("_smtp._tls.well.example", "TXT"): [RUA],
        ("_mta-sts.well.example", "TXT"): ["v=STSv1; id=1"],
        ("mta-sts.well.example", "A"): ["127.0.0.1"],
        ("well.example", "MX"): ["10 mx.well.example"],
        ("mx.well.example", "A"): ["127.0.0.1"],
    }
    with MxHost(authority.certificate("mx.well.example")) as mx:
        real = variables | {"TLSRPT_MONITOR_CA_FILE": str(trusted), "TLSRPT_MONITOR_SMTP_PORT": str(mx.port)}
        ended = tlsrpt("check", "well.example", cwd=tmp_path, variables=real)
        told = tlsrpt("check", "well.example", "--json", cwd=tmp_path, variables=real)
    authority.close()
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    first, _, *parts = ended.stdout.splitlines()
    assert first == "well.example: all is well"
    assert [line.split()[:2] for line in parts[:4]] == [
        ["TLSRPT", "ok"],
        ["MTA-STS", "ok"],
        ["policy", "mode"],
        ["MX", "mx.well.example"],
    ]
    assert "in the policy, STARTTLS, certificate trusted" in parts[3]
    answer = json.loads(told.stdout)
    assert (answer["ok"], answer["mx"][0]["starttls"], answer["mx"][0]["matches_policy"]) == (True, True, True)
    assert answer["mx"][0]["certificate"]["names"] == ["mx.well.example"]


NO_NAMES = ["not a name", "-x.example", "192.0.2.1", "a..b", "", "x" * 300]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_domain_name_is_wrong_use(name: str, tmp_path: Path) -> None:
    ended = tlsrpt("check", "--", name, cwd=tmp_path)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1


def test_record_writes_into_the_history_of_a_known_domain(variables: dict[str, str], tmp_path: Path) -> None:
    wrong = tlsrpt("check", "fine.example", "--record", cwd=tmp_path, variables=variables)
    assert (wrong.returncode, wrong.stderr) == (2, "fine.example is none of the domains\n")
    known = variables | {"TLSRPT_DOMAINS": "fine.example", "TLSRPT_SMTP_RECIPIENTS": "other@example.com"}
    ended = tlsrpt("check", "fine.example", "--record", "--json", cwd=tmp_path, variables=known)
    answer = json.loads(ended.stdout)
    assert [each["code"] for each in answer["tlsrpt"]["problems"]] == ["not_here"]

    from collector.store.engine import open_engine
    from collector.store.queries import find_domain, last_check

    engine = open_engine(variables["TLSRPT_DATABASE_URL"])
    domain_id = find_domain(engine, "fine.example")
    assert domain_id is not None
    kept = last_check(engine, domain_id)
    engine.dispose()
    assert kept is not None
    assert shape.check(kept) | {"mx": None} == answer | {"mx": None}


def test_every_mistake_of_the_docs_is_one_that_is_found() -> None:
    root = Path(__file__).parents[2]
    table = (root / "docs" / "check.md").read_text().partition("## Usual mistakes")[2]
    codes = [code for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for code in re.findall(r"`(\w+)`", row)]
    source = "".join(path.read_text() for path in (root / "collector" / "monitor").glob("*.py"))
    assert len(codes) > 30
    assert [code for code in codes if f'"{code}"' not in source] == []
