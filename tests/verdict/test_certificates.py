"""Every MX's certificate good for the next weeks. What is not known counts neither for nor against."""

from datetime import datetime

import pytest

from collector.store.queries import MxCertificate
from dashboard.verdict import judge
from tests.verdict.made import MX, NOW, THRESHOLDS, ago, evidence

MX1, MX2 = MX


def shown(
    host: str = MX1,
    *,
    left: float | None = 60,
    trusted: bool | None = True,
    starttls: bool | None = True,
    checked: float = 0.5,
) -> MxCertificate:
    """`left`: days until its end."""
    not_after: datetime | None = None if left is None else ago(-left)
    return MxCertificate(host, starttls, trusted, not_after, ago(checked))


UNREACHED = {"left": None, "trusted": None, "starttls": None}

CASES = [
    ("both are good", (shown(), shown(MX2)), True, "the first one to end does so on 23 Jan 2027"),
    ("one is not trusted", (shown(), shown(MX2, trusted=False)), False, "the certificate of mx2.example.com does not validate"),
    ("one has ended", (shown(left=-1, trusted=False),), False, "ended on 23 Nov 2026"),
    ("two weeks are left", (shown(left=14),), True, ""),
    ("less is left", (shown(left=13.9),), False, "the certificate of mx1.example.com ends on 8 Dec 2026"),
    ("no STARTTLS", (shown(starttls=False, left=None, trusted=None),), False, "mx1.example.com offers no STARTTLS"),
    ("none is shown", (shown(left=None, trusted=None),), False, "mx1.example.com shows no certificate"),
    ("a bad one, seen long ago, is still bad", (shown(left=-3, checked=9),), False, "ended"),
    ("good, seen long ago", (shown(checked=9),), None, "last looked at on 15 Nov 2026"),
    ("one was not reached", (shown(), shown(MX2, **UNREACHED)), None, "not known: mx2.example.com"),
    ("none was reached", (shown(**UNREACHED),), None, "no check has reached them"),
    ("never checked", None, None, "no check has reached them"),
    ("checked, and there is no MX", (), None, "no check has reached them"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "ok", "text"), [pytest.param(*row[1:], id=row[0]) for row in CASES])
def test_certificates(found: tuple[MxCertificate, ...] | None, ok: bool | None, text: str) -> None:
    verdict = judge(evidence(certificates=found), THRESHOLDS, NOW)
    [reason] = [reason for reason in verdict.reasons if reason.code == "certificates"]
    assert reason.ok is ok
    assert text in reason.text
    assert verdict.word == ("not_ready" if ok is False else "ready")
