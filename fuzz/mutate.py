"""Changes to a mail, one layer at a time: blind ones would be stopped by base64, by a checksum, by a quotation mark."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import schemas
from fuzz.layers import Layers, peel

Blind = Callable[[bytes, int], bytes]  # bytes and the most there may be afterwards

# What stands in a report where something else is expected: values that some sender, reader or database stumbled over.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, 5.0, 1e308, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1),
    *("", " ", "0", " 7 ", "-1", "1e3", "9" * 19, "9" * 30, "\0", "\ud800", "\ufeff", "\u202e", "é", "=1+1", "<b>"),
    *(
        "STS",
        "tlsa",
        "sts",
        "no-policy-found",
        "mode: none",
        "mx: *.example.com",
        "version:STSv1\r\nmode:testing",
        ";;",
    ),
    *('["3 1 1 AA"]', "[" * 50, "2026-11-20", "2026-11-20T24:00:00", "2026-11-20T00:00:60Z", "0000-01-01T00:00:00Z"),
    *(
        "9999-12-31T23:59:59+23:59",
        "EXAMPLE.com.",
        "xn--",
        "bücher.example",
        "*.example.com",
        ".",
        "a" * 300,
        "1.2.3.4",
    ),
    *(
        "::1",
        "fe80::1%eth0",
        "192.0.2.01",
        "a@b",
        "a@",
        "@",
        "mailto:a@b.example",
        [],
        {},
        [[]],
        [{}],
        [None],
        {"": ""},
    ),
)
NAMES = sorted(
    {"policies", "mx-host-pattern", "failure-error-code", "email-address", "receiving-mx-host-name", ""}
    | set(schemas.load("tlsrpt-report")["properties"])
    | {name for each in schemas.load("tlsrpt-report")["$defs"].values() for name in each.get("properties", ())}
)
LINES = (
    b"\r\n",
    b"\n\n",
    b"\r\n.\r\n",
    b"--x\r\n",
    b"--x--",
    b"ContentType: x\r\n",
    b"Content-Type: application/tlsrpt+gzip\r\n",
    b"Content-Type: application/tlsrpt+json\r\n",
    b"Content-Type: multipart/report; boundary=x\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Disposition: attachment; filename*0*=utf-8''a%21b; filename*1=\"!c.json\"\r\n",
    b"From x@y Sat\r\n",
    b"From: <>\r\n",
    b"Subject: Report Domain: =?utf-8?q?a=2Eexample?=\r\n",
    b"TLS-Report-Domain: a.example\r\n",
    b"TLS-Report-Submitter: x\r\n",
)


def mutate(mail: bytes, most: int, random: Random, blind: Blind) -> bytes:
    """The mail with a change to one of its layers; `blind` changes bytes that nothing is known of."""
    layers = peel(mail)
    choice = random.randrange(8)
    if layers is None or choice == 0:
        changed = _lines(mail, random) if random.random() < 0.5 else blind(mail, most)
    elif choice == 1:
        changed = layers.around(blind(layers.content, most))
    elif choice == 2:
        changed = layers.of(blind(layers.text, most)).mail()
    elif choice == 3:
        changed = _repacked(layers, random).mail()
    else:
        changed = layers.of(_document(layers.text, random)).mail()
    return changed[:most]


def _lines(mail: bytes, random: Random) -> bytes:
    """A line of another mail put in, one taken out, or two exchanged."""
    lines = mail.splitlines(keepends=True) or [b""]
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    what = random.randrange(3)
    if what == 0:
        lines.insert(at, random.choice(LINES))
    elif what == 1:
        del lines[at]
    else:
        lines[at], lines[other] = lines[other], lines[at]
    return b"".join(lines)


def _repacked(layers: Layers, random: Random) -> Layers:
    """Packed or not, once more or cut off, with a mark or in another alphabet."""
    text = layers.text
    other = (
        lambda: Layers(layers.before, layers.content, layers.after, True),
        lambda: Layers(layers.before, text, layers.after, not layers.is_packed),
        lambda: layers.of(b"\xef\xbb\xbf" + text),
        lambda: layers.of(text.decode("utf-8", "replace").encode(random.choice(("utf-16", "utf-16-be", "utf-32-le")))),
        lambda: layers.of(text + text),
        lambda: Layers(layers.before, layers.content + b"junk", layers.after, False),
    )
    return random.choice(other)()


def _document(text: bytes, random: Random) -> bytes:
    """A change to the JSON value; to its text where it is none, or has grown too deep."""
    try:
        document = json.loads(text)
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            document = _changed(document, random)
        changed = json.dumps(document, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return _spliced(text, random)
    return _spliced(changed, random) if random.random() < 0.1 else changed


def _changed(document: Any, random: Random) -> Any:
    places = list(_places(document))
    if not places:
        return random.choice(VALUES)
    holder, key = random.choice(places)
    what = random.randrange(6)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, dict):
        holder[random.choice(NAMES)] = holder.pop(key)
    elif what == 2 and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif what == 3:
        other, name = random.choice(places)
        # No value may end up within itself.
        holder[key] = json.loads(json.dumps(other[name])) if isinstance(other, dict) or name < len(other) else None
    elif what == 4 and isinstance(holder, dict):
        holder[random.choice(NAMES)] = random.choice(VALUES)
    else:
        holder[key] = random.choice(VALUES)
    return document


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of everything within."""
    holders = [document]
    while holders:
        holder = holders.pop()
        entries = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
        for key, entry in entries:
            yield holder, key
            holders.append(entry)


_BITS = (
    b"\\u0000",
    b"\\ud800",
    b"\\",
    b'"',
    b"{",
    b"]",
    b",",
    b":",
    b"NaN",
    b"1e999",
    b"\xff",
    b"\x00",
    b"\xed\xa0\x80",
    b'"a":1,"a":2,',
)


def _spliced(text: bytes, random: Random) -> bytes:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(_BITS) + text[at + random.randrange(4) :]
