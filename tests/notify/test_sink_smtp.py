"""Letters as a real mail server takes them, and as other libraries read them."""

import smtplib
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from counter.notify.notice import Letter, Notice
from counter.notify.ports import Undeliverable
from counter.notify.sink_smtp import Relay, SmtpSink, message_of
from tests.notify.mail_server import HOST, PASSWORD, USER, mail_server, make_certificate

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ENTRY = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//EN
METHOD:CANCEL
BEGIN:VEVENT
UID:a-1@counter.example
SEQUENCE:3
DTSTAMP:20261123T020000Z
DTSTART:20261127T020000Z
SUMMARY:刑事紀錄證明書
STATUS:CANCELLED
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
NOTICE = Notice(
    id="notice-7",
    kind="appointment.cancelled",
    ref="a-1",
    to="ana@example.org",
    language="zh_Hant",
    body={},
    letter=Letter(
        subject="您的預約已取消：刑事紀錄證明書",
        text="您的預約已取消\n\n時間：2026年11月27日（星期五）10:00\n.\n完\n",
        short="您的預約已取消",
        calendar=ENTRY,
    ),
)


def relay(port: int, **more: Any) -> Relay:
    plain = Relay(host=HOST, port=port, tls="none", sender="counter@counter.example")
    return replace(plain, **more)


async def test_a_letter_arrives_whole_with_its_calendar_entry() -> None:
    async with mail_server() as server:
        await SmtpSink(relay(server.port), lambda: NOW).deliver(NOTICE)
    (letter,) = server.came
    assert server.envelopes == [("counter@counter.example", ["ana@example.org"])]
    assert letter["Subject"] == NOTICE.letter.subject
    assert (letter["From"], letter["To"]) == ("counter@counter.example", "ana@example.org")
    assert letter["Message-ID"] == "<notice-7@counter.example>"
    assert letter["Date"].datetime == NOW
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_body(("plain",))
    assert text is not None and text["Content-Language"] == "zh-Hant"
    assert text.get_content().replace("\r\n", "\n") == NOTICE.letter.text
    (attached,) = letter.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_filename() == "appointment.ics"
    assert attached["Content-Type"].params["method"] == "CANCEL"
    found = attached.get_payload(decode=True)
    assert found == ENTRY.encode()
    read = Calendar.from_ical(found)
    (event,) = read.walk("VEVENT")
    assert (read["METHOD"], event["SEQUENCE"], event["STATUS"]) == ("CANCEL", 3, "CANCELLED")
    assert event["SUMMARY"] == "刑事紀錄證明書"


async def test_a_repeat_has_the_same_message_id() -> None:
    async with mail_server() as server:
        sink = SmtpSink(relay(server.port), lambda: NOW)
        await sink.deliver(NOTICE)
        await sink.deliver(NOTICE)
    assert len({letter["Message-ID"] for letter in server.came}) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it has TLS already
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_the_way_there_is_sealed_and_signed_in(tmp_path: Path, tls: str) -> None:
    pem = make_certificate(tmp_path / "mail.pem")
    async with mail_server(tls=tls, certificate=pem, sign_in=True) as server:
        known = relay(server.port, tls=tls, user=USER, password=PASSWORD, authority=pem)
        await SmtpSink(known, lambda: NOW).deliver(NOTICE)
        assert (len(server.came), server.sealed) == (1, [True])
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await SmtpSink(replace(known, password="guessed"), lambda: NOW).deliver(NOTICE)
        with pytest.raises(ssl.SSLCertVerificationError):  # somebody nobody vouches for
            await SmtpSink(replace(known, authority=None), lambda: NOW).deliver(NOTICE)
    assert len(server.came) == 1


async def test_a_relay_without_tls_is_told_nothing_when_tls_is_wanted() -> None:
    async with mail_server() as server:
        with pytest.raises(smtplib.SMTPNotSupportedError):
            await SmtpSink(relay(server.port, tls="starttls"), lambda: NOW).deliver(NOTICE)
    assert server.came == []


async def test_a_mailbox_that_does_not_exist_is_not_tried_again() -> None:
    async with mail_server() as server:
        server.refused["ana@example.org"] = "550 no such mailbox"
        with pytest.raises(Undeliverable, match="550"):
            await SmtpSink(relay(server.port), lambda: NOW).deliver(NOTICE)
        server.refused["ana@example.org"] = "451 later"
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await SmtpSink(relay(server.port), lambda: NOW).deliver(NOTICE)


@pytest.mark.parametrize(
    "to",
    [
        "ana@example.org\nBcc: eve@example.org",
        "ana@example.org\r\nRCPT TO:<eve@example.org>",
        "ana@example.org, eve@example.org",
        "<eve@example.org> ana@example.org",
        "ana@example.org\0",
        "ana",
        "@example.org",
        "ana@",
        "ana@exa mple.org",
        "ana@.example.org",
    ],
)
def test_what_is_no_single_address_is_sent_to_nobody(to: str) -> None:
    with pytest.raises(Undeliverable):
        message_of(replace(NOTICE, to=to), "counter@counter.example", NOW)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x0b"])
def test_a_subject_cannot_begin_another_header(end: str) -> None:
    letter = replace(NOTICE.letter, subject=f"Booked{end}Bcc: eve@example.org")
    with pytest.raises(Undeliverable):
        message_of(replace(NOTICE, letter=letter), "counter@counter.example", NOW)


async def test_the_text_cannot_end_the_letter_early() -> None:
    text = "one\n.\nRSET\nMAIL FROM:<eve@example.org>\n"
    async with mail_server() as server:
        await SmtpSink(relay(server.port), lambda: NOW).deliver(
            replace(NOTICE, letter=replace(NOTICE.letter, text=text))
        )
    (letter,) = server.came
    body = letter.get_body(("plain",))
    assert body is not None and body.get_content().replace("\r\n", "\n") == text


def test_a_domain_of_other_letters_is_written_as_dns_has_it() -> None:
    letter = message_of(replace(NOTICE, to="ana@例子.mo"), "counter@counter.example", NOW)
    assert letter["To"] == "ana@xn--fsqu00a.mo"
