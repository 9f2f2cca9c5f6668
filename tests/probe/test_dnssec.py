"""Signed, unsigned and forged zones behind a resolver that really validates: what is proven, and what follows."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from collector.errors import LookupFailed, NoSuchName
from collector.monitor.checked import MxCheck
from collector.monitor.model import StsPolicy
from collector.monitor.probe import Prober
from collector.resolver import Resolver
from collector.settings import Address, Dns
from tests.probe.looking import ENFORCE, codes, problem
from tests.probe.zones import Zones, chain, tlsa
from tests.support.mx_host import Authority, MxHost
from tests.support.unbound import Unbound


def test_what_is_proven(unbound: Unbound) -> None:
    resolver = Resolver(unbound.settings())
    for zone, secure in (("good.test", True), ("plain.test", False)):
        mx = asyncio.run(resolver.mx_answer_async(zone))
        assert (mx.hosts, mx.secure) == (((10, f"mx.{zone}"),), secure)
        assert asyncio.run(resolver.address_answer_async(f"mx.{zone}")).secure is secure
        assert asyncio.run(resolver.tlsa_async(f"_25._tcp.mx.{zone}")).secure is secure
        # That there is nothing is proven too: for a name without such records, and for one that does not exist.
        for nothing in (f"mx.{zone}", f"nowhere.{zone}"):
            answer = asyncio.run(resolver.tlsa_async(nothing))
            assert (answer.records, answer.secure) == ((), secure)
        assert asyncio.run(resolver.mx_answer_async(f"mx.{zone}")).secure is secure


def test_an_alias_is_as_secure_as_its_way(unbound: Unbound) -> None:
    answer = asyncio.run(Resolver(unbound.settings()).address_answer_async("alias.good.test"))
    assert (answer.addresses, answer.canonical, answer.secure) == (("127.0.0.1",), "mx.good.test", True)


def test_forged_answers_are_none(unbound: Unbound) -> None:
    resolver = Resolver(unbound.settings())
    with pytest.raises(LookupFailed, match="SERVFAIL"):
        asyncio.run(resolver.addresses_async("mx.bad.test"))
    with pytest.raises(LookupFailed, match="SERVFAIL"):
        asyncio.run(resolver.tlsa_async("_25._tcp.mx.badtlsa.test"))
    with pytest.raises(NoSuchName):
        asyncio.run(resolver.addresses_async("nowhere.good.test"))


TRUST = [
    ("auto", (), True),
    ("yes", (), True),
    ("no", (), None),
    # A nameserver that is not on loopback: nobody knows who answered in its name.
    ("auto", (Address("192.0.2.53", 53),), None),
    ("yes", (Address("192.0.2.53", 53),), True),
]


@pytest.mark.parametrize(("trust_ad", "more", "secure"), TRUST)
def test_whose_word_counts(unbound: Unbound, trust_ad: str, more: tuple[Address, ...], secure: bool | None) -> None:
    settings = replace(unbound.settings(trust_ad=trust_ad), nameservers=(unbound.address, *more))
    resolver = Resolver(settings)
    assert asyncio.run(resolver.mx_answer_async("good.test")).secure is secure
    assert asyncio.run(resolver.tlsa_async("nowhere.good.test")).secure is secure


LOOPBACK = [
    (("127.0.0.1",), True),
    (("127.0.0.53", "::1"), True),
    (("192.0.2.1",), False),
    (("127.0.0.1", "2001:db8::1"), False),
]


@pytest.mark.parametrize(("servers", "trusted"), LOOPBACK)
def test_auto_is_loopback_and_nothing_else(servers: tuple[str, ...], trusted: bool) -> None:
    assert Resolver(Dns(nameservers=tuple(Address(server, 53) for server in servers))).trusts_ad is trusted


def look_at(name: str, zones: Zones, authority: Authority, dns: Dns, policy: StsPolicy | None = ENFORCE) -> MxCheck:
    """As the checker does: the MX record's proof first."""
    resolver = Resolver(dns)
    with MxHost(zones.certificates[name]) as host:
        prober = Prober(resolver, host.settings(authority), dns, lambda: datetime.now(UTC))

        async def run() -> MxCheck:
            mx = await resolver.mx_answer_async(name.partition(".")[2])
            return await prober.probe(name, policy=policy, mx_secure=mx.secure)

        return asyncio.run(run())


