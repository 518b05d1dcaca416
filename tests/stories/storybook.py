"""The vocabulary that stories are told in.

A story begins with upstream's files and a first release, then downstream carries patches, upstream goes on, releases,
and `expect` says what the judge must answer. Upstream is a real git repository; the patches are real git diffs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pygit2

from syncbot.judge import judge_series, new_series, verify_promise
from syncbot.model.ids import PatchName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import MemoryTree
from syncbot.model.verdicts import Proof

from . import tools
from .changes import Change, Files, write
from .expectations import meets, wrongs
from .history import history_of
from .sources import Source, source

BIRTH = 1_600_000_000
DAY = 86_400
DROPS: list[Callable[[Story], None]] = []
"""The stories in which a patch is dropped: the mutants are made of these."""


def drops(story: Callable[[Story], None]) -> Callable[[Story], None]:
    """Marks a story whose patch is dropped, so that its mutants are judged too."""
    DROPS.append(story)
    return story


@dataclass(frozen=True)
class Carried:
    """A patch of the stack, with the trees that it was made from."""

    patch: SeriesPatch
    changes: tuple[Change, ...]
    before: Files
    after: Files


class Story:
    """One story. `mode` is `trees` or `git`; None: only told, as the mutants want it."""

    def __init__(self, folder: Path, seed: int, mode: str | None) -> None:
        self.folder = folder
        self.seed = seed
        self.mode = mode
        self.repository = folder / "upstream.git"
        self._repo = pygit2.init_repository(str(self.repository), bare=True, initial_head="main")
        self._branch = "main"
        self._tips: dict[str, str] = {}
        self._files: dict[str, Files] = {"main": {}}
        self._commits: dict[str, Files] = {}
        self._day = 0
        self.releases: dict[str, str] = {}
        self.carried: dict[str, Carried] = {}
        self.expected: dict[str, str] = {}
        self.base = ""
        self.target = ""
        self.appliers: tuple[tools.Applier, ...] = (tools.git_apply, tools.gnu_patch)
        self.failed = False
        self._judged: SeriesJudgement | None = None

    # What there is at the start

    def source(self, stem: str, path: str | None = None, language: str | None = None) -> Source:
        """A generated file; odd seeds tell the story in Python, even ones in C."""
        return source(stem, self.seed, language or ("py" if self.seed % 2 else "c"), path)

    def starts(self, *what: Source | Change) -> None:
        """Upstream's first files, and release 1.0, which downstream's patches are for."""
        changes = [write(w.path, w.text) if isinstance(w, Source) else w for w in what]
        self.upstream(write("README", f"Version {self.seed}.0\n"), *changes, message="import")
        self.release("1.0")
        self.base = "1.0"

    # Upstream

    def upstream(self, *changes: Change, message: str = "unrelated work", author: str = "Uma Upstream") -> str:
        """One commit upstream. Its id."""
        files = dict(self._files[self._branch])
        for change in changes:
            change(files)
        parents = [pygit2.Oid(hex=self._tips[self._branch])] if self._branch in self._tips else []
        self._day += 1
        who = pygit2.Signature(author, author.split(maxsplit=1)[0].lower() + "@up.example", BIRTH + DAY * self._day, 0)
        ref = f"refs/heads/{self._branch}"
        made = str(self._repo.create_commit(ref, who, who, message, self._tree(files), parents))
        self._files[self._branch] = files
        self._commits[made] = files
        self._tips[self._branch] = made
        return made

    def takes(self, name: str, message: str | None = None) -> str:
        """Upstream commits the changes of a patch that downstream carries."""
        return self.upstream(*self.carried[name].changes, message=message or subject_of(name), author="Dora Down")

    def reverts(self, name: str, commit: str) -> str:
        """Upstream takes a commit of a carried patch back, as `git revert` words it."""
        undone = [_undo(change) for change in reversed(self.carried[name].changes)]
        message = f'Revert "{subject_of(name)}"\n\nThis reverts commit {commit}.'
        return self.upstream(*undone, message=message)

    def release(self, version: str) -> None:
        """Tag the tip of the branch. The newest release is the one that patches are judged on."""
        tip = self._tips[self._branch]
        self._repo.create_reference(f"refs/tags/v{version}", pygit2.Oid(hex=tip))
        self.releases[version] = tip
        self.target = version

    def branch(self, name: str, start: str | None = None) -> None:
        """Go on with another branch; a new one starts at a release."""
        if name not in self._tips:
            tip = self.releases[start or self.base]
            self._tips[name] = tip
            self._files[name] = self._commits[tip]
            self._repo.create_reference(f"refs/heads/{name}", pygit2.Oid(hex=tip))
        self._branch = name

    # Downstream

    def carries(
        self,
        name: str,
        *changes: Change,
        header: str | None = None,
        dress: Callable[[bytes], bytes] | None = None,
        strip: int | None = None,
        keep: str | None = None,
        renames: bool = False,
    ) -> None:
        """Downstream adds a patch to the end of its stack, made on the base release and the patches before it.
        `dress` changes the patch's text as tools and people do."""
        before = self._stack_top()
        after = dict(before)
        for change in changes:
            change(after)
        text = (header_of(name, self.seed) if header is None else header).encode() + self._diff(before, after, renames)
        if dress is not None:
            text = dress(text)
        patch = SeriesPatch(PatchName(name), text, strip=strip, keep=keep)
        self.carried[name] = Carried(patch, changes, before, after)

    def carries_text(self, name: str, content: bytes, *changes: Change) -> None:
        """A patch file with this very content; `changes` say what it does, where it does something."""
        before = self._stack_top()
        after = dict(before)
        for change in changes:
            change(after)
        self.carried[name] = Carried(SeriesPatch(PatchName(name), content), changes, before, after)

    def _stack_top(self) -> Files:
        return list(self.carried.values())[-1].after if self.carried else self._commits[self.releases[self.base]]

    # The end

    def expect(
        self, name: str, trees: str, git: str | None = None, *, fit: str | None = None, proof: str | None = None
    ) -> None:
        """What the judge must say of a patch with trees alone, and with upstream's history (left out: the same)."""
        self.expected[name] = trees
        if self.mode is None:
            return
        self.failed = True  # until the end of this method
        judgement = self.judgement(name)
        wanted = (git or trees) if self.mode == "git" else trees
        assert meets(judgement, wanted), f"{name}: expected {wanted}, got {told(judgement)}"
        assert fit is None or judgement.fit in fit.split(" or "), f"{name}: expected fit {fit}, got {told(judgement)}"
        if proof is not None and judgement.proof is not None and judgement.proof is not Proof.TRACED:
            assert judgement.proof in proof.split(" or "), f"{name}: expected {proof}, got {told(judgement)}"
        self.failed = False

    def ends_with(self, *changes: Change) -> None:
        """The release with the new series applied is the release with these changes, byte for byte."""
        if self.mode is None:
            return
        files = dict(self.files(self.target))
        for change in changes:
            change(files)
        got = self._applied()
        assert got == files, difference(files, got)

    def judgement(self, name: str) -> Judgement:
        if self._judged is None:
            self._judged = self._judge()
        return next(j for j in self._judged.patches if j.name == name)

    def files(self, version: str) -> Files:
        return self._commits[self.releases[version]]

    @property
    def series(self) -> list[SeriesPatch]:
        return [carried.patch for carried in self.carried.values()]

    def _judge(self) -> SeriesJudgement:
        """Judge, and check what must hold in every story: coherent words, and a new series that does what it says."""
        base, target = MemoryTree(self.files(self.base)), MemoryTree(self.files(self.target))
        more = {"history": history_of(self)} if self.mode == "git" else {}
        judged = judge_series(self.series, base, target, base_name=self.base, target_name=self.target, **more)
        assert [j.name for j in judged.patches] == [p.name for p in self.series]
        assert [j.index for j in judged.patches] == list(range(1, len(self.series) + 1))
        assert not [w for j, p in zip(judged.patches, self.series, strict=True) for w in wrongs(j, p)]
        verify_promise(self.series, base, target, judged)
        self._judged = judged
        self._applied()
        return judged

    def _applied(self) -> Files:
        """The release with the new series on it (without what waits for a person), as real tools apply it."""
        assert self._judged is not None
        waiting = {j.name for j in self._judged.patches if j.action.waits}
        series = [p for p in new_series(self.series, self._judged) if p.name not in waiting]
        results = [apply(self.folder, self.files(self.target), series) for apply in self.appliers]
        for other in results[1:]:
            assert other == results[0], difference(results[0], other)
        return results[0] if results else {}

    # Git

    def _tree(self, files: Files) -> pygit2.Oid:
        index = pygit2.Index()
        for path, (mode, content) in files.items():
            oid = pygit2.Oid(hex=content.decode()) if mode == 0o160000 else self._repo.create_blob(content)
            index.add(pygit2.IndexEntry(path, oid, pygit2.enums.FileMode(mode)))
        return index.write_tree(self._repo)

    def _diff(self, before: Files, after: Files, renames: bool) -> bytes:
        old, new = (self._repo[self._tree(files)] for files in (before, after))
        diff = self._repo.diff(old, new, flags=pygit2.enums.DiffOption.SHOW_BINARY)
        if renames:
            diff.find_similar()
        return b"".join(patch.data for patch in diff)


