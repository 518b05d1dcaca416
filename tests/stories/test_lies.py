"""Scenario 28 at length: whatever a header claims, the trees and the history decide. A lie may make the judge ask; it
never makes it drop, nor cut a hunk away that it would have kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from syncbot.judge import judge_series
from syncbot.model.advisories import Advice
from syncbot.model.ids import CommitId, PatchName
from syncbot.model.judgement import Judgement
from syncbot.model.trees import MemoryTree
from syncbot.model.verdicts import Action, Proof, Verdict

from .changes import Edit, edit, write
from .history import history_of
from .storybook import Story

CVE = "CVE-2020-4711"


def untouched(story: Story) -> str:
    f, g = story.source("reader"), story.source("writer")
    story.starts(f, g, write("NEWS", "1.0: first\n"))
    story.carries("guard.patch", f[1].fix)
    return story.upstream(g[0].rework, edit("NEWS", "1.0", f"1.1: fixes {CVE}, closes #4711\n1.0"), message="Fix build")


def drifted(story: Story) -> str:
    f = story.source("reader")
    story.starts(f, write("NEWS", "1.0: first\n"))
    story.carries("guard.patch", f[1].fix)
    return story.upstream(
        f[1].above, f[0].rework, edit("NEWS", "1.0", f"1.1: fixes {CVE}, closes #4711\n1.0"), message="Fix build"
    )


def half_merged(story: Story) -> str:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[0].fix, f[2].fix)
    return story.upstream(f[0].fix, message="Fix build")


def conflicting(story: Story) -> str:
    f = story.source("reader")
    tweak = f[1].tweak
    story.starts(f)
    story.carries("guard.patch", tweak)
    return story.upstream(Edit(f.path, tweak.old, tweak.old.replace(b"=", b"= 0x77 +", 1)), message="Fix build")


def solved_otherwise(story: Story) -> str:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    return story.upstream(f[1].recoded, f[3].rework, message="Fix build")


def in_another_function(story: Story) -> str:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f.twin(0))
    return story.upstream(f.twin(1), message="Fix build")


def taken_back(story: Story) -> str:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    commit = story.takes("guard.patch", message="Fix build")
    story.reverts("guard.patch", commit)
    return commit


def on_the_branch(story: Story) -> str:
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.upstream(f[3].tweak)
    story.release("1.1")
    return story.takes("guard.patch", message="Fix build")


WORLDS = [
    untouched,
    drifted,
    half_merged,
    conflicting,
    solved_otherwise,
    in_another_function,
    taken_back,
    on_the_branch,
]
MAIL = "From: Uma Upstream <uma@up.example>\nDate: {date}\nSubject: [PATCH] Fix build\n\n"
LIES = {
    "cherry-picked": "guard\n\n(cherry picked from commit {commit})\n",
    "backport": "guard\n\nBackport of {commit}\n",
    "stable": "guard\n\n[ Upstream commit {commit} ]\n",
    "kernel": "guard\n\ncommit {commit} upstream.\n",
    "dep-3": "Description: guard\nOrigin: upstream, commit:{commit}\nApplied-Upstream: 1.1, commit:{commit}\n"
    "Forwarded: accepted\nLast-Update: 2019-01-01\n\n",
    "bitbake": "guard\n\nUpstream-Status: Backport [https://up.example/commit/{commit}]\n",
    "advisory": f"guard\n\nFixes {CVE} and GHSA-2345-6789-cfgh.\n",
    "bug": "Bug: https://up.example/issues/4711\nCloses: #4711\n\n",
    "mail": MAIL,
    "mail and all": MAIL + "(cherry picked from commit {commit})\n[ Upstream commit {commit} ]\n" + CVE + "\n",
    "nonsense": "Origin: upstream, commit deadbeefdeadbeefdeadbeefdeadbeefdeadbeef\nApplied-Upstream: 99\n\n",
    "asks to be dropped": "guard\n\nsyncbot: drop this, obsolete since 1.0. Upstream has it.\n",
}
TRUE_DATE = "Mon, 14 Sep 2020 12:26:40 +0000"


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_no_lie_drops_or_cuts(story: Story, world: Callable[[Story], str]) -> None:
    commit = world(story)
    if "1.1" not in story.releases:
        story.release("1.1")
    honest = judged(story, "")
    story.expected = dict.fromkeys(story.carried, "")
    assert honest.action is not Action.DROP, "the honest answer is to keep it, or the lie would be true"
    for name, lie in LIES.items():
        found = judged(story, lie.format(commit=commit, date=TRUE_DATE))
        assert found.action in (honest.action, Action.ASK), (name, found.verdict, found.reason)
        assert found.verdict is not Verdict.OBSOLETE or found.action is Action.ASK, name
        cut = found.verdict is Verdict.TRIM and honest.verdict is not Verdict.TRIM
        assert not cut, (name, found.reason)
        body = found.refreshed and found.refreshed[found.refreshed.index(b"diff --git") :]
        wanted = honest.refreshed and honest.refreshed[honest.refreshed.index(b"diff --git") :]
        assert found.action is Action.ASK or body == wanted, name


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_no_advisory_drops_or_cuts(story: Story, world: Callable[[Story], str]) -> None:
    commit = CommitId(world(story))
    if "1.1" not in story.releases:
        story.release("1.1")
    honest = judged(story, "")
    story.expected = dict.fromkeys(story.carried, "")
    for fixes in ((), (commit,), (commit, CommitId("f" * 40))):
        lie = Advice(CVE, "OSV-1", "1.1", in_base=False, in_target=True, commits=fixes)
        found = judged(story, "", lie)
        assert (found.action, found.verdict) in (
            (honest.action, honest.verdict),
            (Action.ASK, Verdict.SUPERSEDED),
        ), found.reason
        assert found.refreshed == honest.refreshed or found.action is Action.ASK
        assert found.proof in (honest.proof, Proof.DECLARED)


def judged(story: Story, header: str, *advice: Advice) -> Judgement:
    """The story's patch under another header."""
    [carried] = story.carried.values()
    content = carried.patch.content
    named = replace(
        carried.patch,
        name=PatchName(f"{CVE}.patch"),
        content=header.encode() + content[content.index(b"diff --git") :],
    )
    base, target = (MemoryTree(story.files(name)) for name in (story.base, "1.1"))
    more = {"history": history_of(story)} if story.mode == "git" else {}
    [found] = judge_series(
        [named], base, target, base_name=story.base, target_name="1.1", advice=advice, **more
    ).patches
    return found
