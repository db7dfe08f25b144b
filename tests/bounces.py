"""Mail that came back, as mail servers write it; its people are fictitious. Every bounce is about ``who``."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

ME = "sue@example.org"
RETURNED = """\
Return-Path: <sue@example.org>
Received: from [198.51.100.7] (client.example.org [198.51.100.7])
\tby mail.example.org (Postfix) with ESMTPSA id 4F2A11C0
From: Sue Marten <sue@example.org>
To: {to}
Subject: The catalogue
Message-ID: <{returned}>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hello,

could you please send me the final list of plants?

Sue
"""

POSTFIX = """\
Return-Path: <>
Received: by mail.example.org (Postfix)
\tid 5A7731C3; {date}
Date: {date}
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: sue@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F2A11C0.1700000000/mail.example.org"
Message-Id: <20261101120000.5A7731C3@mail.example.org>

This is a MIME-encapsulated message.

--4F2A11C0.1700000000/mail.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

<{who}>: host mx.example.com[192.0.2.7] said: 550 5.1.1
    <{who}>: Recipient address rejected: User unknown (in reply to
    RCPT TO command)

--4F2A11C0.1700000000/mail.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org
X-Postfix-Queue-ID: 4F2A11C0
X-Postfix-Sender: rfc822; sue@example.org
Arrival-Date: {date}

Final-Recipient: rfc822; {who}
Original-Recipient: rfc822;{who}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <{who}>: Recipient address
    rejected: User unknown

--4F2A11C0.1700000000/mail.example.org
Content-Description: Undelivered Message
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

{mail}
--4F2A11C0.1700000000/mail.example.org--
"""

POSTFIX_FORWARDED = POSTFIX.replace("Original-Recipient: rfc822;{who}\n", "").replace(
    "{who}", "b.ode@elsewhere.example"
)

POSTFIX_DELAYED = (
    POSTFIX.replace("Undelivered Mail Returned to Sender", "Zustellung verz=?utf-8?Q?=C3=B6?=gert")
    .replace("Action: failed", "Action: delayed")
    .replace("Status: 5.1.1", "Status: 4.4.1\nWill-Retry-Until: {date}")
)

EXIM = """\
Return-path: <>
Received: from mail by mx.example.org with local (Exim 4.96)
\tid 1rAbCd-0000aB-2c; {date}
X-Failed-Recipients: {who}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example.org>
To: sue@example.org
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1rAbCd-0000aB-2c@mx.example.org>
Date: {date}

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {who}
    host mx.example.com [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<{who}>:
    550 5.1.1 User unknown
"""

EXCHANGE = """\
Return-Path: <>
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org>
To: "sue@example.org" <sue@example.org>
Date: {date}
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="c6b2f4d0-4d0e-4c43-9b1a-3f4be0b3f6a1"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: pl-PL
Message-ID: <c6b2f4d0-4d0e-4c43-9b1a-3f4be0b3f6a1@EXAMPLE01.prod.example.org>
Subject: Niedostarczalne: The catalogue
Auto-Submitted: auto-replied
MIME-Version: 1.0

--c6b2f4d0-4d0e-4c43-9b1a-3f4be0b3f6a1
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="bb93b5b1-0d3b-4f3b-8b8a-3b6d2a7a1c55"

--bb93b5b1-0d3b-4f3b-8b8a-3b6d2a7a1c55
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to {who} couldn't be delivered.=

--bb93b5b1-0d3b-4f3b-8b8a-3b6d2a7a1c55
Content-Type: text/html; charset="us-ascii"

<html><body>Your message couldn't be delivered.</body></html>

--bb93b5b1-0d3b-4f3b-8b8a-3b6d2a7a1c55--

--c6b2f4d0-4d0e-4c43-9b1a-3f4be0b3f6a1
Content-Type: message/delivery-status

Reporting-MTA: dns;EXAMPLE01.prod.example.org
Received-From-MTA: dns;EXAMPLE02.prod.example.org
Arrival-Date: {date}

Final-Recipient: rfc822;{who}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found


--c6b2f4d0-4d0e-4c43-9b1a-3f4be0b3f6a1
Content-Type: message/rfc822

{mail}
--c6b2f4d0-4d0e-4c43-9b1a-3f4be0b3f6a1--
"""

GMAIL = """\
Return-Path: <>
Received: by 2002:a05:6512:3c88 with SMTP id h8; {date}
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: sue@example.org
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
Message-ID: <65a1b2c3.050a0220.1d2e3.4f5a.GMR@mx.google.com>
Date: {date}
X-Failed-Recipients: {who}
Content-Type: multipart/report; boundary="000000000000d5e7c1060e1b2c3d"; report-type=delivery-status

--000000000000d5e7c1060e1b2c3d
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to {who} because the address couldn't be found.

--000000000000d5e7c1060e1b2c3d
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: {date}
X-Original-Message-ID: <{returned}>

Final-Recipient: rfc822; {who}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
Last-Attempt-Date: {date}

--000000000000d5e7c1060e1b2c3d
Content-Type: message/rfc822

{mail}
--000000000000d5e7c1060e1b2c3d--
"""

QMAIL = """\
Return-Path: <>
Received: (qmail 21012 invoked for bounce); {date}
Date: {date}
From: MAILER-DAEMON@mail.example.org
To: sue@example.org
Subject: failure notice
Message-ID: <1700000000.21012.qmail@mail.example.org>

Hi. This is the qmail-send program at mail.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{who}>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 User unknown

--- Below this line is a copy of the message.

{mail}
"""

RECEIPT = """\
From: Ben Ode <ben@example.com>
To: sue@example.org
Subject: L=?utf-8?Q?=C3=A4?=st: The catalogue
Date: {date}
Message-ID: <receipt@example.com>
In-Reply-To: <{returned}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="=_0001"

--=_0001
Content-Type: text/plain; charset=us-ascii

Your message was read.

--=_0001
Content-Type: message/disposition-notification

Reporting-UA: mail.example.com; Example Mail
Final-Recipient: rfc822;{who}
Original-Message-ID: <{returned}>
Disposition: manual-action/MDN-sent-manually; displayed

--=_0001--
"""


def bounce(shape: str, who: str, when: datetime, returned: str = "asked@example.org", to: str | None = None) -> bytes:
    """Return a mail of this shape: the mail ``returned``, written to ``to`` or them, did not reach ``who``."""
    mail = RETURNED.format(to=to or who, returned=returned)
    text = shape.format(who=who, date=format_datetime(when), returned=returned, mail=mail)
    return text.replace("\n", "\r\n").encode()
