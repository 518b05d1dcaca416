"""What a proposal says that brings back a patch which upstream took back."""

from __future__ import annotations

import shlex

from syncbot.model.judgement import Judgement
from syncbot.model.proposals import DroppedPatch
from syncbot.model.releases import Release
from syncbot.model.verdicts import Verdict
from syncbot.report import controls
from syncbot.report.controls import Word
from syncbot.report.fold import commit
from syncbot.report.on_branch import on_branch
from syncbot.report.proposal import SUBJECT, People, message
from syncbot.report.safe import code, decoded, fenced, line, markdown, plain
from syncbot.report.words import is_alone, what_it_did

_DIFF_LINES = 200
"""Lines of the patch that a body shows, at most."""


def title(dropped: DroppedPatch, release: Release) -> str:
    last = dropped.name.rpartition("/")[2]
    return plain(f"{dropped.package}: restore {last}, {release.version} lost it", SUBJECT)


def _happened(dropped: DroppedPatch, judged: Judgement) -> str:
    """What upstream did, in one sentence."""
    fact = next((e for e in judged.evidence if e.kind == "taken-back" and e.commit), None)
    if judged.verdict is Verdict.REVERTED and fact is not None and fact.commit is not None:
        by = ", ".join(text for text in (fact.author, fact.date) if text)
        return f"Commit {fact.commit[:12]} took it back: {fact.subject}" + (f" ({by})." if by else ".")
    return f"Release {dropped.target.version} had it; what it changes is as it was before it."


def commit_message(dropped: DroppedPatch, judged: Judgement) -> str:
    """What, why, evidence."""
    last = dropped.name.rpartition("/")[2]
    return message(
        plain(f"{dropped.package}: restore {last}"),
        [
            f"Patch: {plain(dropped.name)}",
            f"It was dropped with release {plain(dropped.target.version)}, which had it. Upstream took it back.",
            plain(_happened(dropped, judged)),
        ],
    )


def body(
    dropped: DroppedPatch,
    judged: Judgement,
    release: Release,
    content: bytes,
    *,
    moves: bool,
    people: People | None = None,
    remote: str = "",
    branch: str = "",
) -> str:
    """The proposal's body in Markdown. `content`: the patch as it comes back; `moves`: whether the proposal holds the
    move to the release, too; `people`: what people put on its branch. `branch` can be fetched from `remote` (empty:
    nowhere)."""
    package = shlex.quote(line(dropped.package))
    lines = [
        f"**{code(dropped.package)} {code(release.version)}** has the change of {code(dropped.name)} no more: bring it "
        "back.",
        "",
        *([on_branch(people, release.version), ""] if people is not None else []),
        f"The patch was dropped on {dropped.at.date().isoformat()}, for release {code(dropped.target.version)} had it. "
        + markdown(line(_happened(dropped, judged), 400)),
        "",
        *_commits(judged),
        f"It stands at the end of the series, {_how(dropped, judged, content)}.",
        "",
    ]
    if moves:
        lines += [
            f"This proposal holds the move to {code(release.version)}, too, for the patch fits there. Accept it in "
            "place of the one that only moves, or after it (run `syncbot sync` in between).",
            "",
        ]
    shown = decoded(content).split("\n")
    more = [f"[{len(shown) - _DIFF_LINES} more lines]"] if len(shown) > _DIFF_LINES else []
    lines += ["<details><summary>The patch</summary>", "", fenced("\n".join([*shown[:_DIFF_LINES], *more]), "diff")]
    lines += [
        "",
        "</details>",
        "",
        "### Check it yourself",
        "",
        fenced(
            "\n".join([f"syncbot explain {package} {shlex.quote(line(dropped.name))}", *_fetch(remote, branch)]), "sh"
        ),
        "",
        "### Stop it",
        "",
        "Reject it: the patch stays dropped, and this is not proposed again.",
        "",
        controls.section((Word.REBASE, Word.REJECT, Word.RETRY, Word.DISCARD)),
        "",
    ]
    return "\n".join(lines)


def _fetch(remote: str, branch: str) -> list[str]:
    return [f"git fetch {shlex.quote(remote)} {shlex.quote(branch)}", "git diff HEAD...FETCH_HEAD"] if remote else []


def _how(dropped: DroppedPatch, judged: Judgement, content: bytes) -> str:
    if judged.action.waits:
        return "as it was, and marked: it does not apply there, so a person has to rebase it"
    return "as it was: it applies without fuzz" if content == dropped.content else "written anew to fit"


def _commits(judged: Judgement) -> list[str]:
    facts = dict.fromkeys(e for e in judged.evidence if e.commit and e.kind in ("absorbed", "taken-back"))
    alone = is_alone(facts)
    lines = [
        f"- {commit(e.commit, e.link)} {what_it_did(e, judged.verdict, alone=alone)}: {markdown(line(e.subject, 100))}"
        for e in facts
        if e.commit
    ]
    return [*lines, ""] if lines else []
