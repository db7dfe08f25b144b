"""The accounts of a sweep while they are open."""

from __future__ import annotations

from contextlib import ExitStack

from assistant.accounts import Accounts
from assistant.errors import AccountLater
from assistant.mailbox.door import silent
from assistant.opening import connect_to_server
from assistant.outcome import Order
from assistant.task import begun
from tests.imap.world import World


def test_an_account_whose_line_is_cut_twice_is_given_up_once(on_demo: World) -> None:
    """A look on behalf of another account finds it cut, while what is planned for this one is still to be done."""
    with begun(on_demo.settings, on_demo.state, Order(), on_demo.now, silent) as task, ExitStack() as stack:
        accounts = Accounts(task, connect_to_server, stack)
        accounts.open_and_read(on_demo.account)
        [desk] = accounts.desks
        for sentence in ("The line was cut.", "It still is."):
            with accounts.noting(desk):
                raise AccountLater(sentence)
        [trouble] = accounts.troubles.met()
        assert trouble.message == "The line was cut."
        assert [one.error for one in accounts.outcomes] == [trouble]
        assert (accounts.desks, task.ledger.waiting_room("home")[0]) == ((), 1)
