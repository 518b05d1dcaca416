"""What is said where people's commits on a proposal's branch do not go with its new version, which then stands on a
branch beside it. Names and subjects of commits are text from outside."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from syncbot.model.forge import BranchCommit
from syncbot.report.safe import code, fenced, line

_SHOWN = 10

_ASIDE = "There is a new version of this proposal, but "


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person needs to bring two branches of `remote` together. `order`: how syncbot is told to give up what
    people did, in words."""

    branch: str
    beside: str
    remote: str
    order: str

    @classmethod
    def typed(cls, id: str, branch: str, beside: str, remote: str) -> Advice:
        """Where nobody can comment."""
        return cls(branch, beside, remote, f"run `syncbot proposals tell {id} discard`")


def stepped_aside(advice: Advice, found: Sequence[BranchCommit], conflicts: Sequence[str]) -> str:
    """The one comment on a proposal whose branch people edited, where that does not go with the new version."""
    commits = "\n".join(f"{one.id[:12]} {line(one.subject, 60)} ({line(one.author, 40)})" for one in found[:_SHOWN])
    left = f"\n[{len(found) - _SHOWN} more]" if len(found) > _SHOWN else ""
    paths = ", ".join(code(path) for path in conflicts[:_SHOWN]) or "none"
    return (
        f"{_ASIDE}{code(advice.branch)} has commits that syncbot did not make:\n\n"
        f"{fenced(commits + left)}\n\n"
        f"They do not merge cleanly into the new version (conflicts: {paths}), so this branch is left as it is. "
        f"The new version is on {code(advice.beside)}, and each later one will be.\n\n{together(advice)}"
    )


def together(advice: Advice) -> str:
    """How a person ends that."""
    branch, beside, remote = map(shlex.quote, (advice.branch, advice.beside, advice.remote))
    commands = [  # without a branch here: one of that name may be left from another day
        f"git fetch {remote} {branch}",
        "git switch --detach FETCH_HEAD",
        f"git fetch {remote} {beside}",
        "git merge FETCH_HEAD",
        f"git push {remote} HEAD:{branch}",
        "git switch -",
    ]
    return (
        f"Merge {code(advice.beside)} into {code(advice.branch)}, and the next sync goes on from there and takes "
        f"{code(advice.beside)} away:\n\n{fenced(chr(10).join(commands), 'sh')}\n\n"
        f"Or {advice.order} to give those commits up."
    )


def is_about(comment: str, beside: str) -> bool:
    """Whether this comment of syncbot's tells of the branch `beside`."""
    return comment.startswith(_ASIDE) and code(beside) in comment


def waiting_note(found: Sequence[BranchCommit], beside: str) -> str:
    """For the record of such a proposal."""
    people = ", ".join(dict.fromkeys(line(one.author, 40) for one in found[:_SHOWN]))
    return f"edited by {people}; the new version is on {beside}, to be merged into its branch"
