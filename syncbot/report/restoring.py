"""What a restore proposal says, and the script of its bundle."""

from __future__ import annotations

import shlex

from syncbot.model.proposals import DroppedPatch
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
            f"It was dropped with release {plain(dropped.target.version)} ({dropped.judgement.verdict.value}: "
            f"{dropped.judgement.verdict.sentence}) It is pinned now and is not dropped again by the bot.",
        ],
    )


def body(dropped: DroppedPatch, reason: str) -> str:
    """The proposal's body in Markdown."""
    package = shlex.quote(line(dropped.package))
    return "\n".join(
        [
            f"**{code(dropped.package)}**: bring back {code(dropped.name)}, pinned.",
            "",
            f"Reason: {markdown(reason)}",
            "",
            f"It was dropped on {dropped.at.date().isoformat()} with release {code(dropped.target.version)}, "
            f"as {dropped.judgement.verdict.value}: {dropped.judgement.verdict.sentence}",
            "",
            "The patch stands at the end of the series again and is pinned in `[keep]` of `package.toml`: the bot "
            "shows it as obsolete where it is, and never drops it.",
            "",
            "### Check it yourself",
            "",
            fenced(
                f"syncbot explain {package} {shlex.quote(line(dropped.name))}\nsyncbot proposals show {package}", "sh"
            ),
            "",
            "### Stop it",
            "",
            fenced(f'syncbot proposals reject {package} --reason "why"', "sh"),
            "",
        ]
    )


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
