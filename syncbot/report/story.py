"""The story that `explain` tells: what the patch does, what upstream did, where each hunk is, why the verdict, and what
would change it. One story, written for a terminal or in Markdown for a proposal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import FilePatch, Patch
from syncbot.errors import SyncbotError
from syncbot.model.verdicts import Action, HunkState, Verdict
from syncbot.report.columns import side_by_side
from syncbot.report.fold import commit as page
from syncbot.report.safe import block, code, decoded, fenced, line, markdown
from syncbot.report.table import width
from syncbot.report.words import (
    COMMITS,
    PROOF,
    and_more,
    is_alone,
    plural,
    released,
    sentence,
    waits_for,
    what_it_did,
    what_would_change_it,
    why,
)

if TYPE_CHECKING:
    from syncbot.model.judgement import Comparison, Evidence, FileReport, HunkReport
    from syncbot.report.results import Explanation

WIDE = 110
"""Columns that two versions side by side take, where nobody says otherwise."""
_FILES = 8
"""Files that the first section names."""
_SECTION = 60
"""Characters of a function's head that are shown with a hunk."""
_STATE = {
    HunkState.UPSTREAM: "is in the release",
    HunkState.EXACT: "applies at its line",
    HunkState.SHIFTED: "applies at another line",
    HunkState.MERGE: "applies by a three-way merge",
    HunkState.CONFLICT: "conflicts",
    HunkState.GONE: "changes what is gone",
    HunkState.TRIVIAL: "changes only trivial lines",
}
_NO_HEADS = ("import ", "from ", "#", "//", "/*", "*", "using ", "use ", "require")
"""What git takes for the head of a function, and is none."""
_ID = re.compile(r"[0-9a-f]{40}")
_CLAIMS = frozenset({"declared", "advisory", "bug", "status", "changelog", "advised"})


@dataclass(frozen=True, slots=True)
class _Style:
    """How text from outside is written: `words` in a sentence, `name` as a name, `page` a commit with its web page."""

    words: Callable[[str], str]
    name: Callable[[str], str]
    page: Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class _Said:
    """One line of a section, `level` deep; or, in place of that, both versions of one place."""

    text: str
    level: int = 0
    sides: Comparison | None = None


@dataclass(frozen=True, slots=True)
class _Section:
    heading: str
    lines: tuple[_Said, ...]


def story(told: Explanation, *, diff: bool = True, wide: int = WIDE, broken: bool = False) -> str:
    """The whole story as plain text, a heading per question. Outside text is made harmless. `broken`: sentences that
    are longer than `wide` columns are, between words, as a terminal needs it."""
    style = _Style(line, line, lambda commit, link: f"{commit}, {link}" if link else commit)
    parts = [_title(told, style)]
    for section in _sections(told, style):
        lines = [text for said in section.lines for text in _plain(said, wide - 2, broken=broken)]
        parts.append("\n".join([section.heading, *(f"  {text}".rstrip() for text in lines)]))
    if diff:
        parts.append("The patch\n\n" + block(decoded(told.content)).rstrip("\n"))
    return "\n\n".join(parts) + "\n"


def story_markdown(told: Explanation, *, diff: bool = True, level: int = 3) -> str:
    """The story in Markdown, safe to stand in a proposal. `level`: of its headings; its title is one above."""
    style = _Style(markdown, code, page)
    parts = [f"{'#' * (level - 1)} {_title(told, style)}"]
    for section in _sections(told, style):
        parts += [f"{'#' * level} {section.heading}", "\n".join(_marked(section.lines))]
    if diff:
        parts += [f"{'#' * level} The patch", fenced(decoded(told.content), "diff")]
    return "\n\n".join(parts) + "\n"


_DEEPER = "    "
"""Stands before what goes on of a broken sentence."""


def _plain(said: _Said, wide: int, *, broken: bool) -> list[str]:
    margin = "  " * said.level
    if said.sides is None and broken and len(margin) + width(said.text) > wide:
        inner = max(20, wide - len(margin) - len(_DEEPER))
        first, *rest = textwrap.wrap(said.text, inner, break_long_words=False, break_on_hyphens=False)
        return [margin + first, *(margin + _DEEPER + text for text in rest)]
    if said.sides is None:
        return [margin + said.text]
    ours, theirs = (block(decoded(text)).splitlines() for text in (said.sides.ours, said.sides.theirs))
    return ["", *(margin + text for text in side_by_side(ours, theirs, wide - len(margin))), ""]


