"""Genuine mails from the wild, where they are at hand. Their keys are gone from DNS: the body hash can be checked."""

from pathlib import Path

import pytest

from collector.auth import canonical, signature

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"


@pytest.mark.parametrize(
    ("path", "domain", "fits"),
    [
        pytest.param("mjl-+mox/example.eml", "google.com", True, id="untouched"),
        pytest.param("isseis+tlsrpt-digest/tlsrpt_success_google_1.eml", "google.com", False, id="anonymised (Q61)"),
        pytest.param("isseis+tlsrpt-digest/tlsrpt_success_microsoft.eml", "microsoft.com", False, id="Microsoft (Q61)"),
    ],
)
def test_body_hash(path: str, domain: str, fits: bool) -> None:
    if not SAMPLES.is_dir():
        pytest.skip(f"no samples at {SAMPLES}")
    mail = canonical.read((SAMPLES / path).read_bytes())
    assert mail is not None
    (field,) = mail.named(b"dkim-signature")
    found = signature.read(field)

    assert isinstance(found, signature.Signature)
    assert found.domain == domain
    assert (canonical.body_hash(mail.body, relaxed=found.relaxed_body) == found.body_hash) is fits
    assert signature.signed_bytes(mail, found) is not None
