"""Made data for `tlsrpt demo`: ninety days of reports about made-up domains, taken in as real ones are."""

from collector.demo.fill import fill

__all__ = ["fill"]
