"""Who may open what: people named in the file of roles who have signed in, or whoever sits at this machine.

Belongs here: the roles, the check before every page and file, what the server must have been started with.
Does not belong here: how a refusal looks (`streamlit_app.py`), the log's form (`access_log.py`).

Without configuration nobody gets in. Login itself is Streamlit's (`st.login`, OpenID Connect); its cookie
lasts 30 days and is not called back, so role and age are checked anew at every run and every download.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from dashboards import access_log

ROLES = "FLIC_ROLES_FILE"
LOG = "FLIC_ACCESS_LOG"
# Set to 1 by the demonstration and for the data lead's own preview; counts on loopback only.
WITHOUT_LOGIN = "FLIC_WITHOUT_LOGIN"

# What a role may read, by the audience of the release.
MAY_READ = {"management": ("management", "spg", "public"), "spg": ("spg", "public")}
DEFAULT_HOURS = 8
SHORTEST_SECRET = 32
# Clocks of two machines differ; a sign-in from later than this is not believed.
CLOCKS_DIFFER = timedelta(minutes=5)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

# Streamlit falls back to its own defaults when it is started outside the project's folder: an address that
# anybody reaches, tracebacks, statistics sent away.
REQUIRED_OPTIONS: dict[str, tuple[object, ...]] = {
    "server.address": LOOPBACK,
    "server.enableCORS": (True,),
    "server.enableXsrfProtection": (True,),
    "server.enableAgentApi": (False,),
    "server.enableStaticServing": (False,),
    # A header that names a user would take the place of a signed identity.
    "server.trustedUserHeaders": ({}, None),
    "client.showErrorDetails": ("none", False, "false"),
    "client.disableDataExport": (True,),
    "client.toolbarMode": ("minimal",),
    "browser.gatherUsageStats": (False,),
}


class Refused(Exception):
    """Nothing may be shown. The text is for the page; `reason` is for the log, and may name paths.

    `sign_in`: signing in (again) may help.
    """

    def __init__(self, text: str, reason: str = "", *, sign_in: bool = False, who: str = "") -> None:
        super().__init__(text)
        self.reason = reason or text
        self.sign_in = sign_in
        self.who = who


@dataclass(frozen=True)
class Visitor:
    """What is known of whoever opens a page.

    `claims` are those of the ID token, None where nobody is signed in. `is_here`: the request names this
    machine, comes from it, and no proxy says that it passed one. `login`: what keeps login from working, in
    words; '' where it is configured.
    """

    claims: Mapping[str, Any] | None
    is_here: bool
    login: str = ""


@dataclass(frozen=True)
class Roles:
    """The file of roles: which claim names a person, how long a sign-in lasts, who has which role."""

    claim: str
    lasts: timedelta
    people: Mapping[str, str]


@dataclass(frozen=True)
class Grant:
    """Somebody who may read this release, checked at this run."""

    who: str
    role: str
    audience: str
    visitor: Visitor
    environment: Mapping[str, str]

    @property
    def is_without_login(self) -> bool:
        """Whether nobody had to sign in because login is switched off on this machine."""
        return self.role == "without login"

    def record(self, event: str, what: str, release_id: str) -> None:
        """Log it where there is a log; raises Refused where that fails: no log, no page."""
        _record(self.environment, who=self.who, role=self.role, event=event, what=what, release=release_id)

    def download(self, file_name: str, release_id: str) -> None:
        """Check again and log, at the moment of a download; raises Refused. Needs no session of Streamlit."""
        check(self.visitor, self.audience, self.environment, datetime.now(UTC))
        self.record("download", file_name, release_id)


def check(visitor: Visitor, audience: str, environment: Mapping[str, str], now: datetime) -> Grant:
    """Who this is and that they may read a release for `audience`; raises Refused for everybody else.

    What is made for the public is open to anyone. All else asks for login, also where it is switched off by
    `FLIC_WITHOUT_LOGIN` as soon as a file of roles is named.
    """
    try:
        return _check(visitor, audience, environment, now)
    except Refused as refusal:
        # Whoever only opens the page and has yet to sign in is nobody to write down.
        if refusal.who:
            _record(environment, who=refusal.who, role="", event="refused", what=refusal.reason, release="")
        raise


def _check(visitor: Visitor, audience: str, environment: Mapping[str, str], now: datetime) -> Grant:
    if audience == "public":
        return Grant("anyone", "public", audience, visitor, environment)
    if not environment.get(ROLES):
        if environment.get(WITHOUT_LOGIN) == "1" and visitor.is_here:
            return Grant("without login", "without login", audience, visitor, environment)
        if environment.get(WITHOUT_LOGIN) == "1":
            raise Refused(
                "Login is switched off here, and then these pages answer on the machine that they run on, "
                "and nowhere else.",
                "asked for from elsewhere while login is switched off",
            )
        raise Refused(
            "Nobody has said yet who may open these pages.", f"neither {ROLES} nor {WITHOUT_LOGIN} is set"
        )
    roles = read_roles(Path(environment[ROLES]))
    if not environment.get(LOG):
        raise Refused("These pages open only where it is written down who opened them.", f"{LOG} is not set")
    if visitor.login:
        raise Refused("Login is not set up.", visitor.login)
    if visitor.claims is None:
        raise Refused("Please sign in with your organisation's account.", sign_in=True)
    who = _person(visitor.claims, roles)
    role = roles.people.get(who.casefold(), "")
    if audience not in MAY_READ.get(role, ()):
        raise Refused(
            f"You are signed in as {who}, and that account may not open these pages. Ask the data lead.",
            f"{role or 'nobody'} may not read {audience}",
            who=who,
            sign_in=True,
        )
    signed_in = visitor.claims.get("iat")
    age = now - datetime.fromtimestamp(signed_in, UTC) if isinstance(signed_in, int | float) else None
    if age is None or not -CLOCKS_DIFFER <= age < roles.lasts:
        raise Refused(
            "Your sign-in is too old. Please sign in again.", "sign-in too old", sign_in=True, who=who
        )
    return Grant(who, role, audience, visitor, environment)


def _person(claims: Mapping[str, Any], roles: Roles) -> str:
    who = str(claims.get(roles.claim) or "")
    if not who:
        raise Refused(
            "Your organisation's login did not say who you are. Tell the data lead.",
            f"the token has no {roles.claim}",
            sign_in=True,
        )
    # At some providers a person can write any address into their own account.
    if roles.claim == "email" and claims.get("email_verified") is not True:
        raise Refused(
            "Your organisation's login does not vouch for your e-mail address. Tell the data lead.",
            "email_verified is not true",
            sign_in=True,
            who=who,
        )
    return who


def read_roles(path: Path) -> Roles:
    """The file of roles, read anew each time; raises Refused where others than root could have written it.

    The file and every folder above it belong to root and can be written by nobody else: the dashboards' own
    user must not be able to give a role away. (A folder like /tmp, in which nobody can replace what is not
    theirs, may be above it.)
    """
    closed = "The list of who may open these pages cannot be trusted, so nobody may."
    if not hasattr(os, "geteuid"):
        raise Refused(closed, "this operating system does not tell who owns a file")
    try:
        real = path.resolve(strict=True)
        for place in (real, *real.parents):
            found = place.stat()
            if found.st_uid != 0:
                raise Refused(closed, f"{place} does not belong to root")
            is_open = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if is_open and not (place != real and found.st_mode & stat.S_ISVTX):
                raise Refused(closed, f"{place} can be written by others than root")
        content = tomllib.loads(real.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(closed, f"{path} cannot be read: {error}") from error
    hours, people = content.get("session_hours", DEFAULT_HOURS), content.get("people", {})
    claim = content.get("claim", "email")
    problems = [
        *[f"{name} is no setting" for name in content.keys() - {"claim", "session_hours", "people"}],
        *([] if isinstance(claim, str) and claim else ["claim is no name"]),
        # A true in TOML is a whole number to Python.
        *([] if type(hours) in (int, float) and 0 < hours <= 24 else ["session_hours is not 0 to 24"]),
        *([] if isinstance(people, dict) else ["people is no table"]),
    ]
    if isinstance(people, dict):
        problems += [
            f"{who} has the unknown role {role}" for who, role in people.items() if role not in MAY_READ
        ]
        names = [who.casefold() for who in people]
        problems += [f"{who} stands twice" for who in sorted(set(names)) if names.count(who) > 1]
    if problems:
        raise Refused(closed, f"{path}: {'; '.join(sorted(problems))}")
    return Roles(claim, timedelta(hours=hours), {who.casefold(): role for who, role in people.items()})


def unsafe_options() -> list[str]:
    """The settings of the server that are not those of the project's `.streamlit/config.toml`."""
    return [name for name, allowed in REQUIRED_OPTIONS.items() if st.get_option(name) not in allowed]


