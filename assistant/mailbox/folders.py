"""What each mailbox is for: by the server's word first, then the user's, then its name in many languages."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from assistant.errors import MailboxError
from assistant.mailbox.door import Folder
from assistant.model import Role


class Listed(NamedTuple):
    """One line of LIST or XLIST: name as a person reads it, attributes in any case, delimiter or None."""

    name: str
    attributes: frozenset[str]
    delimiter: str | None


# RFC 6154, and what XLIST called the same. Whether the server announces SPECIAL-USE does not matter:
# Exchange and Zoho send the attributes without it.
_BY_ATTRIBUTE = {
    "\\drafts": Role.DRAFTS,
    "\\sent": Role.SENT,
    "\\trash": Role.TRASH,
    "\\junk": Role.JUNK,
    "\\spam": Role.JUNK,
    "\\archive": Role.ARCHIVE,
    "\\all": Role.ALL,
    "\\allmail": Role.ALL,
    "\\inbox": Role.INBOX,
}
# RFC 6154, section 2: "almost certain to represent a virtual mailbox". Of Gmail's All Mail labels tell what lies
# in it; on another server drafts in one would look like mail that was sent.
_VIEWS = {"\\all", "\\allmail", "\\flagged", "\\important"}
_NOT_SELECTABLE = {"\\noselect", "\\nonexistent"}
_FOUND_BY_NAME = (Role.DRAFTS, Role.SENT, Role.TRASH, Role.JUNK, Role.ARCHIVE)

# As clients and providers name them, the usual first: en de fr es it pt nl sv da nb fi pl cs ru uk tr hu
# ro el ja zh ko. Of two in one account the earlier counts.
_NAMES: Mapping[Role, tuple[str, ...]] = {
    Role.DRAFTS: (
        *("Drafts", "Draft", "Entwürfe", "Entwurf", "Brouillons", "Borradores", "Borrador", "Bozze", "Rascunhos"),
        *("Concepten", "Utkast", "Kladder", "Udkast", "Luonnokset", "Wersje robocze", "Szkice", "Robocze"),
        *("Koncepty", "Rozepsané", "Черновики", "Чернетки", "Taslaklar", "Piszkozatok", "Ciorne", "Πρόχειρα"),
        *("下書き", "草稿", "草稿箱", "草稿夹", "임시보관함", "임시 보관함"),
    ),
    Role.SENT: (
        *("Sent", "Sent Items", "Sent Messages", "Sent Mail", "Sent-mail", "Gesendet", "Gesendete Objekte"),
        *("Gesendete Elemente", "Gesendete Nachrichten", "Envoyés", "Messages envoyés", "Éléments envoyés"),
        *("Objets envoyés", "Enviados", "Elementos enviados", "Mensajes enviados", "Correo enviado"),
        *("Posta inviata", "Inviati", "Inviata", "Itens enviados", "Mensagens enviadas", "Verzonden"),
        *("Verzonden items", "Verzonden berichten", "Skickat", "Skickade", "Skickade objekt", "Sendt", "Sendte"),
        *("Sendt post", "Sendte elementer", "Lähetetyt", "Wysłane", "Elementy wysłane"),
        *("Odeslané", "Odeslaná pošta", "Отправленные", "Надіслані", "Gönderilmiş Öğeler", "Gönderilenler"),
        *("Elküldött elemek", "Elküldött üzenetek", "Trimise", "Απεσταλμένα", "送信済み", "送信済みメール"),
        *("已发送", "已发邮件", "已傳送", "寄件備份", "보낸편지함", "보낸 편지함"),
    ),
    Role.TRASH: (
        *("Trash", "Deleted Items", "Deleted Messages", "Deleted", "Bin", "Papierkorb", "Gelöschte Objekte"),
        *("Gelöschte Elemente", "Corbeille", "Éléments supprimés", "Papelera", "Elementos eliminados", "Cestino"),
        *("Posta eliminata", "Lixeira", "Lixo", "Itens excluídos", "Itens eliminados", "Prullenbak"),
        *("Verwijderde items", "Papperskorgen", "Borttagna objekt", "Papirkurv", "Slettet post", "Papirkurven"),
        *("Slettede elementer", "Roskakori", "Poistetut", "Kosz", "Elementy usunięte", "Koš", "Odstraněná pošta"),
        *("Корзина", "Удаленные", "Удалённые", "Кошик", "Видалені", "Çöp Kutusu", "Silinmiş Öğeler", "Kuka", "Lomtár"),
        *("Törölt elemek", "Coș de gunoi", "Κάδος", "ゴミ箱", "ごみ箱", "已删除", "垃圾桶", "휴지통"),
    ),
    Role.JUNK: (
        *("Junk", "Spam", "Junk E-mail", "Junk Email", "Junk Mail", "Bulk Mail", "Bulk", "Spamverdacht"),
        *("Unerwünscht", "Junk-E-Mail", "Indésirables", "Courrier indésirable", "Pourriel", "Correo no deseado"),
        *("Posta indesiderata", "Lixo eletrônico", "Lixo eletrónico", "Ongewenst", "Ongewenste e-mail", "Skräppost"),
        *("Uønsket post", "Søppelpost", "Uønsket e-post", "Roskaposti", "Wiadomości-śmieci", "Nevyžádaná pošta"),
        *("Спам", "Нежелательная почта", "Gereksiz", "Önemsiz E-posta", "Levélszemét", "迷惑メール", "垃圾邮件"),
        *("垃圾郵件", "스팸편지함", "정크 메일"),
    ),
    Role.ARCHIVE: (
        *("Archive", "Archives", "Archiv", "Archivo", "Archivio", "Arquivo", "Archief", "Arkiv", "Arkisto"),
        *("Archiwum", "Архив", "Архів", "Arşiv", "アーカイブ", "归档", "보관함"),
    ),
}
_CASELESS = {role: [name.casefold() for name in names] for role, names in _NAMES.items()}
# What lies in these was not sent either.
_UNSENT = ("templates", "vorlagen", "outbox", "postausgang")
_ROLE_NAMED = {
    **{name: role for role in (Role.JUNK, Role.TRASH, Role.SENT, Role.DRAFTS) for name in _CASELESS[role]},
    **dict.fromkeys(_UNSENT, Role.DRAFTS),
}
_PASSED_ON = (Role.DRAFTS, Role.TRASH, Role.JUNK)  # a folder that is deleted goes below Trash, with its mail
# Where such mailboxes may lie below the top without a NAMESPACE answer: Courier, Cyrus, Gmail.
_USUAL_PARENTS = {"inbox", "[gmail]", "[google mail]"}


def assign_roles(
    listed: Sequence[Listed],
    xlisted: Sequence[Listed] = (),
    *,
    configured: Mapping[Role, str] | None = None,
    prefix: str = "",
    labels: bool = False,
) -> tuple[Folder, ...]:
    r"""Return every selectable mailbox with its role, at most one of each role but OTHER.

    ``configured`` are names the user set, which settle it; ``prefix`` is the personal namespace
    (RFC 2342), as "INBOX."; ``labels``: each message says itself where it belongs
    (X-GM-EXT-1). Raises MailboxError when a configured mailbox is not there, or when two have the attribute
    \Drafts and the user has named neither.
    """
    selectable = [one for one in listed if not _lower(one.attributes) & _NOT_SELECTABLE]
    roles: dict[str, Role] = {}
    for role, wanted in (configured or {}).items():
        roles[_configured_name(role, wanted, selectable)] = role
    for one in selectable:
        if one.name.upper() == "INBOX":
            roles[one.name] = Role.INBOX
    views = set() if labels else {one.name for one in (*selectable, *xlisted) if _lower(one.attributes) & _VIEWS}
    real = [one for one in selectable if one.name not in views]
    for answer in (selectable, xlisted):
        _by_attribute(answer, {one.name for one in real}, roles)
    for role in _FOUND_BY_NAME:
        if role not in roles.values() and (name := _by_name(role, real, roles, prefix)) is not None:
            roles[name] = role
    return tuple(
        Folder(
            one.name,
            roles.get(one.name, Role.OTHER),
            Role.VIEW if one.name in views else _likeness(one, roles, prefix),
        )
        for one in selectable
    )


def lacks_roles(folders: Iterable[Folder]) -> bool:
    """Tell whether a mailbox a sweep needs (Drafts, Sent) was not found, so that asking more is worth a round trip."""
    return not {Role.DRAFTS, Role.SENT} <= {folder.role for folder in folders}


def _lower(attributes: Iterable[str]) -> set[str]:
    return {attribute.lower() for attribute in attributes}


def _configured_name(role: Role, name: str, selectable: Sequence[Listed]) -> str:
    names = [one.name for one in selectable]
    if name in names:
        return name
    if same := [other for other in names if other.casefold() == name.casefold()]:
        return same[0]
    near = difflib.get_close_matches(name, names, n=3)
    raise MailboxError(
        f"There is no mailbox {name!r}, which the configuration names with {role} = ...",
        f"Name one of: {', '.join(near or names[:20])}.",
        code="mailbox_missing",
    )


def _by_attribute(answer: Iterable[Listed], selectable: set[str], roles: dict[str, Role]) -> None:
    found: dict[Role, list[str]] = {}
    for one in answer:
        for attribute in _lower(one.attributes) & _BY_ATTRIBUTE.keys():
            if one.name in selectable and one.name not in roles:
                found.setdefault(_BY_ATTRIBUTE[attribute], []).append(one.name)
    for role, names in found.items():
        if role in roles.values():
            continue
        if role is Role.DRAFTS and len(names) > 1:
            raise MailboxError(
                f"The server marks more than one mailbox as Drafts: {' and '.join(map(repr, names))}.",
                f'Choose one in the configuration of the account: drafts = "{names[0]}".',
                code="two_drafts",
            )
        roles[names[0]] = role


def _by_name(role: Role, selectable: Sequence[Listed], taken: Mapping[str, Role], prefix: str) -> str | None:
    ranks = _CASELESS[role]
    best: tuple[int, str] | None = None
    for one in selectable:
        own = _own_name(one, prefix)
        if one.name not in taken and own in ranks:
            candidate = (ranks.index(own), one.name)
            best = min(best or candidate, candidate)
    return best and best[1]


def _likeness(one: Listed, roles: Mapping[str, Role], prefix: str) -> Role:
    """Return as what a mailbox without a role counts: by its own name, else by what it lies below."""
    if (named := _ROLE_NAMED.get(_own_name(one, prefix))) is not None:
        return named
    above = one.name
    while one.delimiter and one.delimiter in above:
        above = above.rpartition(one.delimiter)[0]
        role = roles.get(above) or _ROLE_NAMED.get(_own_name(one._replace(name=above), prefix))
        if role in _PASSED_ON:
            return role
    return Role.OTHER


def _own_name(one: Listed, prefix: str) -> str:
    """Return the caseless name without namespace or usual parent; a deeper one keeps its delimiter: no match."""
    name = unicodedata.normalize("NFC", one.name)
    if prefix and name.casefold().startswith(prefix.casefold()):
        return name[len(prefix) :].casefold()
    if one.delimiter and one.delimiter in name:
        parent, _, rest = name.partition(one.delimiter)
        if parent.casefold() in _USUAL_PARENTS:
            return rest.casefold()
    return name.casefold()
