"""Each mailbox is found by what the server says, by what the user says, or by its name."""

from collections.abc import Sequence
from typing import Any

import pytest

from assistant.errors import MailboxError
from assistant.mailbox.folders import Listed, assign_roles, lacks_roles
from assistant.mailbox.listing import quoted, read_list, read_namespaces, read_status
from assistant.model import Role


def listed(*lines: str, delimiter: str | None = "/") -> list[Listed]:
    r"""Return LIST lines from "Name" or "Name \Attribute \Attribute"."""
    made = []
    for line in lines:
        name, *attributes = line.split(" \\")
        made.append(Listed(name, frozenset("\\" + one for one in attributes), delimiter))
    return made


def roles(lines: Sequence[Listed], **more: object) -> dict[Role, str]:
    """Return the names found, by role; fails when a role was given twice."""
    found: dict[Role, str] = {}
    for folder in assign_roles(lines, **more):  # type: ignore[arg-type]
        if folder.role is not Role.OTHER:
            assert folder.role not in found
            found[folder.role] = folder.name
    return found


def test_attributes_count_in_any_case_whatever_the_names_say() -> None:
    names = ["INBOX", "Éléments envoyés \\sent", "X \\DRAFTS \\HasNoChildren", "Bin \\Trash", "All \\All", "Drafts"]
    lines = listed(*names)
    assert roles(lines, labels=True) == {
        Role.INBOX: "INBOX",
        Role.SENT: "Éléments envoyés",
        Role.DRAFTS: "X",
        Role.TRASH: "Bin",
        Role.ALL: "All",
    }


def test_xlist_helps_where_list_says_nothing() -> None:
    names = ["INBOX", "[Gmail] \\Noselect", "[Gmail]/A", "[Gmail]/B", "[Gmail]/C"]
    xlist = listed("INBOX \\Inbox", "[Gmail]/A \\AllMail", "[Gmail]/B \\Drafts", "[Gmail]/C \\Spam", "Gone \\Sent")
    found = roles(listed(*names), xlisted=xlist, labels=True)
    assert found == {Role.INBOX: "INBOX", Role.ALL: "[Gmail]/A", Role.DRAFTS: "[Gmail]/B", Role.JUNK: "[Gmail]/C"}


def test_what_cannot_be_selected_is_not_there() -> None:
    lines = listed("INBOX", "Drafts \\Noselect", "Sent \\NonExistent", "Draft")
    assert [folder.name for folder in assign_roles(lines)] == ["INBOX", "Draft"]
    assert roles(lines)[Role.DRAFTS] == "Draft"


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.DRAFTS, "Drafts Draft Entwürfe Brouillons Borradores Bozze Rascunhos Concepten Utkast Luonnokset Szkice"),
        (Role.DRAFTS, "Koncepty Черновики Taslaklar Piszkozatok Ciorne Πρόχειρα 下書き 草稿 임시보관함"),
        (Role.SENT, "Sent Gesendet Envoyés Enviados Inviati Verzonden Skickat Sendt Lähetetyt Wysłane Odeslané"),
        (Role.SENT, "Отправленные Надіслані Gönderilenler Trimise Απεσταλμένα 送信済み 已发送 보낸편지함"),
        (Role.TRASH, "Trash Papierkorb Corbeille Papelera Cestino Lixeira Prullenbak Papperskorgen Kosz Koš Корзина"),
        (Role.JUNK, "Junk Spam Indésirables Skräppost Roskaposti Спам 迷惑メール 垃圾邮件"),
    ],
)
def test_names_in_many_languages_are_known(role: Role, names: str) -> None:
    for name in names.split():
        assert roles(listed("INBOX", name, "Projects"))[role] == name
        assert roles(listed("INBOX", name.upper()))[role] == name.upper()


