"""Commands for any time and for logging in: CAPABILITY, ID, LOGIN, AUTHENTICATE and the like."""

import base64
import binascii
import json
import re

from assistant.demo.session import Session, State, Verb
from assistant.demo.wire import Arguments, Malformed, Refused

BEARER = {
    "XOAUTH2": re.compile(rb"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01"),
    "OAUTHBEARER": re.compile(rb"n,a=([^,]+),\x01(?:[^\x01]+\x01)*?auth=Bearer ([^\x01]+)\x01.*"),
}


def _capability(session: Session, arguments: Arguments) -> None:
    arguments.end()
    session.say(session.site.capability_line)


def _noop(_session: Session, arguments: Arguments) -> None:
    arguments.end()


def _logout(session: Session, arguments: Arguments) -> None:
    arguments.end()
    session.say("BYE logging out")
    session.unselect()
    session.ended = True


def _id(session: Session, arguments: Arguments) -> None:
    arguments.next()
    arguments.end()
    session.say('ID ("name" "demo")')


def _enable(session: Session, arguments: Arguments) -> None:
    arguments.keywords()
    session.say("ENABLED")


def _login(session: Session, arguments: Arguments) -> str:
    user, password = arguments.text(), arguments.text()
    arguments.end()
    _require_logged_out(session)
    if session.site.has("LOGINDISABLED"):
        raise Refused("[PRIVACYREQUIRED] LOGIN is disabled")
    return _admit(session, user, accepted=session.site.users.get(user) == password)


def _authenticate(session: Session, arguments: Arguments) -> str:
    _require_logged_out(session)
    mechanism = arguments.keyword()
    if not session.site.has(f"AUTH={mechanism}"):
        raise Refused("unknown mechanism")
    if arguments and not session.site.has("SASL-IR"):
        raise Malformed("no initial response without SASL-IR")
    response = arguments.string() if arguments else session.ask_client(b"")
    arguments.end()
    if mechanism == "PLAIN":
        return _plain(session, _decoded(response))
    return _bearer(session, BEARER[mechanism].fullmatch(_decoded(response)))


def _require_logged_out(session: Session) -> None:
    if session.state > State.LOGGED_OUT:
        raise Malformed("already logged in")


def _decoded(response: bytes) -> bytes:
    if response == b"*":
        raise Malformed("cancelled")
    try:
        return base64.b64decode(b"" if response == b"=" else response, validate=True)
    except binascii.Error:
        raise Malformed("not base64") from None


def _plain(session: Session, response: bytes) -> str:
    words = response.decode("utf-8", "replace").split("\0")
    if len(words) != 3:
        raise Malformed("not a PLAIN response")
    return _admit(session, words[1], accepted=session.site.users.get(words[1]) == words[2])


def _bearer(session: Session, response: re.Match[bytes] | None) -> str:
    if response is None:
        raise Malformed("not a bearer token")
    user, token = (word.decode("utf-8", "replace") for word in response.groups())
    accepted = session.site.tokens.get(user) == token
    if not accepted:
        reason = json.dumps({"status": "invalid_token"}).encode()
        session.ask_client(base64.b64encode(reason))
    return _admit(session, user, accepted=accepted)


def _admit(session: Session, user: str, *, accepted: bool) -> str:
    if not accepted or user not in session.site.mail:
        raise Refused("[AUTHENTICATIONFAILED] user and secret do not match")
    session.log_in(session.site.mail[user])
    return f"[{session.site.capability_line}]"


LOGIN_VERBS = {
    "CAPABILITY": Verb(_capability, State.LOGGED_OUT),
    "NOOP": Verb(_noop, State.LOGGED_OUT),
    "LOGOUT": Verb(_logout, State.LOGGED_OUT),
    "ID": Verb(_id, State.LOGGED_OUT, needs="ID"),
    "LOGIN": Verb(_login, State.LOGGED_OUT),
    "AUTHENTICATE": Verb(_authenticate, State.LOGGED_OUT),
    "ENABLE": Verb(_enable, State.AUTHENTICATED, needs="ENABLE"),
    "CHECK": Verb(_noop, State.SELECTED),
}
