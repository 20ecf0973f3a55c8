"""Who may open the dashboards: nobody without configuration, and then only whom root's file names."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit import config

from dashboards import access, access_log
from dashboards.access import Refused, Visitor, check
from tests.dashboards.publication_fixture import write_publication
from tests.dashboards.test_pages import ROOT, markup, open_page, text

NOW = datetime(2018, 4, 3, 9, 0, tzinfo=UTC)
AS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can write a file of roles"
)
ROLES = '[people]\n"Member@example.org" = "spg"\n"lead@example.org" = "management"\n'


def claims(email: str = "member@example.org", minutes_ago: float = 5, **other: object) -> dict[str, object]:
    """What a provider says of somebody who signed in."""
    signed_in = int((NOW - timedelta(minutes=minutes_ago)).timestamp())
    return {"sub": "1234", "email": email, "email_verified": True, "iat": signed_in} | other


@pytest.fixture
def configured(tmp_path: Path) -> dict[str, str]:
    """An environment with a file of roles and an empty log."""
    roles, log = tmp_path / "roles.toml", tmp_path / "access.jsonl"
    roles.write_text(ROLES)
    roles.chmod(0o644)
    log.touch(0o600)
    return {access.ROLES: str(roles), access.LOG: str(log)}


def refusal(visitor: Visitor, audience: str, environment: dict[str, str]) -> Refused:
    with pytest.raises(Refused) as refused:
        check(visitor, audience, environment, NOW)
    return refused.value


@pytest.mark.parametrize("is_here", [True, False])
@pytest.mark.parametrize("audience", ["spg", "management"])
def test_without_configuration_nobody_gets_in(audience: str, is_here: bool) -> None:
    assert not refusal(Visitor(claims(), is_here), audience, {}).sign_in


@pytest.mark.parametrize("switch", ["0", "", "true", "yes"])
def test_login_is_switched_off_by_1_alone(switch: str) -> None:
    refusal(Visitor(None, is_here=True), "spg", {access.WITHOUT_LOGIN: switch})


def test_without_login_counts_on_this_machine_alone() -> None:
    environment = {access.WITHOUT_LOGIN: "1"}
    assert check(Visitor(None, is_here=True), "spg", environment, NOW).is_without_login
    assert "nowhere else" in str(refusal(Visitor(None, is_here=False), "spg", environment))


def test_what_is_made_for_the_public_is_open_to_anyone() -> None:
    assert check(Visitor(None, is_here=False), "public", {}, NOW).who == "anyone"


@AS_ROOT
@pytest.mark.parametrize(
    ("email", "audience", "role"),
    [
        ("member@example.org", "spg", "spg"),
        ("MEMBER@Example.org", "spg", "spg"),
        ("lead@example.org", "spg", "management"),
        ("lead@example.org", "management", "management"),
        ("member@example.org", "management", ""),
        ("stranger@example.org", "spg", ""),
        ("", "spg", ""),
    ],
)
def test_the_role_says_which_releases_may_be_read(
    email: str, audience: str, role: str, configured: dict[str, str]
) -> None:
    visitor = Visitor(claims(email), is_here=False)
    if role:
        grant = check(visitor, audience, configured, NOW)
        assert (grant.who, grant.role, grant.is_without_login) == (email, role, False)
    else:
        assert refusal(visitor, audience, configured).sign_in


@AS_ROOT
def test_a_file_of_roles_asks_for_login_also_where_login_is_switched_off(configured: dict[str, str]) -> None:
    found = refusal(Visitor(None, is_here=True), "spg", configured | {access.WITHOUT_LOGIN: "1"})
    assert found.sign_in
    assert not found.who


@AS_ROOT
@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_the_provider_does_not_vouch_for_is_nobodys(
    verified: object, configured: dict[str, str]
) -> None:
    refusal(Visitor(claims(email_verified=verified), is_here=False), "spg", configured)


@AS_ROOT
def test_another_claim_can_name_people(configured: dict[str, str]) -> None:
    roles = Path(configured[access.ROLES])
    roles.write_text('claim = "sub"\n[people]\n1234 = "spg"\n')
    assert check(Visitor(claims(email_verified=False), False), "spg", configured, NOW).who == "1234"


@AS_ROOT
@pytest.mark.parametrize(
    ("hours", "minutes_ago", "is_open"),
    [
        (None, 479, True),
        (None, 480, False),
        ("0.5", 29, True),
        ("0.5", 30, False),
        # Clocks differ a little; a token from the future is made up.
        (None, -4, True),
        (None, -6, False),
    ],
)
def test_a_sign_in_lasts_as_long_as_the_file_says(
    hours: str | None, minutes_ago: float, is_open: bool, configured: dict[str, str]
) -> None:
    if hours:
        Path(configured[access.ROLES]).write_text(f"session_hours = {hours}\n{ROLES}")
    visitor = Visitor(claims(minutes_ago=minutes_ago), is_here=False)
    if is_open:
        check(visitor, "spg", configured, NOW)
    else:
        assert "too old" in str(refusal(visitor, "spg", configured))


@AS_ROOT
@pytest.mark.parametrize("iat", [None, "yesterday", ""])
def test_a_sign_in_without_a_time_is_none(iat: object, configured: dict[str, str]) -> None:
    refusal(Visitor(claims(iat=iat), is_here=False), "spg", configured)


@AS_ROOT
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda f: f.chmod(0o664), "can be written by others"),
        (lambda f: f.chmod(0o646), "can be written by others"),
        (lambda f: os.chown(f, 65534, -1), "does not belong to root"),
        (lambda f: f.parent.chmod(0o777), "can be written by others"),
        (lambda f: os.chown(f.parent, 65534, -1), "does not belong to root"),
        (lambda f: f.unlink(), "cannot be read"),
        (lambda f: f.write_text("people"), "cannot be read"),
        (lambda f: f.write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda f: f.write_text('[people]\n"a@example.org" = "boss"\n'), "unknown role boss"),
        (lambda f: f.write_text('[people]\n"a@b" = "spg"\n"A@b" = "management"\n'), "a@b stands twice"),
        (lambda f: f.write_text(f"session_hours = 0\n{ROLES}"), "session_hours"),
        (lambda f: f.write_text(f"session_hours = 720\n{ROLES}"), "session_hours"),
        (lambda f: f.write_text(f"session_hours = true\n{ROLES}"), "session_hours"),
        (lambda f: f.write_text(f'hours = 8\nclaim = ""\n{ROLES}'), "claim is no name; hours is no setting"),
        (lambda f: f.write_text("people = 3\n"), "people is no table"),
    ],
)
def test_a_file_of_roles_that_cannot_be_trusted_lets_nobody_in(
    spoil, reason: str, configured: dict[str, str]
) -> None:
    spoil(Path(configured[access.ROLES]))
    found = refusal(Visitor(claims("lead@example.org"), is_here=False), "spg", configured)
    assert reason in found.reason
    assert configured[access.ROLES] not in str(found)


@AS_ROOT
def test_a_link_to_a_file_that_others_can_write_is_followed_and_refused(
    configured: dict[str, str], tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs.toml"
    theirs.write_text(ROLES)
    os.chown(theirs, 65534, -1)
    link = tmp_path / "link.toml"
    link.symlink_to(theirs)
    refusal(Visitor(claims(), is_here=False), "spg", configured | {access.ROLES: str(link)})


@AS_ROOT
@pytest.mark.parametrize("spoil", ["no setting", "no file", "a folder", "a link"])
def test_without_a_log_there_is_no_page(spoil: str, configured: dict[str, str]) -> None:
    log = Path(configured[access.LOG])
    if spoil == "no setting":
        del configured[access.LOG]
        assert "not set" in refusal(Visitor(claims(), is_here=False), "spg", configured).reason
        return
    log.unlink()
    if spoil == "a folder":
        log.mkdir()
    if spoil == "a link":
        (log.parent / "elsewhere").touch()
        log.symlink_to(log.parent / "elsewhere")
    grant = check(Visitor(claims(), is_here=False), "spg", configured, NOW)
    with pytest.raises(Refused, match="cannot be written down"):
        grant.record("page", "Money", "2018-03")


@AS_ROOT
def test_a_refusal_of_somebody_is_written_down(configured: dict[str, str]) -> None:
    refusal(Visitor(claims("stranger@example.org"), is_here=False), "spg", configured)
    log = Path(configured[access.LOG])
    assert '"who": "stranger@example.org"' in log.read_text()
    assert '"event": "refused"' in log.read_text()


@AS_ROOT
@pytest.mark.parametrize("since", ["role taken away", "sign-in too old", "log gone"])
def test_a_download_is_checked_when_it_is_asked_for(since: str, configured: dict[str, str]) -> None:
    roles, log = Path(configured[access.ROLES]), Path(configured[access.LOG])
    # `download` looks at the clock itself.
    fresh = claims(iat=int(datetime.now(UTC).timestamp()) - (9 * 3600 if since == "sign-in too old" else 60))
    grant = access.Grant("member@example.org", "spg", "spg", Visitor(fresh, False), configured)
    if since != "sign-in too old":
        grant.download("money.csv", "2018-03")
        assert '"what": "money.csv"' in log.read_text()
    if since == "role taken away":
        roles.write_text("[people]\n")
    if since == "log gone":
        log.unlink()
    with pytest.raises(Refused):
        grant.download("money.csv", "2018-03")


def test_files_are_given_in_one_place_alone() -> None:
    """Streamlit's own button gives a file without asking again who wants it."""
    own = [
        path.name for path in (ROOT / "dashboards").rglob("*.py") if "st.download_button" in path.read_text()
    ]
    assert own == ["components.py"]


