"""A packaging repository in memory, and edits of it as before/after texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from syncbot.layouts.formats import open_format
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.packaging import PackagingLayout
from syncbot.layouts.saying import Ground
from syncbot.model.ids import PatchName
from syncbot.model.judgement import Judgement
from syncbot.model.packages import Package, Policy
from syncbot.model.trees import FILE, MemoryTree, Tree
from syncbot.model.verdicts import Action, Fit, Verdict
from syncbot.plan.model import Edit, Move, Note

WHO = "A Bot <bot@example.org>"
WHEN = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def tree(files: Mapping[str, str | bytes], modes: Mapping[str, int] | None = None) -> MemoryTree:
    content = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return MemoryTree({path: ((modes or {}).get(path, FILE), data) for path, data in content.items()})


def layout(format: str, **ground: object) -> PackagingLayout:
    return PackagingLayout(open_format(format), Ground(**ground))  # type: ignore[arg-type]  # the caller's keywords


def only(kept: PackagingLayout, files: Tree, folder: str = "") -> Package:
    read = kept.read(files, folder, Policy())
    assert [str(problem.error) for problem in read.problems] == []
    [package] = read.packages
    return package


def complaints(kept: PackagingLayout, files: Tree, folder: str = "") -> list[str]:
    return [f"{problem.package}: {problem.error}" for problem in kept.read(files, folder, Policy()).problems]


def edit(action: Action, name: str, content: bytes | None = None) -> Edit:
    patch = PatchName(name)
    return Edit(action, patch, Judgement(1, patch, Fit.NONE, Verdict.OBSOLETE, action, "because"), content)


def to(version: str | None, *notes: Note) -> Move:
    return Move(version, None, WHO, WHEN, notes)


def drop(name: str, commit: str | None = None) -> Note:
    return Note(PatchName(name), Action.DROP, "All of its effect is in the release.", commit)


def after(files: Tree, changes: Mapping[str, bytes | None]) -> Overlay:
    return Overlay(files, changes)


def text(files: Tree, path: str) -> str | None:
    content = files.read(path)
    return None if content is None else content.decode()