def _marked(lines: Sequence[_Said]) -> Iterator[str]:
    for said in lines:
        if said.sides is None:
            yield f"{'  ' * said.level}- {said.text}"
            continue
        language = "diff" if said.sides.our_line is None else ""
        for heading, text in (("The patch:", said.sides.ours), ("Upstream:", said.sides.theirs)):
            yield from ("", heading, "", fenced(decoded(text), language) if text else "Nothing.")


def _title(told: Explanation, style: _Style) -> str:
    p = told.judgement
    name = " ".join(style.name(text) for text in (told.package, p.name) if text)
    return f"{name}: {p.verdict.value}, {p.action.value}"


def _sections(told: Explanation, style: _Style) -> Iterator[_Section]:
    p = told.judgement
    patch = _parsed(told.content)
    yield _Section("What the patch does", tuple(_does(patch, style)))
    claims = [_Said(style.words(sentence(e.detail))) for e in p.evidence if e.kind in _CLAIMS]
    if claims:
        yield _Section("What it says of itself", tuple(_once(claims)))
    yield _Section("What upstream did", tuple(_upstream(told, style)))
    where = tuple(said for f in p.files for said in _file(f, patch, style))
    yield _Section("Where each hunk is", where or (_Said("It has no hunks."),))
    if p.parts:
        parts = (_Said(f"commit {part.index}, {style.words(part.subject)}: {part.verdict}") for part in p.parts)
        yield _Section("Its commits", tuple(parts))
    if p.compared:
        yield _Section("Both versions, the patch's and upstream's", tuple(_compared(told, style)))
    yield _Section("Why this verdict", tuple(_why(told, style)))
    yield _Section("What would change it", (_Said(style.words(what_would_change_it(p))),))


def _once(lines: Sequence[_Said]) -> list[_Said]:
    return list(dict.fromkeys(lines))


def _parsed(content: bytes) -> Patch | SyncbotError:
    try:
        return parse_patch(content)
    except SyncbotError as error:
        return error


def _does(patch: Patch | SyncbotError, style: _Style) -> Iterator[_Said]:
    if not isinstance(patch, Patch):
        yield _Said(f"It cannot be read: {style.words(str(patch))}.")
        return
    subject = patch.commits[0].subject if patch.commits else ""
    yield _Said(style.words(subject) if subject else "It has no description.")
    if len(patch.commits) > 1:
        yield _Said(f"It is {plural(len(patch.commits), 'commit')} in one file.")
    names = sorted({file.path for file in patch.files})
    shown = and_more([style.name(name) for name in names], _FILES)
    yield _Said(
        f"It {_size(patch.files)} in {plural(len(names), 'file')}: {shown}." if names else "It changes no file."
    )


def _size(files: Sequence[FilePatch]) -> str:
    """`adds 3 lines and removes 1 line`."""
    hunks = [hunk for file in files for hunk in file.hunks]
    added, removed = sum(len(h.added) for h in hunks), sum(len(h.removed) for h in hunks)
    parts = [f"{verb} {plural(count, 'line')}" for verb, count in (("adds", added), ("removes", removed)) if count]
    return " and ".join(parts) or "changes no line of text"


def _upstream(told: Explanation, style: _Style) -> Iterator[_Said]:
    p = told.judgement
    base, target = style.name(_short(told.base.version)), style.name(_short(told.target.version))
    who = f"Upstream, {style.name(told.upstream)}," if told.upstream else "Upstream"
    if told.base == told.target and (not told.bump or released(p)[0]):
        why = "`bump` is false" if not told.bump else "its settings follow no later release"
        yield _Said(f"{who} was looked at beyond {base}, where the package stays: {why}.")
    elif told.base == told.target:
        yield _Said(f"{who} has no release after {base}; its branch was looked at.")
    else:
        day = f" of {told.target.date.date().isoformat()}" if told.target.date is not None else ""
        yield _Said(f"{who} went from {base} to {target}{day}.")
    facts = [e for e in p.evidence if e.kind in COMMITS and e.commit]
    if p.action is Action.DROP:
        facts = [e for e in facts if e.kind != "twin"]  # it is there: copies of it elsewhere are no news
    alone = is_alone(facts)
    for fact in dict.fromkeys(facts):
        yield from _commit(fact, what_it_did(fact, p.verdict, alone=alone), style)
    if p.absorbed_by is not None and all(e.commit != p.absorbed_by for e in facts):
        yield _Said(f"The commit that has it is {style.name(p.absorbed_by)}.")
    if p.first_release is not None and p.verdict is not Verdict.TRIM:
        yield _Said(f"The first release that has the change is {style.name(_short(p.first_release))}.")
    if p.verdict is Verdict.UNTOUCHED:
        yield _Said("It changed none of the patch's files.")
    if told.dropped_at is not None:
        yield _Said(f"The patch left the series on {told.dropped_at.date().isoformat()}.")
    if told.returning:
        yield _Said(f"It is needed again: proposal {style.name(told.returning)} would bring it back.")


