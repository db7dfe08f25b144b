"""From a dated message of a story to the bytes a mail server would hold (RFC 5322, 2045, 2047, 3834, 3464, 5545)."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from zoneinfo import ZoneInfo

from assistant.demo.people import ME, Dated, written_date

WIRE = compat32.clone(linesep="\r\n")
AGENTS = {
    "apple": {"X-Mailer": "Apple Mail (2.3826)"},
    "gmail": {},
    "outlook": {"X-Mailer": "Microsoft Outlook 16.0", "Thread-Index": "AQHaHk2tZ0xJ8Q=="},
    "phone": {"X-Mailer": "Phone Mail 14"},
    "thunderbird": {"User-Agent": "Mozilla Thunderbird"},
    "machine": {},
}
MINE = "thunderbird"
FOOT = "Sue Marten\nGardens, courtyards and the odd roof\nPotsdam"
FAREWELLS = {
    "en": "Best wishes\nSue",
    "de": "Herzliche Grüße\nSue",
    "fr": "Je t'embrasse,\nSue",
    "es": "Un abrazo,\nSue",
}
PHONE_FOOT = {"de": "Von unterwegs gesendet", "fr": "Envoyé de mon téléphone", "es": "Enviado desde mi móvil"}
_WROTE = {
    "en": "On {date} at {time}, {name} wrote:",
    "de": "Am {date} um {time} schrieb {name}:",
    "fr": "Le {date} à {time}, {name} a écrit :",
    "es": "El {date} a las {time}, {name} escribió:",
    "pl": "{date} {time}, {name} napisał(a):",
    "sv": "{date} kl. {time} skrev {name}:",
}
_ORIGINAL = {
    "en": ("Original Message", "From", "Sent", "To", "Subject"),
    "de": ("Ursprüngliche Nachricht", "Von", "Gesendet", "An", "Betreff"),
}


def compose(letter: Dated) -> bytes:
    """Return the whole message with CRLF line ends; the same bytes for the same letter."""
    message = FORMS[letter.mail.form](letter)
    content = message.items()
    for name, _ in content:
        del message[name]
    for name, value in (*_headers(letter).items(), *content):
        message[name] = value
    return message.as_bytes(policy=WIRE)


def _headers(letter: Dated) -> dict[str, str]:
    person, mail = letter.person, letter.mail
    zone = person.zone if not mail.mine else "Europe/Berlin"
    headers = {} if mail.mine else _travelled(letter)
    headers |= {
        "From": sender(letter),
        "To": ", ".join(_encoded(one) for one in _recipients(letter)),
        "Subject": _words(letter.subject, _charset(letter)),
        "Date": format_datetime(letter.when.astimezone(ZoneInfo(zone))),
        "Message-ID": f"<{letter.message_id}>",
    }
    if mail.cc:
        headers["Cc"] = ", ".join(_encoded(one) for one in mail.cc)
    if letter.before:
        headers["In-Reply-To"] = f"<{letter.before.message_id}>"
        headers["References"] = "\r\n ".join(f"<{one}>" for one in letter.references)
    return headers | AGENTS[_client(letter)] | ({} if mail.mine else dict(person.headers))


def sender(letter: Dated) -> str:
    """Return the From line, encoded by RFC 2047 where needed."""
    if letter.mail.form == "ambiguous":
        return letter.mail.by
    if letter.mail.by:
        return _encoded(letter.mail.by)
    if letter.mail.mine:
        return formataddr((ME, letter.person.mine))
    return formataddr((letter.person.name, letter.person.address), _charset(letter))


def _recipients(letter: Dated) -> tuple[str, ...]:
    person = letter.person
    if letter.mail.to:
        return letter.mail.to
    if letter.mail.mine:
        return (formataddr((person.name, person.address), _charset(letter)),)
    return person.to or (formataddr((ME, person.mine)),)


def _travelled(letter: Dated) -> dict[str, str]:
    """Return what the mail servers on the way write on top."""
    host = letter.message_id.partition("@")[2]
    stamp = format_datetime(letter.when.astimezone(ZoneInfo("UTC")) + timedelta(seconds=4))
    bounce = letter.mail.form in ("absence", "bounce")
    queue = hashlib.sha256(letter.message_id.encode()).hexdigest()[:12].upper()
    return {
        "Return-Path": "<>" if bounce else f"<{parseaddr(sender(letter))[1] or 'postmaster@' + host}>",
        "Delivered-To": letter.person.mine,
        "Received": f"from mail.{host} (mail.{host} [192.0.2.25])\r\n\tby mx.example.org (Postfix) "
        f"with ESMTPS id {queue}\r\n\tfor <{letter.person.mine}>; {stamp}",
    }


def _body(letter: Dated) -> str:
    """Return the text as it was typed, with the mail that is answered below."""
    return _own_part(letter) + (f"\n{_quote(letter, letter.before)}\n" if letter.before else "")


def _own_part(letter: Dated) -> str:
    """Return the writer's own words, sign-off and signature."""
    person, first = letter.person, letter.before is None
    parts = [letter.text]
    if letter.mail.mine:
        farewell = FAREWELLS.get(person.language, FAREWELLS["en"]) if first and not person.rhythm else "Sue"
        parts.append(person.farewell or farewell)
        parts += [f"-- \n{FOOT}"] if first and not person.rhythm else []
    else:
        parts += [person.sign] if person.sign else []
        parts += [f"-- \n{person.signature}"] if person.signature else []
        parts += [PHONE_FOOT.get(person.language, "Sent from my phone")] if _client(letter) == "phone" else []
    return "\n\n".join(parts) + "\n"


