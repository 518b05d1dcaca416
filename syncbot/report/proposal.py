"""What a proposal says: title, commit messages and the Markdown body, pure functions of a frozen summary."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from syncbot.model.ids import PackageName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action, Verdict
from syncbot.report.safe import code, decoded, fenced, line, markdown
from syncbot.report.words import PROOF, counts, delta, plural, waits_for, why

SUBJECT = 72
"""Characters of a commit's subject and of a title, at most."""
_BODY = 60_000
"""Characters of a body, at most: GitHub takes 65,536."""
_DIFF_LINES = 120
"""Lines of one patch that a body shows, at most."""


@dataclass(frozen=True, slots=True)
class PatchStory:
    """One entry of the series: its judgement, its text as it was, and as it will be (None: dropped)."""

    judgement: Judgement
    before: bytes
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a proposal's texts are made of. `branch` can be fetched from `remote` (empty: nowhere).
    `warnings` are sentences for the reader."""

    package: PackageName
    path: str
    upstream: str
    line: str
    base: Release
    target: Release
    judgement: SeriesJudgement
    stories: tuple[PatchStory, ...]
    draft: bool
    branch: str = ""
    remote: str = ""
    warnings: tuple[str, ...] = ()


def title(summary: Summary) -> str:
    """`name: 1.0 -> 1.2, drop 2, rewrite 1, keep 4`, at most 72 characters."""
    step = f"{line(summary.package)}: {line(summary.base.version)} -> {line(summary.target.version)}"
    whole = f"{step}, {counts(summary.judgement)}"
    return whole if len(whole) <= SUBJECT else line(step, SUBJECT)


def bump_message(summary: Summary) -> str:
    """The commit that moves the version."""
    subject = f"{summary.package}: move to {summary.target.version}"
    return message(
        subject,
        [
            f"Move {line(summary.package)} from {_release(summary.base)} to {_release(summary.target)}.",
            "The patches follow in commits of their own; together they apply to the new release without fuzz.",
        ],
    )


def step_message(summary: Summary) -> str:
    """The one commit of a step: every decision is a paragraph."""
    paragraphs = [
        f"Move {line(summary.package)} from {_release(summary.base)} to {_release(summary.target)}.",
        f"{counts(summary.judgement).capitalize()}: {delta(summary.judgement)}.",
        *[
            f"{line(s.judgement.name)}: {s.judgement.verdict.value}. {_what(s.judgement)}"
            for s in summary.stories
            if s.judgement.action is not Action.KEEP
        ],
    ]
    return message(f"{summary.package}: {summary.base.version} -> {summary.target.version}", paragraphs)


def decision_message(summary: Summary, judgement: Judgement) -> str:
    """The commit of one decision: what, why, evidence."""
    verb = _VERB[judgement.action]
    paragraphs = [f"Patch: {line(judgement.name)}", _what(judgement), f"Release: {_release(summary.target)}"]
    evidence = [f"- {line(e.detail)}" + (f" ({e.commit})" if e.commit else "") for e in judgement.evidence]
    if evidence:
        paragraphs.append("Evidence:\n" + "\n".join(evidence))
    return message(f"{summary.package}: {verb} {judgement.name.rpartition('/')[2]}", paragraphs)


_VERB = {
    Action.DROP: "drop",
    Action.REWRITE: "rewrite",
    Action.KEEP: "keep",
    Action.ASK: "mark as waiting:",
    Action.REPORT: "mark as broken:",
}


def _what(judgement: Judgement) -> str:
    parts = [why(judgement)]
    if judgement.proof is not None:
        parts.append(f"This is {PROOF[judgement.proof]}.")
    if judgement.first_release is not None:
        parts.append(f"The first release that has it is {line(judgement.first_release)}.")
    if judgement.absorbed_by is not None:
        parts.append(f"The upstream commit is {judgement.absorbed_by}.")
    return " ".join(part for part in parts if part)


def _release(release: Release) -> str:
    named = f"{line(release.version)}" + (f" ({line(release.name)})" if release.name != release.version else "")
    return f"{named}, {line(release.identity)}"


def message(subject: str, paragraphs: list[str]) -> str:
    body = "\n\n".join(_wrapped(p) for p in paragraphs if p)
    return f"{line(subject, SUBJECT)}\n\n{body}\n"


def _wrapped(paragraph: str, width: int = SUBJECT) -> str:
    """Words onto lines of at most `width` characters; a paragraph's own line breaks stay. Outside text starts no line
    with `#`, which git takes for a comment where a message is edited."""
    lines: list[str] = []
    for part in paragraph.split("\n"):
        current = ""
        for word in part.split(" "):
            longer = f"{current} {word}" if current else word
            if len(longer) > width and current:
                lines.append(current)
                longer = f"  {word}" if part.startswith("- ") else word
            current = longer
        lines.append(current)
    return "\n".join(f" {text}" if text.startswith("#") else text for text in lines)


def body(summary: Summary) -> str:
    """The whole body in Markdown: verdict line, table, stories, warnings, how to check, how to stop. Where it would be
    longer than a forge takes, the diffs of the last stories are left out, then the stories themselves."""
    head, tail = _head(summary), _tail(summary)
    stories = [_story(s) for s in summary.stories]
    short = [_story(s, diff=False) for s in summary.stories]
    for at in range(len(stories) - 1, -1, -1):
        if _size(head, stories, tail) <= _BODY:
            break
        stories[at] = short[at]
    while stories and _size(head, stories, tail) > _BODY:
        stories.pop()
    if len(stories) < len(summary.stories):
        left_out = plural(len(summary.stories) - len(stories), "story").replace("storys", "stories")
        stories.append(f"_{left_out} left out here for length; `syncbot explain` tells them._")
    return "\n\n".join([head, *stories, tail])[:65_000] + "\n"


def _size(head: str, stories: list[str], tail: str) -> int:
    return len(head) + sum(len(s) + 2 for s in stories) + len(tail)


def _head(summary: Summary) -> str:
    judgement = summary.judgement
    lines = [
        f"**{code(summary.package)} {code(summary.base.version)} -> {code(summary.target.version)}**: "
        f"{counts(judgement)} ({delta(judgement)}).",
        "",
        f"Upstream: {code(summary.upstream)}. Line: {code(summary.line)}. "
        f"Release: {code(summary.target.name)}, {code(summary.target.identity)}.",
    ]
    if summary.draft:
        lines += ["", "This is a draft: at least one patch waits for a person (see **ask** and **report** below)."]
    lines += ["", *(f"> **Warning:** {markdown(w)}\n" for w in summary.warnings)]
    if judgement.patches:
        lines += [
            "| # | patch | verdict | action | proof | upstream commit | first release |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_row(p) for p in judgement.patches]
    else:
        lines += ["The package carries no patches: only the version moves."]
    return "\n".join(lines).replace("\n\n\n", "\n\n")


def _row(p: Judgement) -> str:
    cells = (
        str(p.index),
        code(p.name),
        p.verdict.value,
        p.action.value,
        "-" if p.proof is None else p.proof.value,
        "-" if p.absorbed_by is None else code(p.absorbed_by[:12]),
        "-" if p.first_release is None else code(p.first_release),
    )
    return "| " + " | ".join(cells) + " |"


def _story(story: PatchStory, *, diff: bool = True) -> str:
    p = story.judgement
    lines = [
        f"<details><summary>{p.index}. {_plain_html(p.name)}: {p.verdict.value}, {p.action.value}</summary>",
        "",
        markdown(_what(p)),
        "",
        f"Fit: {p.fit.value}, {p.fit.sentence}. Lines: {p.lines_before} -> {p.lines_after}.",
    ]
    asked = waits_for(p)
    if asked:
        lines += ["", f"**Question:** {markdown(asked)}."]
    if p.evidence:
        lines += ["", *[_evidence(e.kind, e.detail, e.commit) for e in p.evidence]]
    if p.files:
        lines += ["", *[_file(f.path, f.target_path, [h.state.value for h in f.hunks]) for f in p.files]]
    if diff:
        lines += ["", *_diffs(story)]
    return "\n".join([*lines, "", "</details>"])


def _plain_html(text: str) -> str:
    return markdown(text).replace("\\", "")


def _evidence(kind: str, detail: str, commit: str | None) -> str:
    return f"- {markdown(kind)}: {markdown(detail)}" + (f" {code(commit)}" if commit else "")


def _file(path: str, target: str | None, states: list[str]) -> str:
    where = (
        f"{code(path)}"
        if target == path
        else f"{code(path)} (now {code(target)})"
        if target
        else f"{code(path)} (gone)"
    )
    return f"- {where}: " + (", ".join(f"hunk {i} {s}" for i, s in enumerate(states, 1)) or "no text hunks")


def _diffs(story: PatchStory) -> list[str]:
    if story.after is None:
        return ["The patch that leaves:", "", _shown(story.before)]
    if story.after != story.before:
        return ["The patch as it becomes:", "", _shown(story.after), "", "As it was:", "", _shown(story.before)]
    return ["The patch:", "", _shown(story.before)]


def _shown(content: bytes) -> str:
    lines = decoded(content).split("\n")
    if len(lines) > _DIFF_LINES:
        more = len(lines) - _DIFF_LINES
        lines = [*lines[:_DIFF_LINES], f"[{more} more lines are left out here]"]
    return fenced("\n".join(text[:2000] for text in lines), "diff")


def _fetch(summary: Summary) -> list[str]:
    if not summary.remote:
        return []
    return [f"git fetch {shlex.quote(summary.remote)} {shlex.quote(summary.branch)}", "git diff HEAD...FETCH_HEAD"]


def _settle(summary: Summary) -> list[str]:
    """How a person ends a draft: the branch has the new base, and the mark on what waits."""
    if not summary.draft:
        return []
    lines = ["### Settle the draft", ""]
    if summary.remote:
        pull = f"git pull --no-rebase --no-edit {shlex.quote(summary.remote)} {shlex.quote(summary.branch)}"
        lines += [fenced(pull, "sh"), ""]
    told = (
        "Then mend or delete the patches that wait, take the mark `# syncbot: waiting` off their lines in "
        f"{code(summary.path + '/series')}, commit, and run `syncbot sync`: it takes the merged branch as accepted."
    )
    return [*lines, told, ""]


def _tail(summary: Summary) -> str:
    package = shlex.quote(line(summary.package))
    commands = [f"syncbot check {package}"]
    told = next((p for p in summary.judgement.patches if p.verdict is not Verdict.UNTOUCHED), None)
    told = told or next(iter(summary.judgement.patches), None)
    if told is not None:
        commands.append(f"syncbot explain {package} {shlex.quote(line(told.name))}")
    commands += _fetch(summary)
    return "\n".join(
        [
            "### Check it yourself",
            "",
            fenced("\n".join(commands), "sh"),
            "",
            *_settle(summary),
            "### Stop it",
            "",
            fenced(f'syncbot proposals reject {package} --reason "why"', "sh"),
            "",
            'A rejection is remembered by content. `"NAME" = "reason"` under `[keep]` in '
            f'{code(summary.path + "/package.toml")} pins it; `mode = "observe"` there stops all proposals for the '
            "package.",
        ]
    )