# host | is it proven | what is said under a policy | what is said without one
HOSTS = [
    ("mx.good.test", True, [], []),
    ("rolling.good.test", True, [], []),
    ("none.good.test", True, [], []),
    # The records of the name that it leads to count (RFC 7672 section 2.2), and its certificate is another one.
    ("alias.good.test", True, ["mx_alias", "tlsa_mismatch!"], ["mx_alias", "tlsa_mismatch!"]),
    ("mismatch.good.test", True, ["tlsa_mismatch!"], ["tlsa_mismatch!"]),
    ("usage.good.test", True, ["tlsa_unusable"], ["tlsa_unusable"]),
    # DANE-EE minds neither who signed nor the name (RFC 7672 section 3.1.1); MTA-STS does.
    (
        "self.good.test",
        True,
        ["certificate_name!", "certificate_untrusted!"],
        ["certificate_name", "certificate_untrusted"],
    ),
    ("anchored.good.test", True, ["certificate_untrusted!"], ["certificate_untrusted"]),
    ("mx.plain.test", False, ["tlsa_without_dnssec"], ["tlsa_without_dnssec"]),
    ("short.plain.test", False, ["tlsa_malformed", "tlsa_without_dnssec"], ["tlsa_malformed", "tlsa_without_dnssec"]),
    ("mx.bad.test", None, ["dns!"], ["dns!"]),
    ("mx.badtlsa.test", None, ["tlsa_lookup!"], ["tlsa_lookup!"]),
]


@pytest.mark.parametrize(("name", "dnssec", "with_policy", "without"), HOSTS)
def test_host(
    unbound: Unbound,
    zones: Zones,
    authority: Authority,
    name: str,
    dnssec: bool | None,
    with_policy: list[str],
    without: list[str],
) -> None:
    check = look_at(name, zones, authority, unbound.settings())
    assert codes(check) == with_policy
    assert check.dnssec is dnssec
    assert codes(look_at(name, zones, authority, unbound.settings(), policy=None)) == without


def test_records_as_text(unbound: Unbound, zones: Zones, authority: Authority) -> None:
    check = look_at("rolling.good.test", zones, authority, unbound.settings())
    assert len(check.tlsa) == 2
    assert check.tlsa[0] == "3 1 1 " + "00" * 32


def test_a_mismatch_names_the_record_to_publish(unbound: Unbound, zones: Zones, authority: Authority) -> None:
    check = look_at("mismatch.good.test", zones, authority, unbound.settings())
    # M1: the certificate is fine for MTA-STS, and senders that know DANE do not deliver all the same.
    assert check.certificate is not None
    assert check.certificate.trusted
    own = tlsa(chain(zones.certificates["mismatch.good.test"])[0])
    assert problem(check, "tlsa_mismatch").fix == f"_25._tcp.mismatch.good.test. IN TLSA {own}"


def test_without_a_trusted_resolver_nobody_knows(unbound: Unbound, zones: Zones, authority: Authority) -> None:
    check = look_at("mx.good.test", zones, authority, unbound.settings(trust_ad="no"))
    assert check.dnssec is None
    assert codes(check) == ["dnssec_unknown"]
    assert "dns.trust_ad is no" in check.problems[0].fix
    check = look_at("mismatch.good.test", zones, authority, unbound.settings(trust_ad="no"))
    assert codes(check) == ["dnssec_unknown", "tlsa_mismatch!"]
