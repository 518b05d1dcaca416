"""The stories are told of real repositories: what the judge is shown is what git has."""

from __future__ import annotations

import subprocess

from .changes import Files, executable, link, move
from .storybook import Story


def listed(story: Story, version: str) -> dict[str, tuple[int, bytes]]:
    """The release's files as git itself prints them."""
    git = ["git", "-C", str(story.repository)]
    lines = subprocess.run([*git, "ls-tree", "-r", "-z", f"v{version}"], capture_output=True, check=True).stdout
    found: Files = {}
    for line in lines.split(b"\0")[:-1]:
        head, path = line.split(b"\t")
        mode, _, oid = head.split()
        content = subprocess.run([*git, "cat-file", "blob", oid], capture_output=True, check=True).stdout
        found[path.decode()] = (int(mode, 8), content)
    return found


def test_the_trees_are_git_s(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    commit = story.takes("guard.patch")
    story.reverts("guard.patch", commit)
    story.upstream(move(f.path, "lib/input"), executable("lib/input"), link("latest", "lib/input"))
    story.release("1.1")
    assert listed(story, "1.0") == story.files("1.0")
    assert listed(story, "1.1") == story.files("1.1")
    story.expect("guard.patch", "needed", "reverted")


def test_the_patches_are_git_s(story: Story) -> None:
    """A patch with its header, applied by git to the base, gives the tree that it was made from."""
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix, f[2].rework)
    story.release("1.1")
    story.expect("guard.patch", "untouched")
    story.ends_with(f[1].fix, f[2].rework)
