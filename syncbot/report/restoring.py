"""What a restore proposal says, and the script of its bundle."""

from __future__ import annotations

import shlex

from syncbot.model.proposals import DroppedPatch
from syncbot.model.verdicts import Action
from syncbot.report import controls
from syncbot.report.controls import Word
from syncbot.report.proposal import SUBJECT, message
from syncbot.report.safe import code, fenced, line, markdown, plain


def title(dropped: DroppedPatch) -> str:
    return plain(f"{dropped.package}: restore {dropped.name.rpartition('/')[2]}", SUBJECT)


def commit_message(dropped: DroppedPatch, reason: str) -> str:
    """What, why, evidence."""
    return message(
        title(dropped),
        [
            f"Patch: {plain(dropped.name)}",
            f"It is needed after all: {plain(reason)}",
            f"It was dropped with release {plain(dropped.target.version)}, {_why(dropped)} It is pinned now and is not "
            "dropped again by the bot.",
        ],
    )


def body(dropped: DroppedPatch, reason: str, warning: str, folder: str, remote: str = "", branch: str = "") -> str:
    """The proposal's body in Markdown. `warning`: why it is a draft, empty where it is none; `folder`: of the
    package; `branch` can be fetched from `remote` (empty: nowhere)."""
    where = f"{shlex.quote(remote)} {shlex.quote(branch)}" if remote else ""
    package = shlex.quote(line(dropped.package))
    return "\n".join(
        [
            f"**{code(dropped.package)}**: bring back {code(dropped.name)}, pinned.",
            "",
            *(_draft(warning, folder, where) if warning else []),
            f"Reason: {markdown(reason)}",
            "",
            f"It was dropped on {dropped.at.date().isoformat()} with release {code(dropped.target.version)}, "
            f"{_why(dropped)}",
            "",
            "The patch stands at the end of the series again and is pinned in `[keep]` of `package.toml`: the bot "
            "says what it is to each release, and never drops it.",
            "",
            "### Check it yourself",
            "",
            fenced("\n".join([f"syncbot explain {package} {shlex.quote(line(dropped.name))}", *_fetch(where)]), "sh"),
            "",
            "### Stop it",
            "",
            "Reject it: the patch stays dropped, and this is not proposed again.",
            "",
            controls.section((Word.REJECT, Word.RETRY)),
            "",
        ]
    )


def _why(dropped: DroppedPatch) -> str:
    """On what ground it went: what waited for a person goes on a person's word alone."""
    verdict = dropped.judgement.verdict
    if dropped.judgement.action is Action.DROP:
        return f"as {verdict.value}: {verdict.sentence}"
    return f"on a person's word; for syncbot it was {verdict.value}: {verdict.sentence}"


def _fetch(where: str) -> list[str]:
    return [f"git fetch {where}", "git diff HEAD...FETCH_HEAD"] if where else []


def _draft(warning: str, folder: str, where: str) -> list[str]:
    pull = [fenced(f"git pull --no-rebase --no-edit {where}", "sh"), ""] if where else []
    return [
        "This is a draft: **1 patch needs a person.** It does not apply as it was, so it comes back marked "
        "`# syncbot: waiting`, and is left out until somebody rebases it.",
        "",
        f"- {markdown(line(warning, 400))}",
        "",
        *pull,
        "To settle it, bring this branch in, rewrite the patch for this release, take the mark off its line in "
        f"{code(folder + '/series')}, commit, and run `syncbot sync`.",
        "",
    ]


def reproduce(base: str, target: str) -> str:
    """A shell script that judges the bundle's case again. `base`, `target`: version labels, harmless to the shell."""
    return "\n".join(
        [
            "#!/bin/sh",
            f"# Judges the patches made for {base} against {target} again, offline. Run it from anywhere.",
            'cd "$(dirname "$0")" && exec syncbot judge --base base --target target --patches patches "$@"',
            "",
        ]
    )
