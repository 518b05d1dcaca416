"""The first release that has a dropped patch: the earliest after the base from which every release up to the target
has it. Found by walking back from the target; one tree is read per release on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from syncbot.errors import HostileInput
from syncbot.model.judgement import SeriesJudgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.model.verdicts import Action, Verdict
from syncbot.services.judging import judge_release

Judged = Callable[[Sequence[SeriesPatch], Release, Release, Callable[[Release], Tree]], SeriesJudgement]
"""How a series is judged against a release by the trees alone."""


def with_first_releases(
    judgement: SeriesJudgement,
    series: Sequence[SeriesPatch],
    base: Release,
    between: Sequence[Release],
    tree: Callable[[Release], Tree],
    judged: Judged = judge_release,
) -> SeriesJudgement:
    """The judgement with `first_release` filled in for its drops (where the judge left it open). `between` are the
    releases after the base, oldest first, the last one being the target; `judged` judges, or remembers."""
    dropped = [p for p in judgement.patches if p.action is Action.DROP and p.verdict is Verdict.OBSOLETE]
    open_ = {p.index for p in dropped if p.first_release is None}
    if not open_ or not between:
        return judgement
    first = dict.fromkeys(open_, between[-1].version)
    for release in reversed(between[:-1]):
        open_ &= _merged(series, base, release, tree, judged)
        if not open_:
            break
        first |= dict.fromkeys(open_, release.version)
    patches = tuple(replace(p, first_release=first.get(p.index, p.first_release)) for p in judgement.patches)
    return replace(judgement, patches=patches)


def _merged(
    series: Sequence[SeriesPatch], base: Release, release: Release, tree: Callable[[Release], Tree], judged: Judged
) -> set[int]:
    """The indexes of the patches that this release has. One whose archive is refused has none that we know of."""
    try:
        found = judged(series, base, release, tree)
    except HostileInput:
        return set()
    return {p.index for p in found.patches if p.verdict is Verdict.OBSOLETE}
