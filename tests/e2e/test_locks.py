"""A patched npm dependency moves: its lock file follows in the same proposal, made by the real npm."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.npm_world import Registry, registry, tools

from .world import FIX_B, FIX_TEN, TEN, A, B, Workspace, git, numbered

MANIFEST = """\
{
  "name": "app",
  "scripts": { "postinstall": "patch-package" },
  "dependencies": { "left": "^1.0.0", "other": "1.0.0" }
}
"""


@pytest.fixture
def served() -> Iterator[Registry]:
    """left 1.1.0 has the fix of ten, and needs a newer pad."""
    with registry() as made:
        made.publish("left", "1.0.0", {"a.c": A, "b.c": B}, dependencies={"pad": "^1.0.0"})
        made.publish("left", "1.1.0", {"a.c": numbered("a", **TEN), "b.c": B}, dependencies={"pad": "^1.1.0"})
        made.publish("pad", "1.0.0")
        made.publish("pad", "1.1.0")
        made.publish("other", "1.0.0")
        yield made


@pytest.fixture
def project(
    tmp_path: Path,
    served: Registry,
    sealed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Workspace:
    def captured() -> tuple[str, str]:
        got = capsys.readouterr()
        return got.out, got.err

    (sealed / ".npmrc").write_text(f"registry={served.url}\n")
    made = Workspace(tmp_path / "project", captured)
    write(made, {"package.json": MANIFEST, "package-lock.json": lock(served), "syncbot.toml": 'layout = "npm"\n'})
    write(made, {"patches/left+1.0.0+001+ten.patch": patch(FIX_TEN), "patches/left+1.0.0+002+b.patch": patch(FIX_B)})
    made.commit("what we have")
    return made


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Puts npm on PATH."""

    def put() -> None:
        monkeypatch.setenv("PATH", f"{tools(tmp_path / 'bin', 'npm')}:{os.environ['PATH']}")

    return put


def patch(text: str) -> str:
    """As patch-package has it: from the project's folder."""
    return text.replace("a/", "a/node_modules/left/").replace("b/", "b/node_modules/left/")


def write(project: Workspace, files: dict[str, str]) -> None:
    for name, content in files.items():
        place = project.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)


def lock(served: Registry, **more: str) -> str:
    packages: dict[str, object] = {"": {"name": "app", "dependencies": {"left": "^1.0.0", "other": "1.0.0"}}}
    for name, version in {"left": "1.0.0", "other": "1.0.0", "pad": "1.0.0", **more}.items():
        found = served.documents[name]["versions"][version]
        entry = {"version": version, "resolved": found["dist"]["tarball"], "integrity": found["dist"]["integrity"]}
        needs = {"dependencies": found["dependencies"]} if "dependencies" in found else {}
        packages[f"node_modules/{name}"] = {**entry, **needs}
    return json.dumps({"name": "app", "lockfileVersion": 3, "requires": True, "packages": packages}, indent=2) + "\n"


BRANCH = "syncbot/left/stable"


def on_branch(project: Workspace, *arguments: str) -> str:
    return git(project.path / "state" / "proposals" / "forge.git", *arguments)


def head(project: Workspace) -> str:
    return git(project.path, "rev-parse", "HEAD").strip()


def locked(project: Workspace) -> dict[str, str]:
    packages = json.loads(on_branch(project, "show", f"{BRANCH}:package-lock.json"))["packages"]
    return {name.removeprefix("node_modules/"): found["version"] for name, found in packages.items() if name}


def told(project: Workspace) -> str:
    """What the proposal says, its lines put together."""
    return " ".join(project.syncbot("proposals", "show", "1").out.split())


def test_the_lock_file_follows_in_the_same_proposal(project: Workspace, npm: Callable[[], None]) -> None:
    npm()
    assert project.syncbot("sync").code == 0
    assert locked(project) == {"left": "1.1.0", "pad": "1.1.0", "other": "1.0.0"}
    assert on_branch(project, "log", "--format=%s", f"{head(project)}..{BRANCH}") == "left: 1.0.0 -> 1.1.0"
    assert "Left to you" not in told(project)
    assert on_branch(project, "diff", "--name-only", "--no-renames", head(project), BRANCH).split() == [
        "package-lock.json",
        "package.json",
        "patches/left+1.0.0+001+ten.patch",
        "patches/left+1.0.0+002+b.patch",
        "patches/left+1.1.0+002+b.patch",
    ]


def test_of_several_commits_the_last_has_the_lock_file(project: Workspace, npm: Callable[[], None]) -> None:
    npm()
    write(project, {"syncbot.toml": 'layout = "npm"\ncommits = "decision"\n'})
    project.commit("a commit for each decision")
    project.syncbot("sync")
    assert on_branch(project, "log", "--format=%s", f"{head(project)}..{BRANCH}").splitlines() == [
        "left: renew package-lock.json",
        "left: drop left+001+ten.patch",
        "left: move to 1.1.0",
    ]
    assert on_branch(project, "diff", "--name-only", f"{BRANCH}~", BRANCH) == "package-lock.json"
    message = " ".join(on_branch(project, "log", "-1", "--format=%b", BRANCH).split())
    assert message.startswith("Made by npm ")
    assert "--package-lock-only --ignore-scripts" in message


