"""How like a patch and a commit are, and the rules that say when a commit holds a patch.

The rules are read and argued, not learned (learned weights collapsed on a repository that they had not seen):

- f: how much of the patch's weight the commit holds; q: how much of the commit's weight the patch holds. A commit that
  moves everything holds everybody's lines, hence q over the whole commit.
- fs: f without the files that upstream never had (a downstream changelog); qs: q over the shared files alone.
"""

from __future__ import annotations

from dataclasses import dataclass

TELLING = 2.0
"""Weight below which lines alone say too little (a version bump, a `return;`): then the place must be right as well, or
the header must name the commit."""


@dataclass(frozen=True, slots=True)
class Score:
    """Shares between 0 and 1; `weight` is the patch's, 1 for a full telling line. `code` is f over the patch's files of
    code alone, which weigh `code_weight`."""

    f: float
    q: float
    fs: float
    qs: float
    weight: float
    code: float = 0.0
    code_weight: float = 0.0


NO_SCORE = Score(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` for evidence; `why` its one argument."""

    name: str
    why: str


CONTAINED = Rule("contained", "nearly all of the patch is in the commit, and it is a fair part of the commit")
WHOLE = Rule("whole", "all of a patch that says something is in the commit")
SHARED = Rule("shared files", "in the files that both change, the commit is this patch")
CODE = Rule("code", "all of the patch's code is in the commit, whatever became of its tests and notes")
LIKE = Rule("alike", "most of either is in the other")
PART = Rule("part", "the commit is nearly nothing but a part of the patch")
PLACED = Rule("in place", "the commit has the patch's name, and wrote every hunk of it at its place")
NAMED = Rule("named", "the same subject, or the same author and date, with some of the same lines")
SPLIT = Rule("split", "several commits, each nearly nothing but a part of the patch, together hold it")


def rule(score: Score, witnessed: bool) -> Rule | None:
    """The first rule by which the commit holds the patch, or, for `PART`, a part of it. `witnessed`: same subject, or
    same author and time."""
    f, q, w = score.f, score.q, score.weight
    if w <= 0:
        return None
    if f >= 0.8 and q >= 0.12:
        return CONTAINED
    if f >= 0.95 and w >= 4 and q >= 0.05:
        return WHOLE
    if score.fs >= 0.85 and score.qs >= 0.5 and q >= 0.05:
        return SHARED
    if score.code >= 0.9 and score.code_weight >= TELLING and q >= 0.2:
        return CODE
    if min(f, q) >= 0.6:
        return LIKE
    if f >= 0.45 and score.qs >= 0.93 and q >= 0.6 and w * f >= 1:
        return PART
    if witnessed and max(f, score.fs, score.code, q) >= 0.3 and q >= 0.03:
        return NAMED
    return None
