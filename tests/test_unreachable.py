"""What is said of a server that could not be talked to."""

import errno
import ssl

import pytest

from collector.unreachable import why


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (untrusted(), "its certificate is not trusted: self-signed certificate"),
        (TimeoutError(), "it does not answer in time"),
        (OSError(errno.ECONNREFUSED, "Connection refused"), "Connection refused"),
        (OSError("no route"), "no route"),
        (ValueError("no line of its kind"), "no line of its kind"),
        (ConnectionError(), "ConnectionError"),
    ],
)
def test_why(error: Exception, said: str) -> None:
    assert why(error) == said