def test_the_second_run_writes_nothing_though_the_registry_went_on(
    project: Workspace, npm: Callable[[], None], served: Registry
) -> None:
    npm()
    project.syncbot("sync")
    before = project.snapshot(), on_branch(project, "for-each-ref")
    served.publish("pad", "1.2.0")
    project.syncbot("sync")
    assert (project.snapshot(), on_branch(project, "for-each-ref")) == before
    assert locked(project)["pad"] == "1.1.0"


def test_a_lock_file_that_changed_below_the_proposal_is_made_anew(
    project: Workspace, npm: Callable[[], None], served: Registry
) -> None:
    npm()
    project.syncbot("sync")
    served.publish("other", "1.0.1")
    write(project, {"package.json": MANIFEST.replace('"other": "1.0.0"', '"other": "^1.0.0"')})
    changed = lock(served, other="1.0.1").replace('"other": "1.0.0"', '"other": "^1.0.0"')
    write(project, {"package-lock.json": changed})
    project.commit("move other")
    project.syncbot("sync")
    assert locked(project) == {"left": "1.1.0", "pad": "1.1.0", "other": "1.0.1"}


def test_where_npm_is_missing_the_command_is_named_with_the_reason(
    project: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git_alone = tmp_path / "bin"
    git_alone.mkdir()
    found = shutil.which("git")
    assert found is not None
    (git_alone / "git").symlink_to(found)
    monkeypatch.setenv("PATH", str(git_alone))
    assert project.syncbot("sync").code == 0
    assert "Left to you: run npm install: package-lock.json is not edited (npm is not on PATH)." in told(project)
    assert locked(project)["left"] == "1.0.0"
    before = project.snapshot(), on_branch(project, "for-each-ref")
    project.syncbot("sync")
    assert (project.snapshot(), on_branch(project, "for-each-ref")) == before


def test_what_failed_is_made_as_soon_as_the_proposal_is_written_again(
    project: Workspace, npm: Callable[[], None], served: Registry
) -> None:
    npm()
    pad = served.documents.pop("pad")
    project.syncbot("sync")
    assert "package-lock.json is not edited (npm " in told(project)
    served.documents["pad"] = pad
    assert project.syncbot("proposals", "tell", "1", "rebase").code == 0
    project.syncbot("sync")
    assert "Left to you" not in told(project)
    assert locked(project)["left"] == "1.1.0"


def test_it_may_be_turned_off(project: Workspace, npm: Callable[[], None], served: Registry) -> None:
    npm()
    write(project, {"syncbot.toml": 'layout = "npm"\nlocks = false\n'})
    project.commit("no locks")
    project.syncbot("sync")
    assert "Left to you: run npm install: package-lock.json is not edited. " in told(project)
    assert locked(project)["left"] == "1.0.0"


def test_where_somebody_moved_it_already_the_patches_alone_change(
    project: Workspace, npm: Callable[[], None], served: Registry
) -> None:
    npm()
    moved = lock(served, left="1.1.0", pad="1.1.0").replace("^1.0.0", "^1.1.0", 1)
    write(project, {"package.json": MANIFEST.replace("^1.0.0", "^1.1.0"), "package-lock.json": moved})
    write(project, {"syncbot.toml": 'layout = "npm"\nbump = false\n'})
    for name in ("001+ten", "002+b"):
        old = project.path / f"patches/left+1.0.0+{name}.patch"
        old.rename(old.with_name(f"left+1.1.0+{name}.patch"))
    project.commit("left 1.1.0, with the patches as they were")
    project.syncbot("sync")
    names = on_branch(project, "diff", "--name-only", head(project), BRANCH)
    assert names == "patches/left+1.1.0+001+ten.patch"
    assert "Left to you" not in told(project)
    assert not (project.path / "state" / "locks").exists()


def test_a_dry_run_makes_none(project: Workspace, npm: Callable[[], None]) -> None:
    npm()
    ran = project.syncbot("sync", "--dry-run")
    assert "left: 1.0.0 -> 1.1.0" in ran.out
    assert not (project.path / "state" / "locks").exists()


@pytest.mark.parametrize(
    ("can", "more", "status"),
    [(True, "", "accepted"), (False, "", "open"), (False, "locks = false\n", "accepted")],
    ids=["made", "failed", "off"],
)
def test_a_proposal_without_its_lock_file_is_not_accepted_by_itself(
    project: Workspace, npm: Callable[[], None], can: bool, more: str, status: str
) -> None:
    npm()
    write(project, {"syncbot.toml": f'layout = "npm"\nmode = "merge"\n{more}'})
    if not can:
        (project.path / "package-lock.json").rename(project.path / "pnpm-lock.yaml")  # which nobody can read
    project.commit("merge by yourself")
    project.syncbot("sync")
    assert f" status {status} " in told(project)