def _commit(fact: Evidence, did: str, style: _Style) -> Iterator[_Said]:
    """A commit of upstream: what it did, whose it is, and since which release it is there."""
    assert fact.commit is not None
    yield _Said(f"Commit {style.page(fact.commit, fact.link)} {did}{_release_of(fact, style)}:")
    by = ", ".join(text for text in (style.words(fact.author), fact.date) if text)
    subject = style.words(fact.subject) or "no subject"
    yield _Said(subject + (f" ({by})" if by else ""), 1)


def _release_of(fact: Evidence, style: _Style) -> str:
    if not fact.release:
        return "; no release has it yet" if fact.kind == "held" else ""
    release = style.name(_short(fact.release))
    return f", and {release} has the commit" if fact.kind == "held" else f", first in {release}"


def _short(name: str) -> str:
    """A commit id that stands for a release is shown in short."""
    return name[:12] if _ID.fullmatch(name) else name


def _file(report: FileReport, patch: Patch | SyncbotError, style: _Style) -> Iterator[_Said]:
    moved = (
        ""
        if report.target_path == report.path
        else f" (now {style.name(report.target_path)})"
        if report.target_path
        else " (not in the release)"
    )
    yield _Said(f"{style.name(report.path)}{moved}")
    heads = _heads(report.path, patch)
    for hunk in report.hunks:
        yield _Said(_hunk(hunk, heads.get(hunk.index, ""), style), 1)


def _heads(path: str, patch: Patch | SyncbotError) -> dict[int, str]:
    """{hunk of the file: what its `@@` line says that it stands in}."""
    if not isinstance(patch, Patch):
        return {}
    files = [file for file in patch.files if path in (file.new_path, file.old_path)]
    hunks = files[0].hunks if len(files) == 1 else ()
    heads = {at: decoded(hunk.section).strip() for at, hunk in enumerate(hunks, 1)}
    return {at: head for at, head in heads.items() if head and not head.startswith(_NO_HEADS)}


def _hunk(hunk: HunkReport, head: str, style: _Style) -> str:
    where = []
    if hunk.base_line is not None:
        where.append(f"base line {hunk.base_line}")
    if hunk.target_line is not None:
        where.append(f"release line {hunk.target_line}")
    at = f" ({', '.join(where)})" if where else ""
    inside = f", in {style.name(line(head, _SECTION))}" if head else ""
    return f"hunk {hunk.index} {_STATE[hunk.state]}{at}{inside}"


def _compared(told: Explanation, style: _Style) -> Iterator[_Said]:
    for sides in told.judgement.compared:
        path, target = style.name(sides.path), style.name(_short(told.target.version))
        moved = f"{style.name(sides.target_path)} " if sides.target_path not in (None, sides.path) else ""
        if sides.commit is not None:
            yield _Said(f"{path}: the patch's change, and that of commit {style.name(sides.commit[:12])}:")
        elif sides.our_line is None:
            since = style.name(_short(told.base.version))
            yield _Said(f"{path}: the patch's change, and upstream's there from {since} to {target}:")
        elif sides.their_line is None:
            yield _Said(f"{path}: line {sides.our_line} with the patch; {target} has no such place:")
        else:
            yield _Said(f"{path}: line {sides.our_line} with the patch, {moved}line {sides.their_line} in {target}:")
        yield _Said("", 1, sides)


def _why(told: Explanation, style: _Style) -> Iterator[_Said]:
    p = told.judgement
    yield _Said(style.words(why(p)))
    yield _Said(f"Fit: it {p.fit.sentence}." if p.fit.sentence.startswith("appl") else f"Fit: {p.fit.sentence}.")
    if p.proof is not None:
        yield _Said(f"The removal is {PROOF[p.proof]}.")
    told_already = {*_CLAIMS, *COMMITS}
    facts = [e for e in p.evidence if e.kind not in told_already or (e.kind in COMMITS and not e.commit)]
    for fact in dict.fromkeys(facts):
        if fact.detail not in p.reason:
            yield _Said(style.words(sentence(fact.detail)))
    asked = waits_for(p)
    if asked:
        yield _Said(f"A person is asked: {style.words(asked)}.")
