"""Several downstream branches in one workspace: each with its own line and base, its own proposals, side by side."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .world import FIX_B, FIX_TEN, A, B, Upstream, Workspace, git, numbered

SETTINGS = """\
[branches.unstable]
[branches.stable]
step = "each"
[branches.security]
bump = false
"""


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path / "lib")
    made.release("v1.0", a_c=A, b_c=B)
    made.release("v1.1", a_c=numbered("a", l50="fifty"), b_c=B)
    return made


@pytest.fixture
def workspace(tmp_path: Path, upstream: Upstream, capsys: pytest.CaptureFixture[str]) -> Workspace:
    """The branches carry the same package: stable and security for 1.0, unstable for 1.1."""

    def capture() -> tuple[str, str]:
        got = capsys.readouterr()
        return got.out, got.err

    made = Workspace(tmp_path / "workspace", capture)
    (made.path / "syncbot.toml").write_text(SETTINGS)
    made.package("lib", f"git:{upstream.path}", "1.0", 'range = "1.*"\n', ten=FIX_TEN, b=FIX_B)
    git(made.path, "branch", "stable")
    git(made.path, "branch", "security")
    git(made.path, "switch", "-q", "-c", "unstable")
    made.package("lib", f"git:{upstream.path}", "1.1", ten=FIX_TEN, b=FIX_B)
    return made


def bases(workspace: Workspace) -> dict[str, str]:
    found = {}
    for branch in ("unstable", "stable", "security"):
        manifest = git(workspace.path, "show", f"{branch}:patches/lib/package.toml")
        found[branch] = manifest.split('base = "')[1].partition('"')[0]
    return found


def documents(text: str) -> list[dict[str, object]]:
    found, at = [], 0
    while at < len(text):
        document, end = json.JSONDecoder().raw_decode(text, at)
        found.append(document)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found


def test_each_branch_moves_on_its_own_line_from_its_own_base(workspace: Workspace, upstream: Upstream) -> None:
    upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    upstream.release("v2.0", b_c=numbered("b", l20="twenty"))
    ran = workspace.syncbot("sync")
    assert ran.code == 0, ran.err
    said = [line for line in ran.out.splitlines() if line.startswith("On ") or "->" in line]
    assert [line.split()[1] for line in said if line.startswith("On ")] == ["unstable:", "stable:", "security:"]
    shown = {branch: workspace.syncbot("--branch", branch, "proposals").out for branch in ("unstable", "stable")}
    assert "1.1 -> 2.0" in shown["unstable"]
    assert "1.0 -> 1.1" in shown["stable"]
    assert "-> " not in workspace.syncbot("--branch", "security", "proposals").out
    assert bases(workspace) == {"unstable": "1.1", "stable": "1.0", "security": "1.0"}


def test_accepting_on_one_branch_moves_that_branch_alone(workspace: Workspace, upstream: Upstream) -> None:
    upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    assert workspace.syncbot("sync").code == 0
    assert workspace.syncbot("--branch", "stable", "proposals", "accept", "1").code == 0
    assert bases(workspace) == {"unstable": "1.1", "stable": "1.1", "security": "1.0"}
    again = workspace.syncbot("--branch", "stable", "sync")
    assert again.code == 0, again.err
    assert "1.1 -> 1.2" in workspace.syncbot("--branch", "stable", "proposals").out
    assert workspace.syncbot("--branch", "unstable", "proposals", "accept", "1").code == 0
    assert bases(workspace) == {"unstable": "1.2", "stable": "1.1", "security": "1.0"}
    assert (workspace.path / "patches" / "lib" / "series").read_text() == "b.patch\n"


def test_proposals_of_two_branches_have_branches_of_their_own_on_one_forge(
    workspace: Workspace, upstream: Upstream, tmp_path: Path
) -> None:
    forge = tmp_path / "forge.git"
    git(tmp_path, "clone", "-q", "--bare", str(workspace.path), str(forge))
    (workspace.path / "syncbot.toml").write_text(f'{SETTINGS}\n[forge]\nkind = "git"\nremote = "{forge}"\n')
    upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    ran = workspace.syncbot("sync")
    assert ran.code == 0, ran.err
    heads = git(forge, "for-each-ref", "--format=%(refname:short)", "refs/heads/syncbot").splitlines()
    assert [re.sub(r"-[0-9a-f]{10}", "", head) for head in sorted(heads)] == [
        "syncbot/lib/1@stable",
        "syncbot/lib/stable@unstable",
    ]
    assert git(forge, "merge-base", "--is-ancestor", "unstable", "syncbot/lib/stable@unstable") == ""


def test_json_is_a_document_for_each_branch(workspace: Workspace) -> None:
    found = documents(workspace.syncbot("check", "--json").out)
    assert [document["branch"] for document in found] == ["unstable", "stable", "security"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("explain", "lib", "ten.patch"),
            "several downstream branches: unstable, stable, security; name one: syncbot --branch",
        ),
        (
            ("--branch", "testing", "check"),
            "the settings have no branch 'testing'; there are unstable, stable, security",
        ),
    ],
)
def test_what_is_about_one_branch_must_name_it(workspace: Workspace, arguments: tuple[str, ...], said: str) -> None:
    ran = workspace.syncbot(*arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_branch_that_is_not_there_is_told_and_the_others_go_on(workspace: Workspace) -> None:
    git(workspace.path, "branch", "-D", "stable")
    ran = workspace.syncbot("check")
    assert ran.code == 2
    assert "the branch stable of" in ran.err
    assert "On security:" in ran.out


def test_words_on_a_package_may_be_for_one_branch(workspace: Workspace, upstream: Upstream) -> None:
    git(workspace.path, "switch", "-q", "unstable")
    (workspace.path / "syncbot.toml").write_text('[branches.unstable]\ntrack = "prerelease"\n[branches.stable]\n')
    upstream.release("v1.3-rc1", a_c=numbered("a", l10="ten", l50="fifty"))
    ran = workspace.syncbot("sync")
    assert ran.code == 0, ran.err
    assert "1.1 -> 1.3-rc1" in workspace.syncbot("--branch", "unstable", "proposals").out
    assert "1.0 -> 1.1" in workspace.syncbot("--branch", "stable", "proposals").out
