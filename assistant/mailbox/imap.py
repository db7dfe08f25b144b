"""The door to a real server: the few verbs over IMAP, with every foreign error turned into one of ours."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from imapclient.imap_utf7 import encode as encode_utf7

from assistant.errors import AccountLater, AssistantError, MailboxError, MessageError
from assistant.mailbox.answers import refusal, shown
from assistant.mailbox.bodies import TEXT_LIMIT, Outline, body_text, outline
from assistant.mailbox.door import BodyText, Folder, Glance, MailboxStatus, RawHeaders
from assistant.mailbox.fetch import (
    batches,
    read_flags_answer,
    read_headers_answer,
    read_items,
    read_uids_answer,
    uid_set,
)
from assistant.mailbox.folders import Listed, assign_roles, lacks_roles
from assistant.mailbox.headers import HEADER_FIELDS
from assistant.mailbox.listing import (
    BIGGEST_UID,
    Namespaces,
    last_number,
    quoted,
    read_list,
    read_namespaces,
    read_status,
    trusted,
)
from assistant.mailbox.secrecy import Secret
from assistant.mailbox.session import Client, close_session, lost, open_session
from assistant.mailbox.wire import LITERAL_LIMIT, ControlByteRefused
from assistant.model import Role

if TYPE_CHECKING:
    from assistant.settings import AccountSettings

COMMAND_SECONDS = 60.0
BULK_SECONDS = 300.0
RAW_LIMIT = 256 * 1024
_BLOCK_LIMIT = 64 * 1024
_REFUSED_LIMIT = 20
_STRUCTURES = 100  # asked for in one command
_TEXTS = 16  # of 64 kB at most
_FEW_MAILBOXES = 4  # STATUS of all opens mailboxes that nobody asked for; worth it only for many
_TOGETHER = 20  # commands in one write: few enough that neither side waits for the other to read
_STATUS_ITEMS = "(MESSAGES UIDNEXT UIDVALIDITY)"
_FLAG = re.compile(r"\\?[A-Za-z0-9$_.-]{1,60}")
_APPENDUID = re.compile(rb"\[APPENDUID \d+ (\d{1,10})\]", re.IGNORECASE)
_LINE_BREAK = re.compile(rb"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD = re.compile(r"command error: (?:BAD|NO) \[b['\"](.*)['\"]\]", re.DOTALL)


def open_door(
    account: AccountSettings, secret: Secret, *, seconds: float = COMMAND_SECONDS, bulk_seconds: float = BULK_SECONDS
) -> ImapDoor:
    """Connect, log in once, and return the open door.

    ``seconds`` is the longest that any command may take in all, ``bulk_seconds`` the longest for a
    batch of header lines. Raises AccountLater, AccountStopped or LoginRefused.
    """
    return ImapDoor(account, open_session(account, secret, seconds), seconds, bulk_seconds)


@dataclass(slots=True)
class _Asked:
    """A FETCH of header blocks that was sent, and what ``come`` of its answer with that of the one before it.

    Dovecot works on the second of two FETCH commands before it has ended the first (measured; RFC 3501, section
    5.5 allows it), so that a message belongs to the command that named its UID.
    """

    mailbox: str
    uids: Sequence[int]
    tag: bytes
    come: list[RawHeaders] = field(default_factory=list)


class ImapDoor:
    """An open connection to one account, for one thread (see ``door.Door`` for the promises)."""

    def __init__(self, account: AccountSettings, client: Client, seconds: float, bulk_seconds: float) -> None:
        self.account = account.name
        self._host = account.host
        self._configured = {
            role: name
            for role, name in ((Role.DRAFTS, account.drafts), (Role.SENT, account.sent), (Role.TRASH, account.trash))
            if name is not None
        }
        self._named = {name.casefold() for name in (*self._configured.values(), *(account.mailboxes or ()))}
        self._spaces: Namespaces | None = None
        self._client = client
        self._imap = client.connection
        self._seconds = seconds
        self._bulk_seconds = bulk_seconds
        self._selected: tuple[str, bool] | None = None
        self._wire_names: dict[str, bytes] = {}
        self._closed = False
        self._ahead: _Asked | None = None
        self._can = frozenset(word.decode("latin-1").upper() for word in client.capabilities())
        gmail = " X-GM-THRID X-GM-LABELS" if "X-GM-EXT-1" in self._can else ""
        self._header_items = (
            f"(UID FLAGS INTERNALDATE RFC822.SIZE{gmail} BODY.PEEK[HEADER.FIELDS ({' '.join(HEADER_FIELDS)})])"
        )

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server says, after the login, that it can do; in capitals."""
        return self._can

    @property
    def alerts(self) -> tuple[str, ...]:
        """What the server has asked to be shown to the user, each once, cleaned."""
        return tuple(dict.fromkeys(filter(None, map(shown, self._imap.alerts))))

    @property
    def certificate_ends(self) -> datetime | None:
        """When the server's certificate ends, in UTC; None on a connection without TLS."""
        sock = self._imap.sock
        end = (sock.getpeercert() or {}).get("notAfter") if isinstance(sock, ssl.SSLSocket) else None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(end)), UTC) if end else None

    def room(self) -> tuple[int, int] | None:
        """Return how many kB of how many are used (RFC 9208, STORAGE), None where no limit is told."""
        if "QUOTA" not in self._can:
            return None
        with self._asked_to("tell how much room is left"):
            _, quotas = self._client.get_quota_root("INBOX")
        limits = [(one.usage, one.limit) for one in quotas if str(one.resource).upper() == "STORAGE" and one.limit > 0]
        return max(limits, key=lambda one: one[0] / one[1], default=None)

    def folders(self) -> Sequence[Folder]:
        """Return the user's selectable mailboxes with their roles; one round trip tells where they lie, too."""
        with self._asked_to("list the mailboxes", seconds=self._bulk_seconds):
            if "NAMESPACE" in self._can:
                self._imap.announce("NAMESPACE")
            # Cyrus names the special ones only when asked to.
            extended = {"SPECIAL-USE", "LIST-EXTENDED"} <= self._can
            listed = self._list("LIST", *(["RETURN (SPECIAL-USE)"] if extended else []))
            spaces = self._spaces = read_namespaces(self._imap.response("NAMESPACE")[1])
            own = [one for one in listed if spaces.owns(one.name) or one.name.casefold() in self._named]
            found = self._with_roles(own)
            if lacks_roles(found) and "XLIST" in self._can:
                found = self._with_roles(own, self._list("XLIST"))
        return found

    def _with_roles(self, listed: Sequence[Listed], xlisted: Sequence[Listed] = ()) -> Sequence[Folder]:
        labels = "X-GM-EXT-1" in self._can
        return assign_roles(listed, xlisted, configured=self._configured, prefix=self._prefix(), labels=labels)

    def _list(self, command: str, *options: str) -> list[Listed]:
        answers = list(read_list(self._ok(self._imap.list_all(command, *options), "list the mailboxes")))
        self._wire_names.update((one.name, wire) for one, wire in answers)
        # Some servers list INBOX twice, and in two spellings.
        return list({"INBOX" if one.name.upper() == "INBOX" else one.name: one for one, _ in answers}.values())

    def _prefix(self) -> str:
        """Return the personal namespace (RFC 2342), as "INBOX."; "" where there is none."""
        if self._spaces is None:
            self.folders()
        return self._spaces.own[0] if self._spaces and self._spaces.own else ""

    def status(self, mailboxes: Sequence[str]) -> dict[str, MailboxStatus]:
        """Return the STATUS of these mailboxes, in one round trip for every twenty, or for many by LIST-STATUS."""
        names = {self._wire(mailbox): mailbox for mailbox in mailboxes}
        found: dict[str, MailboxStatus] = {}
        if len(names) > _FEW_MAILBOXES and "LIST-STATUS" in self._can:
            with self._asked_to("tell the state of all mailboxes", seconds=self._bulk_seconds):
                self._list("LIST", f"RETURN (STATUS {_STATUS_ITEMS})")
                _, data = self._imap.response("STATUS")
                found.update((names[wire], one) for wire, one in read_status(data) if wire in names)
        # A server may leave one out of such an answer (RFC 5819, section 2).
        wanted = [(wire, mailbox) for wire, mailbox in names.items() if mailbox not in found]
        for few in (wanted[start : start + _TOGETHER] for start in range(0, len(wanted), _TOGETHER)):
            doing = f"tell the state of {' and '.join(repr(mailbox) for _, mailbox in few)}"
            with self._asked_to(doing):
                answers = self._imap.ask_together("STATUS", [(quoted(wire), _STATUS_ITEMS) for wire, _ in few])
                understood = bool(found) or any(status == "OK" for status, _ in answers)
                for (_, mailbox), answer in zip(few, answers, strict=True):
                    found |= self._told(mailbox, answer, names, understood=understood)
        return found

    def _told(
        self, mailbox: str, answer: tuple[str, list[Any]], names: Mapping[bytes, str], *, understood: bool
    ) -> dict[str, MailboxStatus]:
        """Return what STATUS tells, by mailbox; a single answer is about the one asked for, however it is spelt.

        Nothing when it is refused, and when a question that is ``understood`` of others is BAD of this one.
        """
        doing = f"tell the state of {mailbox!r}"
        spared = answer[0] == "NO" or (answer[0] == "BAD" and understood)
        if spared and isinstance(self._refused(answer[1], doing), MailboxError):
            return {}
        told = list(read_status(self._ok(answer, doing)))
        return {names.get(wire, mailbox): one for wire, one in told if wire in names or len(told) == 1}

    def headers(self, mailbox: str, uids: Sequence[int], then: Sequence[int] = ()) -> Iterator[RawHeaders]:
        """Yield header blocks, fetched in batches; a message the server refuses comes with an empty block.

        Each next batch is asked for before the one at hand is read, so that the server is at work while we are.
        """
        self._examine(mailbox)  # a mailbox that does not open is not the trouble of its messages
        refused: list[int] = []
        next_ones = next(batches(sorted(set(then))), ())
        for batch, following in pairwise([*batches(sorted(set(uids))), next_ones]):
            yield from self._header_batch(mailbox, batch, refused, following)

    def _header_batch(
        self, mailbox: str, uids: Sequence[int], refused: list[int], then: Sequence[int] = ()
    ) -> list[RawHeaders]:
        """Fetch a batch; when it is refused, halve it until the message that is to blame stands alone."""
        try:
            found = self._fetch_headers(mailbox, uids, then)
        except MailboxError as error:
            if error.code not in ("mailbox", "message_gone") or len(refused) >= _REFUSED_LIMIT:
                raise
            if len(uids) == 1:
                refused += uids if error.code == "mailbox" else ()
                return [RawHeaders(uids[0], frozenset(), 0, None, b"")] if error.code == "mailbox" else []
            middle = len(uids) // 2
            return [
                *self._header_batch(mailbox, uids[:middle], refused),
                *self._header_batch(mailbox, uids[middle:], refused),
            ]
        wanted = set(uids)
        if self._ahead is not None:
            self._ahead.come += [raw for raw in found if raw.uid not in wanted]
        return [raw for raw in found if raw.uid in wanted]

    def _fetch_headers(self, mailbox: str, uids: Sequence[int], then: Sequence[int]) -> list[RawHeaders]:
        """Return all header blocks that came with the answer for these UIDs, having asked for the next ones."""
        self._examine(mailbox)
        doing = f"show messages of {mailbox!r}"
        ahead, self._ahead = self._ahead, None
        if ahead is not None and (ahead.mailbox, ahead.uids) != (mailbox, uids):
            ahead, self._ahead = None, ahead  # to be forgotten
        with self._asked_to(doing, seconds=self._bulk_seconds, limit=_BLOCK_LIMIT):
            if ahead is None:
                self._imap.untagged_responses.pop("FETCH", None)
                ahead = _Asked(mailbox, uids, self._imap.ask(uid_set(uids), self._header_items))
            if then:
                self._ahead = _Asked(mailbox, then, self._imap.ask(uid_set(then), self._header_items))
            data = self._ok(self._imap.answer(ahead.tag), doing)
        return [*ahead.come, *read_headers_answer(data)]

    def uids(self, mailbox: str, first: int = 1) -> list[int]:
        """Return the existing UIDs from ``first`` on, after asking the server for what is new."""
        self._examine(mailbox, fresh=True)
        lying = last_number(self._imap.untagged_responses.get("EXISTS", [])) or 0
        found: list[int] = []
        with suppress(MailboxError):
            found = self._searched(mailbox, first)
        # A few large providers have no SEARCH worth the name, or one that finds nothing; all have FETCH.
        if len(found) < (lying if first <= 1 else min(lying, 1)):
            found = read_uids_answer(self._fetch(mailbox, f"{first}:*", "(UID)", seconds=self._bulk_seconds))
        # "n:*" names the last message even when it lies before n.
        return sorted({uid for uid in found if uid >= first})

    def _searched(self, mailbox: str, first: int) -> list[int]:
        doing = f"list the messages of {mailbox!r}"
        with self._asked_to(doing, seconds=self._bulk_seconds):
            data = self._ok(self._imap.uid("SEARCH", "ALL" if first <= 1 else f"UID {first}:*"), doing)
            words = b" ".join(line for line in data if isinstance(line, bytes)).partition(b"(")[0].split()
            return [uid for uid in map(int, words) if uid <= BIGGEST_UID]

    def glance(self, mailbox: str) -> Glance:
        """Return the flags of everything in a mailbox, in two round trips: EXAMINE and one FETCH."""
        self._select(mailbox, writable=False)
        told = {name: last_number(self._imap.response(name)[1]) for name in ("UIDVALIDITY", "EXISTS")}
        uidvalidity = told["UIDVALIDITY"]
        if uidvalidity is None and (state := self.status([mailbox]).get(mailbox)):
            uidvalidity = state.uidvalidity
        flags: dict[int, frozenset[str]] = {}
        if told["EXISTS"] != 0:  # some servers refuse 1:* where nothing lies
            data = self._fetch(mailbox, "1:*", "(UID FLAGS)", seconds=self._bulk_seconds)
            flags = dict.fromkeys(read_uids_answer(data), frozenset[str]()) | read_flags_answer(data)
        return Glance(trusted(uidvalidity or 0), flags)

    def flags(self, mailbox: str, uids: Sequence[int]) -> dict[int, frozenset[str]]:
        """Return the present flags of those UIDs that still exist."""
        self._examine(mailbox, fresh=True)
        found: dict[int, frozenset[str]] = {}
        for batch in batches(sorted(set(uids))):
            found.update(
                read_flags_answer(self._fetch(mailbox, uid_set(batch), "(UID FLAGS)", seconds=self._bulk_seconds))
            )
        wanted = set(uids)
        return {uid: flags for uid, flags in found.items() if uid in wanted}

    def body(self, mailbox: str, uid: int) -> BodyText:
        """Return the text of a message. Raises MessageError when it is gone or cannot be read."""
        for _, found in self.bodies(mailbox, [uid]):
            if isinstance(found, MessageError):
                raise found
            return found
        raise MessageError(f"Message {uid} of {mailbox!r} is no longer there.", code="message_gone")

    def bodies(self, mailbox: str, uids: Sequence[int]) -> Iterator[tuple[int, BodyText | MessageError]]:
        """Yield the texts of messages: their structures first, then at most 64 kB of the parts that are the text.

        Parts of one number are asked for together, a megabyte at a time.
        """
        self._examine(mailbox)  # a mailbox that does not open is not the trouble of its messages
        ordered, refused = sorted(set(uids)), list[int]()
        for some in (ordered[start : start + _STRUCTURES] for start in range(0, len(ordered), _STRUCTURES)):
            outlines = self._outlines(mailbox, some, refused)
            texts: dict[str, list[int]] = {}
            for uid, found in outlines.items():
                if isinstance(found, MessageError):
                    yield uid, found
                elif found.text is None or found.encrypted:
                    yield uid, body_text(found, b"")
                else:
                    texts.setdefault(found.text.number, []).append(uid)
            for number, having in texts.items():
                for few in (having[start : start + _TEXTS] for start in range(0, len(having), _TEXTS)):
                    item, key = f"BODY.PEEK[{number}]<0.{TEXT_LIMIT}>", f"BODY[{number}]".encode()
                    come = self._items(mailbox, few, item, key, refused)
                    for uid in few:
                        found, data = outlines[uid], come.get(uid)
                        assert isinstance(found, Outline)
                        yield uid, data if isinstance(data, MessageError) else body_text(found, _octets(data))

    def _outlines(self, mailbox: str, uids: Sequence[int], refused: list[int]) -> dict[int, Outline | MessageError]:
        found: dict[int, Outline | MessageError] = {}
        for uid, structure in self._items(mailbox, uids, "BODYSTRUCTURE", b"BODYSTRUCTURE", refused).items():
            try:
                found[uid] = structure if isinstance(structure, MessageError) else outline(structure)
            except MessageError as error:
                found[uid] = error
        return found

    def raw(self, mailbox: str, uid: int) -> bytes | None:
        """Return a whole message of at most 256 kB, None when it is gone."""
        found = self._item(mailbox, uid, f"BODY.PEEK[]<0.{RAW_LIMIT + 1}>", b"BODY[]")
        if found is not None and len(_octets(found)) > RAW_LIMIT:
            raise MessageError(f"Message {uid} of {mailbox!r} is larger than any draft of ours.")
        return None if found is None else _octets(found)

    def append(self, mailbox: str, message: bytes, flags: Iterable[str]) -> int | None:
        """Append a message with CRLF throughout; return its UID when the server tells it."""
        flags = tuple(flags)
        if b"\0" in message or not all(_FLAG.fullmatch(flag) for flag in flags):
            raise MessageError("A draft holds a NUL byte or an impossible flag, and is not appended.")
        message = _LINE_BREAK.sub(b"\r\n", message)
        message += b"" if message.endswith(b"\r\n") else b"\r\n"  # Yahoo refuses a message without
        doing = f"take a draft into {mailbox!r}"
        with self._asked_to(doing):
            data = self._ok(self._imap.append(self._name(mailbox), f"({' '.join(flags)})", None, message), doing)
        match = _APPENDUID.search(data[0]) if data and isinstance(data[0], bytes) else None
        return int(match[1]) or None if match else None

    def withdraw(self, mailbox: str, uid: int, trash: str | None) -> bool:
        r"""Take one message out by UID MOVE, or by UID COPY, \Deleted and UID EXPUNGE; never by EXPUNGE."""
        moves = trash is not None and "MOVE" in self._can
        if not moves and "UIDPLUS" not in self._can:
            return False
        self._select(mailbox, writable=True)
        try:
            if moves:
                self._uid(f"move a draft out of {mailbox!r}", "MOVE", uid, self._name(str(trash)))
                return True
            if trash is not None:
                self._uid(f"copy a draft to {trash!r}", "COPY", uid, self._name(trash))
            self._uid(f"mark a draft in {mailbox!r}", "STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
            try:
                self._uid(f"remove a draft from {mailbox!r}", "EXPUNGE", uid)
            except MailboxError:
                self._uid(f"unmark a draft in {mailbox!r}", "STORE", uid, "-FLAGS.SILENT", r"(\Deleted)")
                raise
            return True
        finally:
            self._selected = None  # back to EXAMINE for whatever is read next

    def make(self, mailbox: str) -> str:
        """Return the full name of a mailbox, made and subscribed to when it was not there."""
        prefix = self._prefix()
        beneath = not prefix or mailbox.upper() == "INBOX" or mailbox.startswith(prefix)
        name = mailbox if beneath else prefix + mailbox
        if name in self._wire_names or name.upper() == "INBOX":
            return name
        try:
            self._said("CREATE", name, f"make the mailbox {name!r}")
        except MailboxError:
            if name not in self.status([name]):  # somebody else made it meanwhile, or it is spelt in another case
                raise
        with suppress(MailboxError):  # it is there all the same; only some mail programs do not show it
            self._said("SUBSCRIBE", name, f"subscribe to {name!r}")
        return name

    def _said(self, command: str, mailbox: str, doing: str) -> None:
        with self._asked_to(doing):
            self._ok(getattr(self._imap, command.lower())(self._name(mailbox)), doing)

    def close(self) -> None:
        """Log out and close the connection; never raises."""
        if not self._closed:
            self._closed = True
            close_session(self._client)

    def _uid(self, doing: str, command: str, uid: int, *arguments: Any) -> None:
        with self._asked_to(doing):
            self._ok(self._imap.uid(command, str(uid), *arguments), doing)

    def _item(self, mailbox: str, uid: int, item: str, key: bytes) -> Any:
        """Return one FETCH item of one message, None when the message is gone. Raises MessageError on nonsense."""
        try:
            found = self._asked_for(mailbox, [uid], item, key).get(uid)
        except MailboxError as error:
            if error.code == "message_gone":
                return None
            raise
        if isinstance(found, MessageError):
            raise found
        return found

    def _items(self, mailbox: str, uids: Sequence[int], item: str, key: bytes, refused: list[int]) -> dict[int, Any]:
        """Return one FETCH item of each message that is there, a MessageError where it is refused or nonsense.

        When the server refuses several together, they are asked for one by one; when too many are ``refused``, it
        is the mailbox that cannot be read, and a MailboxError says so.
        """
        try:
            return self._asked_for(mailbox, uids, item, key)
        except MailboxError as error:
            if error.code not in ("mailbox", "message_gone") or len(refused) >= _REFUSED_LIMIT:
                raise
            if len(uids) > 1:
                alone = (self._items(mailbox, [uid], item, key, refused) for uid in uids)
                return {uid: one for found in alone for uid, one in found.items()}
            if error.code == "message_gone":
                return {}
            refused += uids
            return {uids[0]: MessageError(error.message, error.cure)}

    def _asked_for(self, mailbox: str, uids: Sequence[int], item: str, key: bytes) -> dict[int, Any]:
        data = self._fetch(mailbox, uid_set(uids), f"(UID {item})", seconds=self._bulk_seconds)
        wanted = set(uids)
        return {
            uid: MessageError("The server's answer about it is nonsense.") if isinstance(value, Exception) else value
            for uid, value in read_items(data, key).items()
            if uid in wanted
        }

    def _fetch(
        self, mailbox: str, uids: str, items: str, *, seconds: float | None = None, limit: int = LITERAL_LIMIT
    ) -> list[Any]:
        self._examine(mailbox)
        doing = f"show messages of {mailbox!r}"
        with self._asked_to(doing, seconds=seconds, limit=limit):
            self._imap.untagged_responses.pop("FETCH", None)
            return self._ok(self._imap.uid("FETCH", uids, items), doing)

    def _forget_ahead(self) -> None:
        """Read and drop what was asked ahead and is not wanted after all, so that it is not taken for an answer."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            self._imap.drop(ahead.tag)

    def _examine(self, mailbox: str, *, fresh: bool = False) -> None:
        """Open a mailbox for reading only; with ``fresh`` let an open one tell what has happened since."""
        if self._selected != (mailbox, False):
            self._select(mailbox, writable=False)
        elif fresh:
            with self._asked_to("say what is new"):
                self._ok(self._imap.noop(), "say what is new")

    def _select(self, mailbox: str, *, writable: bool) -> None:
        self._selected = None
        doing = f"open {mailbox!r}"
        with self._asked_to(doing, seconds=self._bulk_seconds):
            self._ok(self._imap.select(self._name(mailbox), readonly=not writable), doing)
        self._selected = (mailbox, writable)

    def _wire(self, mailbox: str) -> bytes:
        """Return a mailbox's name as the server spelt it, or in modified UTF-7 (RFC 3501, section 5.1.3).

        Raises MailboxError for a control character: it would travel well wrapped, but Dovecot puts it
        as it is into its refusal, where it breaks the dialogue.
        """
        if not mailbox or _CONTROL.search(mailbox):
            raise MailboxError(f"{mailbox!r} is no name of a mailbox.", code="mailbox_missing")
        return self._wire_names.get(mailbox) or encode_utf7(mailbox)

    def _name(self, mailbox: str) -> Any:
        """Return a mailbox's name as an argument: bytes, which imaplib takes whatever its types say."""
        return quoted(self._wire(mailbox))

    def _ok(self, answer: tuple[str, list[Any]], doing: str) -> list[Any]:
        """Return the data of an answer. Raises the error that a NO stands for."""
        status, data = answer
        if status != "OK":
            raise self._refused(data, doing)
        return data

    def _refused(self, data: Sequence[Any], doing: str) -> AssistantError:
        words = data[-1] if data and isinstance(data[-1], bytes) else b""
        return refusal(words, f"{self._host} refused to {doing}")

    @contextmanager
    def _asked_to(self, doing: str, *, seconds: float | None = None, limit: int = LITERAL_LIMIT) -> Iterator[None]:
        """Give a command its deadline, and turn whatever is raised into an error of ours.

        After a broken exchange the connection is closed, since the rest of an answer may still come.
        """
        if self._closed:
            raise AccountLater(f"The connection to {self._host} is closed.", "It will be tried again by itself.")
        try:
            self._imap.allow(seconds or self._seconds, limit)
            self._forget_ahead()
            yield
        except AssistantError:
            raise
        except ControlByteRefused as error:
            raise MailboxError("A name with a control character is not sent to a server.") from error
        except imaplib.IMAP4.readonly as error:
            raise refusal(f"[READ-ONLY] {error}", f"{self._host} refused to {doing}") from error
        except (imaplib.IMAP4.abort, OSError) as error:
            self._break_off()
            raise lost(error, self._host, doing) from error
        except imaplib.IMAP4.error as error:
            bad = _BAD.search(str(error))
            raise refusal(bad[1] if bad else str(error), f"{self._host} refused to {doing}") from error
        except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
            raise MailboxError(
                f"{self._host} was asked to {doing}, and its answer cannot be understood ({shown(str(error))})."
            ) from error
        except BaseException:
            self._break_off()
            raise

    def _break_off(self) -> None:
        self._closed = True
        self._imap.shutdown()


def _octets(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b"" if value is None else str(value).encode()
