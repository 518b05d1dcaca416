"""The workspace: where it is, and what its settings say."""

from __future__ import annotations

import zoneinfo
from pathlib import Path

import pytest

from syncbot.errors import InputError
from syncbot.model.packages import Commits, Mode, Policy, Step
from syncbot.model.settings import DownstreamSettings, Identity, Limits, Settings
from syncbot.model.tables import check, parse
from syncbot.settings import ENVIRONMENT, KEYS, SETTINGS, find_root, open_workspace, read_workspace, settings_of

ALL = """
patches = "pkgs"
state = "var/state"
mode = "observe"
step = "each"
track = "branch:main"
commits = "step"
bump = false
verify = ["make check"]
layout = "debian"
max-new-proposals = 3
schedule = "*/15 2-4 * * mon,thu"
timezone = "UTC"

[rewrite]
"https://host.example/" = "file:///mirror/"

[downstream]
repo = "../packages"
branch = "stable/1"
path = "./main//"

[packages.lib]
upstream = "pypi:lib"

[identity]
name = "Bot"
email = "bot@example.org"

[limits]
patch-bytes = "1 MiB"
archive-bytes = 5
unpacked-bytes = "2GB"
archive-members = 7
file-bytes = "1 KiB"
verify-seconds = 60
"""
EXPECTED = Settings(
    patches="pkgs",
    state="var/state",
    layout="debian",
    downstream=DownstreamSettings("../packages", "stable/1", "main"),
    policy=Policy(Mode.OBSERVE, Step.EACH, "branch:main", Commits.STEP, bump=False, verify=("make check",)),
    max_new_proposals=3,
    schedule="*/15 2-4 * * mon,thu",
    timezone="UTC",
    rewrite=(("https://host.example/", "file:///mirror/"),),
    identity=Identity("Bot", "bot@example.org"),
    limits=Limits(1024 * 1024, 5, 2_000_000_000, 7, 1024, 60),
)


def read(root: Path, text: str) -> Settings:
    (root / "syncbot.toml").write_text(text)
    return read_workspace(root, {}).settings


def test_every_setting_is_read_from_syncbot_toml(tmp_path: Path) -> None:
    assert read(tmp_path, ALL) == EXPECTED


def test_every_setting_is_read_from_pyproject(tmp_path: Path) -> None:
    table = "[project]\nname = 'x'\n[tool.syncbot]\n" + ALL.replace("\n[", "\n[tool.syncbot.")
    (tmp_path / "pyproject.toml").write_text(table)
    found = read_workspace(tmp_path, {})
    assert found.settings == EXPECTED
    assert found.settings_file == tmp_path / "pyproject.toml"
    assert found.patches == tmp_path / "pkgs"


@pytest.mark.parametrize(
    ("text", "commits"),
    [
        ("", Commits.DECISION),
        ('layout = "debian"', Commits.DECISION),
        ('layout = "melange"', Commits.STEP),
        ('[downstream]\nlayout = "apkbuild"', Commits.STEP),
        ('layout = "melange"\ncommits = "decision"', Commits.DECISION),
    ],
)
def test_commits_are_as_the_people_of_a_layout_expect_unless_somebody_says(
    text: str, commits: Commits, tmp_path: Path
) -> None:
    assert read(tmp_path, text).policy.commits is commits


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    found = read_workspace(tmp_path, {})
    assert (found.settings, found.settings_file) == (Settings(), None)
    assert found.state == tmp_path / "state"
    assert found.database_url == f"sqlite:///{tmp_path}/state/syncbot.db"


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Settings()
    assert read(tmp_path, 'max-new-proposals = "none"\n').max_new_proposals is None


