"""What every door promises, whatever stands behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from assistant.errors import AccountLater, MailboxError, MessageError
from assistant.mailbox.door import BodyText, Door, Untouched
from assistant.mailbox.headers import read_headers
from assistant.model import Role

LETTER = (
    b"Date: Thu, 7 Mar 2024 08:15:00 +0100\r\n"
    b"From: =?utf-8?q?J=C3=B6rg?= Klein <joerg@example.org>\r\n"
    b'To: "Lee, Ann" <ann@example.net>,\r\n bob@example.com\r\n'
    b"Subject: A long\r\n subject\r\n"
    b"Message-ID: <one@example.org>\r\n"
    b"In-Reply-To: <zero@example.net>\r\n"
    b"X-Unasked: this is not fetched\r\n"
    b"\r\n"
    b"Hello Ann,\r\nhow are you?\r\n"
)
HTML_WITH_PICTURE = (
    b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n"
    b"--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n"
    b"--inner\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"R3L832UgYXVzIEvDtmxu\r\n"
    b"--inner\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--inner--\r\n"
    b"--outer\r\nContent-Type: message/rfc822\r\n\r\nFrom: deep@example.org\r\n\r\ndeep body\r\n"
    b'--outer\r\nContent-Type: application/pdf; name="a.pdf"\r\n'
    b'Content-Disposition: attachment; filename="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n'
    b"--outer--\r\n"
)
ENCRYPTED = (
    b"From: a@example.org\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/encrypted; protocol=application/pgp-encrypted; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    b"--b\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n"
)
INVITATION = (
    b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Lunch?</p>\r\n"
    b"--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n--b--\r\n"
)


@dataclass(frozen=True, slots=True)
class Reach:
    """A door under test, and a way to lay mail behind it that needs no door."""

    door: Door
    lay: Callable[..., int]


def withdraw(door: Door, uid: int, trash: str | None, untouched: Untouched = lambda _flags, _raw: True) -> bool:
    """Take a draft out, in whatever state it is unless said otherwise."""
    return door.withdraw("Drafts", uid, trash, door.status(["Drafts"])["Drafts"].uidvalidity, untouched)


class ReadingContract:
    """A subclass gives the fixture ``reach``."""

    def test_each_role_has_one_mailbox(self, reach: Reach) -> None:
        roles = [folder.role for folder in reach.door.folders()]
        wanted = {Role.INBOX, Role.DRAFTS, Role.SENT, Role.JUNK, Role.TRASH, Role.ARCHIVE}
        assert sorted(role for role in roles if role is not Role.OTHER) == sorted(wanted)

    def test_status_tells_what_is_there_and_leaves_out_what_is_not(self, reach: Reach) -> None:
        before = reach.door.status(["INBOX"])["INBOX"]
        uid = reach.lay("INBOX", LETTER)
        after = reach.door.status(["INBOX", "No such mailbox"])
        assert list(after) == ["INBOX"]
        assert after["INBOX"].messages == before.messages + 1
        assert after["INBOX"].uidnext > uid >= before.uidnext
        assert after["INBOX"].uidvalidity == before.uidvalidity > 0

    def test_status_of_many_mailboxes_is_that_of_each(self, reach: Reach) -> None:
        names = [folder.name for folder in reach.door.folders()]
        assert len(names) > 4
        one_by_one = {}
        for name in names:
            one_by_one.update(reach.door.status([name]))
        assert reach.door.status([*names, "No such mailbox"]) == one_by_one

    def test_header_lines_arrive_with_uid_flags_size_and_time(self, reach: Reach) -> None:
        when = datetime(2024, 3, 7, 7, 16, tzinfo=UTC)
        uid = reach.lay("INBOX", LETTER, flags=(r"\Flagged",), when=when)
        [raw] = reach.door.headers("INBOX", [uid, uid + 50])
        assert (raw.uid, raw.size, raw.internal_date) == (uid, len(LETTER), when)
        assert raw.flags == {r"\Flagged"}
        assert raw.labels == frozenset()
        assert b"X-Unasked" not in raw.block
        facts = read_headers(raw.block)
        assert facts.sender is not None
        assert (facts.sender.name, facts.subject) == ("Jörg Klein", "A long subject")
        assert facts.message_id == "one@example.org"
        assert [one.address for one in facts.to] == ["ann@example.net", "bob@example.com"]
        assert facts.date == when - timedelta(minutes=1)

    def test_a_header_without_any_wanted_line_is_still_a_message(self, reach: Reach) -> None:
        uid = reach.lay("INBOX", b"X-Nothing: wanted\r\n\r\nbody\r\n")
        [raw] = reach.door.headers("INBOX", [uid])
        assert read_headers(raw.block).sender is None

    def test_what_is_asked_for_next_is_answered_when_it_is_asked_for(self, reach: Reach) -> None:
        uids = [reach.lay("Archive", LETTER) for _ in range(4)]
        assert [raw.uid for raw in reach.door.headers("Archive", uids[:2], then=uids[2:])] == uids[:2]
        assert [raw.uid for raw in reach.door.headers("Archive", uids[2:])] == uids[2:]

    def test_what_was_announced_and_not_asked_for_disturbs_no_other_answer(self, reach: Reach) -> None:
        uids = [reach.lay("Archive", LETTER, flags=(r"\Flagged",)) for _ in range(3)]
        for ask, expected in (
            (lambda: [raw.uid for raw in reach.door.headers("Archive", uids[:1])], uids[:1]),
            (lambda: reach.door.uids("Archive"), uids),
            (lambda: list(reach.door.flags("Archive", uids[:1])), uids[:1]),
            (lambda: reach.door.raw("Archive", uids[0]), LETTER),
            (lambda: reach.door.uids("Sent"), []),
        ):
            assert [raw.uid for raw in reach.door.headers("Archive", uids[:1], then=uids[1:])] == uids[:1]
            assert ask() == expected

    def test_uids_run_upwards_from_the_first_asked_for(self, reach: Reach) -> None:
        first, second, third = (reach.lay("Archive", LETTER) for _ in range(3))
        assert reach.door.uids("Archive") == [first, second, third]
        assert reach.door.uids("Archive", second) == [second, third]
        assert reach.door.uids("Archive", third + 1) == []

    def test_mail_that_comes_while_a_mailbox_is_open_is_seen(self, reach: Reach) -> None:
        first = reach.lay("Archive", LETTER)
        assert reach.door.uids("Archive") == [first]
        second = reach.lay("Archive", LETTER)
        assert reach.door.uids("Archive") == [first, second]
        assert set(reach.door.flags("Archive", [second])) == {second}

    def test_a_glance_shows_what_lies_there_now(self, reach: Reach) -> None:
        assert not reach.door.glance("Archive").flags
        first = reach.lay("Archive", LETTER, flags=(r"\Flagged",))
        assert reach.door.glance("Archive").flags == {first: {r"\Flagged"}}
        second = reach.lay("Archive", LETTER)
        glance = reach.door.glance("Archive")
        assert glance.flags == {first: {r"\Flagged"}, second: frozenset()}
        assert glance.uidvalidity == reach.door.status(["Archive"])["Archive"].uidvalidity

    def test_an_empty_mailbox_has_no_uids(self, reach: Reach) -> None:
        assert reach.door.uids("Archive") == []

    def test_flags_are_those_of_now_and_of_existing_messages(self, reach: Reach) -> None:
        uid = reach.lay("INBOX", LETTER, flags=(r"\Answered", "$Label"))
        assert reach.door.flags("INBOX", [uid, uid + 7]) == {uid: {r"\Answered", "$Label"}}
        assert reach.door.flags("INBOX", []) == {}

    def test_arrivals_are_the_times_of_existing_messages(self, reach: Reach) -> None:
        when = datetime(2024, 3, 7, 8, 16, 5, tzinfo=UTC)
        uid = reach.lay("INBOX", LETTER, when=when)
        assert reach.door.arrivals("INBOX", [uid, uid + 7]) == {uid: when}
        assert reach.door.arrivals("INBOX", []) == {}

    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            (LETTER, BodyText("Hello Ann,\nhow are you?\n")),
            (HTML_WITH_PICTURE, BodyText("Grüße aus KÃ¶ln", attachments=2)),
            (ENCRYPTED, BodyText("", encrypted=True)),
            (INVITATION, BodyText("<p>Lunch?</p>", html=True, calendar=True)),
        ],
        ids=["plain", "mixed", "encrypted", "invitation"],
    )
    def test_the_text_of_a_message_is_found_and_decoded(self, reach: Reach, message: bytes, expected: BodyText) -> None:
        found = reach.door.body("INBOX", reach.lay("INBOX", message))
        assert (found.text.strip(), found.html, found.encrypted, found.calendar) == (
            expected.text.strip(),
            expected.html,
            expected.encrypted,
            expected.calendar,
        )
        if not expected.encrypted:
            assert found.attachments == expected.attachments

    def test_of_a_long_text_64_kilobytes_are_read(self, reach: Reach) -> None:
        uid = reach.lay("INBOX", b"From: a@example.org\r\n\r\n" + b"A line of a very long letter.\r\n" * 10_000)
        assert 60_000 < len(reach.door.body("INBOX", uid).text) <= 65_536

    def test_a_body_that_is_gone_is_the_trouble_of_one_message(self, reach: Reach) -> None:
        with pytest.raises(MessageError):
            reach.door.body("INBOX", 4_000_000)

    def test_texts_of_many_messages_are_those_of_each(self, reach: Reach) -> None:
        mails = [LETTER, HTML_WITH_PICTURE, ENCRYPTED, INVITATION] * 6
        uids = [reach.lay("INBOX", mail) for mail in mails]
        found = dict(reach.door.bodies("INBOX", [*uids, 4_000_000]))
        assert found == {uid: reach.door.body("INBOX", uid) for uid in uids}

    def test_raw_gives_every_byte_or_none(self, reach: Reach) -> None:
        uid = reach.lay("Drafts", LETTER, flags=(r"\Draft",))
        assert reach.door.raw("Drafts", uid) == LETTER
        assert reach.door.raw("Drafts", uid + 9) is None

    def test_raw_refuses_what_cannot_be_a_draft_of_ours(self, reach: Reach) -> None:
        uid = reach.lay("Drafts", b"From: a@example.org\r\n\r\n" + b"x" * 300_000 + b"\r\n")
        with pytest.raises(MessageError, match="larger"):
            reach.door.raw("Drafts", uid)

    def test_reading_everything_leaves_no_trace(self, reach: Reach) -> None:
        uid = reach.lay("INBOX", LETTER)
        list(reach.door.headers("INBOX", [uid]))
        reach.door.body("INBOX", uid)
        reach.door.raw("INBOX", uid)
        assert reach.door.flags("INBOX", [uid]) == {uid: frozenset()}

    @pytest.mark.parametrize("name", ["No such mailbox", "line\r\nA1 LOGOUT", "*", '"', "Ünïcödé", ""])
    def test_a_mailbox_that_is_not_there_is_the_trouble_of_one_mailbox(self, reach: Reach, name: str) -> None:
        with pytest.raises(MailboxError):
            reach.door.uids(name)
        assert reach.door.status(["INBOX"]), "the connection goes on"

    def test_after_close_nothing_is_answered_and_closing_twice_is_fine(self, reach: Reach) -> None:
        reach.door.close()
        reach.door.close()
        with pytest.raises(AccountLater):
            reach.door.folders()


class WritingContract:
    """A subclass gives the fixture ``reach``."""

    def test_an_appended_draft_has_its_uid_flags_and_bytes(self, reach: Reach) -> None:
        uid = reach.door.append("Drafts", LETTER, [r"\Draft", r"\Seen"])
        assert uid is not None
        assert reach.door.raw("Drafts", uid) == LETTER
        assert reach.door.flags("Drafts", [uid]) == {uid: {r"\Draft", r"\Seen"}}

    def test_a_withdrawn_draft_is_gone_and_its_neighbours_are_not(self, reach: Reach) -> None:
        kept = reach.lay("Drafts", LETTER, flags=(r"\Deleted",))
        uid = reach.door.append("Drafts", LETTER, [r"\Draft"])
        assert uid is not None
        assert withdraw(reach.door, uid, "Trash")
        assert reach.door.uids("Drafts") == [kept]

    def test_what_is_gone_renumbered_or_touched_is_not_withdrawn(self, reach: Reach) -> None:
        uid = reach.door.append("Drafts", LETTER, [r"\Draft"])
        assert uid is not None
        asked = []

        def touched(flags: frozenset[str], raw: bytes) -> bool:
            asked.append((flags, raw))
            return False

        with pytest.raises(MessageError, match="stays"):
            withdraw(reach.door, uid, "Trash", touched)
        assert asked == [({r"\Draft"}, LETTER)]
        uidvalidity = reach.door.status(["Drafts"])["Drafts"].uidvalidity
        for number, validity in ((uid, uidvalidity + 1), (uid, 0), (uid + 7, uidvalidity)):
            with pytest.raises(MessageError, match="stays"):
                reach.door.withdraw("Drafts", number, None, validity, lambda _flags, _raw: True)
        assert reach.door.flags("Drafts", [uid]) == {uid: {r"\Draft"}}
        assert reach.door.uids("Trash") == []

    def test_a_draft_can_be_withdrawn_without_a_trash(self, reach: Reach) -> None:
        uid = reach.door.append("Drafts", LETTER, [r"\Draft"])
        assert uid is not None
        assert withdraw(reach.door, uid, None)
        assert reach.door.uids("Drafts") == []

    def test_a_mailbox_is_made_once_and_can_be_written_to(self, reach: Reach) -> None:
        assert reach.door.make("Follow-ups") == reach.door.make("Follow-ups") == "Follow-ups"
        uid = reach.door.append("Follow-ups", LETTER, [])
        assert uid is not None
        assert reach.door.raw("Follow-ups", uid) == LETTER
        assert [raw.uid for raw in reach.door.headers("Follow-ups", [uid])] == [uid]
        assert reach.door.uids("Follow-ups") == [uid]
        assert reach.door.status(["Follow-ups"])["Follow-ups"].messages == 1
        assert [one.name for one in reach.door.folders()].count("Follow-ups") == 1

    def test_a_mailbox_that_is_there_is_only_named(self, reach: Reach) -> None:
        before = reach.door.folders()
        assert [reach.door.make(name) for name in ("INBOX", "Archive")] == ["INBOX", "Archive"]
        assert reach.door.folders() == before


class ServerContract(ReadingContract, WritingContract):
    """What a door to a server promises beyond a rehearsal."""

    def test_line_ends_are_made_right_and_the_last_is_never_missing(self, reach: Reach) -> None:
        uid = reach.door.append("Drafts", b"From: a@example.org\n\none\rtwo\r\nthree", [])
        assert uid is not None
        assert reach.door.raw("Drafts", uid) == b"From: a@example.org\r\n\r\none\r\ntwo\r\nthree\r\n"

    @pytest.mark.parametrize(("message", "flag"), [(b"a\0b\r\n", r"\Draft"), (LETTER, "x) {1000+}"), (LETTER, "")])
    def test_a_message_that_no_server_takes_is_not_sent(self, reach: Reach, message: bytes, flag: str) -> None:
        with pytest.raises(MessageError):
            reach.door.append("Drafts", message, [flag])
        assert reach.door.uids("Drafts") == []

    def test_a_withdrawn_draft_lies_in_the_trash(self, reach: Reach) -> None:
        uid = reach.door.append("Drafts", LETTER, [r"\Draft"])
        assert uid is not None
        withdraw(reach.door, uid, "Trash")
        [in_trash] = reach.door.uids("Trash")
        assert reach.door.raw("Trash", in_trash) == LETTER

    def test_appending_to_a_mailbox_that_is_not_there_creates_none(self, reach: Reach) -> None:
        with pytest.raises(MailboxError) as caught:
            reach.door.append("No such mailbox", LETTER, [])
        assert caught.value.code == "mailbox_missing"
        assert "No such mailbox" not in [folder.name for folder in reach.door.folders()]
