"""What upstream did where a patch that goes had done the same: so that a reader has both diffs, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import FilePatch, Hunk
from syncbot.diff.render import render_file
from syncbot.errors import SyncbotError
from syncbot.model.judgement import Comparison, Judgement, SeriesJudgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.model.verdicts import Action

_FILES = 4
_LINES = 120
"""Lines of one diff that are kept."""
_LARGEST = 1024 * 1024
_TELLING = 4


def with_counterparts(
    judgement: SeriesJudgement,
    series: Sequence[SeriesPatch],
    base: Release,
    target: Release,
    tree: Callable[[Release], Tree],
) -> SeriesJudgement:
    """The judgement in which a patch that is dropped has both diffs: its own, and upstream's between the releases."""
    pairs = list(zip(judgement.patches, series, strict=True))
    if not any(judged.action is Action.DROP and not judged.compared for judged, _patch in pairs):
        return judgement
    before, after = tree(base), tree(target)
    patches = tuple(
        replace(judged, compared=tuple(_both(judged, patch, before, after)))
        if judged.action is Action.DROP and not judged.compared
        else judged
        for judged, patch in pairs
    )
    return replace(judgement, patches=patches)


def _both(judged: Judgement, patch: SeriesPatch, before: Tree, after: Tree) -> Iterator[Comparison]:
    try:
        files = parse_patch(patch.content, patch.strip).files
    except SyncbotError:
        return
    reports = {report.path: report for report in judged.files}
    for file in files[:_FILES]:
        report = reports.get(file.path)
        if report is None or report.target_path is None or not file.hunks:
            continue
        old, new = before.read(report.path), after.read(report.target_path)
        if old is None or new is None or max(len(old), len(new)) > _LARGEST or b"\0" in old + new:
            continue
        theirs = _alike(render_file(report.path, report.target_path, old, new), file)
        if theirs:
            yield Comparison(report.path, report.target_path, _text(file.hunks), theirs)


def _alike(diff: bytes, file: FilePatch) -> bytes:
    """The hunks of upstream's diff that change a line which the patch changes, too. Lines tell it, not their numbers:
    those of a patch may be far off."""
    wanted = {line for hunk in file.hunks for line in _changed(hunk)}
    parsed = parse_patch(diff, 1).files if diff else ()
    return _text([hunk for found in parsed for hunk in found.hunks if wanted & _changed(hunk)])


def _changed(hunk: Hunk) -> set[tuple[str, bytes]]:
    """The lines that say something: at least so many letters and digits."""
    return {
        (tag, text.strip())
        for tag, text in hunk.lines
        if tag != " " and sum(chr(c).isalnum() for c in text) >= _TELLING
    }


def _text(hunks: Sequence[Hunk]) -> bytes:
    lines: list[bytes] = []
    for hunk in hunks:
        lines.append(b"@@ -%d,%d +%d,%d @@" % (hunk.old_start, len(hunk.old), hunk.new_start, len(hunk.new)))
        lines += [tag.encode() + text.rstrip(b"\r\n") for tag, text in hunk.lines]
    more = [b"[%d more lines are left out here]" % (len(lines) - _LINES)] if len(lines) > _LINES else []
    return b"\n".join([*lines[:_LINES], *more]) + b"\n" if lines else b""
