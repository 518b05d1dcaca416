"""What strangers met first: settings that are wrong, a repository that is new, a forge that merges nothing. Each is
told with what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.world import TEN, World, git, numbered


def settings(world: World, text: str) -> None:
    (world.workspace.path / "syncbot.toml").write_text(text)


@pytest.mark.parametrize(
    ("text", "where", "what", "remedy"),
    [
        ("mode = 5\n", 1, 'mode is 5, but must be one of "observe", "propose", "merge"', ""),
        (
            '[proposals]\nwindows = ["mon-fri 08:00-18:00", "mon-fry"]\n', 2,
            'proposals.windows has "mon-fry", but each must be days and hours, such as "mon-fri 08:00-18:00"',
            "give days as mon to sun and hours as HH:MM-HH:MM",
        ),
        ('[proposals]\nwindows = "mon"\n', 2, 'proposals.windows is "mon", but must be a list of strings', 'write ["'),
        ("[proposals]\nlabels = [1]\n", 2, "proposals.labels has 1, but each must be a string", 'in quotes: "1"'),
        ('[forge]\nkind = "git"\nremote = "svn:foo"\n', 3, 'forge.remote is "svn:foo", but must be a git address', ""),
        ("mode = \n", 1, "broken TOML: invalid value", "mend this line"),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_named_with_its_value(
    world: World, text: str, where: int, what: str, remedy: str
) -> None:
    settings(world, text)
    ran = world.syncbot("check")
    assert ran.code == 2
    assert f"syncbot.toml:{where}: {what}" in ran.err
    assert remedy in ran.err
    looked = world.syncbot("doctor", "--offline", "--json")
    (wrong,) = (f for f in looked.document["findings"] if not f["well"])
    assert wrong["name"] == "settings"
    assert what in wrong["detail"]
    assert remedy in wrong["remedy"]
    assert "init" not in wrong["remedy"], "that would not mend it"


@pytest.mark.parametrize(
    ("keep", "what"),
    [
        ('[keep]\n"ten.patch" = 5\n', '"ten.patch" in [keep] is 5, but must be a string on one line that is not empty'),
        ('[keep]\n"ten.patch" = ""\n', '"ten.patch" in [keep] is "", but must be'),
        ('keep = ["ten.patch"]\n', "keep is a list, but must be a table of strings"),
    ],
)
def test_a_pin_that_is_wrong_is_named_with_its_value(world: World, keep: str, what: str) -> None:
    manifest = world.workspace.path / "patches/lib/package.toml"
    lines = manifest.read_text().count("\n") + keep.count("\n")
    manifest.write_text(manifest.read_text() + keep)
    ran = world.syncbot("check")
    assert f"patches/lib/package.toml:{lines}: {what}" in ran.err
    assert 'write "' in ran.err


@pytest.mark.parametrize("address", ["svn:foo", "hg:foo", "cargo:serde"])
def test_another_kind_of_upstream_is_no_host(world: World, address: str) -> None:
    ran = world.syncbot("track", address)
    assert ran.code == 2
    scheme = address.partition(":")[0]
    assert f"unknown upstream scheme '{scheme}' in '{address}'; use one of anitya, git, npm, pypi" in ran.err


def test_a_repository_without_a_commit_can_be_checked_and_says_what_a_sync_needs(world: World, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    git(new, "init", "-q")
    (world.workspace.path / "patches").rename(new / "patches")
    (new / "syncbot.toml").write_text("")
    world.upstream.release("v1.1", a_c=numbered("a", **TEN))
    ran = world.syncbot("-C", str(new), "check")
    assert (ran.code, ran.err) == (0, "")
    assert "1 package checked, 1 can move." in ran.out
    for command in (["sync", "--dry-run"], ["sync"]):
        ran = world.syncbot("-C", str(new), *command)
        assert ran.code == 2
        assert "has no commit yet; commit your files: git add -A && git commit" in ran.err


@pytest.fixture
def theirs(world: World) -> Path:
    """Their repository beside the workspace, named by a relative path; the patch `ten` is in the next release."""
    bare = world.workspace.path.parent / "theirs.git"
    git(world.workspace.path, "clone", "-q", "--bare", ".", str(bare))
    settings(world, '[forge]\nkind = "git"\nremote = "../theirs.git"\n')
    world.workspace.commit("settings")
    git(world.workspace.path, "push", "-q", str(bare), "HEAD")
    world.upstream.release("v1.1", a_c=numbered("a", **TEN))
    return bare


def test_a_relative_remote_is_meant_from_the_workspace(
    world: World, theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "ok    forge: ../theirs.git as syncbot" in world.syncbot("doctor").out
    assert world.syncbot("sync").code == 0
    assert git(theirs, "show", "syncbot/lib/stable:patches/lib/series") == "b.patch"
    settings(world, '[forge]\nkind = "git"\nremote = "../nowhere.git"\n')
    ran = world.syncbot("doctor")
    assert ran.code == 2
    assert "FAIL  forge: the repository" in ran.out
    git(theirs, "branch", "-m", git(theirs, "symbolic-ref", "--short", "HEAD"), "other")
    settings(world, '[forge]\nkind = "git"\nremote = "../theirs.git"\n')
    assert "FAIL  forge: the repository" in world.syncbot("doctor").out
    assert "has no branch" in world.syncbot("doctor").out


def test_a_forge_that_merges_nothing_says_what_a_person_does(world: World, theirs: Path) -> None:
    ran = world.syncbot("sync")
    assert "proposals accept" not in ran.out
    (command,) = (text.partition("#")[0].split() for text in ran.out.splitlines() if text.startswith("  git pull"))
    page = (world.workspace.path / "state/proposals/proposals/1-lib.md").read_text()
    assert "Merge the branch, and the next `syncbot sync` takes it as accepted" in page
    assert "proposals accept" not in page
    git(world.workspace.path, *command[1:])
    assert "lib: ten.patch left the series" in world.syncbot("sync").out
    (shown,) = world.syncbot("proposals", "list", "--all", "--json").document["proposals"]
    assert shown["status"] == "accepted"


def test_a_dry_run_says_in_words_what_a_forge_of_files_would_write(world: World) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", **TEN))
    told = [text for text in world.syncbot("sync", "--dry-run").out.splitlines() if text.startswith("would ")]
    head = git(world.workspace.path, "rev-parse", "--short=12", "HEAD")
    assert told == [
        "would push: syncbot/lib/stable",
        "would write: labels, people and comments of proposal 1",
        f"would write: the result on commit {head}",
        "would write: the dashboard (issue-1)",
        "would write: labels, people and comments of the dashboard",
    ]
