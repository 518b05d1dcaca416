"""The table of a proposal's body: a row per patch, with proof, upstream commit and first release."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from syncbot.model.ids import PatchName
from syncbot.model.judgement import Judgement
from syncbot.model.verdicts import Action, Verdict
from syncbot.report.fold import commit
from syncbot.report.safe import code, line
from syncbot.report.words import and_more, first_releases, parts_taken

_NAME = 200
_PARTS = 3
"""Commits that a cell names."""


def more(left: int) -> str:
    return f"\n\nand {left} more." if left else ""


def table(patches: Sequence[Judgement], settled: Collection[PatchName] = ()) -> str:
    """A row per patch. A column that says nothing of any is left out. `settled`: those that wait no more by what people
    put on the branch."""
    rows = [_cells(p, is_settled=p.name in settled) for p in patches]
    used = [at for at, name in enumerate(_COLUMNS) if at < _ALWAYS or any(row[at] for row in rows)]
    head = [_line([_COLUMNS[at] for at in used]), _line(["--:", *["---"] * (len(used) - 1)])]
    return "\n".join([*head, *(_line([row[at] for at in used]) for row in rows)])


_COLUMNS = ("#", "patch", "verdict", "proof", "upstream commit", "first release")
_ALWAYS = 3
_TOLD = "a person's word"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(p: Judgement, *, is_settled: bool) -> tuple[str, ...]:
    action = "" if p.action is Action.KEEP else f", **{'settled' if is_settled else p.action.value}**"
    return (
        str(p.index),
        _code(p.name),
        f"{p.verdict.value}{action}",
        _TOLD if p.proof is None and p.action is Action.DROP else "" if p.proof is None else p.proof.value,
        *_upstream(p),
    )


def _upstream(p: Judgement) -> tuple[str, str]:
    """The commit that has it, and the first release; of a trimmed patch those that have parts of it."""
    if p.verdict is Verdict.TRIM:
        parts = parts_taken(p)
        commits = and_more([commit(e.commit, e.link) for e in parts if e.commit], _PARTS)
        releases = and_more([_code(release) for release in first_releases(parts)], _PARTS)
        return (commits and f"part: {commits}", releases and f"part: {releases}")
    link = next((e.link for e in p.evidence if e.commit == p.absorbed_by), "")
    return (
        "" if p.absorbed_by is None else commit(p.absorbed_by, link),
        "" if p.first_release is None else _code(p.first_release),
    )


def _code(text: str) -> str:
    return code(line(text, _NAME))
