"""Whose POST it is, and how often one address may send."""

from collections.abc import Sequence
from ipaddress import ip_network
from itertools import count
from pathlib import Path

import pytest

from collector.receive.https.buckets import Buckets
from collector.receive.https.client import client_address
from tests.receive_https.site import packed, serving
from tests.support.processes import until

PROXIES = ["127.0.0.0/8", "::1", "192.0.2.0/24", "2001:db8:1::/48"]
# (what, peer, X-Forwarded-For, the client)
CLIENTS = [
    ("a peer of its own", "198.51.100.1", "", "198.51.100.1"),
    ("a stranger's word is not believed", "198.51.100.1", "203.0.113.9", "198.51.100.1"),
    ("a proxy's is", "127.0.0.1", "203.0.113.9", "203.0.113.9"),
    ("the last word only", "127.0.0.1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
    ("through two proxies", "127.0.0.1", "198.51.100.7, 203.0.113.9, 192.0.2.4", "203.0.113.9"),
    ("proxies only", "127.0.0.1", "192.0.2.3,192.0.2.4", "192.0.2.3"),
    ("a proxy that says nothing", "127.0.0.1", "", "127.0.0.1"),
    ("a proxy that hides it", "127.0.0.1", "unknown", "127.0.0.1"),
    ("rubbish before it", "127.0.0.1", "x, 203.0.113.9", "203.0.113.9"),
    ("rubbish in between", "127.0.0.1", "203.0.113.9, x, 192.0.2.4", "192.0.2.4"),
    ("with a port", "127.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
    ("IPv6", "::1", "2001:DB8:0:0::9", "2001:db8::9"),
    ("IPv6 with a port", "2001:db8:1::1", "[2001:db8::9]:4711", "2001:db8::9"),
    ("IPv6 with a zone", "fe80::1%eth0", "", "fe80::1"),
    ("IPv4 on an IPv6 socket", "::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
    ("a unix socket", "", "203.0.113.9", ""),
]


@pytest.mark.parametrize(("what", "peer", "forwarded", "client"), CLIENTS, ids=[case[0] for case in CLIENTS])
def test_client(what: str, peer: str, forwarded: str, client: str) -> None:
    assert client_address(peer, forwarded, [ip_network(text) for text in PROXIES]) == client


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def passes(buckets: Buckets, address: str = "192.0.2.1") -> int:
    """How many it takes at once."""
    return next(number for number in count() if buckets.take(address))


# (seconds to wait, how many it takes then): 60 a minute, 3 at once.
REFILLS: Sequence[tuple[float, int]] = [(0, 0), (0.5, 0), (0.5, 1), (2, 2), (1000, 3)]


def test_a_bucket_fills_up_again() -> None:
    clock = Clock()
    buckets = Buckets(60, 3, clock)
    assert passes(buckets) == 3
    for seconds, expected in REFILLS:
        clock.now += seconds
        assert passes(buckets) == expected


def test_it_says_how_long_to_wait() -> None:
    clock = Clock()
    buckets = Buckets(6, 1, clock)
    assert buckets.take("192.0.2.1") == 0
    assert buckets.take("192.0.2.1") == 10
    clock.now += 4
    assert buckets.take("192.0.2.1") == pytest.approx(6)
    clock.now += 6
    assert buckets.take("192.0.2.1") == 0


def test_addresses_do_not_share_one() -> None:
    buckets = Buckets(60, 2, Clock())
    assert (passes(buckets, "192.0.2.1"), passes(buckets, "192.0.2.2"), passes(buckets, "192.0.2.1")) == (2, 2, 0)


def test_no_limit() -> None:
    buckets = Buckets(0, 1, Clock())
    assert all(buckets.take("192.0.2.1") == 0 for _ in range(1000))


def test_memory_is_bounded() -> None:
    """Who is pushed out was silent longest, and begins anew."""
    buckets = Buckets(60, 1, Clock(), most=3)
    for address in ("a", "b", "c", "a", "d"):
        buckets.take(address)
    assert buckets.take("a")
    assert not buckets.take("b")
    assert len(buckets._left) == 3


def test_429_and_recovery(tmp_path: Path) -> None:
    limits = {"LIMITS_POSTS_PER_MINUTE": "30", "LIMITS_POSTS_BURST": "2", "WEB_TRUSTED_PROXIES": "127.0.0.1"}
    with serving(tmp_path, **limits) as site:

        def post(client: str) -> int:
            return site.post(packed("rates"), X_Forwarded_For=client).status

        assert [post("2001:db8::1"), post("2001:db8::2")] == [201, 200]
        told = site.post(packed("rates"), X_Forwarded_For="2001:db8::ffff")  # the same /64
        assert (told.status, told.code) == (429, "too_many_requests")
        assert told.headers["Retry-After"] in ("1", "2")
        assert [post("2001:db8:0:1::1"), post("192.0.2.1")] == [200, 200]
        assert site.ask("GET", "/healthz").status == 200  # it is about POSTs only
        assert until(lambda: post("2001:db8::1") == 200, 10, "room again")