def test_the_environment_has_the_last_word_and_stays_out_of_reprs(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    found = read_workspace(tmp_path, {"SYNCBOT_STATE": str(elsewhere)})
    assert found.state == elsewhere
    assert found.database_url == f"sqlite:///{elsewhere}/syncbot.db"
    secret = read_workspace(tmp_path, {"SYNCBOT_DATABASE_URL": "postgresql://me:hunter2@db/x"})
    assert secret.database_url == "postgresql://me:hunter2@db/x"
    assert "hunter2" not in repr(secret)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mode = \n", "syncbot.toml:1: broken TOML: invalid value; mend this line"),
        ("\nmax-proposals = 3\n", '2: unknown key "max-proposals"; did you mean "max-new-proposals"?'),
        ("max_new_proposals = 3\n", 'did you mean "max-new-proposals"?'),
        ("[identity]\nmail = 'x'\n", '2: unknown key "identity.mail"; did you mean "email"?'),
        ("mode = 'proposes'\n", 'must be one of "observe", "propose", "merge"; did you mean "propose"?'),
        ("track = 'branch:../x'\n", 'must be "stable", "prerelease" or "branch:NAME"'),
        ("track = 'branch:a.lock'\n", 'must be "stable", "prerelease" or "branch:NAME"'),
        ("max-new-proposals = -1\n", 'max-new-proposals is -1, but must be a whole number, or "none"'),
        ("schedule = '0 3 * *'\n", 'schedule is "0 3 * *", but must be five fields'),
        ("schedule = '0 24 * * *'\n", "each within its range"),
        ("schedule = '0 3 * * noday'\n", "each within its range"),
        ("timezone = 'Mars/Olympus'\n", 'timezone is "Mars/Olympus", but must be a time zone'),
        ("timezone = '../../etc/passwd'\n", "but must be a time zone"),
        ("patches = '../x'\n", 'patches is "../x", but must be a folder inside the workspace'),
        ("state = '/var'\n", 'state is "/var", but must be a folder inside the workspace'),
        ("state = '.'\n", "but must be a folder inside the workspace"),
        ("patches = '.git/x'\n", "but must be a folder inside the workspace"),
        ("\nstate = 'patches/state'\n", '2: patches "patches" and state "patches/state" overlap'),
        ("patches = './state/'\n", '1: patches "state" and state "state" overlap'),
        ("[limits]\npatch-bytes = '3 apples'\n", '2: limits.patch-bytes is "3 apples", but must be a size'),
        ("[downstream]\nrepo = 'ext::sh'\n", '2: downstream.repo is "ext::sh", but must be a path or a git address'),
        ("[downstream]\nbranch = '-x'\n", '2: downstream.branch is "-x", but must be the name of a branch'),
        ("[downstream]\npath = '../x'\n", '2: downstream.path is "../x", but must be a folder inside'),
        ("packages = 3\n", "1: packages is 3, but must be a table of tables, one for each package"),
        ("[packages]\nlib = 3\n", "must be a table of tables, one for each package; write [packages.NAME]"),
        (
            "[rewrite]\n'a://' = 'https://me:hunter2@host/'\n",
            "2: an address in [rewrite] holds a password",
        ),
    ],
)
def test_wrong_settings_name_their_line_and_the_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "syncbot.toml"))
    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["patches", "state"])
def test_a_symlink_does_not_lead_out(tmp_path: Path, name: str) -> None:
    root = tmp_path / "ws"
    root.mkdir()
    (root / name).symlink_to(tmp_path)
    with pytest.raises(InputError, match=f'{name} "{name}" leads out of the workspace through a symlink'):
        read_workspace(root, {})


def test_settings_in_both_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "syncbot.toml").write_text("")
    (tmp_path / "pyproject.toml").write_text("[tool.syncbot]\n")
    with pytest.raises(InputError, match=r"settings stand in syncbot\.toml and in pyproject\.toml"):
        read_workspace(tmp_path, {})


def test_a_pyproject_that_is_not_about_us_is_not_our_business(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other\n")
    assert read_workspace(tmp_path, {}).settings_file is None
    (tmp_path / "pyproject.toml").write_text("[tool.syncbot\n")
    with pytest.raises(InputError, match=r"pyproject\.toml:1: broken TOML"):
        read_workspace(tmp_path, {})


def test_a_time_zone_of_the_machine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zones = tmp_path / "zones"
    zones.mkdir()
    (zones / "Here").write_bytes(
        b"TZif" + bytes(16) + b"\0\0\0\0" * 4 + b"\0\0\0\1" + b"\0\0\0\4" + bytes(6) + b"LMT\0"
    )
    zoneinfo.reset_tzpath([zones])
    try:
        assert read(tmp_path, "timezone = 'Here'\n").timezone == "Here"
    finally:
        zoneinfo.reset_tzpath()


def test_a_file_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    (tmp_path / "syncbot.toml").write_bytes(b"patches = '\xe9'\n")
    with pytest.raises(InputError, match=r"syncbot\.toml:1: this is not UTF-8"):
        read_workspace(tmp_path, {})


@pytest.mark.parametrize(
    ("files", "start", "root"),
    [
        (["ws/syncbot.toml"], "ws/patches/demo", "ws"),
        (["ws/patches/demo/series"], "ws/patches/demo", "ws"),
        (["ws/patches/demo/patches/x"], "ws/patches/demo/sub", "ws"),
        (["ws/syncbot.toml", "ws/patches/demo/patches/x"], "ws/patches/demo", "ws"),
        (["patches/x", "ws/.git/HEAD"], "ws/sub", None),
        (["x"], "ws", None),
    ],
)
def test_the_root_is_found_upwards(tmp_path: Path, files: list[str], start: str, root: str | None) -> None:
    (tmp_path / ".git").mkdir()
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / start).mkdir(parents=True, exist_ok=True)
    assert find_root(tmp_path / start) == (None if root is None else tmp_path / root)


def test_no_workspace_is_said_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(InputError, match=r"no workspace at .* or above it; run `syncbot init`"):
        open_workspace(tmp_path, {})
    (tmp_path / "patches").mkdir()
    assert open_workspace(tmp_path, {}).root == tmp_path


def test_the_table_of_settings_is_what_the_code_reads() -> None:
    assert [doc.name for doc in SETTINGS] == [key.name for key in KEYS]
    assert len({doc.name for doc in SETTINGS}) == len(SETTINGS)
    assert all(doc.type and doc.default and doc.sentence.endswith(".") for doc in (*SETTINGS, *ENVIRONMENT))


def test_the_documented_defaults_are_the_real_ones() -> None:
    words = {"empty": "", "none": ""}
    text = "".join(f"{doc.name} = {doc.default}\n" for doc in SETTINGS if doc.default not in words)
    assert settings_of(check(parse(text.encode(), "docs"), KEYS)) == Settings()
