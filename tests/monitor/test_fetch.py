"""Fetching policies: a real DNS server and a real HTTPS server, one host per way to be good or bad."""

import asyncio
import dataclasses
import gc
import ssl
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.errors import ConfigurationError
from collector.monitor.fetch import fetch, tls_context
from collector.monitor.model import ERRORS, Observation
from collector.resolver import Resolver
from collector.settings import Monitor
from tests.support.dns import SERVFAIL, SILENCE, DnsServer, Zone
from tests.support.policy_host import POLICY, Host, PolicyHost, ok

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
TIMEOUT = 1.5  # where it is what the test waits for
PATIENCE = 30.0  # everywhere else: a busy machine fails no test

ZONE: Zone = {
    ("good.example", "MX"): ["20 mx2.example.com", "10 MX1.example.com"],
    ("lf.example", "MX"): SERVFAIL,
    ("chunked.example", "MX"): ["0 ."],
    ("gzip.example", "A"): ["192.0.2.1"],
    # records without a policy host behind them
    ("other.no-record.example", "TXT"): ["x"],
    ("_mta-sts.other-txt.example", "TXT"): ["google-site-verification=1"],
    ("_mta-sts.upper-case.example", "TXT"): ["V=STSv1; id=1"],
    ("_mta-sts.two-records.example", "TXT"): ["v=STSv1; id=1", "v=STSv1; id=2"],
    ("_mta-sts.hyphen-id.example", "TXT"): ["v=STSv1; id=2026-01-01"],
    ("_mta-sts.servfail.example", "TXT"): SERVFAIL,
    ("_mta-sts.no-dns.example", "TXT"): SILENCE,
    ("_mta-sts.no-host.example", "TXT"): ["v=STSv1; id=1"],
    ("_mta-sts.host-servfail.example", "TXT"): ["v=STSv1; id=1"],
    ("mta-sts.host-servfail.example", "A"): SERVFAIL,
    ("_mta-sts.refused.example", "TXT"): ["v=STSv1; id=1"],
    ("mta-sts.refused.example", "A"): ["127.0.0.2"],
    # delegation by CNAME (M23), and a host that has an address beside one that does not answer
    ("_mta-sts.delegated.example", "CNAME"): ["_mta-sts.good.example"],
    ("mta-sts.delegated.example", "CNAME"): ["mta-sts.good.example"],
    ("_mta-sts.two-addresses.example", "TXT"): ["v=STSv1; id=1"],
    ("mta-sts.two-addresses.example", "A"): ["127.0.0.2", "127.0.0.1"],
}


@pytest.fixture(scope="module")
def host() -> Iterator[PolicyHost]:
    with PolicyHost() as running:
        running.hosts["delegated.example"] = running.hosts["two-addresses.example"] = Host()
        yield running


@pytest.fixture(scope="module")
def dns(host: PolicyHost) -> Iterator[DnsServer]:
    with DnsServer(host.zone() | ZONE) as running:
        yield running


@pytest.fixture(scope="module")
def context(host: PolicyHost) -> ssl.SSLContext:
    return tls_context(host.settings())


def look(
    domain: str, dns: DnsServer, host: PolicyHost, context: ssl.SSLContext, timeout: float = PATIENCE
) -> Observation:
    resolver = Resolver(dns.settings(timeout / 3))
    seen = asyncio.run(fetch(domain, resolver=resolver, monitor=host.settings(timeout), context=context, now=NOW))
    gc.collect()  # a socket left open would warn, and a warning is an error
    return seen


GOOD = [
    "good.example",
    "lf.example",
    "charset.example",
    "chunked.example",
    "until-close.example",
    "gzip.example",
    "wildcard.example",
    "full.example",  # 64 KiB exactly
    "delegated.example",
    "two-addresses.example",
]


