"""The directory of an account: which mailboxes there are, in which state each is, and one made on the user's wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.errors import MailboxError
from assistant.mailbox.dialogue import Dialogue
from assistant.mailbox.door import Folder, MailboxStatus
from assistant.mailbox.folders import Listed, assign_roles, lacks_roles
from assistant.mailbox.listing import Namespaces, quoted, read_list, read_namespaces, read_status
from assistant.model import Role

if TYPE_CHECKING:
    from assistant.settings import AccountSettings

_FEW_MAILBOXES = 4  # STATUS of all opens mailboxes that nobody asked for; worth it only for many
_TOGETHER = 20  # commands in one write: few enough that neither side waits for the other to read
_STATUS_ITEMS = "(MESSAGES UIDNEXT UIDVALIDITY)"


class Directory:
    """The mailboxes of one account, by LIST, NAMESPACE and STATUS."""

    def __init__(self, dialogue: Dialogue, account: AccountSettings) -> None:
        self._dialogue = dialogue
        self._configured = {
            role: name
            for role, name in ((Role.DRAFTS, account.drafts), (Role.SENT, account.sent), (Role.TRASH, account.trash))
            if name is not None
        }
        self._named = {name.casefold() for name in (*self._configured.values(), *(account.mailboxes or ()))}
        self._spaces: Namespaces | None = None

    def folders(self) -> Sequence[Folder]:
        """Return the user's selectable mailboxes with their roles; one round trip tells where they lie, too."""
        can, imap = self._dialogue.can, self._dialogue.imap
        with self._dialogue.asked_to("list the mailboxes", bulk=True) as ok:
            if "NAMESPACE" in can:
                imap.announce("NAMESPACE")
            # Cyrus names the special ones only when asked to.
            extended = {"SPECIAL-USE", "LIST-EXTENDED"} <= can
            listed = self._listed(ok(imap.list_all("LIST", *(["RETURN (SPECIAL-USE)"] if extended else []))))
            spaces = self._spaces = read_namespaces(imap.response("NAMESPACE")[1])
            own = [one for one in listed if spaces.owns(one.name) or one.name.casefold() in self._named]
            with_roles = partial(
                assign_roles, own, configured=self._configured, prefix=spaces.prefix, labels="X-GM-EXT-1" in can
            )
            found = with_roles()
            if lacks_roles(found) and "XLIST" in can:
                found = with_roles(self._listed(ok(imap.list_all("XLIST"))))
        return found

    def _listed(self, data: Sequence[Any]) -> list[Listed]:
        """Return what LIST or XLIST tells, and remember how the names are spelt."""
        answers = list(read_list(data))
        self._dialogue.wire_names.update((one.name, wire) for one, wire in answers)
        # Some servers list INBOX twice, and in two spellings.
        return list({"INBOX" if one.name.upper() == "INBOX" else one.name: one for one, _ in answers}.values())

    def status(self, mailboxes: Sequence[str]) -> dict[str, MailboxStatus]:
        """Return the STATUS of these mailboxes, in one round trip for every twenty, or for many by LIST-STATUS."""
        imap, names = self._dialogue.imap, {self._dialogue.wire(mailbox): mailbox for mailbox in mailboxes}
        found: dict[str, MailboxStatus] = {}
        if len(names) > _FEW_MAILBOXES and "LIST-STATUS" in self._dialogue.can:
            with self._dialogue.asked_to("tell the state of all mailboxes", bulk=True) as ok:
                self._listed(ok(imap.list_all("LIST", f"RETURN (STATUS {_STATUS_ITEMS})")))
                _, data = imap.response("STATUS")
                found.update((names[wire], one) for wire, one in read_status(data) if wire in names)
        # A server may leave one out of such an answer (RFC 5819, section 2).
        wanted = [(wire, mailbox) for wire, mailbox in names.items() if mailbox not in found]
        for few in (wanted[start : start + _TOGETHER] for start in range(0, len(wanted), _TOGETHER)):
            with self._dialogue.asked_to(f"tell the state of {' and '.join(repr(mailbox) for _, mailbox in few)}"):
                answers = imap.ask_together("STATUS", [(quoted(wire), _STATUS_ITEMS) for wire, _ in few])
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
        status, data = answer
        if status != "OK":
            error = self._dialogue.refused(data, f"tell the state of {mailbox!r}")
            if isinstance(error, MailboxError) and (status == "NO" or (status == "BAD" and understood)):
                return {}
            raise error
        told = list(read_status(data))
        return {names.get(wire, mailbox): one for wire, one in told if wire in names or len(told) == 1}

    def make(self, mailbox: str) -> str:
        """Return the full name of a mailbox, made and subscribed to when it was not there."""
        if self._spaces is None:
            self.folders()
        prefix = self._spaces.prefix if self._spaces else ""
        beneath = not prefix or mailbox.upper() == "INBOX" or mailbox.startswith(prefix)
        name = mailbox if beneath else prefix + mailbox
        if name in self._dialogue.wire_names or name.upper() == "INBOX":
            return name
        try:
            with self._dialogue.asked_to(f"make the mailbox {name!r}") as ok:
                ok(self._dialogue.imap.create(self._dialogue.name(name)))
        except MailboxError:
            if name not in self.status([name]):  # somebody else made it meanwhile, or it is spelt in another case
                raise
        # If it is not, it is there all the same; only some mail programs do not show it.
        with suppress(MailboxError), self._dialogue.asked_to(f"subscribe to {name!r}") as ok:
            ok(self._dialogue.imap.subscribe(self._dialogue.name(name)))
        return name
