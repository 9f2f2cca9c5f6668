"""Zones for the validating resolver, and the certificates that their TLSA records announce."""

import hashlib
import ssl

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.mx_host import Authority
from tests.support.unbound import Zone, bogus, signed, unsigned
from tests.support.weak import self_signed

OTHER = "00" * 32


def chain(certificate: trustme.LeafCert) -> list[bytes]:
    return [ssl.PEM_cert_to_DER_cert(pem.bytes().decode()) for pem in certificate.cert_chain_pems]


def tlsa(der: bytes, usage: int = 3, selector: int = 1, matching_type: int = 1) -> str:
    """The record for a certificate, as `openssl` and other tools make it."""
    selected = der
    if selector == 1:
        key = x509.load_der_x509_certificate(der).public_key()
        selected = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = {0: bytes, 1: lambda data: hashlib.sha256(data).digest(), 2: lambda data: hashlib.sha512(data).digest()}
    return f"{usage} {selector} {matching_type} {digest[matching_type](selected).hex()}"


class Zones:
    """`certificates`: by host; `zones`: what unbound has to say about these hosts, all at 127.0.0.1."""

    def __init__(self, authority: Authority) -> None:
        named = ["mx.good.test", "rolling.good.test", "mismatch.good.test", "none.good.test", "usage.good.test"]
        named += ["mx.plain.test", "short.plain.test", "mx.bad.test", "mx.badtlsa.test", "alias.good.test"]
        self.certificates = {name: authority.certificate(name) for name in named}
        self.certificates["self.good.test"] = self_signed("whoever.example")
        self.certificates["anchored.good.test"] = authority.unknown.create_child_ca().issue_cert("anchored.good.test")
        own = {name: chain(certificate) for name, certificate in self.certificates.items()}
        records = {
            "mx.good.test": [tlsa(own["mx.good.test"][0])],
            "rolling.good.test": [f"3 1 1 {OTHER}", tlsa(own["rolling.good.test"][0])],
            "mismatch.good.test": [f"3 1 1 {OTHER}"],
            "usage.good.test": [tlsa(own["usage.good.test"][0], usage=1)],
            "self.good.test": [tlsa(own["self.good.test"][0])],
            "anchored.good.test": [tlsa(own["anchored.good.test"][1], usage=2, selector=0)],
            "mx.plain.test": [tlsa(own["mx.plain.test"][0])],
            "short.plain.test": [f"3 1 1 {OTHER}", tlsa(own["short.plain.test"][0])],
            "mx.bad.test": [tlsa(own["mx.bad.test"][0])],
            "mx.badtlsa.test": [f"3 1 1 {OTHER}"],
        }
        hosts = {(name, "A"): ["127.0.0.1"] for name in own if name != "alias.good.test"}
        announced = {(f"_25._tcp.{name}", "TLSA"): rows for name, rows in records.items()}
        mail = {(zone, "MX"): [f"10 mx.{zone}"] for zone in ("good.test", "plain.test", "bad.test", "badtlsa.test")}
        alias = {("alias.good.test", "CNAME"): ["mx.good.test"]}

        def of(zone: str) -> dict[tuple[str, str], list[str]]:
            return {key: rows for key, rows in (hosts | announced | mail | alias).items() if key[0].endswith(zone)}

        plain = unsigned("plain.test", of("plain.test"))
        self.zones = [
            signed("good.test", of("good.test")),
            bogus("bad.test", of("bad.test"), {"127.0.0.1": "127.0.0.2"}),
            bogus("badtlsa.test", of("badtlsa.test"), {OTHER: "11" * 32}),
            Zone(plain.name, plain.text.replace(OTHER, "0011"), None),
        ]
