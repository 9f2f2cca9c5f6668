"""What goes over the wire arrives as it was, however the bytes are cut."""

from hypothesis import given
from hypothesis import strategies as st

from collector.delivery import Delivery, Envelope, Reason, Stored
from collector.errors import StoreUnavailable
from collector.ids import new_id
from collector.ingest import ingest
from collector.settings import Limits
from collector.writer import wire
from tests.support import reports
from tests.support.collector import NOW

_HEAD = 4  # bytes of a frame's length


def read(document: object) -> Delivery:
    raw = reports.mail(document) if isinstance(document, dict) else bytes(str(document), "utf-8")
    envelope = Envelope("smtp", "2001:db8::1", "client.example", "", ("tlsrpt@example.com",), "TLSv1.3")
    return ingest(raw, envelope, NOW, limits=Limits(), dkim="off", authenticate=lambda *_: None)  # type: ignore[arg-type,return-value]


def test_a_delivery_with_all_that_was_read_arrives_equal() -> None:
    largest = reports.policy_result("example.com", successful=2**63 - 1, details=[reports.detail(count=0)] * 3)
    for document in (reports.report(), reports.microsoft(), reports.report([largest]), "rubbish"):
        sent = read(document)
        assert wire.read_delivery(wire.delivery(sent)[_HEAD:]) == sent


@given(
    st.builds(
        Delivery,
        id=st.uuids(),
        received_at=st.just(NOW),
        envelope=st.builds(Envelope, channel=st.just("smtp"), helo=st.none() | st.text(), mail_from=st.text()),
        raw=st.binary(),
        reason=st.none() | st.builds(Reason, st.just("json"), st.text()),
    )
)
def test_a_delivery_of_whatever_bytes_and_names_arrives_equal(sent: Delivery) -> None:
    assert wire.read_delivery(wire.delivery(sent)[_HEAD:]) == sent


def test_answers_keep_their_order_and_their_errors() -> None:
    stored = Stored(new_id(), "quarantined", Reason("schema", "no policies"))
    first, second = wire.read_answers(wire.answers([stored, StoreUnavailable("away")])[_HEAD:])
    assert first == stored
    assert isinstance(second, StoreUnavailable)
    assert str(second) == "away"
