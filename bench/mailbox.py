"""A large mailbox as real ones are: conversations, lists, newsletters, notices, and what is broken in old mail."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate

OWNER = "Robin Vale <robin@home.example>"
DAY = 86400.0
EIGHT_YEARS = 8 * 365.25
INBOX, SENT = "", ".Sent"


def _words(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(separator))


_GIVEN = _words(
    "Ada Bela Cyril Dora Emil Freya Gustav Hedda Ilse Jonas Katja Levi Mira Nils Otto Pia Rosa Selma Till Vera Wim "
    "Zora Anaïs Björn Çelik Désirée Håkon José Søs Zoé Юлия Борис 花子 太郎 Ελένη"
)
_FAMILY = _words(
    "Abel Brandt Costa Dahl Engel Ferri Grau Holm Iversen Juhl Klein Lund Marsh Nagy Ortiz Pohl Quist Rhys Stein "
    "Thorne Urban Vogel Weiss Young Zeman Müller Šimek Gómez Lefèvre Ødegård Соколова 鈴木"
)
_MATTERS = _words(
    "lease, grant application, kitchen plan, translation, exhibition, chapter three, insurance, garden wall, "
    "school visit, loan of the van, choir rehearsal, survey, catalogue, contract, podcast, harvest table, "
    "Übersetzung, visite à Genève, Prüfung, presupuesto, 写真展, концерт",
    ", ",
)
_SENTENCES = (
    "Could you let me know by Friday whether that suits you?",
    "What do you think of the second version?",
    "I will send you the figures next week.",
    "Thank you so much for your help with this.",
    "Thanks, that is all I needed.",
    "Can you tell me who looks after the keys?",
    "We met the others yesterday and walked through the whole list.",
    "It took longer than we had thought, as such things do.",
    "The rest can wait until you are back.",
    "I have put the notes in order and marked the open points.",
    "Would Tuesday at ten be good for a short call?",
    "Please find the sketch attached.",
    "No need to reply.",
    "The weather has been kind to us here, and the work goes on.",
    "I promised you the address of the printer and will look it up.",
)
_ANSWER_MARKS = ("Re: ",) * 6 + ("RE: ", "AW: ", "Antw: ", "Re: Fwd: ")


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: the Maildir folder it lies in, when it arrived (seconds since 1970), its bytes."""

    folder: str
    when: float
    content: bytes


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody or something that sends mail."""

    mailbox: str
    domain: str


def generate(inbox: int, sent: int, until: datetime, *, seed: int = 1, days: float = EIGHT_YEARS) -> Iterator[Mail]:
    """Yield so many messages for INBOX and for Sent, of so many days before ``until``, in no order.

    The same arguments give the same mail.
    """
    wanted = {INBOX: inbox, SENT: sent}
    post = _Post(random.Random(seed), until.timestamp(), days)  # noqa: S311 - mail that can be made again, no secret
    while any(wanted.values()):
        kinds, weights = post.personal if wanted[SENT] else post.arriving
        for mail in post.chance.choices(kinds, weights)[0]():
            if wanted[mail.folder]:
                wanted[mail.folder] -= 1
                yield mail


class _Post:
    """The people and machines that write to the owner, and what they write."""

    def __init__(self, chance: random.Random, until: float, days: float) -> None:
        self.chance = chance
        self._until = until
        self._span = days * DAY
        self._people = [self._person(number) for number in range(2500)]
        self._closeness = [1 / (rank + 8) for rank in range(len(self._people))]
        self._lists = [f"{self._word()}-talk@lists{number}.example" for number in range(12)]
        # Random bytes are costly; what spam filters and signers write repeats in no way that matters.
        self._seals = [base64.b64encode(chance.randbytes(250)).decode() for _ in range(100)]
        kinds: tuple[Callable[[], Iterator[Mail]], ...] = (
            self._discussion,
            self._newsletter,
            self._notice,
            self._oddity,
            self._conversation,
        )
        self.arriving: tuple[Sequence[Callable[[], Iterator[Mail]]], Sequence[float]] = kinds[:4], (6, 30, 22, 2)
        self.personal: tuple[Sequence[Callable[[], Iterator[Mail]]], Sequence[float]] = kinds, (3, 25, 20, 2, 32)

    # who

    def _person(self, number: int) -> Writer:
        given, family = self.chance.choice(_GIVEN), self.chance.choice(_FAMILY)
        domain = f"{self._word()}{number % 400}.example"
        name = self._encoded(f"{given} {family}")
        if name.isascii() and "=?" not in name and number % 6 == 0:
            name = f'"{family}, {given}"'
        return Writer(f"{name} <p{number}@{domain}>", domain)

    def _someone(self) -> Writer:
        return self.chance.choice(self._people)

    def _word(self) -> str:
        return self.chance.choice(("alder", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath", "isle"))

    # what they write

    def _conversation(self) -> Iterator[Mail]:
        """Write a thread between the owner and one person, some of it with others in Cc."""
        chance, when = self.chance, self._some_time()
        other = chance.choices(self._people, self._closeness)[0]
        subject, mine, ids = self._matter(), chance.random() < 0.5, list[str]()
        watchers = ",\r\n ".join(self._someone().mailbox for _ in range(chance.choice((0, 0, 0, 0, 1, 2, 5))))
        for place in range(min(60, 1 + int(chance.expovariate(1 / 3)))):
            fields = [f"Cc: {watchers}"] if watchers else []
            line = (chance.choice(_ANSWER_MARKS) if place else "") + subject
            if mine:
                writer, to, folder = Writer(OWNER, "home.example"), other.mailbox, SENT
            else:
                writer, to, folder = other, OWNER, INBOX
                if chance.random() < 0.02:
                    line = f"Automatic reply: {subject}"
                    fields += ["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All"]
                elif chance.random() < 0.05:
                    fields.append(f"Reply-To: {other.mailbox}")
            fresh = self._id(writer.domain)
            yield self._mail(folder, when, writer, to, line, [*fields, f"Message-ID: {fresh}", *self._links(ids)])
            ids.append(fresh)
            mine = not mine if chance.random() < 0.85 else mine
            when = min(self._until, when + chance.expovariate(1 / (1.4 * DAY)))

    def _links(self, ids: Sequence[str]) -> list[str]:
        """Return what ties an answer to the mail before it; one time in twelve a program has lost part of it."""
        if not ids:
            return []
        kept = ids if len(ids) < 25 else [ids[0], *ids[-12:]]
        answered, chain = f"In-Reply-To: {ids[-1]}", "References: " + "\r\n ".join(kept)
        luck = self.chance.random()
        return [answered, chain] if luck > 0.08 else [answered] if luck > 0.03 else [chain] if luck > 0.01 else []

    def _discussion(self) -> Iterator[Mail]:
        """Write a tree of messages on a mailing list, a few of them very long."""
        chance, when, target = self.chance, self._some_time(), self.chance.choice(self._lists)
        name, domain = target.split("@")
        subject, ancestors = f"[{name}] {self._matter()}", list[list[str]]()
        fields = [
            f"List-Id: {name} <{name}.{domain}>",
            f"List-Post: <mailto:{target}>",
            f"List-Unsubscribe: <https://{domain}/{name}>,\r\n <mailto:{name}-leave@{domain}>",
            "Precedence: list",
        ]
        for _ in range(min(250, int(chance.paretovariate(1.1)))):
            writer, chain = self._someone(), chance.choice(ancestors) if ancestors else []
            fresh = self._id(writer.domain)
            line = f"Re: {subject}" if chain else subject
            yield self._mail(
                INBOX, when, writer, target, line, [f"Message-ID: {fresh}", *self._links(chain), *fields], domain
            )
            ancestors.append([*chain, fresh])
            when = min(self._until, when + chance.expovariate(2 / DAY))

    def _newsletter(self) -> Iterator[Mail]:
        number = self.chance.randrange(400)
        domain = f"{self._word()}-news{number}.example"
        leave = f"<https://{domain}/leave/{self._token(60)}>,\r\n <mailto:leave-{self._token(30)}@{domain}>"
        fields = [
            f"Message-ID: {self._id(domain)}",
            f"List-Unsubscribe: {leave}",
            f"List-Id: <{number}.{domain}>",
            f"Feedback-ID: {number}:{self._token(8)}:{domain}",
            "Precedence: bulk",
        ]
        writer = Writer(f"The {self._matter().title()} Letter <letter@{domain}>", domain)
        yield self._mail(INBOX, self._some_time(), writer, OWNER, self._matter().title(), fields)

    def _notice(self) -> Iterator[Mail]:
        """Write a notice of a machine; many share a root that no message has."""
        domain = f"tracker{self.chance.randrange(60)}.example"
        root = f"<ticket/{self.chance.randrange(9000)}@{domain}>"
        fields = [
            f"Message-ID: {self._id(domain)}",
            f"In-Reply-To: {root}",
            f"References: {root}",
            "Auto-Submitted: auto-generated",
        ]
        writer = Writer(f'"{self._matter()}" <no-reply@{domain}>', domain)
        yield self._mail(INBOX, self._some_time(), writer, OWNER, f"[ticket] {self._matter()}", fields)

    def _oddity(self) -> Iterator[Mail]:
        """Write what old and broken programs wrote: no id, a shared id, 8-bit header lines, no date."""
        writer, luck = self._someone(), self.chance.random()
        fields = (
            [] if luck < 0.3 else [f"Message-ID: {'<1@broken.example>' if luck < 0.5 else self._id(writer.domain)}"]
        )
        mail = self._mail(INBOX, self._some_time(), writer, OWNER, "RAW SUBJECT" if luck > 0.6 else "hello", fields)
        content = mail.content.replace(
            b"RAW SUBJECT", "Grüße, und für später".encode("latin-1" if luck > 0.8 else "utf-8")
        )
        yield Mail(INBOX, mail.when, content.replace(b"\r\nDate:", b"\r\nX-Date:") if luck > 0.9 else content)

    # how it looks

    def _mail(
        self,
        folder: str,
        when: float,
        writer: Writer,
        to: str,
        subject: str,
        fields: Sequence[str],
        relay: str | None = None,
    ) -> Mail:
        lines = [] if folder == SENT else self._travel(relay or writer.domain, when)
        words = "\r\n".join(self.chance.choices(_SENTENCES, k=6))
        kind, body = self._body(f"Hello,\r\n\r\n{words}\r\n\r\nBest wishes\r\n")
        lines += [
            f"Date: {formatdate(when)}",
            f"From: {writer.mailbox}",
            f"To: {to}",
            f"Subject: {self._encoded(subject)}",
            *fields,
            "MIME-Version: 1.0",
            f"Content-Type: {kind}",
            "",
            body,
        ]
        return Mail(folder, when, "\r\n".join(lines).encode())

    def _travel(self, domain: str, when: float) -> list[str]:
        """Return what relays, signers and filters add on the way."""
        date, seal, out = formatdate(when), self.chance.choice(self._seals), f"out.{domain}"
        ours = f"mx.home.example with ESMTPS id {self._token(12)}\r\n\tfor <robin@home.example>"
        signed = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=k1;\r\n\th=from:to:subject:date"
        seal = f"{seal[:70]}\r\n\t{seal[70:140]}\r\n\t{seal[140:210]}\r\n\t{seal[210:]}"
        return [
            f"Return-Path: <back-{self._token(10)}@{domain}>",
            f"Received: from {out} ({out} [192.0.2.7])\r\n\tby {ours}; {date}",
            f"Received: from [198.51.100.4] by {out} with ESMTPSA\r\n\tid {self._token(16)}; {date}",
            f"DKIM-Signature: {signed};\r\n\tbh={self._token(40)}=;\r\n\tb={seal}",
            f"Authentication-Results: mx.home.example; dkim=pass header.d={domain};\r\n\tspf=pass; dmarc=pass",
        ]

    def _body(self, text: str) -> tuple[str, str]:
        luck, mark = self.chance.random(), self._token(20)
        plain = f"--{mark}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--{mark}\r\n"
        if luck < 0.05:
            part = "Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf"
            return f"multipart/mixed; boundary={mark}", f"{plain}{part}\r\n\r\n%PDF\r\n--{mark}--\r\n"
        if luck < 0.45:
            part = f"Content-Type: text/html; charset=utf-8\r\n\r\n<p>{text}</p>"
            return f"multipart/alternative;\r\n boundary={mark}", f"{plain}{part}\r\n--{mark}--\r\n"
        return "text/plain; charset=utf-8; format=flowed", text

    def _matter(self) -> str:
        return " ".join(self.chance.sample(_MATTERS, self.chance.randint(1, 3)))

    def _encoded(self, text: str) -> str:
        """Return a header text in encoded words (RFC 2047) where it is not ASCII."""
        if text.isascii():
            return text
        raw = text.encode()
        if self.chance.random() < 0.5:
            return f"=?UTF-8?B?{base64.b64encode(raw).decode()}?="
        return (
            "=?utf-8?q?"
            + "".join(chr(octet) if chr(octet).isalnum() and octet < 128 else f"={octet:02X}" for octet in raw)
            + "?="
        )

    def _id(self, domain: str) -> str:
        return f"<{self._token(self.chance.choice((16, 28, 40)))}@{domain}>"

    def _token(self, digits: int) -> str:
        return f"{self.chance.getrandbits(4 * digits):0{digits}x}"

    def _some_time(self) -> float:
        return self._until - self.chance.random() * self._span