def told(judgement: Judgement) -> str:
    """A judgement in one line, for a failing test."""
    j = judgement
    return f"{j.verdict}/{j.action}, fit {j.fit}, proof {j.proof}: {j.reason}"


def difference(wanted: Files, got: Files) -> str:
    """The first difference of two trees, for a failing test."""
    for path in sorted(wanted.keys() | got.keys()):
        if wanted.get(path) != got.get(path):
            return f"{path}:\n{wanted.get(path)}\n{got.get(path)}"
    return "no difference"


def subject_of(name: str) -> str:
    words = re.sub(r"\.patch$|^\d+-", "", name).replace("-", " ")
    return f"{words} in the reader"


def header_of(name: str, seed: int) -> str:
    """What people write above a diff: a mail, DEP-3 fields, free text, or nothing."""
    subject = subject_of(name)
    mail = f"From: Dora Down <dora@down.example>\nDate: Mon, 14 Sep 2020 10:00:00 +0000\nSubject: [PATCH] {subject}\n"
    return (
        f"From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001\n{mail}\nSeen in the field.\n---\n",
        f"Description: {subject}\n Seen in the field.\nAuthor: Dora Down <dora@down.example>\nForwarded: no\n\n",
        f"{subject}\n\nWithout it the reader stops; see @@ -1 +1 @@ of the old notes.\n\n",
        "",
    )[seed % 4]


def _undo(change: Change) -> Change:
    undone = getattr(change, "undone", None)
    assert undone is not None, "only edits can be taken back"
    return undone
