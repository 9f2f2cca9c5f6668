"""Looks at MX hosts as a sender would (RFC 8461 section 4, RFC 7672), without sending a mail."""

from collector.monitor.probe.prober import Prober

__all__ = ["Prober"]
