"""Judging: a tracked series for `check`; and one-shot, without workspace, settings or store, for `syncbot judge`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncbot import judge
from syncbot.errors import InputError
from syncbot.model import addresses
from syncbot.model import series as quilt
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.judgement import SeriesJudgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.releases import Release
from syncbot.model.trees import SUBMODULE, SYMLINK, Tree
from syncbot.report.results import Explanation


@dataclass(frozen=True, slots=True)
class Judged:
    """`files`: the new series and its patches, {name: bytes}, as `--output` writes them. `series`: what was judged, and
    `upstream` the address of the history that was asked, empty where there was none."""

    judgement: SeriesJudgement
    files: Mapping[str, bytes]
    series: tuple[SeriesPatch, ...] = ()
    upstream: str = ""

    def explanations(self, at: datetime) -> tuple[Explanation, ...]:
        """The story of each patch."""
        base, target = (Release(name, name, "") for name in (self.judgement.base, self.judgement.target))
        upstream = addresses.shown(self.upstream)
        return tuple(
            Explanation(PackageName(""), upstream, base, target, found, patch.content, at)
            for found, patch in zip(self.judgement.patches, self.series, strict=True)
        )


def judge_once(
    series: Sequence[SeriesPatch],
    base: Tree,
    target: Tree,
    *,
    base_name: str,
    target_name: str,
    history: judge.Lineage | None = None,
    released: judge.Day = None,
) -> Judged:
    """Judge a series. `history`: upstream's, where there is one (None: judged by the trees alone); `released`: the
    target's day, None where it is not known."""
    found = judge.judge_series(
        series, base, target, base_name=base_name, target_name=target_name, released=released, history=history
    )
    marks = {p.name: p.verdict.value for p in found.patches if p.action.waits}
    return Judged(found, written(judge.new_series(series, found), marks), tuple(series))


def judge_release(
    series: Sequence[SeriesPatch],
    base: Release,
    target: Release,
    tree: Callable[[Release], Tree],
    history: judge.Lineage | None = None,
) -> SeriesJudgement:
    """A tracked series against one release of its upstream."""
    return judge.judge_series(
        series,
        tree(base),
        tree(target),
        base_name=base.version,
        target_name=target.version,
        released=None if target.date is None else target.date.date(),
        history=history,
    )


def written(series: Sequence[SeriesPatch], marks: Mapping[PatchName, str]) -> dict[str, bytes]:
    """A `series` file and the patches that it names. `marks`: {patch that waits for a person: its verdict}."""
    lines = quilt.parse(b"")
    files: dict[str, bytes] = {}
    for patch in series:
        name = PatchName(file_name(patch.name))
        lines = quilt.append(lines, name, patch.strip)
        if patch.name in marks:
            lines = quilt.mark(lines, name, marks[patch.name])
        files[name] = patch.content
    return {"series": quilt.format(lines), **files}


def file_name(name: str) -> str:
    """A patch's name as a path below the output folder: one that a series can hold and that cannot leave it. Commits of
    a range (`1a2b3c4 Fix it`) become `1a2b3c4-Fix-it.patch`."""
    if quilt.is_name(name):
        return name
    words = "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip("-.")
    return f"{words[:100]}.patch"


def series_of(tree: Tree, where: str) -> tuple[SeriesPatch, ...]:
    """The patches of a folder: those of its `series`, else every `*.patch` and `*.diff` in order of name. `where` names
    the folder in messages. Raises InputError."""
    content = _content(tree, "series")
    if content is None:
        names = sorted(p for p in tree.paths() if "/" not in p and p.endswith((".patch", ".diff")))
        if not names:
            raise InputError(
                "there is neither a series nor a *.patch", "name a folder of patches, or one patch", path=where
            )
        return tuple(SeriesPatch(PatchName(name), _patch(tree, name, where, None)) for name in names)
    parsed, path = quilt.parse(content), f"{where}/series"
    quilt.check(parsed, path)
    return tuple(
        SeriesPatch(name, _patch(tree, name, path, number), line.strip, None, line.waiting)
        for number, name, line in parsed.entries
    )


def _patch(tree: Tree, name: str, path: str, line: int | None) -> bytes:
    content = _content(tree, name)
    if content is None:
        raise InputError(f"the file {name} is missing", "add the file, or remove the line", path=path, line=line)
    return content


def _content(tree: Tree, path: str) -> bytes | None:
    entry = tree.entry(path)
    return None if entry is None or entry.mode in (SYMLINK, SUBMODULE) else tree.read(path)
