"""The relay: the one mail server that takes what we send (RFC 5321, as a client of submission, RFC 6409).

A certificate is checked, its host name included, wherever TLS is asked for. A password goes over TLS or stays on this
machine. What goes wrong is one of four errors, by what it means for the mail: `RelayUnavailable` (none will get
through just now), `RecipientPutOff`, `RecipientRefused` (this one), `RelayUnanswered` (nobody knows).
"""

import base64
import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from types import TracebackType

from collector import domains
from collector.errors import ConfigurationError, RecipientPutOff, RecipientRefused, RelayUnanswered, RelayUnavailable
from collector.log import escape
from collector.settings import Mail
from collector.unreachable import why

# RFC 5321 section 4.5.3.2.6: ten minutes for the answer to the end of a mail, where others have one. Who gives up
# sooner sends mails twice.
LONGER_AT_THE_END = 10
_MOST_SHOWN = 300
# Codes that are about us and not about the mail, wherever they come (RFC 4954 section 6).
_ABOUT_US = frozenset({421, 530, 534, 535, 538})
_TOO_LARGE = 552  # of MAIL with SIZE (RFC 1870 section 6.1)
# "Relay access denied", "relay not permitted", "Unable to relay": the relay does not know us. No word of the recipient.
_NO_RELAY_FOR_US = re.compile(rb"(?<![\w.-])relay(?:ing)?(?![\w.-])", re.IGNORECASE)
_TROUBLE = (OSError, smtplib.SMTPException, ValueError)
# What may end the look at a mail: whether its end may be sent.
BeforeEnd = Callable[[], bool]


class Relay:
    """Where mail goes, under the settings. Nothing is connected before `connect`."""

    def __init__(self, mail: Mail) -> None:
        """Raises ConfigurationError if there is no relay, or `mail.ca_file` cannot be read."""
        if mail.relay is None:
            raise ConfigurationError("mail.relay: not set, so there is nobody who takes mail")
        self.name = str(mail.relay)
        self._address = mail.relay
        self._mail = mail
        self._trusted = _context(mail)

    def connect(self) -> "Session":
        """A connection that is ready to take mail. Raises RelayUnavailable."""
        try:
            client = self._open()
        except _TROUBLE as error:
            raise RelayUnavailable(f"{self.name}: {_why(error)}") from error
        try:
            self._secure(client)
            self._log_in(client)
        except _TROUBLE as error:
            client.close()
            raise RelayUnavailable(f"{self.name}: {_why(error)}") from error
        except RelayUnavailable:
            client.close()
            raise
        return Session(client, self.name, self._mail.timeout)

    def _open(self) -> smtplib.SMTP:
        host, port, timeout = self._address.host, self._address.port, self._mail.timeout
        if self._mail.is_tls_at_once:
            return smtplib.SMTP_SSL(host, port, local_hostname=_our_name(), timeout=timeout, context=self._trusted)
        return smtplib.SMTP(host, port, local_hostname=_our_name(), timeout=timeout)

    def _secure(self, client: smtplib.SMTP) -> None:
        client.ehlo_or_helo_if_needed()
        if self._mail.is_tls_at_once or self._mail.starttls == "no":
            return
        # On this machine there is nobody in between: TLS there is courtesy, and its certificate usually made up.
        is_courtesy = self._mail.starttls == "auto" and self._address.is_loopback
        if not client.has_extn("starttls"):
            if is_courtesy:
                return
            raise RelayUnavailable(f"{self.name}: it offers no STARTTLS (mail.starttls)")
        client.starttls(context=_unchecked() if is_courtesy else self._trusted)
        client.ehlo_or_helo_if_needed()

    def _log_in(self, client: smtplib.SMTP) -> None:
        user, password = self._mail.user, self._mail.password
        if user is None or password is None:
            return
        if not isinstance(client.sock, ssl.SSLSocket) and not self._address.is_loopback:
            raise RelayUnavailable(f"{self.name}: without TLS anybody in between would see the password")
        offered = client.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            code, said = client.docmd("AUTH", f"PLAIN {_b64(chr(0).join(('', user, password)))}")
        elif "LOGIN" in offered:
            code, said = client.docmd("AUTH", "LOGIN")
            for word in (user, password):
                if code == 334:
                    code, said = client.docmd(_b64(word))
        else:
            raise RelayUnavailable(f"{self.name}: it offers no AUTH of the kinds PLAIN and LOGIN (mail.user)")
        if code != 235:
            raise RelayUnavailable(f"{self.name}: {_said('AUTH', code, said)}")


