"""MAIL and RCPT (RFC 5321 section 3.3): who sends to whom. Knows no network: arguments in, answers out."""

from dataclasses import dataclass, field

from collector.addresses import Path, Recipients, parse_parameters, parse_path

# RFC 5321 section 4.5.3.1.8: at least 100.
_MAX_RECIPIENTS = 100
_MAX_SIZE_DIGITS = 20  # RFC 1870 section 3
_BODIES = ("7BIT", "8BITMIME")  # RFC 6152

TOO_BIG = "552 5.3.4 The mail is larger than {} bytes"
NO_ROOM = "452 4.3.1 There is no room for the mail just now, try again later"
_BAD_PARAMETER = "501 5.5.4 Syntax error in the parameters"
_UNKNOWN_PARAMETER = "555 5.5.4 A parameter is not known"
_NEEDS_UTF8 = "553 5.6.7 The address needs SMTPUTF8"  # RFC 6531 section 3.5


@dataclass(slots=True)
class Transaction:
    """A mail that was announced: `sender` is "" for the null sender."""

    sender: str
    smtputf8: bool = False
    size: int = 0  # as the client announced it (RFC 1870), 0 if it did not
    recipients: list[str] = field(default_factory=list)  # each once
    accepted: int = 0  # how many RCPT were answered with 250, repeated ones included

    def add_recipient(self, argument: str, accepted: Recipients) -> str:
        """Takes the argument of RCPT; returns the answer."""
        parsed = parse_path(argument[3:]) if argument[:3].upper() == "TO:" else None
        if parsed is None or not parsed[0].local:
            return "501 5.1.3 Syntax: RCPT TO:<address>"
        path, rest = parsed
        if rest.strip():
            return _UNKNOWN_PARAMETER
        if not accepted.accepts(path):
            return "550 5.1.1 There is no such recipient here"
        if not _fits(path, smtputf8=self.smtputf8):
            return _NEEDS_UTF8
        if path.address not in self.recipients:
            if len(self.recipients) >= _MAX_RECIPIENTS:
                return "452 4.5.3 Too many recipients in one mail"
            self.recipients.append(path.address)
        self.accepted += 1
        return "250 2.1.5 OK"


def begin(argument: str, *, extended: bool, message_bytes: int) -> Transaction | str:
    """The transaction that the argument of MAIL begins, or the answer that refuses it.

    `extended`: the client said EHLO, so that there may be parameters. `message_bytes`: the limit for SIZE=.
    """
    parsed = parse_path(argument[5:]) if argument[:5].upper() == "FROM:" else None
    if parsed is None or (parsed[0].local and not parsed[0].domain):
        return "501 5.1.7 Syntax: MAIL FROM:<address>"
    path, rest = parsed
    parameters = parse_parameters(rest)
    if parameters is None or (parameters and not extended):
        return _BAD_PARAMETER
    refusal = _refusal(parameters, message_bytes)
    if refusal is not None:
        return refusal
    begun = Transaction(path.address, "SMTPUTF8" in parameters, int(parameters.get("SIZE") or 0))
    return begun if _fits(path, smtputf8=begun.smtputf8) else _NEEDS_UTF8


def _refusal(parameters: dict[str, str | None], message_bytes: int) -> str | None:
    """What is wrong with the parameters of MAIL, as an answer; None if nothing is."""
    if parameters.keys() - {"SIZE", "BODY", "SMTPUTF8"}:
        return _UNKNOWN_PARAMETER
    if "BODY" in parameters and (parameters["BODY"] or "").upper() not in _BODIES:
        return _BAD_PARAMETER
    if parameters.get("SMTPUTF8") is not None:
        return _BAD_PARAMETER
    if "SIZE" in parameters:
        size = parameters["SIZE"] or ""
        if not (size.isascii() and size.isdigit()) or len(size) > _MAX_SIZE_DIGITS:
            return _BAD_PARAMETER
        if int(size) > message_bytes:
            return TOO_BIG.format(message_bytes)
    return None


def _fits(path: Path, *, smtputf8: bool) -> bool:
    return smtputf8 or path.address.isascii()
