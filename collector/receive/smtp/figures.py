"""The listener's figures about itself, for Prometheus. What the database knows, the dashboard's `/metrics` tells.

They live in one process and begin at nothing when it starts. Labels are our own words: the number of series is bounded.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest

from collector import __version__

INGEST = "tlsrpt_collector_ingest_seconds"
ANSWERS = "tlsrpt_collector_answers_total"
IN_HAND = "tlsrpt_collector_in_hand"
IN_HAND_BYTES = "tlsrpt_collector_in_hand_bytes"
WAITING = "tlsrpt_collector_waiting"
CONNECTIONS = "tlsrpt_collector_connections"
TURNED_AWAY = "tlsrpt_collector_turned_away_total"
WRITER_LOST = "tlsrpt_collector_writer_lost_total"

# What is documented in docs/monitoring.md.
HELP = {
    INGEST: "Seconds from a mail's last byte until it was stored or put off; a histogram by channel.",
    ANSWERS: "Answers at the end of mails, by channel and code: 250 stored, 451 and 452 come later, 552 too large.",
    IN_HAND: "Mails that have come to their end and are not answered yet.",
    IN_HAND_BYTES: "Bytes of mails from their first byte until they are answered; limits.in_hand_bytes bounds them.",
    WAITING: "Those of the mails in hand that wait for the writer to commit them.",
    CONNECTIONS: "Open connections, by channel.",
    TURNED_AWAY: "Connections turned away: there was no room, in all or for that address.",
    WRITER_LOST: "How often the writer process was lost; meanwhile senders are asked to come later.",
}

CHANNELS = ("smtp", "lmtp")
_CODES = ("250", "451", "452", "552")
# A commit takes milliseconds; DNS and a database that is busy, seconds.
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Figures:
    """Those of one listener process. A series that did not occur yet is 0."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._ingest = Histogram(INGEST, HELP[INGEST], ["channel"], buckets=_BUCKETS, registry=self._registry)
        self._answers = Counter(ANSWERS, HELP[ANSWERS], ["channel", "code"], registry=self._registry)
        self._in_hand = Gauge(IN_HAND, HELP[IN_HAND], registry=self._registry)
        self.in_hand_bytes = Gauge(IN_HAND_BYTES, HELP[IN_HAND_BYTES], registry=self._registry)
        self.waiting = Gauge(WAITING, HELP[WAITING], registry=self._registry)
        self.connections = Gauge(CONNECTIONS, HELP[CONNECTIONS], ["channel"], registry=self._registry)
        self.turned_away = Counter(TURNED_AWAY, HELP[TURNED_AWAY], registry=self._registry)
        self.writer_lost = Counter(WRITER_LOST, HELP[WRITER_LOST], registry=self._registry)
        Info("tlsrpt_build", "Version of the program.", registry=self._registry).info({"version": __version__})
        ProcessCollector(registry=self._registry)
        for channel in CHANNELS:
            self._ingest.labels(channel)
            self.connections.labels(channel)
            for code in _CODES:
                self._answers.labels(channel, code)

    @contextmanager
    def ingesting(self, channel: str) -> Iterator[None]:
        """Around what is done with a mail that has come to its end."""
        with self._in_hand.track_inprogress(), self._ingest.labels(channel).time():
            yield

    def answered(self, channel: str, reply: str) -> None:
        """`reply`: the line that ends a mail."""
        self._answers.labels(channel, reply[:3]).inc()

    def text(self) -> bytes:
        """All of them as Prometheus reads them (text format 0.0.4)."""
        return generate_latest(self._registry)