@pytest.mark.parametrize(
    ("name", "delimiter", "prefix"),
    [
        ("INBOX.Drafts", ".", ""),
        ("INBOX/Entwürfe", "/", ""),
        ("Inbox.drafts", ".", "INBOX."),
        ("mail/Drafts", "/", "mail/"),
        ("[Google Mail]/Drafts", "/", ""),
        ("Entwu\u0308rfe", "/", ""),
    ],
)
def test_a_name_is_found_below_its_namespace(name: str, delimiter: str, prefix: str) -> None:
    assert roles(listed("INBOX", name, delimiter=delimiter), prefix=prefix)[Role.DRAFTS] == name


@pytest.mark.parametrize("name", ["Projects/Drafts", "INBOX/Old/Drafts", "Draftsman", "My Drafts"])
def test_somebody_elses_drafts_are_not_taken_for_ours(name: str) -> None:
    assert Role.DRAFTS not in roles(listed("INBOX", name))


def test_of_two_good_names_the_more_usual_counts() -> None:
    assert roles(listed("INBOX", "Entwürfe", "Drafts", "Brouillons"))[Role.DRAFTS] == "Drafts"


def test_two_marked_drafts_need_the_users_word() -> None:
    lines = listed("INBOX", "Drafts \\Drafts", "Entwürfe \\Drafts")
    with pytest.raises(MailboxError, match="'Drafts' and 'Entwürfe'") as caught:
        assign_roles(lines)
    assert 'drafts = "Drafts"' in caught.value.cure
    assert roles(lines, configured={Role.DRAFTS: "Entwürfe"})[Role.DRAFTS] == "Entwürfe"


def test_of_two_marked_sent_the_first_counts() -> None:
    assert roles(listed("INBOX", "Sent \\Sent", "Sent Items \\Sent"))[Role.SENT] == "Sent"


def test_what_the_user_says_settles_it() -> None:
    lines = listed("INBOX", "Drafts \\Drafts", "My drafts", "Sent")
    found = roles(lines, configured={Role.DRAFTS: "my drafts", Role.SENT: "Sent"})
    assert found == {Role.INBOX: "INBOX", Role.DRAFTS: "My drafts", Role.SENT: "Sent"}


def test_a_mailbox_that_the_user_names_and_that_is_not_there_is_said_with_its_neighbours() -> None:
    with pytest.raises(MailboxError, match="'Draffs'") as caught:
        assign_roles(listed("INBOX", "Drafts", "Projects"), configured={Role.DRAFTS: "Draffs"})
    assert "Drafts" in caught.value.cure
    assert caught.value.code == "mailbox_missing"


def test_without_labels_a_mailbox_of_everything_only_shows_again_what_lies_elsewhere() -> None:
    lines = listed("INBOX", "Archive \\All", "Starred \\Flagged", "Sent \\Sent", "Drafts \\Drafts", "Sent 2")
    found = {folder.name: folder.counts_as for folder in assign_roles(lines)}
    assert found == {
        "INBOX": Role.INBOX,
        "Archive": Role.VIEW,
        "Starred": Role.VIEW,
        "Sent": Role.SENT,
        "Drafts": Role.DRAFTS,
        "Sent 2": Role.OTHER,
    }


@pytest.mark.parametrize(
    ("name", "counts_as"),
    [
        ("Entwürfe", Role.DRAFTS),
        ("INBOX/Templates", Role.DRAFTS),
        ("INBOX/Sent Items", Role.SENT),
        ("Deleted Items", Role.TRASH),
        ("Bin/Old/Garden", Role.TRASH),
        ("INBOX/Spam/2023", Role.JUNK),
        ("Drafts/Templates", Role.DRAFTS),
        ("Sent/2023", Role.OTHER),
        ("Binder", Role.OTHER),
        ("Projects/Trash", Role.OTHER),
    ],
)
def test_a_second_mailbox_of_a_kind_and_one_below_it_count_as_such(name: str, counts_as: Role) -> None:
    lines = listed("INBOX", "Sent \\Sent", "Drafts \\Drafts", "Bin \\Trash", "Junk \\Junk", name)
    folder = assign_roles(lines)[-1]
    assert (folder.role, folder.counts_as) == (Role.OTHER, counts_as)


