"""Mail that no honest program writes: every field hostile in turn, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

ME = "sue@example.org"
FRIENDS = tuple(f"friend{number}@example.net" for number in range(12))
UNTIL = datetime(2026, 5, 20, 10, tzinfo=UTC)

Chance = random.Random
Make = Callable[[Chance], bytes]

_CHARSETS = (
    b"utf-8 utf-7 utf-16 utf-32 idna punycode rot13 rot-13 undefined unicode_escape raw_unicode_escape base64 hex zlib"
    b" bz2 uu quopri unknown-8bit x-unknown iso-2022-jp iso-2022-kr gb18030 big5 koi8-r windows-1252 cp037 mbcs"
    b" iso-8859-99 iso-8859-8-i 646 us-ascii ../../etc/passwd %s \x00"
).split(b" ")
_ENCODINGS = (
    b"7bit",
    b"8BIT",
    b"base64",
    b"quoted-printable",
    b"x-uuencode",
    b"binary",
    b"gzip",
    b"",
    b"base64 (really)",
)
_TYPES = (
    b"text/plain text/html text multipart/mixed multipart/alternative multipart/ /plain text/ message/rfc822"
    b" multipart/report multipart/encrypted text/calendar application/ms-tnef */* text/plain/html TEXT/PLAIN;"
).split(b" ")
_UNSEEN = "\u202e\u202a\u2066\u2069\u200b\u200d\ufeff\u00ad\u0085\u2028\u3164\u0007\u001b[31m"


class Mail(NamedTuple):
    """A message: whether it lies in Sent (else in INBOX), when it arrived (seconds since 1970), its bytes."""

    sent: bool
    arrived: int
    raw: bytes


def malformed(count: int, seed: int = 1) -> Iterator[Mail]:
    """Yield so many messages, each an ordinary one in which up to four things are wrong."""
    return (_written(random.Random(f"{seed}.{number}"), number) for number in range(count))


def _written(chance: Chance, number: int) -> Mail:
    mine, friend = chance.random() < 0.3, chance.choice(FRIENDS).encode()
    when = UNTIL - timedelta(hours=chance.expovariate(1 / 800))
    arrived = int(when.timestamp()) if chance.random() < 0.9 else chance.choice((0, 1, 2**31, 4_000_000_000))
    me = ME.encode()
    fields = {
        b"Return-Path": b"<%s>" % (me if mine else friend),
        b"Date": format_datetime(when).encode(),
        b"From": b"Sue Marten <%s>" % me if mine else b"A Friend <%s>" % friend,
        b"To": b"<%s>" % (friend if mine else me),
        b"Subject": b"Re: the lease %d" % (number // 4),
        b"Message-ID": b"<m%d@example.net>" % number,
        b"MIME-Version": b"1.0",
        b"Content-Type": b"text/plain; charset=utf-8",
    }
    if number % 4:
        fields[b"In-Reply-To"] = fields[b"References"] = b"<m%d@example.net>" % (number // 4 * 4)
    body = b"Hello,\r\n\r\ncould you send me the draft by Friday? I will call you next week.\r\n\r\nThanks, A\r\n"
    for _ in range(chance.randint(1, 4)):
        name = chance.choice(tuple(_HOSTILE))
        fields[name] = chance.choice(_HOSTILE[name])(chance)
    if chance.random() < 0.5:
        kind, body = chance.choice(_BODIES)(chance)
        fields[b"Content-Type"] = kind
        fields[b"Content-Transfer-Encoding"] = chance.choice(_ENCODINGS)
    lines = [name + b": " + value for name, value in fields.items()]
    return Mail(mine, arrived, chance.choice(_SHAPES)(chance, lines, body))


# fields


def _fixed(*values: bytes) -> tuple[Make, ...]:
    return tuple(lambda _, value=value: value for value in values)


def _noise(chance: Chance) -> bytes:
    """Make bytes of any kind, without the line breaks that would end the field."""
    return chance.randbytes(chance.randint(0, 300)).replace(b"\r", b"?").replace(b"\n", b"?")


def _huge(chance: Chance) -> bytes:
    return chance.choice((b"a", b"<", b"(", b'"', b"=?utf-8?q?", b" ", b",", b"@", b"\xff", b"\\")) * chance.choice(
        (1000, 8191, 8192, 8193, 20_000)
    )


def _folded(chance: Chance) -> bytes:
    return b"\r\n ".join([b"", *[b"x"] * chance.randint(1, 3000), b""])


def _encoded_words(chance: Chance) -> bytes:
    content = chance.choice(
        (b"SGVsbG8=", b"SGVsbG8", b"=", b"=ZZ=C3", b"=0D=0A Bcc: all@example.com", b"_" * 900, b"\xff")
    )
    word = b"=?%s?%s?%s?=" % (chance.choice(_CHARSETS), chance.choice((b"q", b"B", b"x", b"")), content)
    return chance.choice((b" ", b"", b"\r\n ")).join([word] * chance.choice((1, 2, 40))) + b" <friend1@example.net>"


def _unseen(chance: Chance) -> bytes:
    text = "".join(chance.choice(_UNSEEN) + chance.choice("abcАВС漢字") for _ in range(20))
    return (
        f'"{text}" <friend2@example.net>'.encode(chance.choice(("utf-8", "utf-16-le")))
        .replace(b"\n", b"")
        .replace(b"\r", b"")
    )


def _many_ids(chance: Chance) -> bytes:
    return b" ".join(b"<r%d@example.net>" % chance.randrange(10**6) for _ in range(chance.choice((201, 1000))))


def _loop(chance: Chance) -> bytes:
    return b" ".join(b"<m%d@example.net>" % chance.randrange(40) for _ in range(6))


_ANY: tuple[Make, ...] = (*_fixed(b"", b" ", b"\x00", b"\t\x0b\x0c"), _noise, _huge, _folded, _encoded_words, _unseen)
_PEOPLE: tuple[Make, ...] = (
    *_ANY,
    *_fixed(
        b"(" * 900 + b" friend1@example.net",
        b"<",
        b"<>",
        b"@",
        b'"' * 16_000,
        b'"unclosed <friend1@example.net>',
        b"friend1@example.net <boss@example.com>",
        b'"friend1@example.net" <boss@example.com>',
        b"<friend1@example.net> boss@example.com",
        b"friend1@example.net, friend2@example.net",
        b"=?utf-8?q?A=0D=0ABcc:_all@example.com?= <friend1@example.net>",
        b"=?utf-8?q?friend1=40example.net?= <boss@example.com>",
        b"friends: friend1@example.net, friend2@example.net;",
        b"undisclosed-recipients:;",
        b"<@relay.example,@other.example:friend1@example.net>",
        b"friend1@[192.0.2.1]",
        b"friend1@example.net\x00.example.com",
        b"friend1@example..net",
        "friend1@exаmple.net".encode(),  # a Cyrillic а
        b"friend1@" + b"a" * 300 + b".example",
        b"friend1@xn--\xff.example",
        b"FRIEND1@EXAMPLE.NET (a (nested (comment)))",
        b"{{7*7}} ${IFS} <friend3@example.net>",
        b"MAILER-DAEMON",
        b",".join(b"p%d@example.com" % number for number in range(900)),
    ),
)
_IDS: tuple[Make, ...] = (
    *_ANY,
    _many_ids,
    _loop,
    *_fixed(
        b"<[a]@[b",
        b"<>",
        b"<a@b",
        b"a@b>",
        b"<<<<a@b>>>>",
        b"<same@broken.example>",
        b'<"\r\n x" UID STORE 1:* +FLAGS (\\Deleted)@example.net>',
        b"<a b@c d>",
        b"<!&!AAAA@example.net>",
        b"<" + b"x" * 2000 + b"@example.net>",
        "<größe@example.net>".encode("latin-1"),
        b"<m1@example.net> <m2@example.net> <m1@example.net>",
    ),
)
_DATES: tuple[Make, ...] = (
    *_ANY,
    *_fixed(
        b"Thu, 1 Jan 1970 00:00:00 +0000",
        b"Fri, 13 Oct 2090 10:00:00 +0000",
        b"Mon, 1 Jan 99999999999 00:00:00 +0000",
        b"Mon, 32 Feb 2026 25:61:61 +9999",
        b"Tue, 29 Feb 2025 10:00:00 -0000",
        b"1 Jan 26 10:00 EST",
        b"2026-05-01T10:00:00Z",
        b"Thu, 30 Apr 2026 23:59:60 +1400",
        b"Sat, 02 May 2026 10:00:00 +0200 (Mitteleurop\xe4ische Zeit)",
        b"1" * 400,
        b"Mon, 04 May 2026 10:00:00 +" + b"9" * 40,
        b"0 0 0 0 0 0 0 0 0",
    ),
)
_WORDS: tuple[Make, ...] = (
    *_ANY,
    *_fixed(
        "Grüße".encode(),
        "Grüße".encode("latin-1"),
        b"Re: " * 2000,
        b"[" * 5000,
        b"Re[99999999]: x",
        b"\x1b]0;title\x07",
        b"{% for x in range(10**9) %}",
        b"Out of office: Automatic reply",
        b"=?utf-7?q?+ADw-script+AD4-?=",
        b"'; DROP TABLE message; --",
    ),
)


def _type(chance: Chance) -> bytes:
    kind, charset = chance.choice(_TYPES), chance.choice(_CHARSETS)
    more = chance.choice(
        (
            b"",
            b"; boundary=",
            b'; boundary="',
            b"; boundary=" + b"b" * 5000,
            b"; name*0*=utf-8''%FF; name*9=x",
            b";;;=;",
        )
    )
    return kind + b"; charset=" + charset + more


_HOSTILE: dict[bytes, tuple[Make, ...]] = {
    **dict.fromkeys((b"From", b"To", b"Cc", b"Reply-To"), _PEOPLE),
    **dict.fromkeys((b"Message-ID", b"In-Reply-To", b"References"), _IDS),
    b"Date": _DATES,
    b"Subject": _WORDS,
    **dict.fromkeys((b"Auto-Submitted", b"Precedence", b"List-Id", b"Return-Path", b"X-Failed-Recipients"), _ANY),
    b"Content-Type": (*_ANY, _type),
}


# bodies


def _nested(chance: Chance) -> tuple[bytes, bytes]:
    """Make parts within parts, up to 1,000 deep."""
    depth = chance.choice((5, 60, 400, 1000))
    lines = [b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n" % (level, level + 1) for level in range(depth)]
    return b"multipart/mixed; boundary=b0", b"\r\n".join([*lines, b"--b%d\r\n\r\ndeep\r\n" % depth])


def _many_parts(chance: Chance) -> tuple[bytes, bytes]:
    part = b"--b\r\nContent-Type: %s\r\n\r\nHello?\r\n" % chance.choice(_TYPES)
    end = chance.choice((b"--b--\r\n", b"--b", b""))
    return b"multipart/mixed; boundary=b", part * chance.choice((1, 30, 600, 1500)) + end


def _messages_within(chance: Chance) -> tuple[bytes, bytes]:
    head = b"From: x@example.com\r\nContent-Type: message/rfc822\r\n\r\n"
    return b"message/rfc822", head * chance.choice((1, 40, 300)) + b"\r\nHello?"


def _misnamed_text(chance: Chance) -> tuple[bytes, bytes]:
    text = chance.choice(
        (
            b"Could you send it by Friday?",
            "Können Sie mir bis Freitag antworten?".encode("latin-1"),
            "返信をお願いします。".encode("iso-2022-jp"),
            b"> " * 5000 + b"?",
            b"On Monday Ana wrote:\r\n" * 400,
            b"?" * 20_000,
            b"Dear " * 9000,
            b"<" * 20_000,
            b"<div>" * 6000 + b"Hello?",
            b"=" * 5000,
            b"\x00" * 3000,
            b"please " * 6000 + b"\r\n",
            b"1/1/1 " * 4000,
            b"a" * 60_000,
            chance.randbytes(4000),
        )
    )
    return chance.choice((b"text/plain", b"text/html")) + b"; charset=" + chance.choice(_CHARSETS), text


_BODIES = (_nested, _many_parts, _messages_within, _misnamed_text, _misnamed_text)


# shapes


def _whole(_: Chance, lines: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join([*lines, b"", body])


def _bare_line_feeds(_: Chance, lines: list[bytes], body: bytes) -> bytes:
    return b"\n".join([*lines, b"", body])


def _carriage_returns(_: Chance, lines: list[bytes], body: bytes) -> bytes:
    return b"\r".join([*lines, b"", body])


def _fields_twice(_: Chance, lines: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join([*lines, *lines, b"", body])


def _foreign_lines(chance: Chance, lines: list[bytes], body: bytes) -> bytes:
    odd = (
        b"no colon here",
        b": no name",
        b"From sue Mon May  4",
        b" folded from nowhere",
        b"\xff\xfe: x",
        b"Sub ject: x",
        b":",
    )
    return b"\r\n".join([chance.choice(odd), *lines[:4], chance.choice(odd), *lines[4:], b"", body])


def _cut_off(chance: Chance, lines: list[bytes], body: bytes) -> bytes:
    whole = b"\r\n".join([*lines, b"", body])
    return whole[: chance.randrange(len(whole))]


def _bytes_changed(chance: Chance, lines: list[bytes], body: bytes) -> bytes:
    whole = bytearray(b"\r\n".join([*lines, b"", body]))
    for _ in range(chance.randint(1, 30)):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole)


_SHAPES = (_whole,) * 8 + (_bare_line_feeds, _carriage_returns, _fields_twice, _foreign_lines, _cut_off, _bytes_changed)
