"""What people said of single patches, brought into the package that is judged and into the judgement.

A patch to keep is pinned as if package.toml said so, and the proposal writes it there; where it waited for a person it
stays as it is, marked, and holds the rest up no more. A patch to drop goes where it waited for a person; one that still
applies stays, since what stands on it was judged with it in place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncbot.diff.identity import patch_id
from syncbot.model.dealings import PatchWord, Wish
from syncbot.model.fork import DOCUMENT
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalCommit, ProposalRecord
from syncbot.model.verdicts import Action
from syncbot.plan import identity
from syncbot.report.proposal import message
from syncbot.report.safe import plain
from syncbot.services.overlay import Overlay

if TYPE_CHECKING:
    from syncbot.model.judgement import Judgement, SeriesJudgement
    from syncbot.model.packages import Package, SeriesPatch
    from syncbot.model.trees import Tree
    from syncbot.ports import PackagesRead
    from syncbot.services.workspace import Workspace

Words = Mapping[PackageName, Sequence[PatchWord]]


def by_package(words: Sequence[PatchWord]) -> Words:
    found: dict[PackageName, list[PatchWord]] = {}
    for word in words:
        found.setdefault(word.package, []).append(word)
    return found


def pinned(found: PackagesRead, words: Sequence[PatchWord]) -> PackagesRead:
    """The packages with the patches pinned that a person said to keep."""
    said = by_package(words)
    return replace(found, packages=tuple(_pinned(p, said[p.name]) if p.name in said else p for p in found.packages))


def _pinned(package: Package, words: Sequence[PatchWord]) -> Package:
    kept = _of(package, words, Wish.KEEP)
    series = tuple(
        replace(patch, keep=kept[key].reason) if patch.keep is None and (key := _id(patch)) in kept else patch
        for patch in package.series
    )
    return replace(package, series=series)


@dataclass(frozen=True, slots=True)
class Told:
    """A judgement with people's words in it. `dropped`: what goes on a word alone; `staying`: what stays on one though
    it does not apply, marked as waiting."""

    judgement: SeriesJudgement
    dropped: frozenset[PatchName] = frozenset()
    staying: frozenset[PatchName] = frozenset()


def with_words(package: Package, judgement: SeriesJudgement, words: Sequence[PatchWord]) -> Told:
    """The judgement in which a person has answered what waited: it goes, or it stays as it is. On a fork nothing that
    does not apply can stay as it is: a commit is on the branch or it is not, and no word may lose one."""
    gone, kept = _of(package, words, Wish.DROP), _of(package, words, Wish.KEEP)
    if DOCUMENT in package.files:
        kept = {}
    if not gone and not kept:
        return Told(judgement)
    dropped: set[PatchName] = set()
    staying: set[PatchName] = set()
    patches: list[Judgement] = []
    for patch, judged in zip(package.series, judgement.patches, strict=True):
        key = _id(patch) if judged.action.waits else ""
        if key in gone and patch.keep is None:
            dropped.add(patch.name)
            patches.append(_dropped(judged, gone[key]))
        elif key in kept:
            staying.add(patch.name)
            patches.append(_staying(judged, kept[key]))
        else:
            patches.append(judged)
    free = tuple(_freed(judged, staying) for judged in patches)
    return Told(replace(judgement, patches=free), frozenset(dropped), frozenset(staying))


def _dropped(judged: Judgement, word: PatchWord) -> Judgement:
    reason = f"It goes on {_said(word)}"
    return replace(judged, action=Action.DROP, proof=None, reason=reason, blocked_by=(), lines_after=0)


def _staying(judged: Judgement, word: PatchWord) -> Judgement:
    reason = f"It stays on {_said(word)}"
    return replace(judged, action=Action.KEEP, proof=None, reason=reason, blocked_by=())


def _said(word: PatchWord) -> str:
    by = f"the word of {word.by or 'a person'}"
    return f"{by}: {word.reason.rstrip('.')}." if word.reason else f"{by}."


def _freed(judged: Judgement, staying: set[PatchName]) -> Judgement:
    """What stands on patches that stay as they are has nothing left to wait for: it is asked about itself."""
    if not judged.blocked_by or not staying.issuperset(judged.blocked_by):
        return judged
    reason = f"It stands on {', '.join(judged.blocked_by)}, which stays though it does not apply."
    return replace(judged, blocked_by=(), reason=reason)


def in_force(words: Sequence[PatchWord], proposals: Sequence[ProposalRecord], target: str) -> list[PatchWord]:
    """The words that still hold for a move to the release `target`. A word to drop ends with the proposal that it was
    said on: it was about that release. While the same release is proposed, a rejection leaves it: without it, the
    rest would be proposed once more. A word to keep holds while the patch is what it was. `proposals`: newest first."""
    return [word for word in words if word.wish is Wish.KEEP or not _ended(_said_on(word, proposals), target)]


def _said_on(word: PatchWord, proposals: Sequence[ProposalRecord]) -> ProposalRecord | None:
    asked = (word.package, word.line)
    return next((r for r in proposals if (r.package, r.line) == asked and r.opened <= word.at), None)


def _ended(record: ProposalRecord | None, target: str) -> bool:
    if record is None or record.status is ProposalStatus.OPEN:
        return False
    return record.status is not ProposalStatus.REJECTED or record.target_version != target


def is_told(words: Sequence[PatchWord], record: ProposalRecord, patch: SeriesPatch) -> bool:
    """Whether a person said on this proposal that the patch goes."""
    said = (w for w in words if w.wish is Wish.DROP and w.line == record.line and w.at >= record.opened)
    return any(w.patch_id == _id(patch) for w in said)


def _of(package: Package, words: Sequence[PatchWord], wish: Wish) -> dict[str, PatchWord]:
    line = identity.line(package)
    return {word.patch_id: word for word in words if word.wish is wish and word.line == line}


def _id(patch: SeriesPatch) -> str:
    return patch_id(patch.content, patch.strip)


def pins(
    workspace: Workspace, tree: Tree, wanted: Package, again: Callable[[Tree], Package]
) -> tuple[list[ProposalCommit], Tree]:
    """A commit for each patch that `wanted` has pinned and the tree has not, and the tree with them. `again` reads the
    package from a tree."""
    commits: list[ProposalCommit] = []
    held = {patch.name for patch in again(tree).series if patch.keep is not None}
    for patch in wanted.series:
        if patch.keep is None or patch.name in held:
            continue
        changes = workspace.layout.pin(tree, again(tree), patch.name, patch.keep)
        paragraphs = [f"Patch: {plain(patch.name)}", f"It stays: {plain(patch.keep)}"]
        said = message(f"{wanted.name}: keep {patch.name.rpartition('/')[2]}", paragraphs)
        commits.append(ProposalCommit(said, changes))
        tree = Overlay(tree, changes)
    return commits, tree


def together(commits: Collection[ProposalCommit]) -> dict[str, bytes | None]:
    """The changes of several commits as one."""
    return {path: content for commit in commits for path, content in commit.changes.items()}