@pytest.mark.parametrize("domain", GOOD)
def test_a_good_policy(domain: str, dns: DnsServer, host: PolicyHost, context: ssl.SSLContext) -> None:
    seen = look(domain, dns, host, context)
    assert (seen.error, seen.error_detail) == (None, None)
    assert seen.policy is not None
    assert (seen.policy.mode, seen.policy.max_age, seen.policy.mx) == ("testing", 86400, ("mx1.example.com",))
    assert seen.at == NOW
    assert seen.policy_id in ("20260101", "1")


def test_when_the_certificate_of_the_policy_host_ends(
    dns: DnsServer, host: PolicyHost, context: ssl.SSLContext
) -> None:
    ends = [look(f"{name}.example", dns, host, context).certificate_ends for name in ("ends-in-2031", "refused")]
    assert ends == [datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC), None]


BAD = [
    ("no-record.example", "no_record", "_mta-sts.no-record.example does not exist in DNS"),
    ("good.example.net", "no_record", "does not exist"),
    ("other-txt.example", "no_record", "no TXT record begins with v=STSv1;"),
    ("upper-case.example", "no_record", "begins with V=STSv1"),
    ("two-records.example", "several_records", "2 records"),
    ("hyphen-id.example", "bad_record", "2026-01-01"),
    ("servfail.example", "dns", "SERVFAIL"),
    ("no-dns.example", "dns", "no answer from DNS"),
    ("no-host.example", "dns", "the policy host mta-sts.no-host.example has no address"),
    ("host-servfail.example", "dns", "SERVFAIL"),
    ("refused.example", "connect", "(127.0.0.2) port"),
    ("closes-early.example", "connect", "before the policy was complete"),
    ("closes-at-once.example", "connect", "before the policy was complete"),
    ("other-name.example", "tls", "Hostname mismatch"),
    ("parent-name.example", "tls", "Hostname mismatch"),
    ("common-name.example", "tls", "Hostname mismatch"),
    ("two-labels.wild.example", "tls", "Hostname mismatch"),
    ("expired.example", "tls", "certificate has expired"),
    ("untrusted.example", "tls", "unable to get local issuer certificate"),
    ("self-signed.example", "tls", "self-signed certificate"),
    ("no-handshake.example", "timeout", "within 1.5 s"),
    ("silent.example", "timeout", "within 1.5 s"),
    ("slow-headers.example", "timeout", "within 1.5 s"),
    ("slow-body.example", "timeout", "within 1.5 s"),
    ("moved.example", "redirect", "status 301, a redirect to https://mta-sts.good.example/"),
    ("found.example", "redirect", "status 302"),
    ("temporary.example", "redirect", "status 307"),
    ("not-modified.example", "redirect", "status 304"),
    ("missing.example", "status", "status 404 Not Found"),
    ("created.example", "status", "status 201"),
    ("failing.example", "status", "status 500"),
    ("no-http.example", "status", "no HTTP"),
    ("endless-headers.example", "status", "no HTTP"),
    ("html.example", "media_type", "text/html"),
    ("no-type.example", "media_type", "missing"),
    ("odd-type.example", "media_type", "text/plain-ish"),
    ("brotli.example", "media_type", "encoded as br"),
    ("bad-gzip.example", "media_type", "said to be gzip and is not"),
    ("long.example", "too_large", "over 65536"),
    ("long-chunked.example", "too_large", "longer than 65536"),
    ("endless.example", "too_large", "longer than 65536"),
    ("bomb.example", "too_large", "longer than 65536"),
    ("soft-404.example", "syntax", "an HTML page"),
    ("bom.example", "syntax", "byte order mark"),
    ("no-mode.example", "syntax", "there is no mode line"),
]


# What is said of a host that would go on for ever, or never begin.
SLOW = {"no answer from DNS", "within 1.5 s"}


@pytest.mark.parametrize(("domain", "code", "words"), BAD)
def test_a_fetch_error_has_its_code_and_its_reason(
    domain: str, code: str, words: str, dns: DnsServer, host: PolicyHost, context: ssl.SSLContext
) -> None:
    before = time.monotonic()
    seen = look(domain, dns, host, context, TIMEOUT if words in SLOW else PATIENCE)
    assert (seen.error, seen.policy) == (code, None)
    assert seen.error_detail is not None
    assert words in seen.error_detail
    assert time.monotonic() - before < PATIENCE


