"""One patch's story in a proposal: folded away, to be opened by who doubts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from syncbot.model.judgement import Comparison, Evidence, FileReport
from syncbot.model.verdicts import HunkState, Verdict
from syncbot.report.proposal import PatchStory, what
from syncbot.report.references import redirected
from syncbot.report.safe import code, decoded, fenced, html, line, markdown
from syncbot.report.words import COMMITS, became, is_alone, sentence, waits_for, what_it_did

_LINK = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9_./~+?;=-]*")
_LINES = 120
"""Lines of one diff that a body shows, at most."""
_WIDTH = 1000
_ITEMS = 20
_TEXT = 600


def fold(story: PatchStory, *, diff: bool = True) -> str:
    """The folded story, with both diffs or without any."""
    p = story.judgement
    lines = [
        f"<details><summary>{p.index}. {html(line(p.name, 200))}: {p.verdict.value}, {p.action.value}</summary>",
        "",
        markdown(line(what(p), 2 * _TEXT)),
        "",
        f"Fit: {p.fit.value}, {p.fit.sentence}. Lines: {p.lines_before} -> {p.lines_after}.",
    ]
    asked = waits_for(p)
    if asked:
        lines += ["", f"**Question:** {markdown(line(asked, _TEXT))}."]
    if asked and story.became is not None:
        lines += ["", f"**Answer:** {became(code(line(p.name, 200)), story.became)}"]
    facts = [e for e in dict.fromkeys(p.evidence) if e.commit or e.detail not in p.reason]
    if facts:
        lines += ["", *some([_evidence(e, p.verdict, alone=is_alone(facts)) for e in facts])]
    if p.files:
        lines += [*([] if facts else [""]), *some([_file(f) for f in p.files])]
    if diff:
        lines += ["", *_diffs(story)]
    return "\n".join([*lines, "", "</details>"])


def some(items: Sequence[str], most: int = _ITEMS) -> list[str]:
    """A list of that many at most, and how many more there are."""
    more = [f"- and {len(items) - most} more"] if len(items) > most else []
    return [*(f"- {item}" for item in items[:most]), *more]


def commit(id: str, link: str = "") -> str:
    """A commit of upstream, as a link where its page is known. GitHub's own pages by the way that makes no reference
    there."""
    shown = code(id[:12])
    return f"[{shown}]({redirected(link)})" if _LINK.fullmatch(link) else shown


def _evidence(e: Evidence, verdict: Verdict, *, alone: bool) -> str:
    detail = line(e.detail, _TEXT)
    if not e.commit:
        return markdown(sentence(detail))
    about = ", ".join(text for text in (e.author, e.date, e.release and f"first in {e.release}") if text)
    told = markdown(line(e.subject, 100)) + (f" ({markdown(line(about, 120))})" if about else "")
    what = what_it_did(e, verdict, alone=alone) if e.kind in COMMITS else markdown(detail)
    return f"{commit(e.commit, e.link)} {what}" + (f": {told}" if told else "")


def conflicts(files: Sequence[FileReport]) -> list[str]:
    """Where it does not apply, a line per file: the hunks and their lines."""
    found = []
    for file in files:
        bad = [h for h in file.hunks if h.state in (HunkState.CONFLICT, HunkState.GONE)]
        if file.target_path is None:
            found.append(f"{_path(file.path)} is not in the release")
        elif bad:
            places = [f"hunk {h.index}" + (f" (line {h.base_line})" if h.base_line else "") for h in bad]
            more = " and more" if bad[8:] else ""
            found.append(f"{_path(file.target_path)} does not take {', '.join(places[:8])}{more}")
    return found


def _path(path: str) -> str:
    return code(line(path, 200))


def _file(f: FileReport) -> str:
    where = _path(f.path)
    if f.target_path != f.path:
        where += f" (now {_path(f.target_path)})" if f.target_path else " (gone)"
    states = [h.state.value for h in f.hunks]
    shown = ", ".join(f"hunk {i} {s}" for i, s in enumerate(states[:30], 1)) or "no text hunks"
    return f"{where}: {shown}" + (f" and {len(states) - 30} more" if states[30:] else "")


def _diffs(story: PatchStory) -> list[str]:
    """Ours and upstream's, or the patch before and after."""
    before, after, compared = story.before, story.after, story.judgement.compared
    theirs = [text for found in compared[:4] for text in _compared(found)]
    if after is None:
        return ["The patch that leaves:", "", _shown(before), *theirs]
    if after != before:
        return ["The patch as it becomes:", "", _shown(after), "", "As it was:", "", _shown(before), *theirs]
    return ["The patch:", "", _shown(before), *theirs]


def _compared(found: Comparison) -> list[str]:
    path = _path(found.target_path or found.path)
    if found.commit is not None:
        return ["", f"What upstream did to {path} in {commit(found.commit)}:", "", _shown(found.theirs)]
    if found.our_line is None:
        return ["", f"What upstream did there, in {path}:", "", _shown(found.theirs)]
    return [
        "", f"What the patch makes of {path}:", "", _shown(found.ours, ""),
        "", f"What the release has there (line {found.their_line or 1}):", "", _shown(found.theirs, ""),
    ]  # fmt: skip


def _shown(content: bytes, language: str = "diff") -> str:
    lines = decoded(content).split("\n")
    if len(lines) > _LINES:
        more = len(lines) - _LINES
        lines = [*lines[:_LINES], f"[{more} more lines are left out here]"]
    return fenced("\n".join(text[:_WIDTH] for text in lines), language)