def test_the_pages_say_that_there_is_no_login(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Without login: whoever uses this machine" in text(
        open_page(publications["normal"], "this_quarter", monkeypatch)
    )


@AS_ROOT
@pytest.mark.parametrize("audience", ["spg", "management"])
def test_a_page_without_a_right_to_it_holds_nothing_of_the_release(
    audience: str, configured: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_publication(tmp_path / "publications", audience=audience)
    for name, value in configured.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tests.dashboards.test_pages.VISITOR", Visitor(claims("stranger@example.org"), False))
    app = open_page(tmp_path / "publications", "this_quarter", monkeypatch)
    assert "These pages are not open to everyone" in text(app)
    for word in ("As at", "2018", "release", str(tmp_path), "Fulfilling Lives in"):
        assert word not in text(app)
    assert not app.get("download_button")
    assert not app.get("plotly_chart")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("server.address", "0.0.0.0"),
        ("server.address", None),
        ("server.enableXsrfProtection", False),
        ("client.showErrorDetails", "full"),
        ("client.disableDataExport", False),
        ("browser.gatherUsageStats", True),
        ("server.trustedUserHeaders", {"x-user": "email"}),
    ],
)
def test_a_server_without_its_protection_shows_nothing(
    option: str, value: object, publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = config.get_option(option)
    config.set_option(option, value)
    try:
        written = text(open_page(publications["normal"], "this_quarter", monkeypatch))
    finally:
        config.set_option(option, before)
    assert "These dashboards do not start" in written
    assert option in written
    assert "As at" not in written


def test_the_projects_settings_are_those_that_protect() -> None:
    assert access.unsafe_options() == []


# --- the log ----------------------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of five lines."""
    path = tmp_path / "access.jsonl"
    path.touch(0o600)
    for n in range(5):
        access_log.add(path, NOW + timedelta(minutes=n), who="member@example.org", event="page", what=f"{n}")
    return path


def test_a_log_follows_its_chain(log: Path) -> None:
    checked = access_log.check(log)
    assert (checked.lines, checked.problems) == (5, [])
    assert '"previous": "' + "0" * 64 in log.read_text().splitlines()[0]
    access_log.add(log, NOW, who="member@example.org")
    assert access_log.check(log, holds=checked.last).holds


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda lines: [lines[0], *lines[2:]], "line 2 does not follow the line before it"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "line 1 does not follow the line before it"),
        (lambda lines: [lines[0].replace("member", "nobody"), *lines[1:]], "line 2 does not follow"),
        (lambda lines: [*lines[:2], "what?", *lines[2:]], "line 3 is not whole"),
        (lambda lines: lines[1:], "line 1 does not follow the line before it"),
    ],
)
def test_a_log_that_was_changed_is_found(
    spoil, problem: str, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.write_text("\n".join(spoil(log.read_text().splitlines())) + "\n")
    assert access_log.check(log).problems[0].startswith(problem)
    assert access_log.main([str(log)]) == 1
    assert "not as they were written" in capsys.readouterr().out


def test_a_log_that_lost_its_end_is_found_by_an_earlier_hash(log: Path) -> None:
    last = access_log.check(log).last
    log.write_text("\n".join(log.read_text().splitlines()[:-1]) + "\n")
    assert access_log.main([str(log)]) == 0
    assert access_log.main([str(log), "--holds", last]) == 1


def test_a_line_that_was_cut_off_is_told_and_the_chain_goes_on(log: Path) -> None:
    content = log.read_bytes()
    log.write_bytes(content[:-20])
    access_log.add(log, NOW, who="member@example.org")
    assert access_log.check(log).problems == ["line 5 is not whole"]
    # What was cut off is chained like any line.
    lines = log.read_bytes().split(b"\n")
    log.write_bytes(b"\n".join([*lines[:4], lines[4].replace(b"member", b"nobody"), *lines[5:]]))
    assert "line 6 does not follow the line before it" in access_log.check(log).problems


def test_a_strangers_words_stay_in_one_short_line(log: Path) -> None:
    access_log.add(log, NOW, who='x"}\n{"previous": "' + "é\u2028" * 10_000, event="refused")
    access_log.add(log, NOW, who="member@example.org")
    checked = access_log.check(log)
    assert (checked.lines, checked.problems) == (7, [])


def test_several_writers_make_one_chain(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "access.jsonl"
    path.touch(0o600)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: access_log.add(path, NOW, who=str(n)), range(80)))
    checked = access_log.check(path)
    assert (checked.lines, checked.problems) == (80, [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device to write to")
def test_a_full_disk_stops_the_page() -> None:
    with pytest.raises(access_log.NotLogged, match="No space left"):
        access_log.add(Path("/dev/full"), NOW, who="member@example.org")


def test_a_page_that_failed_shows_no_path(
    publications: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(access.LOG, str(tmp_path / "none.jsonl"))
    app = open_page(publications["normal"], "this_quarter", monkeypatch)
    assert "so they stay closed" in text(app)
    assert str(tmp_path) not in markup(app)
    assert "As at" not in text(app)