@pytest.mark.parametrize(
    ("told", "own", "foreign"),
    [
        (b'(("" "/")) NIL NIL', ["INBOX", "Sent", "Public/News"], []),
        (b'(("" "/")) (("Other Users/" "/")) (("Public/" "/"))', ["Sent", "Publicity"], ["Public", "Other Users/x"]),
        (b'(("INBOX." ".")) (("user." ".")) (("" "."))', ["INBOX", "Inbox.Sent"], ["news", "user.ben.Sent"]),
        (b'(("" "/" "X-P" ("A" "B"))) NIL (("G&AOQ-rten/" "/"))', ["Sent"], ["Gärten/Obst"]),
        (b'NIL NIL (("" "/"))', ["INBOX", "Sent"], []),
        (b'(("" "/")', ["INBOX", "Public/News"], []),
        (b'"" "/"', ["INBOX", "Sent"], []),
    ],
)
def test_mailboxes_of_others_are_told_by_where_they_lie(told: bytes, own: list[str], foreign: list[str]) -> None:
    spaces = read_namespaces([told])
    assert [name for name in own + foreign if spaces.owns(name)] == own


def test_missing_roles_are_noticed() -> None:
    assert lacks_roles(assign_roles(listed("INBOX", "Drafts")))
    assert not lacks_roles(assign_roles(listed("INBOX", "Drafts", "Sent")))


def test_list_lines_are_read_in_every_spelling() -> None:
    data = [
        b'(\\HasNoChildren \\Drafts) "/" "Entw&APw-rfe"',
        b'() "." INBOX',
        b"(\\Noselect) NIL 2024",
        b'() "\\\\" "a \\"b\\" c"',
        (b'() "/" {6}', b'say "x'),
        b"",
        b'() "/" "Tom & Jerry"',
        b'() "/" "Sent" ',
        b'() "/" "Trash" ("CHILDINFO" ("SUBSCRIBED"))',
        b'() "/" "half &2AA- a pair"',
        b'() "/" INBOX.Old ',
        b'DELIM "/" nonsense',
        b'() "/" "bell\x07"',
        '() "/" "Entwürfe"'.encode(),
        (b'() "/" {9}', b"line\r\nend"),
        b"",
        None,
    ]
    found = list(read_list(data))
    names = ["Entwürfe", "INBOX", "2024", 'a "b" c', 'say "x', "Tom & Jerry"]
    names += ["Sent", "Trash", "half &2AA- a pair", "INBOX.Old", "Entwürfe"]
    assert [one.name for one, _ in found] == names
    assert found[0][0].attributes == {"\\HasNoChildren", "\\Drafts"}
    assert [one.delimiter for one, _ in found[:4]] == ["/", ".", None, "\\"]
    assert quoted(found[0][1]) == b'"Entw&APw-rfe"'
    assert quoted(found[3][1]) == b'"a \\"b\\" c"'


def test_status_lines_are_read_and_absurd_numbers_are_unknown() -> None:
    data: list[Any] = [
        b'"Entw&APw-rfe" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 1700000000)',
        b"INBOX (UIDVALIDITY 99999999999999 messages 1 UIDNEXT x)",
        (b"{3}", b'a"b'),
        b" (MESSAGES 0)",
        b"Far (MESSAGES 99999999999999999999 UIDNEXT 99999999999999999999)",
        b"nonsense",
    ]
    found = dict(read_status(data))
    assert [(one.messages, one.uidnext, one.uidvalidity) for one in found.values()] == [
        (3, 9, 1700000000),
        (1, 0, 0),
        (0, 0, 0),
        (0, 0, 0),
    ]
    assert list(found) == [b"Entw&APw-rfe", b"INBOX", b'a"b', b"Far"]
