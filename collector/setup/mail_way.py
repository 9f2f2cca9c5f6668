"""A report by mail, as a sender would deliver it: to the MX of the rua domain, with TLS where that works (R12)."""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Iterator

from collector.errors import LookupFailed, NoSuchName
from collector.resolver import Resolver
from collector.setup.deadline import Deadline
from collector.setup.steps import Way, shown

_MOST_HOSTS = 3
_MOST_ADDRESSES = 2  # of each host
_SECONDS = 15.0  # for each answer


def deliver(
    way: Way, mail: bytes, *, sender: str, recipient: str, port: int, helo: str, resolver: Resolver, deadline: Deadline
) -> None:
    """Delivers `mail` (CRLF) and notes each step. Whatever happens is a step; nothing is raised."""
    domain = recipient.rpartition("@")[2]
    try:
        hosts = _hosts(domain, resolver)
    except (LookupFailed, NoSuchName) as error:
        way.note("mx", False, str(error))
        return
    if not hosts:
        way.note("mx", False, f"{domain} takes no mail (null MX, RFC 7505)")
        return
    way.note("mx", True, f"the MX of {domain}: {', '.join(hosts)}")
    said = "no MX host has an address"
    for host, address in _addresses(hosts, resolver):
        is_final, said = _try(host, address, port, helo, sender, recipient, mail, deadline)
        if is_final:
            way.note("accepted", True, said)
            return
        if is_final is None:
            break
    way.note("accepted", False, said)


def _hosts(domain: str, resolver: Resolver) -> list[str]:
    hosts = asyncio.run(resolver.mx_async(domain))
    return list(dict.fromkeys(host for _, host in hosts))[:_MOST_HOSTS]


def _addresses(hosts: list[str], resolver: Resolver) -> Iterator[tuple[str, str]]:
    for host in hosts:
        try:
            addresses = asyncio.run(resolver.addresses_async(host))
        except (LookupFailed, NoSuchName):
            continue
        for address in addresses[:_MOST_ADDRESSES]:
            yield host, address


def _try(
    host: str, address: str, port: int, helo: str, sender: str, recipient: str, mail: bytes, deadline: Deadline
) -> tuple[bool | None, str]:
    """(True: taken, False: try the next host, None: refused for good; what the server said)."""
    where = f"{host} [{address}]:{port}"
    for with_tls in (True, False):
        try:
            return _deliver_to(where, address, port, helo, sender, recipient, mail, deadline, with_tls)
        except _NoTls as error:
            where = f"{where} (without TLS: {shown(str(error))})"
        except (OSError, smtplib.SMTPException) as error:
            return False, f"{where}: {shown(_in_words(error))}"
    return False, where


class _NoTls(Exception):
    """STARTTLS was offered and failed: the report goes without, for it may be about just that (R12)."""


def _deliver_to(
    where: str,
    address: str,
    port: int,
    helo: str,
    sender: str,
    recipient: str,
    mail: bytes,
    deadline: Deadline,
    with_tls: bool,
) -> tuple[bool | None, str]:
    with deadline.over(smtplib.SMTP(local_hostname=helo, timeout=deadline.left(_SECONDS))) as client:
        code, said = client.connect(address, port)
        if code == 220:
            client.ehlo_or_helo_if_needed()
            if with_tls and client.has_extn("starttls"):
                _begin_tls(client)
            code, said = client.mail(sender)
        if code == 250:
            code, said = client.rcpt(recipient)
        if code in (250, 251):
            code, said = client.data(mail)
        answer = f"{where} said {code} {shown(said)}"
        _hang_up(client)
    return (True if code == 250 else None if code >= 500 else False), answer


def _begin_tls(client: smtplib.SMTP) -> None:
    # Whom it speaks to is not asked: a sender of reports does not either, and `check` looks at the certificate.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        client.starttls(context=context)
        client.ehlo()
    except (ssl.SSLError, smtplib.SMTPException) as error:
        client.close()
        raise _NoTls(str(error)) from error


def _hang_up(client: smtplib.SMTP) -> None:
    try:
        client.quit()
    except (OSError, smtplib.SMTPException):
        client.close()  # the answer is there; how they part is all the same


def _in_words(error: OSError | smtplib.SMTPException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"said {error.smtp_code} {shown(error.smtp_error)}"
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    return str(getattr(error, "strerror", None) or error)