def test_a_time_out_says_whom_it_waited_for(dns: DnsServer, host: PolicyHost, context: ssl.SSLContext) -> None:
    detail = look("no-handshake.example", dns, host, context, 0.5).error_detail
    assert detail == "no complete answer from mta-sts.no-handshake.example within 0.5 s"


def test_the_time_limit_holds_for_dns_too(dns: DnsServer, host: PolicyHost, context: ssl.SSLContext) -> None:
    patient, monitor = Resolver(dns.settings(PATIENCE)), host.settings(0.5)
    seen = asyncio.run(fetch("no-dns.example", resolver=patient, monitor=monitor, context=context, now=NOW))
    assert (seen.error, seen.error_detail) == ("dns", "no complete answer from DNS within 0.5 s")


def test_every_error_code_has_its_case() -> None:
    assert {code for _, code, _ in BAD} == set(ERRORS)


def test_the_id_outlives_a_bad_policy(dns: DnsServer, host: PolicyHost, context: ssl.SSLContext) -> None:
    assert look("expired.example", dns, host, context).policy_id == "20260101"
    assert look("hyphen-id.example", dns, host, context).policy_id is None


MX = [
    ("good.example", ("mx1.example.com", "mx2.example.com")),
    ("lf.example", None),  # SERVFAIL: nobody knows
    ("chunked.example", ()),  # null MX
    ("gzip.example", ("gzip.example",)),  # its own host
    ("no-record.example", ()),
]


@pytest.mark.parametrize(("domain", "hosts"), MX)
def test_mx_hosts(
    domain: str, hosts: tuple[str, ...] | None, dns: DnsServer, host: PolicyHost, context: ssl.SSLContext
) -> None:
    assert look(domain, dns, host, context).mx_hosts == hosts


def test_no_redirect_is_followed(dns: DnsServer, host: PolicyHost, context: ssl.SSLContext) -> None:
    """M12."""
    host.requests.clear()
    look("moved.example", dns, host, context)
    assert host.requests == {"moved.example": 1}


def test_a_bomb_is_unpacked_no_further_than_the_limit(
    dns: DnsServer, host: PolicyHost, context: ssl.SSLContext
) -> None:
    look("bomb.example", dns, host, context)
    tracemalloc.start()
    try:
        assert look("bomb.example", dns, host, context).error == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000  # of 50
    finally:
        tracemalloc.stop()


def test_without_record_nobody_is_asked_for_a_policy(dns: DnsServer, host: PolicyHost, context: ssl.SSLContext) -> None:
    host.requests.clear()
    look("upper-case.example", dns, host, context)
    assert not host.requests


def test_neither_environment_nor_cookies_matter(
    dns: DnsServer, host: PolicyHost, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M6, M12: just this address, without a proxy, a cookie or a cache."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    host.hosts["good.example"] = Host(ok(POLICY, "Set-Cookie: a=b; Path=/"))
    for _ in range(2):
        assert look("good.example", dns, host, context).policy is not None
    assert host.last_request.startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1")
    assert b"cookie" not in host.last_request.lower()
    assert f"Host: mta-sts.good.example:{host.port}".encode() in host.last_request


def test_what_a_server_says_cannot_break_a_terminal(dns: DnsServer, host: PolicyHost, context: ssl.SSLContext) -> None:
    dns.zone[("_mta-sts.escape.example", "TXT")] = [b"v=STSv1; id=\x1b[2J\x00" + b"a" * 3000]
    detail = look("escape.example", dns, host, context).error_detail
    assert detail is not None
    assert detail.isprintable()
    assert len(detail) <= 500


def test_the_system_trusts_no_test_ca(dns: DnsServer, host: PolicyHost) -> None:
    seen = look("good.example", dns, host, tls_context(Monitor()))
    assert seen.error == "tls"


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_cannot_be_read_is_a_wrong_setting(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"monitor\.ca_file"):
        tls_context(dataclasses.replace(Monitor(), ca_file=file))
