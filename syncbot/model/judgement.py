"""What the judge says of a series: values that every face prints and the store keeps."""

from __future__ import annotations

from dataclasses import dataclass

from syncbot.model.ids import CommitId, PatchName
from syncbot.model.verdicts import Action, Fit, HunkState, Proof, Verdict


@dataclass(frozen=True, slots=True)
class HunkReport:
    """One hunk of the patch: `index` counts from 1 within its file; lines count from 1, None where there is none."""

    index: int
    state: HunkState
    base_line: int | None
    target_line: int | None


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file of the patch. `target_path` is where the release has it, None where it has it no more."""

    path: str
    target_path: str | None
    hunks: tuple[HunkReport, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that speaks for or against the verdict. `kind` is a short slug, `detail` a clause for people.

    Where it is about a commit of upstream: its `subject`, its author's name and day (`YYYY-MM-DD`, in UTC), the first
    `release` that has it (of one that waits on the branch: a release after the judged one that has it already), and
    its page on the web as `link`, each empty where it is not known.
    """

    kind: str
    detail: str
    commit: CommitId | None = None
    subject: str = ""
    author: str = ""
    date: str = ""
    release: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One place that patch and upstream have each in its own way, side by side. `ours` is what the patch makes of it,
    `theirs` what upstream has there: lines of the file, the first of them at `our_line` and `their_line` (from 1); or,
    where `commit` is given, the diff of the file in the patch and in that commit; or, with neither, the diffs of the
    file in the patch and between the two releases, of a patch that is dropped. `target_path` as in FileReport."""

    path: str
    target_path: str | None
    ours: bytes
    theirs: bytes
    our_line: int | None = None
    their_line: int | None = None
    commit: CommitId | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One of several commits in one patch file (an mbox): its subject and its own verdict."""

    index: int
    subject: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """One entry of the series against one release.

    `index` counts from 1; `proof` is None unless something is removed or proposed to be; `refreshed` is the
    rewritten patch (header kept) where `action` is rewrite; `blocked_by` names the waiting patches it stands on.
    """

    index: int
    name: PatchName
    fit: Fit
    verdict: Verdict
    action: Action
    reason: str
    proof: Proof | None = None
    blocked_by: tuple[PatchName, ...] = ()
    absorbed_by: CommitId | None = None
    first_release: str | None = None
    evidence: tuple[Evidence, ...] = ()
    files: tuple[FileReport, ...] = ()
    parts: tuple[Part, ...] | None = None
    refreshed: bytes | None = None
    lines_before: int = 0
    """Added plus removed lines of the patch as it was."""
    lines_after: int = 0
    """Added plus removed lines of what stays of it (0 when dropped)."""
    compared: tuple[Comparison, ...] = ()
    """Both versions side by side, where a person has to choose between them."""


@dataclass(frozen=True, slots=True)
class SeriesJudgement:
    """All entries of a series, in order, against one release. `base` and `target` are names for people."""

    base: str
    target: str
    patches: tuple[Judgement, ...]

    def count(self, action: Action) -> int:
        return sum(p.action is action for p in self.patches)

    @property
    def lines_before(self) -> int:
        return sum(p.lines_before for p in self.patches)

    @property
    def lines_after(self) -> int:
        return sum(p.lines_after for p in self.patches)
