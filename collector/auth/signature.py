"""What a DKIM-Signature field says (RFC 6376 section 3.5), as a value."""

from msgspec import Struct

from collector import domains
from collector.auth import canonical, tags

# What the algorithm wants of the key (`k=`). rsa-sha1 is not to be verified any more (RFC 8301 section 3.1).
ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
# c=: header and body; the body is simple where it is not named (section 3.5).
_CANONICAL_FORMS = ("relaxed/relaxed", "relaxed/simple", "simple/simple", "simple/relaxed", "relaxed", "simple")
_REQUIRED = ("v", "a", "b", "bh", "d", "h", "s")


class Signature(Struct, frozen=True):
    """One DKIM-Signature field that could be read. `headers` are the names of `h=`, lower case, in order."""

    field: canonical.Field
    domain: str  # d=, normal form
    selector: str
    key_name: str  # where its key stands in DNS
    key_type: str
    relaxed_header: bool
    relaxed_body: bool
    headers: tuple[bytes, ...]
    body_hash: bytes
    value: bytes  # b=
    identity: str | None  # the domain of i=, normal form; None: as d=
    has_length: bool
    expires: int | None  # x=, Unix time

    @property
    def label(self) -> str:
        """How messages for people name it."""
        return f"d={self.domain} s={self.selector}"


class BadSignature(Struct, frozen=True):
    """A DKIM-Signature field that cannot hold, whatever the mail and the key: `fault` says why."""

    domain: str | None  # d= where it could be read, normal form
    fault: str


def read(field: canonical.Field) -> Signature | BadSignature:
    """Read a DKIM-Signature field."""
    found = tags.parse(field.value.decode("utf-8", "replace"))
    if found is None:
        return BadSignature(None, "it is no list of tags")
    domain = domains.normalise(found.get("d", ""))
    headers = [name.strip(b" \t\r\n") for name in found.get("h", "").lower().encode("utf-8").split(b":")]
    fault = _fault(found, headers, domain)
    if fault is not None:
        return BadSignature(domain, fault)
    # The name as a whole is normalised: a selector may be all digits.
    key_name = domain and domains.normalise(f"{found['s']}._domainkey.{domain}")
    body_hash, value = tags.decode_base64(found["bh"]), tags.decode_base64(found["b"])
    if domain is None or key_name is None:
        return BadSignature(domain, "d= or s= is no domain name")
    if not body_hash or not value:
        return BadSignature(domain, "b= or bh= is not base64")
    header_form, _, body_form = found.get("c", "simple/simple").lower().partition("/")
    identity = found.get("i")
    return Signature(
        field=field,
        domain=domain,
        selector=found["s"].lower(),
        key_name=key_name,
        key_type=ALGORITHMS[found["a"].lower()],
        relaxed_header=header_form == "relaxed",
        relaxed_body=body_form == "relaxed",
        headers=tuple(headers),
        body_hash=body_hash,
        value=value,
        identity=None if identity is None else domains.normalise(identity.rpartition("@")[2]),
        has_length="l" in found,
        expires=int(found["x"]) if "x" in found else None,
    )


def _fault(found: dict[str, str], headers: list[bytes], domain: str | None) -> str | None:
    """What is wrong with the tags, or None (RFC 6376 sections 3.5 and 6.1.1)."""
    for name in _REQUIRED:
        if not found.get(name):
            return f"{name}= is missing"
    if found["v"] != "1":
        return "v= is not 1"
    if found["a"].lower() not in ALGORITHMS:
        return f"the algorithm {found['a']} is not accepted"
    if found.get("c", "simple").lower() not in _CANONICAL_FORMS:
        return "c= names an unknown canonical form"
    # RFC 6376 section 5.4: From is always signed, or the mail could have any sender.
    if b"from" not in headers:
        return "h= does not name From"
    if "q" in found and "dns/txt" not in tags.words(found["q"]):
        return "q= does not name dns/txt"
    return _times_fault(found) or _identity_fault(found, domain)


def _times_fault(found: dict[str, str]) -> str | None:
    signed, expires = found.get("t", "0"), found.get("x")
    if not _is_number(signed) or (expires is not None and not _is_number(expires)):
        return "t= or x= is no time"
    if expires is not None and int(expires) <= int(signed):
        return "x= is not later than t="
    return None


def _identity_fault(found: dict[str, str], domain: str | None) -> str | None:
    """`i=` is an address of the signing domain or of one below it."""
    if "i" not in found:
        return None
    identity = domains.normalise(found["i"].rpartition("@")[2])
    if "@" not in found["i"] or domain is None or identity is None or not domains.is_under(identity, domain):
        return "i= is no address of d="
    return None


def _is_number(text: str) -> bool:
    # 12 digits are allowed for (RFC 6376 section 3.5); more would only cost time.
    return text.isascii() and text.isdigit() and len(text) <= 12


def signed_bytes(mail: canonical.Mail, signature: Signature) -> bytes | None:
    """What `b=` is the signature of: the fields of `h=` and the field itself (RFC 6376 section 3.7).

    A name that `h=` repeats takes the fields of that name from the bottom up; one that is not (or no longer) there
    adds nothing (section 5.4.2): mox lists all of them twice (Q110).

    None if the mail has more From fields than `h=` covers: one of them was added later (section 8.15).
    """
    # `read` has seen to it that h= names From.
    others: dict[bytes, list[canonical.Field]] = {name: [] for name in signature.headers}
    for field in mail.fields:
        of_that_name = others.get(field.name)
        if of_that_name is not None and field is not signature.field:
            of_that_name.append(field)
    if len(others[b"from"]) > signature.headers.count(b"from"):
        return None
    # Each pop takes the lowest field of that name that is left.
    signed = [others[name].pop() for name in signature.headers if others[name]]
    own = signature.field
    signed.append(canonical.Field(own.name, tags.without_value(own.raw, b"b")))
    return canonical.header(signed, relaxed=signature.relaxed_header)
