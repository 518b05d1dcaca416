"""What people said of single patches, brought into the package that is judged and into the judgement.

A patch to keep is pinned as if package.toml said so, and the proposal writes it there. A patch to drop goes where it
waited for a person; one that still applies stays, since what stands on it was judged with it in place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from syncbot.diff.identity import patch_id
from syncbot.model.dealings import PatchWord, Wish
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.proposals import ProposalCommit
from syncbot.model.trees import Tree
from syncbot.model.verdicts import Action
from syncbot.plan import identity
from syncbot.ports import PackagesRead
from syncbot.report.proposal import message
from syncbot.report.safe import plain
from syncbot.services.overlay import Overlay
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


def with_drops(
    package: Package, judgement: SeriesJudgement, words: Sequence[PatchWord]
) -> tuple[SeriesJudgement, frozenset[PatchName]]:
    """The judgement in which what waits goes where a person said so, and the names of what goes on that word alone."""
    wanted = _of(package, words, Wish.DROP)
    told: set[PatchName] = set()
    patches: list[Judgement] = []
    for patch, judged in zip(package.series, judgement.patches, strict=True):
        word = wanted.get(_id(patch)) if wanted and judged.action.waits and patch.keep is None else None
        if word is not None:
            told.add(patch.name)
        patches.append(judged if word is None else _dropped(judged, word))
    return (judgement, frozenset()) if not told else (replace(judgement, patches=tuple(patches)), frozenset(told))


def _dropped(judged: Judgement, word: PatchWord) -> Judgement:
    why = f"It goes on the word of {word.by or 'a person'}" + (f": {word.reason.rstrip('.')}." if word.reason else ".")
    return replace(judged, action=Action.DROP, proof=None, reason=why, blocked_by=(), lines_after=0)


def is_told(words: Sequence[PatchWord], line: str, patch: SeriesPatch) -> bool:
    """Whether a person said that this patch goes."""
    return any(w.wish is Wish.DROP and w.line == line and w.patch_id == _id(patch) for w in words)


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
