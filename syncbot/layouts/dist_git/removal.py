"""Taking a patch out of a spec: its line, the comment that is about it alone, what applies it, an emptied condition.

A condition that has become empty goes, too, with its %if and %endif: left behind, it would tell the reader that
something still depends on it. One with an %else stays, since the other arm means its opposite.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from syncbot.errors import InputError
from syncbot.layouts.dist_git.patches import Declared, Patches
from syncbot.layouts.dist_git.prep import Use
from syncbot.layouts.dist_git.spec import Line, Spec
from syncbot.model.ids import PatchName

_DISABLED = re.compile(r"\s*(?:#+|%dnl)\s*(?:\w+:\s|%+\w|#|={3,}|-{3,}|$)")


@dataclass(slots=True)
class _Work:
    spec: Spec
    gone: set[int] = field(default_factory=set)
    instead: dict[int, str] = field(default_factory=dict)

    def remove(self, at: int) -> None:
        """The line, and the comment above it where that is about nothing else."""
        lines = self.spec.lines
        self.gone.add(at)
        top = at
        while top > 0 and _is_remark(lines[top - 1]):
            top -= 1
        follower = lines[at + 1] if at + 1 < len(lines) else None
        alone = follower is None or follower.blank or follower.comment or follower.heading or follower.directive
        above = lines[top - 1] if top else None
        if alone and (above is None or not above.comment):
            self.gone.update(range(top, at))


def removed(spec: Spec, patches: Patches, name: PatchName, path: str) -> str:
    """The spec's text without the patch. Raises InputError with the line where that needs a person."""
    patch = next((d for d in patches.declared if d.name == name and d.path), None)
    if patch is None:
        raise InputError(f"{name} is not among the patches", "read it again", path=path)
    twin = next((d for d in patches.declared if d.number == patch.number and d is not patch), None)
    if twin is not None:
        what = f"Patch{patch.number} stands for {patch.name} and {twin.name}, depending on a condition"
        raise InputError(what, "give them numbers of their own", path=path, line=twin.at + 1)
    work = _Work(spec)
    work.remove(patch.at)
    for use in patches.uses:
        if patch.number in use.numbers:
            _without_use(work, use, patch, path)
    if patches.numbered():
        _hold_numbers(work, patches, patch)
    _close_emptied(work)
    _join_blanks(work)
    return "".join(work.instead.get(at, line.text) for at, line in enumerate(spec.lines) if at not in work.gone)


def _without_use(work: _Work, use: Use, patch: Declared, path: str) -> None:
    if use.whole and len(use.numbers) == 1:
        work.remove(use.at)
        return
    text = work.instead.get(use.at, work.spec.lines[use.at].text)
    part = next((p for p in use.parts if p[0] == patch.number and p[1] != p[2]), None)
    if part is None or use.at in work.instead:
        what = f"{patch.name} (Patch{patch.number}) is named in a line that does more"
        raise InputError(what, "take it out of that line by hand", path=path, line=use.at + 1)
    work.instead[use.at] = text[: len(text) + part[1]] + text[len(text) + part[2] :]


def _hold_numbers(work: _Work, patches: Patches, patch: Declared) -> None:
    """The next patch without a number gets the one that it had, so that those after it keep theirs."""
    after = [d for d in patches.declared if d.at > patch.at]
    if after and after[0].automatic and after[0].tag is not None:
        tag = after[0].tag
        work.instead[tag.at] = tag.text(tag.value, str(after[0].number))


def _close_emptied(work: _Work) -> None:
    for frame in sorted(work.spec.frames, key=lambda f: f.end - f.start):
        inner = range(frame.start + 1, frame.end)
        empty = all(at in work.gone or work.spec.lines[at].blank for at in inner)
        if not frame.forked and empty and any(at in work.gone for at in inner):
            work.gone.update(range(frame.start, frame.end + 1))


def _join_blanks(work: _Work) -> None:
    """Where lines went between two blank ones, one blank line is enough."""
    lines = work.spec.lines
    for at in sorted(work.gone):
        if at - 1 in work.gone:
            continue
        end = at
        while end in work.gone:
            end += 1
        if (
            at
            and end < len(lines)
            and lines[at - 1].blank
            and lines[end].blank
            and lines[end].text == lines[at - 1].text
        ):
            work.gone.add(end)


def _is_remark(line: Line) -> bool:
    """Whether a comment says something, rather than being a tag or a macro that was taken out for a while."""
    return line.comment and _DISABLED.match(line.text) is None
