"""LMTP (RFC 2033): what a mail server speaks to whoever takes its mails in the end. All but this is as in SMTP."""

from collector.receive.smtp.session import Session
from collector.receive.smtp.transaction import Transaction


class LmtpSession(Session):
    """A mail server's session."""

    channel = "lmtp"
    greeting = "LMTP"
    hello = "LHLO"
    no_recipient = "503 5.5.1 There is no valid recipient"  # RFC 2033 section 4.2

    def answers_to(self, mail: Transaction) -> int:
        # RFC 2033 section 4.2: one for each RCPT that was accepted, in their order, repeated ones included.
        return mail.accepted


# RFC 2033 section 4.1: LHLO is EHLO by another name, and neither EHLO nor HELO may be answered with success.
LmtpSession.verbs = {verb: method for verb, method in Session.verbs.items() if verb not in ("EHLO", "HELO")}
LmtpSession.verbs["LHLO"] = Session.on_ehlo
