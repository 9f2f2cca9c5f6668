"""How a delivery came, in words that a page and the API share."""

from collector.store.queries import DeliveryRow
from dashboard import explain
from dashboard.text import Text, say


def dkim(delivery: DeliveryRow) -> Text | str:
    """Who says that it is from its reporter, in words."""
    if delivery.authenticated:
        return say("A DKIM signature of %(who)s verifies.", who=delivery.reporter or "")
    if delivery.reason_code is not None and delivery.reason_code.startswith("dkim_"):
        return explain.reason(delivery.reason_code)
    match delivery.channel:
        case "https":
            return say("A POST carries no signature: nothing proves who sent it.")
        case "import":
            return say("You imported it, so it counts; no signature proves who sent it.")
        case _:
            return say("No signature proves who sent it; it was not demanded when the mail came.")
