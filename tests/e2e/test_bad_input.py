"""Bad input: one clear message with file and line, the remedy, the right exit code; the other packages go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.world import FIX_TEN, World, git, numbered

MERGED = numbered("a", l10="ten")


def broken_toml(folder: Path) -> None:
    (folder / "package.toml").write_text('upstream = "git:/x"\nbase = [1\n')


def unknown_key(folder: Path) -> None:
    manifest = folder / "package.toml"
    manifest.write_text(manifest.read_text() + 'rnage = "8.*"\n')


def missing_file(folder: Path) -> None:
    (folder / "series").write_text("# mine\nten.patch\ngone.patch\n")


def leaves_the_folder(folder: Path) -> None:
    (folder / "series").write_text("../../syncbot.toml\n")


def no_base_upstream(folder: Path) -> None:
    manifest = folder / "package.toml"
    manifest.write_text(manifest.read_text().replace('"1.0"', '"0.9"'))


def no_version(folder: Path) -> None:
    manifest = folder / "package.toml"
    manifest.write_text(manifest.read_text().replace('"1.0"', '"the big one"'))


def out_of_reach(folder: Path) -> None:
    (folder / "package.toml").write_text('upstream = "git:/nowhere/lib.git"\nbase = "1.0"\n')


def an_option(folder: Path) -> None:
    (folder / "package.toml").write_text('upstream = "git:--upload-pack=touch /tmp/x"\nbase = "1.0"\n')


def another_transport(folder: Path) -> None:
    (folder / "package.toml").write_text('upstream = "git:ext::sh -c true"\nbase = "1.0"\n')


CASES = [
    (broken_toml, 2, "patches/bad/package.toml:", "broken TOML"),
    (unknown_key, 2, "patches/bad/package.toml:3: ", 'unknown key "rnage"; did you mean "range"?'),
    (missing_file, 2, "patches/bad/series:3: ", "the file gone.patch is missing; add the file, or remove the line"),
    (leaves_the_folder, 2, "patches/bad/series:1: ", "leaves its package's folder"),
    (
        no_base_upstream,
        2,
        "patches/bad/package.toml",
        "the base release 0.9 of bad is not among the 2 releases of git:",
    ),
    (no_version, 2, "patches/bad/package.toml", "the big one"),
    (out_of_reach, 4, "", "cannot reach /nowhere/lib.git"),
    (an_option, 2, "patches/bad/package.toml:1: ", "looks like an option"),
    (another_transport, 2, "patches/bad/package.toml:1: ", "remote helper"),
]


@pytest.mark.parametrize(("spoil", "code", "place", "words"), CASES, ids=lambda value: getattr(value, "__name__", None))
def test_a_bad_package_gets_one_message_and_the_others_go_on(
    world: World, spoil: Callable[[Path], None], code: int, place: str, words: str
) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.workspace.package("bad", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN)
    spoil(world.workspace.path / "patches" / "bad")
    world.workspace.commit("spoil")

    together = world.syncbot("sync")
    assert together.code == 0
    [said] = together.err.splitlines()
    assert said.startswith("syncbot: problem: bad: " + place)
    assert words in said
    assert ";" in said, "a remedy stands after the semicolon"
    assert "lib: proposal 1 was opened" in together.out

    alone = world.syncbot("check", "bad")
    assert alone.code == code
    assert words in alone.err


def test_a_file_that_is_no_patch_is_broken_and_reported_and_the_other_patches_go_on(world: World) -> None:
    (world.workspace.path / "patches/lib/b.patch").write_text("this is a letter, not a patch\n")
    world.workspace.commit("spoil")
    world.upstream.release("v1.1", a_c=MERGED)
    ran = world.syncbot("check", "--json", "--exit-code")
    assert ran.code == 1
    verdicts = {p["name"]: (p["verdict"], p["action"]) for p in ran.document["packages"][0]["patches"]}
    assert verdicts == {"ten.patch": ("obsolete", "drop"), "b.patch": ("broken", "report")}


def test_two_packages_of_one_name_differing_in_case(world: World) -> None:
    world.workspace.package("LIB", f"git:{world.upstream.path}", "1.0")
    ran = world.syncbot("check")
    assert ran.code == 2
    assert "differ only in case; rename one of the two folders" in ran.err


def test_tracking_a_name_that_is_taken(world: World) -> None:
    ran = world.syncbot("track", f"git:{world.upstream.path}")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "syncbot: error: the package lib is tracked already; edit its package.toml, or use another name\n"


def test_every_upstream_out_of_reach_is_exit_code_4(world: World) -> None:
    world.syncbot("check")
    (world.workspace.path / "patches/lib/package.toml").write_text('upstream = "git:/nowhere/a.git"\nbase = "1.0"\n')
    world.workspace.commit("gone")
    for command in (["check"], ["sync"], ["sync", "--dry-run"], ["check", "--json"]):
        assert world.syncbot(*command).code == 4


def test_a_base_that_upstream_took_back_says_that_it_was_seen(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("check")
    git(world.upstream.path, "tag", "-d", "v1.0")
    ran = world.syncbot("check")
    assert ran.code == 2
    assert "was seen before, but git:" in ran.err
    assert "no longer has it" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "nolib"], "no package is named 'nolib'; did you mean lib?"),
        (["explain", "lib", "tne.patch"], "did you mean ten.patch?"),
        (["explain", "lib", "ten.patch"], "was not judged yet; run `syncbot check lib`"),
        (["proposals", "show", "7"], "there is no proposal '7'; `syncbot proposals` lists them"),
        (["proposals", "accept", "lib"], "there is no proposal 'lib'"),
        (
            ["restore", "lib", "ten.patch", "--reason", "x"],
            "no patch 'ten.patch' was dropped from lib; none was dropped",
        ),
        (["track", "thing"], "no upstream address: 'thing'; write pypi:NAME, npm:NAME, git:URL or tarball:URL"),
    ],
)
def test_a_wrong_word_on_the_command_line(world: World, arguments: list[str], words: str) -> None:
    ran = world.syncbot(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("syncbot: error: ")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_broken_settings_name_file_and_line(world: World) -> None:
    (world.workspace.path / "syncbot.toml").write_text('\nmoed = "observe"\n')
    ran = world.syncbot("sync")
    assert ran.code == 2
    assert 'syncbot.toml:2: unknown key "moed"; did you mean "mode"?' in ran.err


def test_no_workspace(world: World, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ran = world.syncbot("-C", str(elsewhere), "sync")
    assert ran.code == 2
    assert "no workspace at" in ran.err
    assert "run `syncbot init`" in ran.err


def test_a_secret_in_an_address_is_never_shown(world: World) -> None:
    secret = "hunter2"
    world.workspace.package("bad", f"git:https://user:{secret}@127.0.0.1:9/x.git", "1.0")
    for command in (["sync"], ["check", "--json"], ["doctor"], ["--debug", "check", "bad"]):
        ran = world.syncbot(*command)
        assert secret not in ran.out + ran.err
    for file in (world.workspace.path / "state").rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()


def test_a_path_that_the_system_refuses_is_bad_input(world: World) -> None:
    ran = world.syncbot("judge", "--base", ".", "--target", ".", "--patches", "x" * 300)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "File name too long" in ran.err


def test_a_workspace_where_none_can_be_made(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way\n")
    ran = world.syncbot("init", str(tmp_path / "file" / "x"))
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "cannot make a workspace at " in ran.err
