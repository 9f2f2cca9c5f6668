"""A real validating resolver for the tests: Debian's unbound, unprivileged, on a free port of loopback.

    zones = [signed("good.test", {...}), bogus("bad.test", {...}), unsigned("plain.test", {...})]
    with Unbound(zones) as resolver:
        Resolver(resolver.settings())

It reads the zones from files, checks their signatures as if they had come from afar, and knows no other names. The keys
of the signed ones are its trust anchors. Without unbound the tests fail and say what to install.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import dns.dnssec
import dns.message
import dns.name
import dns.query
import dns.rdata
import dns.rdatatype
import dns.zone
import dns.zonefile
from cryptography.hazmat.primitives.asymmetric import ec

from collector.settings import Address, Dns
from tests.support.postgres import Unprivileged
from tests.support.processes import free_port, until

NOT_FOUND = "unbound is missing: apt install unbound"
Records = Mapping[tuple[str, str], Sequence[str]]


class NoUnbound(Exception):
    """There is no unbound to test with, or it does not start."""


@dataclass(frozen=True)
class Zone:
    """A zone file; `anchor` is the DNSKEY to trust, None for a zone that is not signed."""

    name: str
    text: str
    anchor: str | None


def unsigned(name: str, records: Records) -> Zone:
    """Names in `records` are written out, without the last dot."""
    return Zone(name, _zone(name, records).to_text(relativize=False), None)


def signed(name: str, records: Records) -> Zone:
    zone = _zone(name, records)
    return Zone(name, *_signed(zone))


def bogus(name: str, records: Records, changed: Mapping[str, str]) -> Zone:
    """Signed, and then changed by somebody without the key: each text is replaced by another."""
    zone = signed(name, records)
    text = zone.text
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    return Zone(name, text, zone.anchor)


def _zone(name: str, records: Records) -> dns.zone.Zone:
    top = f"{name}. 300 IN SOA ns.{name}. admin.{name}. 1 3600 600 86400 60\n{name}. 300 IN NS ns.{name}.\n"
    rows = [
        dns.rdata.from_text("IN", rdtype, record, origin=dns.name.root, relativize=False)
        .to_text()
        .join((f"{owner}. 300 IN {rdtype} ", "\n"))
        for (owner, rdtype), values in records.items()
        for record in values
    ]
    own = f"ns.{name}. 300 IN A 127.0.0.1\n"
    return dns.zone.from_text(top + own + "".join(rows), origin=name, relativize=False)


def _signed(zone: dns.zone.Zone) -> tuple[str, str]:
    private = ec.generate_private_key(ec.SECP256R1())
    public = dns.dnssec.make_dnskey(private.public_key(), dns.dnssec.Algorithm.ECDSAP256SHA256)
    with zone.writer() as changes:
        # A day before now, in case clocks differ; and for long enough.
        dns.dnssec.sign_zone(zone, changes, keys=[(private, public)], lifetime=86400)
    return zone.to_text(relativize=False), f"{zone.origin} IN DNSKEY {public.to_text()}"


class Unbound:
    """Runs from `__enter__` to `__exit__`. Raises NoUnbound."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._folder = Path(tempfile.mkdtemp(prefix="tlsrpt-unbound-"))
        self.address = Address("127.0.0.1", free_port())
        self._process: subprocess.Popen[str] | None = None

    def settings(self, timeout: float = 5, trust_ad: str = "auto") -> Dns:
        return Dns(nameservers=(self.address,), timeout=timeout, trust_ad=trust_ad)

    def __enter__(self) -> "Unbound":
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        program = shutil.which("unbound", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if program is None:
            raise NoUnbound(NOT_FOUND)
        user = Unprivileged.find()
        config = self._write()
        for path in (self._folder, *self._folder.iterdir()):
            os.chown(path, user.uid, user.gid)
        self._process = subprocess.Popen(
            [program, "-d", "-p", "-c", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/",
            **user.kwargs(),
        )
        try:
            until(self._answers, 20, "unbound", alive=self._process)
        except AssertionError as error:
            raise NoUnbound(f"unbound does not start: {self._log()}") from error

    def _write(self) -> Path:
        for zone in self._zones:
            (self._folder / zone.name).write_text(zone.text, encoding="ascii")
        anchors = [f'  trust-anchor: "{zone.anchor}"' for zone in self._zones if zone.anchor]
        files = [_ZONE.format(name=zone.name, file=self._folder / zone.name) for zone in self._zones]
        config = self._folder / "unbound.conf"
        head = _SERVER.format(folder=self._folder, port=self.address.port)
        config.write_text("\n".join([head, *anchors, *files]), encoding="ascii")
        return config

    def _answers(self) -> bool:
        query = dns.message.make_query(self._zones[0].name, "SOA")
        try:
            dns.query.udp(query, "127.0.0.1", timeout=0.2, port=self.address.port)
        except (OSError, dns.exception.Timeout):
            return False
        return True

    def _log(self) -> str:
        log = self._folder / "log"
        return log.read_text(encoding="utf-8")[-2000:] if log.exists() else "it says nothing"


_SERVER = """
remote-control:
  control-enable: no
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  logfile: "{folder}/log"
  use-syslog: no
  do-daemonize: no
  interface: 127.0.0.1
  port: {port}
  num-threads: 1
  do-ip6: no
  module-config: "validator iterator"
  val-permissive-mode: no
  local-zone: "test." nodefault"""

# The data is taken from the file where it would be fetched from a server, and validated like such.
_ZONE = """auth-zone:
  name: "{name}."
  zonefile: "{file}"
  for-downstream: no
  for-upstream: yes
  fallback-enabled: no"""
