"""Receives SMTP TLS reports (RFC 8460), stores their figures, and watches the MTA-STS policy that is published."""

from importlib.metadata import version

__version__ = version("tlsrpt-dashboard")
