"""Who speaks in a message: a person, a person through a list, or a machine; told from header facts alone."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from assistant.model import HeaderFacts, MailKind, Signal

_LONGEST_LOCAL = 64  # RFC 5321, section 4.5.3.1.1


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Written together; "do-not-reply", "do.not.reply" and "donotreply" are the same phrase.
NO_REPLY = _words(
    "noreply noreplies donotreply dontreply neverreply unmonitored replynot noanswer nichtantworten "
    "bittenichtantworten keineantwort antwortenicht nepasrepondre nepasreponse sansreponse pasdereponse noresponder "
    "norespondas noresponda noresponde sinrespuesta naoresponda naoresponder naoresponde nonrispondere nonrispondete "
    "nietbeantwoorden nietreageren geenantwoord nietantwoorden svarej svarainte ikkesvar ikkesvare svarikke eivastata "
    "alavastaa nieodpowiadaj nieodpowiadac neodpovidat neodpovidejte neodgovaraj nuraspunde nevalaszoljon "
    "yanitlamayin cevaplamayin neotvechat neotvechayte"
)
MACHINES = _words(
    "notification notifications notify notifier notifs benachrichtigung benachrichtigungen notificacion "
    "notificaciones notificacao notificacoes notifica notifiche meldingen alert alerts alerte alertes alertas avviso "
    "avvisi newsletter newsletters infolettre boletin boletim nieuwsbrief infomail mailing mailings mailer automailer "
    "automailed automatic automated autoresponder robot daemon cron bounce bounces bounced returns digest updates "
    "mailman majordomo listserv unsubscribe rss rssfeeds feeds feedbackloop"
)
BOUNCERS = _words("mailerdaemon postmaster maildeliverysubsystem microsoftexchange")
ROLES = _words(
    "info infos information contact contacts kontakt contacto contato contatti contatto support soporte suporte "
    "supporto assistance assistenza aide ayuda ajuda aiuto hilfe help helpdesk servicedesk service services servicio "
    "servizio kundenservice kundendienst klantenservice customerservice customercare team office buero "
    "sekretariat secretariat secretaria segreteria empfang reception recepcion sales verkauf vertrieb ventes ventas "
    "vendas vendite verkoop billing invoice invoices rechnung rechnungen facture factures facturacion facturas "
    "fatture fattura facturen buchhaltung accounting accounts comptabilite contabilidad contabilidade amministrazione "
    "administratie payments orders order bestellung commandes pedidos ordini bestellingen booking bookings "
    "reservations reservierung reservas prenotazioni marketing presse prensa imprensa stampa media jobs "
    "careers career recruiting recruitment bewerbung karriere empleo lavoro vacatures admin administrator "
    "administration webmaster hostmaster postmaster abuse security privacy datenschutz legal compliance feedback "
    "enquiries enquiry inquiries anfrage anfragen members membership subscriptions moderator "
    "moderators undisclosed recipients everyone allstaff lists owner requests events webteam "
    "redaktion editor users discuss announce devel groups allhands"
)
WHOLE_LOCAL_ROLES = _words(  # as one word of several they may be a surname or an initial
    "all hi hr it pr list bot hallo hello hola ciao bonjour mail email post dev ops sysadmin root care press personal "
    "store shop request account pers staff"
)
SHARED_HOSTS = _words("list lists listserv mailman groups googlegroups")

# Plain numbers: every message passes here, and a set of flags takes a microsecond for each question.
_REPORT, _NULL_RETURN_PATH = int(Signal.REPORT), int(Signal.NULL_RETURN_PATH)
_CALENDAR, _AUTO_REPLY = int(Signal.CALENDAR), int(Signal.AUTO_REPLY)
_AUTOMATIC = int(Signal.AUTO_GENERATED | Signal.MACHINE | Signal.NULL_RETURN_PATH)
_LIST, _CAMPAIGN, _BULK = int(Signal.LIST), int(Signal.CAMPAIGN), int(Signal.UNSUBSCRIBE | Signal.BULK)
_SOFT = int(Signal.CAMPAIGN | Signal.FEEDBACK | Signal.SUPPRESS)

_SEPARATORS = re.compile(r"[\W\d_]+")

_AUTO_REPLY_SUBJECT = re.compile(
    r"""\s{0,5}(?:\[?auto(?:matic)?[ -]?(?:reply|response|answer)\]?|out[ ]of[ ](?:the[ ])?office(?:[ ]auto-?reply)?
    |vacation[ ](?:reply|response|notice)|away[ ]from[ ](?:my[ ])?(?:desk|office|mail|e-?mail)
    |on[ ](?:vacation|holiday|leave)
    |automatische[ ]antwort|abwesenheits(?:notiz|nachricht|meldung|assistent)|abwesend|abwesenheit
    |nicht[ ]im[ ]b[üu]e?ro
    |r[ée]ponse[ ]automatique|absen(?:ce|t)(?:[ ]du[ ]bureau)?|message[ ]d['’]absence|en[ ]cong[ée]s?
    |respuesta[ ]autom[áa]tica|fuera[ ]de[ ](?:la[ ])?oficina|ausente|de[ ]vacaciones
    |resposta[ ]autom[áa]tica|fora[ ]do[ ]escrit[óo]rio|aus[êe]ncia|de[ ]f[ée]rias
    |risposta[ ]automatica|fuori[ ](?:sede|ufficio)|assente|assenza|in[ ]ferie
    |automatisch[ ](?:antwoord|bericht)|automatische[ ]beantwoording|afwezig(?:heid)?(?:sbericht)?|niet[ ]aanwezig
    |autosvar|automatiskt?[ ]svar|fr[åa]nvaro(?:meddelande)?|frav[æa]r(?:sbesked)?|automaattinen[ ]vastaus|poissa
    |automatyczna[ ]odpowied[źz]|nieobecno[śs][ćc]|automatick[áa][ ]odpov[ěe][ďd]|automatikus[ ]v[áa]lasz
    |r[ăa]spuns[ ]automat|автоматический[ ]ответ|автоответ|автоматична[ ]відповідь|otomatik[ ]yan[ıi]t
    |自動返信|不在通知|自动回复|自動回覆|자동[ ]?회신)\s{0,3}(?:$|[:：!\-–(\[])""",
    re.IGNORECASE | re.VERBOSE,
)
_BOUNCE_SUBJECT = re.compile(
    r"""\s{0,5}(?:undeliver(?:able|ed)|mail[ ]delivery[ ](?:failed|failure|subsystem|system)|returned[ ]mail
    |delivery[ ](?:status[ ]notification|failure|has[ ]failed|notification)|failure[ ]notice|unzustellbar
    |non[ ]remis|non[ ]distribu|no[ ]se[ ]puede[ ]entregar|n[ãa]o[ ]entregue|non[ ]recapitabile|mancato[ ]recapito
    |onbestelbaar|oleverbar|message[ ]not[ ]delivered|mail[ ]system[ ]error|rejected[ ]mail|undeliverable[ ]mail)""",
    re.IGNORECASE | re.VERBOSE,
)
# A receipt or a note of delay or success: a report, but nobody's address is dead.
_HARMLESS_REPORT = re.compile(
    r"""\s{0,5}(?:(?:(?:not[ ])?read|gelesen|ungelesen|lu|non[ ]lu|le[íi]do|no[ ]le[íi]do|lida|lido|letto|non[ ]letto
    |gelezen|delivered|relayed|zugestellt|remis|entregado|entregue|recapitato|bezorgd)\s{0,3}:
    |return[ ]receipt|read[ ]receipt|disposition[ ]notification|lesebest[äa]tigung
    |accus[ée][ ]de[ ](?:lecture|r[ée]ception)
    |confirmaci[óo]n[ ]de[ ]lectura|conferma[ ]di[ ]lettura|leesbevestiging
    |abuse[ ]report|(?:dmarc[ ])?report[ ]domain
    |delivery[ ]status[ ]notification[ ]\((?:success|delay)|warning|delayed[ ]mail|delivery[ ]delayed)""",
    re.IGNORECASE | re.VERBOSE,
)
_MEETING_ANSWER = re.compile(
    r"""\s{0,5}(?:accepted|declined|tentative(?:ly[ ]accepted)?|zugesagt|abgelehnt|mit[ ]vorbehalt|abgesagt|accept[ée]e?
    |refus[ée]e?|provisoire|aceptad[ao]|rechazad[ao]|provisional|aceit[ao]|aceite|recusad[ao]|provis[óo]ri[ao]
    |accettat[ao]|rifiutat[ao]|provvisori[ao]|geaccepteerd|geweigerd|afgewezen|voorlopig[ ]geaccepteerd)\s{0,3}:""",
    re.IGNORECASE | re.VERBOSE,
)
# Calendar services write the time behind "@"; people who write "Invitation: my birthday" do not.
_CALENDAR_SERVICE = re.compile(
    r"\s{0,5}(?:(?:updated )?invitation|cancell?ed(?: event)?|einladung|aktualisierte einladung|invitación|convite"
    r"|invito|uitnodiging)[^:]{0,30}:[^@]{1,200}@ \D{2,12}\d",
    re.IGNORECASE,
)


def kind_of(facts: HeaderFacts) -> MailKind:
    """Return who speaks in a message, from its header signals, the sender's local part and the subject.

    The order is: bounces and reports, calendar acts, automatic replies, machines, lists, bulk. A person is
    what remains, also one who writes from a role address: that only forbids drafting to it. Signals by
    RFC 2919 (List-Id), 2369 (List-*), 3464 (reports), 3834 (Auto-Submitted) and their vendor relatives.
    """
    signals, says = int(facts.signals), _says(facts.subject[:400])
    sender = facts.sender.address if facts.sender else ""
    reported = _reported(signals, sender, says)
    if reported is not None:
        return reported
    if signals & _CALENDAR or says.invites:
        return MailKind.INVITATION
    if signals & _AUTO_REPLY or says.is_automatic:
        return MailKind.AUTO_REPLY
    if signals & _AUTOMATIC or is_no_reply(sender):
        return MailKind.AUTOMATIC
    if signals & _LIST:
        return MailKind.BULK if signals & _CAMPAIGN else MailKind.LIST
    if signals & _BULK or _soft_signs(signals) >= 2:
        return MailKind.BULK
    return MailKind.PERSONAL


@lru_cache(maxsize=65536)
def is_no_reply(address: str) -> bool:
    """Tell whether nobody reads this address: no-reply in a dozen languages, notifications, bounces, newsletters.

    Local part and host names are compared as whole words: "noreply-de@", "do.not.reply@" and
    "x@newsletter.example.org" are, "rob.otter@" is not.
    """
    words = _local_words(address)
    hosts = address.rpartition("@")[2].lower().split(".")[:-2]
    machine = any(word in MACHINES for word in (*words, *hosts))
    return machine or _has_phrase(words, NO_REPLY | BOUNCERS)


@lru_cache(maxsize=65536)
def is_role_address(address: str) -> bool:
    """Tell whether the address belongs to an office rather than to a person ("info@", "sales-eu@"), or to nobody."""
    words = _local_words(address)
    shared = any(label in SHARED_HOSTS for label in address.rpartition("@")[2].lower().split("."))
    alone = len(words) == 1 and words[0] in WHOLE_LOCAL_ROLES
    return alone or shared or any(word in ROLES for word in words) or is_no_reply(address)


@lru_cache(maxsize=65536)
def _is_daemon(address: str) -> bool:
    return _has_phrase(_local_words(address), BOUNCERS)


class _Said(NamedTuple):
    """What the words of a subject say of the mail."""

    failed: bool
    arrived: bool
    invites: bool
    is_automatic: bool


@lru_cache(maxsize=4096)  # all mails of a thread have one
def _says(subject: str) -> _Said:
    return _Said(
        bool(_BOUNCE_SUBJECT.match(subject)),
        bool(_HARMLESS_REPORT.match(subject)),
        bool(_MEETING_ANSWER.match(subject) or _CALENDAR_SERVICE.match(subject)),
        bool(_AUTO_REPLY_SUBJECT.match(subject)),
    )


def _reported(signals: int, sender: str, says: _Said) -> MailKind | None:
    """Return BOUNCE or AUTOMATIC for delivery reports and receipts, None for anything else."""
    daemon = _is_daemon(sender)
    if not (signals & _REPORT or daemon or (says.failed and signals & _NULL_RETURN_PATH)):
        return None
    if says.arrived:
        return MailKind.AUTOMATIC
    if signals & _AUTO_REPLY and not (daemon or says.failed):
        return None
    return MailKind.BOUNCE


def _soft_signs(signals: int) -> int:
    """Count the signs that sales tools and relays also leave on mail from one person to another."""
    return (signals & _SOFT).bit_count()


def _local_words(address: str) -> tuple[str, ...]:
    local = address.partition("@")[0][:_LONGEST_LOCAL].lower()
    return tuple(word for word in _SEPARATORS.split(local) if word)


def _has_phrase(words: tuple[str, ...], phrases: frozenset[str]) -> bool:
    """Tell whether some neighbouring words, written together, are one of the phrases."""
    return any(
        "".join(words[start:end]) in phrases
        for start in range(len(words))
        for end in range(start + 1, min(start + 5, len(words) + 1))
    )
