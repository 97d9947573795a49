"""Sends notices as e-mail through a relay of the operator's (RFC 5321, RFC 5322).

Plain text in the reader's language, with the appointment as a calendar entry beside it.  What could
end a header or a command early is refused before anything is said to the relay.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from counter.notify.notice import Notice
from counter.notify.ports import Undeliverable

STEP_S = 5.0
"For each answer of the relay."
NEVER = range(550, 560)
"Answers about a mailbox that another attempt does not change."


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Who takes our letters, and whom they come from."""

    host: str
    port: int
    tls: Literal["starttls", "implicit", "none"]
    sender: str
    "E-mail address."
    user: str = ""
    "Empty: nobody signs in."
    password: str = ""
    authority: Path | None = None
    "PEM of who vouches for the relay's certificate; none: whom this machine believes."


class SmtpSink:
    """See `counter.notify.ports.Sink`."""

    def __init__(self, relay: Relay, clock: Callable[[], datetime]) -> None:
        self._relay = relay
        self._clock = clock

    async def deliver(self, notice: Notice) -> None:
        letter = message_of(notice, self._relay.sender, self._clock())
        await asyncio.to_thread(self._send, letter)

    def _send(self, letter: EmailMessage) -> None:
        relay = self._relay
        tls = None if relay.tls == "none" else ssl.create_default_context(cafile=relay.authority)
        line: smtplib.SMTP
        if relay.tls == "implicit":
            line = smtplib.SMTP_SSL(relay.host, relay.port, timeout=STEP_S, context=tls)
        else:
            line = smtplib.SMTP(relay.host, relay.port, timeout=STEP_S)
        with line:
            if relay.tls == "starttls":
                line.starttls(context=tls)
            if relay.user:
                line.login(relay.user, relay.password)
            try:
                line.send_message(letter)
            except smtplib.SMTPRecipientsRefused as refused:
                ((status, _),) = refused.recipients.values()
                if status in NEVER:
                    raise Undeliverable(f"the relay answered {status}") from None
                raise
            except smtplib.SMTPNotSupportedError:
                raise Undeliverable("the relay takes no address of other letters") from None


def message_of(notice: Notice, sender: str, now: datetime) -> EmailMessage:
    """The letter as it is sent; the same notice has the same Message-ID at every attempt.

    Raises `Undeliverable` when the address or the subject cannot stand in a header.
    """
    to = _address(notice.to)
    if not notice.letter.subject.isprintable():
        raise Undeliverable("the subject is not one printable line")
    own = _address(sender)
    letter = EmailMessage(policy=SMTP)
    letter["From"] = own
    letter["To"] = to
    letter["Subject"] = notice.letter.subject
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = f"<{notice.id}@{own.domain}>"
    letter["Auto-Submitted"] = "auto-generated"  # no holiday replies, please (RFC 3834)
    letter.set_content(notice.letter.text, cte="base64")
    letter["Content-Language"] = notice.language.replace("_", "-")
    if notice.letter.calendar:
        letter.add_attachment(
            notice.letter.calendar.encode(),
            maintype="text",
            subtype="calendar",
            filename="appointment.ics",
            params={"method": notice.letter.method, "charset": "utf-8"},
        )
    return letter


def _address(text: str) -> Address:
    """Raises `Undeliverable`."""
    local, at, domain = text.rpartition("@")
    if not (local and at and domain) or not text.isprintable() or set(text) & set(' ,;<>"'):
        raise Undeliverable("the address is none")
    try:
        return Address(username=local, domain=domain.encode("idna").decode())
    except (UnicodeError, ValueError):
        raise Undeliverable("the address is none") from None