def visitor() -> Visitor:
    """Whoever the current run of the script is for."""
    headers = st.context.headers
    # Without the port; an IPv6 address stands in brackets.
    host = urlsplit(f"//{headers.get('host') or 'localhost'}").hostname
    is_here = (
        host in LOOPBACK
        and st.context.ip_address is None
        and not any(headers.get(name) for name in PROXY_HEADERS)
    )
    login = _login_problem()
    is_signed_in = not login and bool(st.user.get("is_logged_in"))
    return Visitor(dict(st.user.to_dict()) if is_signed_in else None, is_here, login)


def _login_problem() -> str:
    """What keeps `st.login` from working safely; '' where nothing does."""
    if not st.secrets.load_if_toml_exists():
        return "there is no file of secrets, or it cannot be read"
    settings = st.secrets.get("auth") or {}
    if not settings:
        return "the file of secrets has no [auth]"
    if len(str(settings.get("cookie_secret", ""))) < SHORTEST_SECRET:
        return f"cookie_secret has fewer than {SHORTEST_SECRET} characters"
    address = urlsplit(str(settings.get("redirect_uri", "")))
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        return "redirect_uri is not https"
    return ""


def _record(environment: Mapping[str, str], **entry: str) -> None:
    path = environment.get(LOG)
    if not path:
        return
    try:
        access_log.add(Path(path), datetime.now(UTC), **entry)
    except access_log.NotLogged as error:
        raise Refused(
            "It cannot be written down that these pages are opened, so they stay closed. Tell the data lead.",
            str(error),
        ) from error


def current() -> Grant:
    """The grant of this script run, as `streamlit_app.py` got it before the page began."""
    return st.session_state["grant"]