class Session:
    """A connection over which one mail after the other is sent. RelayUnavailable and RelayUnanswered are its end."""

    def __init__(self, client: smtplib.SMTP, name: str, timeout: float) -> None:
        self._client = client
        self._name = name
        self._timeout = timeout
        self.mails = 0  # handed over or refused

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Takes its leave, without waiting for long."""
        if self._client.sock is not None:
            with contextlib.suppress(*_TROUBLE):
                self._client.sock.settimeout(min(self._timeout, 5))
                self._client.quit()
        self._client.close()

    def send(self, sender: str, recipient: str, mail: bytes, before_end: BeforeEnd = lambda: True) -> bool:
        """Hands one mail over: addresses without a name beside them, the mail with its header, line ends CRLF.

        `before_end` is asked when everything but the end of the mail is sent; if it says no, the connection is closed
        and the answer is False: the relay has nothing. Raises RelayUnavailable, RecipientPutOff, RecipientRefused,
        RelayUnanswered.
        """
        try:
            self._envelope(sender, recipient, mail)
            body = re.sub(rb"(?m)^\.", b"..", mail)  # RFC 5321 section 4.5.2
            self._client.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        except _TROUBLE as error:
            self._client.close()
            raise RelayUnavailable(f"{self._name}: {_why(error)}") from error
        try:
            may_end = before_end()
        except BaseException:
            self._client.close()
            raise
        if not may_end:
            self._client.close()
            return False
        self._end()
        return True

    def _envelope(self, sender: str, recipient: str, mail: bytes) -> None:
        self.mails += 1
        if self.mails > 1:
            self._client.rset()
        sender, recipient = self._on_the_wire(sender), self._on_the_wire(recipient)
        options = self._options(sender, recipient, mail)
        code, said = self._client.mail(sender, options)
        self._check("MAIL", code, said, by_mail=code == _TOO_LARGE)
        self._check("RCPT", *self._client.rcpt(recipient), by_mail=True)
        self._check("DATA", *self._client.docmd("DATA"), by_mail=True, wanted=3)

    def _on_the_wire(self, address: str) -> str:
        """Its domain as an A-label: only a local part needs SMTPUTF8."""
        local, _, domain = address.rpartition("@")
        if not local or not address.isprintable() or set(address) & set(" <>"):
            raise RecipientRefused(f"{self._name}: not asked, for {escape(address)[:_MOST_SHOWN]!r} is no address")
        return f"{local}@{domains.normalise(domain) or domain}"

    def _options(self, sender: str, recipient: str, mail: bytes) -> list[str]:
        options = [f"SIZE={len(mail)}"] if self._client.has_extn("size") else []
        if (sender + recipient).isascii() and mail.isascii():
            return options
        if not self._client.has_extn("smtputf8"):
            raise RecipientRefused(f"{self._name}: it takes no addresses outside of ASCII (SMTPUTF8)")
        # smtplib writes its commands in UTF-8 from here on.
        self._client.command_encoding = "utf-8"
        return [*options, "SMTPUTF8", "BODY=8BITMIME"]

    def _check(self, command: str, code: int, said: bytes, *, by_mail: bool, wanted: int = 2) -> None:
        """Raises what a reply means; `by_mail`: it may be about this mail, and not about all."""
        if code // 100 == wanted:
            return
        text = f"{self._name}: {_said(command, code, said)}"
        if code // 100 not in (4, 5) or code in _ABOUT_US or not by_mail:
            self._client.close()
            raise RelayUnavailable(text)
        # A relay that may be set up wrongly is no reason to give a recipient up.
        may_pass = code // 100 == 4 or _NO_RELAY_FOR_US.search(said) is not None
        raise RecipientPutOff(text) if may_pass else RecipientRefused(text)

    def _end(self) -> None:
        """From here to the answer nobody knows (RFC 5321 section 4.2.5)."""
        try:
            if self._client.sock is not None:
                self._client.sock.settimeout(self._timeout * LONGER_AT_THE_END)
            self._client.send(b".\r\n")
            code, said = self._client.getreply()
            if self._client.sock is not None:
                self._client.sock.settimeout(self._timeout)
        except _TROUBLE as error:
            self._client.close()
            raise RelayUnanswered(f"{self._name}: no answer to the whole mail: {_why(error)}") from error
        if code // 100 not in (2, 4, 5):
            self._client.close()
            raise RelayUnanswered(f"{self._name}: {_said('the whole mail', code, said)}")
        self._check("the whole mail", code, said, by_mail=True)


def _context(mail: Mail) -> ssl.SSLContext:
    """How the relay is trusted: by the system's CAs and `mail.ca_file`."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if mail.ca_file is not None:
        try:
            context.load_verify_locations(cafile=mail.ca_file)
        except OSError as error:
            raise ConfigurationError(f"mail.ca_file: {mail.ca_file}: {error.strerror or error}") from error
    return context


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _our_name() -> str:
    """What we call ourselves in EHLO (RFC 5321 section 4.1.4): the machine's name, or what stands for none."""
    return domains.normalise(socket.gethostname()) or "[127.0.0.1]"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _said(command: str, code: int, said: bytes) -> str:
    """`it answered RCPT with 550 5.1.1 no such user`"""
    if code < 0:
        return f"it answered {command} with something that is not SMTP"
    return f"it answered {command} with {code} {_shown(said.decode('utf-8', 'replace'))}".rstrip()


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _said("the connection", error.smtp_code, _bytes(error.smtp_error))
    is_late = isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, TimeoutError)
    return _shown(why(TimeoutError() if is_late else error))


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")


def _shown(text: str) -> str:
    """A stranger's answer on one line; neither line is a command of ours, so no password is among it."""
    return escape(" ".join(text.split()))[:_MOST_SHOWN]