def _quote(letter: Dated, before: Dated) -> str:
    """Return the mail that is answered as this client puts it below the answer."""
    language = letter.person.language
    if _client(letter) == "outlook" and language in _ORIGINAL:
        title, by, sent, to, subject = _ORIGINAL[language]
        other = letter.person.name if before.mail.mine else ME
        return (
            f"-----{title}-----\n{by}: {_writer(before)}\n{sent}: {_day(before.when, language)} {before.when:%H:%M}\n"
            f"{to}: {other}\n{subject}: {before.subject}\n\n{before.text}"
        )
    return _lead(letter, before) + "\n\n" + "\n".join(f"> {line}".rstrip() for line in before.text.splitlines())


def _lead(letter: Dated, before: Dated) -> str:
    """Return the line above a quoted mail, in the language of the one who quotes."""
    language = "en" if letter.mail.mine else letter.person.language
    day = _day(before.when, language)
    return _WROTE[language].format(date=day, time=f"{before.when:%H:%M}", name=_writer(before))


def _writer(letter: Dated) -> str:
    return ME if letter.mail.mine else parseaddr(letter.mail.by)[0] or letter.person.name


def _day(when: datetime, language: str) -> str:
    return written_date(when, language) if language not in ("pl", "sv") else f"{when:%Y-%m-%d}"


def _plain(letter: Dated) -> Message:
    """Return what this client writes for an ordinary mail, with the attachment when there is one."""
    client, text = _client(letter), _body(letter)
    content: Message
    if client == "phone":
        content = _text(_markup(letter), "html")
    elif client in ("gmail", "outlook"):
        content = _multipart("alternative", letter, _text(text), _text(_markup(letter), "html"))
    else:
        content = _text(text)
    return _with_attachment(letter, content) if letter.mail.attach else content


def _with_attachment(letter: Dated, content: Message) -> Message:
    name = letter.mail.attach
    attached = MIMEApplication(f"%PDF-1.4 {name}\n%%EOF\n".encode(), "pdf", name=name)
    attached["Content-Disposition"] = f'attachment; filename="{name}"'
    return _multipart("mixed", letter, content, attached)


def _markup(letter: Dated) -> str:
    """Return the body as the HTML of a phone or a web mail, the quoted mail in a blockquote."""
    quoted = ""
    if letter.before:
        lead = html.escape(_lead(letter, letter.before))
        quoted = f'<div class="gmail_quote">{lead}<blockquote>{_paragraphs(letter.before.text)}</blockquote></div>'
    return f"<html><body>{_paragraphs(_own_part(letter))}{quoted}</body></html>\n"


def _paragraphs(text: str) -> str:
    blocks = (html.escape(block).replace("\n", "<br>\n") for block in text.strip().split("\n\n"))
    return "".join(f"<p>{block}</p>\n" for block in blocks)


def _absence(letter: Dated) -> Message:
    """Return an absence note (RFC 3834)."""
    message = _text(letter.text + "\n")
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    return message


