"""`tlsrpt setup` as its users meet it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dns import DnsServer
from tests.support.policy_host import POLICY, Host, PolicyHost, ok
from tests.support.processes import tlsrpt


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    """A domain that has everything, one that has MX hosts only."""
    with PolicyHost() as host:
        host.hosts["good.example"] = Host(ok(POLICY))
        zone = host.zone() | {
            ("_smtp._tls.good.example", "TXT"): ["v=TLSRPTv1; rua=mailto:tlsrpt@reports.good.example"],
            ("good.example", "MX"): ["10 mx1.example.com."],
            ("new.example", "MX"): ["10 mx.new.example.", "20 mx2.new.example."],
        }
        with DnsServer(zone) as dns:
            yield {
                "TLSRPT_DNS_NAMESERVERS": str(dns.address),
                "TLSRPT_MONITOR_CA_FILE": str(host.ca_file),
                "TLSRPT_MONITOR_HTTPS_PORT": str(host.port),
                "TLSRPT_DATABASE_URL": "sqlite:///nowhere/none.db",
                "TLSRPT_WEB_PUBLIC_URL": "https://tls.example.net/",
            }


def test_a_new_domain_without_a_database(variables: dict[str, str], tmp_path: Path) -> None:
    done = tlsrpt("setup", "New.Example.", cwd=tmp_path, variables=variables)
    assert (done.returncode, done.stderr) == (0, "")
    record = "v=TLSRPTv1; rua=mailto:tlsrpt@reports.new.example,https://tls.example.net/v1/tlsrpt"
    assert f'_smtp._tls.new.example. IN TXT "{record}"' in done.stdout
    assert "https://mta-sts.new.example/.well-known/mta-sts.txt (lines end with CRLF):" in done.stdout
    assert "mx: mx.new.example\n" in done.stdout
    assert "mode: testing" in done.stdout
    assert done.stdout.count("[to do]") == 5  # three to begin with, enforce, and none
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_marked(variables: dict[str, str], tmp_path: Path) -> None:
    done = tlsrpt("setup", "good.example", cwd=tmp_path, variables=variables)
    assert done.returncode == 0
    assert done.stdout.count("[done]") == 3
    assert '_mta-sts.good.example. IN TXT "v=STSv1; id=20260101;"' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["not a name"], "is no domain name", id="no name"),
        pytest.param(["other.example", "--self-test"], "tlsrpt domain add other.example", id="not added"),
    ],
)
def test_wrong_use(variables: dict[str, str], tmp_path: Path, arguments: list[str], said: str) -> None:
    done = tlsrpt(
        "setup", *arguments, cwd=tmp_path, variables=variables | {"TLSRPT_DATABASE_URL": "sqlite:///tlsrpt.db"}
    )
    assert done.returncode == 2
    assert said in done.stderr


def test_a_self_test_that_stops_says_where(variables: dict[str, str], tmp_path: Path) -> None:
    here = {"TLSRPT_DATABASE_URL": "sqlite:///tlsrpt.db", "TLSRPT_DOMAINS": "new.example"}
    done = tlsrpt("setup", "new.example", "--self-test", cwd=tmp_path, variables=variables | here)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[0] == "new.example"
    assert "stopped here" in done.stdout
    assert "_smtp._tls.new.example does not exist in DNS" in done.stdout
    again = tlsrpt("setup", "new.example", "--self-test", cwd=tmp_path, variables=variables | here)
    assert again.returncode == 2
    assert "less than a minute ago" in again.stderr
