"""How many connections there may be, and what counts as one address."""

import pytest

from collector.receive.smtp.limits import Gate, client_address, network_of

ADDRESSES = [
    (("192.0.2.1", 25), "192.0.2.1", "192.0.2.1"),
    (("::ffff:192.0.2.1", 25, 0, 0), "192.0.2.1", "192.0.2.1"),  # IPv4 on a socket for both
    (("2001:db8:1:2:3:4:5:6", 25, 0, 0), "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    (("fe80::1%eth0", 25, 0, 2), "fe80::1", "fe80::/64"),
    (("::1", 25, 0, 0), "::1", "::/64"),
    ("", "", ""),  # a unix socket
    (None, "", ""),  # gone before it was asked
]


@pytest.mark.parametrize(("peername", "address", "network"), ADDRESSES)
def test_address_of_a_client(peername: object, address: str, network: str) -> None:
    assert client_address(peername) == address
    assert network_of(address) == network


def test_gate_counts_in_all_and_per_address() -> None:
    gate = Gate(total=4, per_address=2)
    steps = [
        ("enter", "192.0.2.1", True),
        ("enter", "192.0.2.1", True),
        ("enter", "192.0.2.1", False),  # two from there already
        ("enter", "2001:db8::1", True),
        ("enter", "2001:db8::2", True),
        ("enter", "2001:db8::3", False),  # the same /64
        ("enter", "198.51.100.1", False),  # four in all
        ("leave", "192.0.2.1", None),
        ("enter", "198.51.100.1", True),
        ("leave", "2001:db8::1", None),
        ("enter", "2001:db8::3", True),
    ]
    for what, address, expected in steps:
        assert getattr(gate, what)(address) == expected, (what, address)
    gate.leave("192.0.2.1")
    gate.close()
    assert not gate.enter("203.0.113.1")