def _bounce(letter: Dated) -> Message:
    """Return a delivery report (RFC 3464) for the message before it in the thread."""
    assert letter.before is not None, "a bounce needs the mail it is about"
    failed = letter.person.address
    report = Message()
    report["Content-Type"] = "message/delivery-status"
    report.attach(_fields({"Reporting-MTA": "dns; mx.example.org"}))
    report.attach(
        _fields(
            {
                "Final-Recipient": f"rfc822; {failed}",
                "Action": "failed",
                "Status": "5.1.1",
                "Diagnostic-Code": "smtp; 550 5.1.1 User unknown",
            }
        )
    )
    original = _fields(_headers(letter.before))
    original.set_payload(letter.before.text)
    message = _multipart("report", letter, _text(letter.text + "\n"), report, MIMEMessage(original))
    message.set_param("report-type", "delivery-status")
    message["Auto-Submitted"] = "auto-replied"
    message["X-Failed-Recipients"] = failed
    return message


def _invitation(letter: Dated) -> Message:
    """Return an invitation to an hour two weeks after it was sent (RFC 5545, 6047)."""
    start = letter.when.astimezone(ZoneInfo("UTC")) + timedelta(days=14)
    event = "\r\n".join(
        (
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "METHOD:REQUEST",
            "BEGIN:VEVENT",
            f"UID:{letter.message_id}",
            f"DTSTART:{start:%Y%m%dT%H0000Z}",
            f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H0000Z}",
            f"SUMMARY:{letter.subject}",
            f"ORGANIZER:mailto:{letter.person.address}",
            f"ATTENDEE:mailto:{letter.person.mine}",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        )
    )
    calendar = _text(event, "calendar")
    calendar.set_param("method", "REQUEST")
    return _multipart("alternative", letter, _text(_body(letter)), calendar)


def _encrypted(letter: Dated) -> Message:
    """Return what is seen of a mail encrypted with PGP (RFC 3156)."""
    secret = base64.encodebytes(hashlib.sha512(letter.message_id.encode()).digest() * 3).decode()
    armoured = f"-----BEGIN PGP MESSAGE-----\n\n{secret}-----END PGP MESSAGE-----\n"
    parts = (
        MIMEApplication(b"Version: 1\n", "pgp-encrypted", _seven_bit),
        MIMEApplication(armoured.encode(), "octet-stream", _seven_bit, name="encrypted.asc"),
    )
    message = _multipart("encrypted", letter, *parts)
    message.set_param("protocol", "application/pgp-encrypted")
    return message


FORMS: Mapping[str, Callable[[Dated], Message]] = {
    "": _plain,
    "ambiguous": _plain,
    "absence": _absence,
    "bounce": _bounce,
    "invitation": _invitation,
    "encrypted": _encrypted,
}


def _fields(fields: Mapping[str, str]) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name] = value
    return message


def _multipart(subtype: str, letter: Dated, *parts: Message) -> MIMEMultipart:
    """Return the parts under a boundary that does not change from run to run."""
    boundary = "=_" + hashlib.sha256(f"{letter.message_id} {subtype}".encode()).hexdigest()[:24]
    return MIMEMultipart(subtype, boundary, parts)


def _text(text: str, subtype: str = "plain") -> MIMEText:
    """Return a text part, in ASCII where that is enough, else UTF-8 in quoted-printable."""
    if text.isascii():
        return MIMEText(text, subtype, "us-ascii")
    utf8 = Charset("utf-8")
    utf8.body_encoding = QP
    return MIMEText(text, subtype, utf8)  # type: ignore[arg-type]  # a Charset is taken, typeshed knows only str


def _seven_bit(part: Message) -> None:
    part["Content-Transfer-Encoding"] = "7bit"


def _client(letter: Dated) -> str:
    if letter.mail.form in ("absence", "bounce"):
        return "machine"
    return MINE if letter.mail.mine else letter.person.client


def _charset(letter: Dated) -> str:
    """Return the charset of encoded header words: old Outlook still writes Latin-1."""
    latin = all(ord(character) < 256 for character in letter.person.name + letter.subject)
    return "iso-8859-1" if letter.person.client == "outlook" and latin else "utf-8"


def _words(text: str, charset: str) -> str:
    return text if text.isascii() else Header(text, charset).encode()


def _encoded(address: str) -> str:
    return formataddr(parseaddr(address))
