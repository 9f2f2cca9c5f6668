"""Why a server could not be talked to, in words that go on after its name."""

import ssl


def why(error: Exception) -> str:
    """`its certificate is not trusted: ...`, `it does not answer in time`, or what the system says of it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
