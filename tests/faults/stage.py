"""A mailbox and a state directory as they were at one moment, to begin from again and again; quick to look at."""

from __future__ import annotations

import copy
import itertools
import re
import shutil
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

from assistant.demo.server import DemoServer, MailStore, Script, obey
from tests.canary import PASSWORD, betrayed_in
from tests.commands import forbidden
from tests.imap.world import World

Picture = frozenset[tuple[str, int, bytes, frozenset[str]]]

_TO = re.compile(rb"^To: .*?([^\s<>]+@[^\s<>]+)", re.MULTILINE)
_ID = re.compile(rb"^Message-ID: *<([^>]*)>", re.MULTILINE | re.IGNORECASE)
OURS = ("Drafts", "Trash")


class Stage:
    """A world on the demo's server that can be set back to the moment at which it was prepared."""

    def __init__(
        self, demo: DemoServer, folder: Path, prepare: Callable[[Stage], object], allowed: re.Pattern[bytes]
    ) -> None:
        self.demo, self._folder, self._allowed = demo, folder, allowed
        self.store: MailStore = demo.site.mail["ann"]
        self.world = World(folder, demo.host, demo.port, "ann", PASSWORD)
        self._numbers = itertools.count(1)
        demo.script = obey
        prepare(self)
        self._mail, self._now = copy.deepcopy(self.store.mailboxes), self.world.now
        self._first, self._config = self.world.state, self.world.settings.directory
        self._first.mkdir(mode=0o700, exist_ok=True)
        self._kept = shutil.copytree(self._config, self._config.with_name("kept"))

    def disturbed(self, script: Script) -> None:
        """Sweep once while the server follows a script."""
        self.demo.script = script
        self.world.sweep_unwatched()
        self.demo.script = obey

    def again(self, script: Script = obey) -> World:
        """Return the world as it was; from now on the server follows this script."""
        self.demo.script = script
        self._nothing_was_betrayed()
        self.demo.commands_seen.clear()
        with self.store.lock:
            self.store.mailboxes = copy.deepcopy(self._mail)
        self.world.now = self._now
        if self.world.state != self._first:
            shutil.rmtree(self.world.state, ignore_errors=True)
        self.world.state = self._first.with_name(f"again{next(self._numbers)}")
        shutil.copytree(self._first, self.world.state)
        shutil.copytree(self._kept, self._config, dirs_exist_ok=True)
        return self.world

    def close(self) -> None:
        """Look for what must not be there before all of it is removed."""
        self.world.close()
        self._nothing_was_betrayed()

    def _nothing_was_betrayed(self) -> None:
        assert forbidden(self.demo, self._allowed) == []
        assert betrayed_in(self._folder) == []

    def picture(self, but: Collection[str] = ()) -> Picture:
        """Return everything that lies in the account, to the byte, but for some mailboxes."""
        with self.store.lock:
            return frozenset(
                (box.name, one.uid, one.raw, frozenset(one.flags))
                for box in self.store.mailboxes.values()
                if box.name not in but
                for one in box.messages.values()
            )

    def settle(self, looks: int = 3) -> None:
        """Sweep until whatever was in doubt is decided; mail of others stays as it is."""
        before = self.picture(OURS)
        for _ in range(looks):
            self.world.pass_time(minutes=11)
            self.world.sweep_unwatched()
        assert self.picture(OURS) == before, "mail of the user's was changed"

    def nothing_more_happens(self) -> None:
        """Sweep once more, and see that it changes nothing."""
        before = self.picture()
        self.world.pass_time(minutes=11)
        self.world.sweep_unwatched()
        assert self.picture() == before, "run again, nothing more happens"

    def people(self, mailbox: str = "Drafts") -> list[str]:
        """Return whom the messages in a mailbox are for."""
        raws = [one.raw for one in self.store.mailboxes[mailbox].messages.values()]
        return sorted(found[1].decode() if (found := _TO.search(raw)) else "" for raw in raws)

    def copies(self, mailbox: str = "Drafts") -> int:
        """Return how often the commonest Message-ID is in a mailbox."""
        raws = [one.raw for one in self.store.mailboxes[mailbox].messages.values()]
        ids = Counter(found[1] for raw in raws if (found := _ID.search(raw)))
        return max(ids.values(), default=0)
