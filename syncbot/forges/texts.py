"""The few sentences that a forge adapter itself writes. Names and subjects of commits are text from outside."""

from __future__ import annotations

from collections.abc import Sequence

from syncbot.model.forge import BranchCommit
from syncbot.report.safe import code, fenced, line

_SHOWN = 10

TAKEN = "the downstream branch has all of it, by other commits"
"""The note of a proposal that was squashed, rebased or applied from its mail."""


def stepped_aside(branch: str, beside: str, found: Sequence[BranchCommit], conflicts: Sequence[str]) -> str:
    """The one comment on a proposal whose branch people edited, where that does not go with the new version."""
    commits = "\n".join(f"{one.id[:12]} {line(one.subject, 60)} ({line(one.author, 40)})" for one in found[:_SHOWN])
    left = f"\n[{len(found) - _SHOWN} more]" if len(found) > _SHOWN else ""
    paths = ", ".join(code(path) for path in conflicts[:_SHOWN]) or "none"
    return (
        f"There is a new version of this proposal, but {code(branch)} has commits that syncbot did not make:\n\n"
        f"{fenced(commits + left)}\n\n"
        f"They do not merge cleanly into the new version (conflicts: {paths}), so this branch is left as it is. "
        f"The new version is on {code(beside)}.\n\n"
        "Merge it by hand, or comment `/syncbot discard` to give up the commits above."
    )


def waiting_note(found: Sequence[BranchCommit], beside: str) -> str:
    """For the record of such a proposal."""
    people = ", ".join(dict.fromkeys(line(one.author, 40) for one in found[:_SHOWN]))
    return f"edited by {people}; the new version is on {beside}"
