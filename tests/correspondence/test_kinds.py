"""Who speaks in a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.correspondence.kinds import is_no_reply, is_role_address, kind_of
from assistant.model import Address, HeaderFacts, MailKind, Signal

NONE = Signal(0)


def facts(sender: str | None = "ana@example.com", subject: str = "The lease", signals: Signal = NONE) -> HeaderFacts:
    return HeaderFacts(
        message_id="1@example.com",
        in_reply_to=None,
        references=(),
        sender=Address(sender, "Ana Lee") if sender else None,
        reply_to=(),
        to=(),
        cc=(),
        subject=subject,
        date=None,
        signals=signals,
    )


S, K = Signal, MailKind


@pytest.mark.parametrize(
    ("sender", "subject", "signals", "kind"),
    [
        ("ana@example.com", "The lease", NONE, K.PERSONAL),
        (None, "The lease", NONE, K.PERSONAL),
        ("info@example.com", "The lease", NONE, K.PERSONAL),  # a person may answer from there
        ("ana@example.com", "Back from my holiday", NONE, K.PERSONAL),
        ("ana@example.com", "Invitation: my birthday", NONE, K.PERSONAL),
        ("ana@example.com", "Read this: a good book", NONE, K.PERSONAL),
        ("ana@example.com", "Absence makes the heart grow fonder", NONE, K.PERSONAL),
        ("ana@example.com", "The lease", S.FEEDBACK, K.PERSONAL),  # relays add it to anybody's mail
        ("ana@example.com", "The lease", S.SUPPRESS, K.PERSONAL),
        ("ana@example.com", "The lease", S.FEEDBACK | S.SUPPRESS, K.BULK),
        ("ana@example.com", "The lease", S.CAMPAIGN | S.FEEDBACK, K.BULK),
        ("ana@example.com", "The lease", S.UNSUBSCRIBE, K.BULK),
        ("ana@example.com", "The lease", S.BULK, K.BULK),
        ("ana@example.com", "[list] The lease", S.LIST, K.LIST),
        ("ana@example.com", "[list] The lease", S.LIST | S.UNSUBSCRIBE | S.BULK, K.LIST),
        ("ana@example.com", "[list] The lease", S.LIST | S.FEEDBACK, K.LIST),
        ("ana@example.com", "News", S.LIST | S.CAMPAIGN, K.BULK),
        ("notifications@example.com", "[repo] The lease", S.LIST, K.AUTOMATIC),
        ("no-reply@example.com", "Your order", NONE, K.AUTOMATIC),
        ("ana@example.com", "Cron", S.MACHINE, K.AUTOMATIC),
        ("ana@example.com", "Done", S.AUTO_GENERATED, K.AUTOMATIC),
        ("ana@example.com", "Done", S.NULL_RETURN_PATH, K.AUTOMATIC),
        ("ana@example.com", "Re: The lease", S.AUTO_REPLY, K.AUTO_REPLY),
        ("ana@example.com", "Re: The lease", S.AUTO_REPLY | S.NULL_RETURN_PATH, K.AUTO_REPLY),
        ("ana@example.com", "Automatic reply: The lease", S.AUTO_GENERATED | S.SUPPRESS, K.AUTO_REPLY),
        ("ana@example.com", "Out of Office: The lease", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Out of office", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Automatische Antwort: Vertrag", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Abwesenheitsnotiz: Vertrag", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Réponse automatique : Bail", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Absence du bureau : Bail", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Respuesta automática: Contrato", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Fuera de la oficina: Contrato", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Resposta automática: Contrato", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Fora do escritório: Contrato", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Risposta automatica: Contratto", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Fuori ufficio: Contratto", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Automatisch antwoord: Contract", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Afwezigheidsbericht: Contract", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Autosvar: Avtal", NONE, K.AUTO_REPLY),
        ("ana@example.com", "Автоматический ответ: Договор", NONE, K.AUTO_REPLY),
        ("mailer-daemon@example.com", "Undelivered Mail Returned to Sender", S.REPORT, K.BOUNCE),
        ("mailer-daemon@example.com", "failure notice", NONE, K.BOUNCE),
        ("postmaster@example.com", "Unzustellbar: Vertrag", NONE, K.BOUNCE),
        ("ana@example.com", "Undeliverable: The lease", S.NULL_RETURN_PATH, K.BOUNCE),
        ("ana@example.com", "Undeliverable: The lease", S.REPORT | S.AUTO_REPLY, K.BOUNCE),
        (
            "microsoftexchange329e71ec88ae4615@example.com",
            "Niedostarczalne: The lease",
            S.REPORT | S.AUTO_REPLY,
            K.BOUNCE,
        ),
        ("ana@example.com", "Undelivered parcels", NONE, K.PERSONAL),
        ("ana@example.com", "Read: The lease", S.REPORT, K.AUTOMATIC),  # a receipt: her address lives
        ("ana@example.com", "Gelesen: Vertrag", S.REPORT | S.NULL_RETURN_PATH, K.AUTOMATIC),
        ("mailer-daemon@example.com", "Delivery Status Notification (Success)", S.REPORT, K.AUTOMATIC),
        ("mailer-daemon@example.com", "Delivery Status Notification (Delay)", S.REPORT, K.AUTOMATIC),
        ("mailer-daemon@example.com", "Warning: message delayed 24 hours", S.REPORT, K.AUTOMATIC),
        ("mailer-daemon@example.com", "Delivery Status Notification (Failure)", S.REPORT, K.BOUNCE),
        ("ana@example.com", "Accepted: The lease", NONE, K.INVITATION),
        ("ana@example.com", "Declined: The lease", S.CALENDAR, K.INVITATION),
        ("ana@example.com", "Zugesagt: Vertrag", NONE, K.INVITATION),
        ("ana@example.com", "Accepté : Bail", NONE, K.INVITATION),
        ("ana@example.com", "The lease", S.CALENDAR, K.INVITATION),
        ("ana@example.com", "Invitation: The lease @ Thu Mar 5, 2026 10am", NONE, K.INVITATION),
    ],
)
def test_kind(sender: str | None, subject: str, signals: Signal, kind: MailKind) -> None:
    assert kind_of(facts(sender, subject, signals)) is kind


@pytest.mark.parametrize(
    "local",
    [
        "noreply",
        "no-reply",
        "no.reply",
        "no_reply",
        "NoReply",
        "do-not-reply",
        "donotreply",
        "noreply-de",
        "shop.noreply",
        "nicht-antworten",
        "ne-pas-repondre",
        "nepasrepondre",
        "no-responder",
        "nao-responda",
        "non-rispondere",
        "niet-beantwoorden",
        "notifications",
        "notification+12",
        "alerts",
        "newsletter",
        "bounces",
        "mailer-daemon",
        "postmaster",
        "svar-ej",
    ],
)
def test_nobody_reads(local: str) -> None:
    assert is_no_reply(f"{local}@example.com")
    assert is_role_address(f"{local}@example.com")


@pytest.mark.parametrize(
    "local",
    [
        "info",
        "support",
        "team",
        "billing",
        "sales-eu",
        "press",
        "kontakt",
        "segreteria",
        "hr",
        "info2",
        "garden-discuss",
    ],
)
def test_an_office_reads(local: str) -> None:
    assert is_role_address(f"{local}@example.com")
    assert not is_no_reply(f"{local}@example.com")


@pytest.mark.parametrize(
    "local",
    [
        "ana",
        "ana.lee",
        "rob.otter",
        "infolina",
        "norbert.eply",
        "steam",
        "replyna",
        "a.press",
        "ana.root",
        "teamann",
        "salesia",
        "j.list",
        "",
        "é",
    ],
)
def test_words_are_whole(local: str) -> None:
    """A name that contains "info" is a name."""
    assert not is_role_address(f"{local}@example.com")


def test_a_host_for_newsletters_reads_nothing() -> None:
    assert is_no_reply("r1234@newsletter.example.org")
    assert not is_no_reply("ana@newsletter.org")


def test_a_list_is_shared() -> None:
    assert is_role_address("gardeners@lists.example.org")
    assert is_role_address("gardeners@googlegroups.com")


@given(st.text(max_size=80), st.text(max_size=120), st.integers(0, 65535))
def test_anything_has_a_kind(sender: str, subject: str, signals: int) -> None:
    assert kind_of(facts(sender, subject, Signal(signals))) in MailKind
