"""Our verifier and dkimpy's, two implementations of one RFC: whatever is done to a mail, they agree.

Where they may differ is said in `_stricter`: dkimpy knows no more of the P9 cases than a plain verifier.
"""

import functools
from collections.abc import Callable

import dkim
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.auth import canonical
from collector.auth.dkim import Authenticator
from collector.auth.keys import KeyCache
from collector.resolver import TxtAnswer
from tests.support import reports
from tests.support.mails import SIGNED_FIELDS, rsa_key, sign

DOMAIN = "reporter.example"
KEY = rsa_key(1024)
RECORD = KEY.record().encode()
FORMS = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]

# Runs of blanks, folds, tabs and blank lines, for the canonical forms to work on.
MAIL = (
    b"Received: from a.example\r\n\tby b.example\r\nX-Note:  one\t two \r\nX-Note:three\r\n"
    + reports.mail(reports.google(), submitter=DOMAIN)
    + b"text  with \t blanks \r\n\r\n \r\n\r\n"
)


def _ours(mail: bytes) -> bool:
    keys = KeyCache(lambda name: TxtAnswer((RECORD,), 300), lambda: 0.0)
    return Authenticator(keys, clock=lambda: 0.0)(mail, frozenset({DOMAIN})).domain is not None


def _dkimpys(mail: bytes) -> bool:
    def lookup(name: bytes, timeout: int = 5) -> bytes:
        return RECORD

    try:
        return bool(dkim.DKIM(mail).verify(dnsfunc=lookup))
    except (dkim.DKIMException, ValueError, IndexError):  # it stumbles over odd bytes, and a blank at the very start
        return False


@functools.cache
def _signed(form: str, by_dkimpy: bool) -> bytes:
    if not by_dkimpy:
        return sign(MAIL, DOMAIN, "s1", KEY, canonicalization=form, headers=(*SIGNED_FIELDS, "x-note", "x-note"))
    forms = tuple(name.encode() for name in form.split("/"))
    return bytes(dkim.DKIM(MAIL).sign(b"s1", DOMAIN.encode(), KEY.pem, canonicalize=forms)) + MAIL


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("by_dkimpy", [False, True], ids=["signed by us", "signed by dkimpy"])
def test_both_verify(form: str, by_dkimpy: bool) -> None:
    mail = _signed(form, by_dkimpy)

    assert _ours(mail)
    assert _dkimpys(mail)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda mail: mail + b"\r\n\r\n", id="blank lines at the end"),
        pytest.param(lambda mail: mail + b"x", id="text at the end"),
        pytest.param(lambda mail: mail.replace(b"text  with", b"text with"), id="a blank less in the body"),
        pytest.param(lambda mail: mail.replace(b"blanks \r\n", b"blanks\r\n"), id="a blank less at a line's end"),
        pytest.param(lambda mail: mail.replace(b"Subject:", b"subject:"), id="a name in lower case"),
        pytest.param(lambda mail: mail.replace(b" Submitter:", b"\r\n Submitter:"), id="a fold more"),
        pytest.param(lambda mail: mail.replace(b"X-Note:three", b"X-Note: three"), id="a blank before a value"),
        pytest.param(lambda mail: mail.replace(b"one\t two ", b"one two"), id="a tab less in a value"),
        pytest.param(lambda mail: b"X-Note: zero\r\n" + mail, id="a repeated field on top"),
        pytest.param(lambda mail: mail.replace(b"X-Note:three\r\n", b"X-Note:three\r\nX-Note: 4\r\n"), id="and below"),
        pytest.param(lambda mail: b"From: x@other.example\r\n" + mail, id="another From on top"),
        pytest.param(lambda mail: b"To: x@other.example\r\n" + mail, id="another To on top"),
        pytest.param(lambda mail: mail.replace(b"\r\n", b"\n"), id="LF only"),
        pytest.param(lambda mail: mail.replace(b"To: ", b"To : ", 1), id="a blank before a colon"),
    ],
)
def test_both_agree_about(change: Callable[[bytes], bytes], form: str) -> None:
    mail = change(_signed(form, False))

    assert _ours(mail) == _dkimpys(mail)


def _stricter(mail: bytes) -> bool:
    """Whether the header is one that we refuse and dkimpy reads: a bare CR, or more than we read."""
    return canonical.read(mail) is None


_BITS = [
    b"",
    b" ",
    b"\t",
    b"\r\n",
    b"\r\n ",
    b"\n",
    b"\r",
    b":",
    b";",
    b"=",
    b"x",
    b"From: a\r\n",
    b"\r\n\r\n",
    b"\xff",
]


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    form=st.sampled_from(FORMS),
    by_dkimpy=st.booleans(),
    at=st.floats(0, 1, exclude_max=True),
    cut=st.integers(0, 3),
    put=st.sampled_from(_BITS),
)
def test_both_agree_about_a_changed_mail(form: str, by_dkimpy: bool, at: float, cut: int, put: bytes) -> None:
    """Some bytes are cut out at some place, others put in."""
    mail = _signed(form, by_dkimpy)
    place = int(at * len(mail))
    changed = mail[:place] + put + mail[place + cut :]

    assert _ours(changed) == (_dkimpys(changed) and not _stricter(changed))
