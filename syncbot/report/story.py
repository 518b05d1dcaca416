"""The story that `explain` tells: what the patch does, what upstream did, where each hunk is, why, and what would
change the verdict."""

from __future__ import annotations

from syncbot.diff.parse import parse_patch
from syncbot.errors import PatchError
from syncbot.model.judgement import FileReport, HunkReport, Judgement
from syncbot.model.verdicts import HunkState
from syncbot.report.results import Explanation
from syncbot.report.safe import block, decoded, line
from syncbot.report.words import PROOF, plural, waits_for, what_would_change_it, why

_STATE = {
    HunkState.UPSTREAM: "is in the release",
    HunkState.EXACT: "applies at its line",
    HunkState.SHIFTED: "applies at another line",
    HunkState.MERGE: "applies by a three-way merge",
    HunkState.CONFLICT: "conflicts",
    HunkState.GONE: "changes what is gone",
    HunkState.TRIVIAL: "changes only trivial lines",
}


def story(told: Explanation, *, diff: bool = True) -> str:
    """The whole story as plain text, a heading per question. Outside text is made harmless."""
    p = told.judgement
    parts = [
        f"{line(told.package)} {line(p.name)}: {p.verdict.value}, {p.action.value}",
        _section("What the patch does", _does(told)),
        _section("What upstream did", _upstream(told)),
        _section("Where each hunk is", [text for f in p.files for text in _file(f)] or ["It has no hunks."]),
        _section("Why this verdict", _why(p)),
        _section("What would change it", [what_would_change_it(p)]),
    ]
    if diff:
        parts.append("The patch\n\n" + block(decoded(told.content)).rstrip("\n"))
    return "\n\n".join(parts) + "\n"


def _section(heading: str, lines: list[str]) -> str:
    return heading + "\n" + "\n".join(f"  {text}" for text in lines)


def _does(told: Explanation) -> list[str]:
    try:
        patch = parse_patch(told.content)
    except PatchError as error:
        return [f"It cannot be read: {line(str(error))}."]
    subject = patch.commits[0].subject if patch.commits else ""
    files = sorted({f.path for f in patch.files})
    shown = ", ".join(line(f) for f in files[:8]) + (f" and {len(files) - 8} more" if len(files) > 8 else "")
    size = f"It changes {plural(patch.lines_changed, 'line')} in {plural(len(files), 'file')}: {shown}."
    return [line(subject), size] if subject else ["It has no description.", size]


def _upstream(told: Explanation) -> list[str]:
    p = told.judgement
    lines = [
        f"{line(told.upstream)} moved from {line(told.base.version)} to {line(told.target.version)}: {p.fit.sentence}."
    ]
    if p.first_release is not None:
        lines.append(f"The first release that has the change is {line(p.first_release)}.")
    if p.absorbed_by is not None:
        lines.append(f"The commit that has it is {p.absorbed_by}.")
    if told.dropped_at is not None:
        lines.append(f"The patch left the series on {told.dropped_at.date().isoformat()}.")
    return lines


def _file(report: FileReport) -> list[str]:
    moved = (
        ""
        if report.target_path == report.path
        else f" (now {line(report.target_path)})"
        if report.target_path
        else " (gone)"
    )
    return [f"{line(report.path)}{moved}", *[_hunk(h) for h in report.hunks]]


def _hunk(hunk: HunkReport) -> str:
    where = []
    if hunk.base_line is not None:
        where.append(f"base line {hunk.base_line}")
    if hunk.target_line is not None:
        where.append(f"release line {hunk.target_line}")
    return f"  hunk {hunk.index} {_STATE[hunk.state]}" + (f" ({', '.join(where)})" if where else "")


def _why(p: Judgement) -> list[str]:
    lines = [why(p)]
    if p.proof is not None:
        lines.append(f"The removal is {PROOF[p.proof]}.")
    lines += [f"{line(e.kind)}: {line(e.detail)}" + (f" ({e.commit})" if e.commit else "") for e in p.evidence]
    asked = waits_for(p)
    return [*lines, f"A person is asked: {line(asked)}."] if asked else lines
