"""What a judgement promises: the new series, and that it applies to the release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncbot.diff.merge import merge3
from syncbot.diff.parse import parse_patch
from syncbot.diff.place import apply_file
from syncbot.errors import Fault, InputError
from syncbot.judge.stack import Misfit, Overlay, Side, fit_patch
from syncbot.model.ids import BlobId
from syncbot.model.judgement import SeriesJudgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import FILE, Entry, Tree
from syncbot.model.verdicts import Action, Proof, Verdict


def new_series(series: Sequence[SeriesPatch], judgement: SeriesJudgement) -> tuple[SeriesPatch, ...]:
    """What stays, in order: rewritten where the judgement says so, marked where it waits for a person."""
    result = []
    for entry, judged in zip(series, judgement.patches, strict=True):
        if judged.action is Action.DROP:
            continue
        content = judged.refreshed if judged.refreshed is not None else entry.content
        result.append(replace(entry, content=content, waiting=judged.action.waits))
    return tuple(result)


def applies(series: Sequence[SeriesPatch], tree: Tree) -> bool:
    """Whether every patch that does not wait applies without fuzz, each on top of the one before."""
    return first_misfit(series, tree) is None


def first_misfit(series: Sequence[SeriesPatch], tree: Tree) -> str | None:
    """The first patch that does not apply without fuzz, and why; None where all do."""
    result = _applied(series, tree)
    return result if isinstance(result, str) else None


def stacked(series: Sequence[SeriesPatch], tree: Tree) -> Tree | None:
    """The tree with the series on it, patches that wait left out; None where one does not apply."""
    result = _applied(series, tree)
    return None if isinstance(result, str) else result


def verify_promise(series: Sequence[SeriesPatch], base: Tree, target: Tree, judgement: SeriesJudgement) -> None:
    """Check a judgement by another way than it was made, before anybody acts on it. Raises Fault.

    The new series is applied to the release as a person would, without fuzz. Then every file that only proved drops, or
    only kept and rewritten patches touch must be what one three-way merge of the whole stack gives (base, base with the
    series, the release), where that merge is clean, or what merging patch by patch gives: so a proved drop is proved
    once more, and a rewrite must do what its patch did.
    """
    new = new_series(series, judgement)
    result = _applied(new, target)
    if isinstance(result, str):
        raise Fault(f"the new series does not apply to {judgement.target}: {result}", REPORT)
    staying = [entry for entry, judged in zip(series, judgement.patches, strict=True) if not judged.action.waits]
    before = _applied(staying, Overlay(base))
    if isinstance(before, str):
        return  # a patch stands on one that waits: there is no one stack to merge
    unsure = _touched(judgement)
    for path, side in before.changed.items():
        there, was = target.read(path), base.read(path)
        if path in unsure or side is None or there is None or was is None or there == was == side.content:
            continue
        merged = merge3(was, there, side.content)
        promised = result.read(path)
        if merged.content is None or promised in (merged.content, _in_steps(staying, base, there, path)):
            continue
        if not _undoes(series, judgement, target, path):
            raise Fault(f"{path} is not what merging the whole series into {judgement.target} gives", REPORT)


def _in_steps(series: Sequence[SeriesPatch], base: Tree, there: bytes, path: str) -> bytes | None:
    """What merging the series patch by patch makes of the release's file, None where a step is not clean. A patch that
    undoes what an earlier one did, and the release has, is lost in the merge of the whole stack, whose two ends are
    equal there; step by step it is not."""
    stack, merged = Overlay(base), there
    for entry in series:
        fitted = fit_patch(parse_patch(entry.content, entry.strip, stack.exists), stack, fuzz=0)
        if isinstance(fitted, Misfit):
            return None
        before = stack.read(path)
        stack.apply(fitted.changes)
        after = stack.read(path)
        if before == after:
            continue
        step = merge3(before, merged, after).content if before is not None and after is not None else None
        if step is None:
            return None
        merged = step
    return merged


def _undoes(series: Sequence[SeriesPatch], judgement: SeriesJudgement, target: Tree, path: str) -> bool:
    """Whether the dropped patches of one file can be undone in the release, the last first, without fuzz: then it has
    them, and the merge only met a twin of their place."""
    stack = Overlay(target)
    dropped = [e for e, j in zip(series, judgement.patches, strict=True) if j.action is Action.DROP]
    undone = 0
    for entry in reversed(dropped):
        files = [
            f for f in parse_patch(entry.content, entry.strip, stack.exists).files if path in (f.old_path, f.new_path)
        ]
        for file in reversed(files):
            applied = apply_file(stack.read(path), file, reverse=True)
            if applied is None or not applied.exact or applied.content is None:
                return False
            stack.put(path, Side(path, (target.entry(path) or Entry(FILE, BlobId(""))).mode, applied.content))
            undone += 1
    return undone > 0


REPORT = "nothing was changed; please report this with the patches"


def _touched(judgement: SeriesJudgement) -> set[str]:
    """The files of patches whose answer rests on more than merging, and those where some patches go and some stay: a
    patch that undoes a merged one is not what merging both at once would leave."""
    unsure: set[str] = set()
    gone: set[str] = set()
    kept: set[str] = set()
    for judged in judgement.patches:
        names = {name for file in judged.files for name in (file.path, file.target_path) if name}
        (gone if judged.action is Action.DROP else kept).update(names)
        plain = judged.verdict in (Verdict.UNTOUCHED, Verdict.APPLIES, Verdict.REFRESH, Verdict.TRIM)
        told = judged.action is Action.DROP and judged.proof is None  # on a word, whatever merging would leave
        if told or (not plain and judged.proof is not Proof.PROVED):
            unsure |= names
    return unsure | (gone & kept)


def _applied(series: Sequence[SeriesPatch], tree: Tree) -> Overlay | str:
    """The tree with the series on it, or the first patch that does not apply without fuzz, and why."""
    stack = Overlay(tree)
    for entry in series:
        if entry.waiting:
            continue
        try:
            fitted = fit_patch(parse_patch(entry.content, entry.strip, stack.exists), stack, fuzz=0)
        except InputError as error:
            return f"{entry.name}: {error}"
        if isinstance(fitted, Misfit):
            return f"{entry.name}: {fitted.path}: {fitted.why}"
        stack.apply(fitted.changes)
    return stack
