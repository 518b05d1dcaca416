"""The vocabulary: what a patch is to a release. One sentence each; pages and reports print these very words."""

from __future__ import annotations

from enum import StrEnum


class Fit(StrEnum):
    """How the change meets the release, on top of the patches that stay."""

    UNTOUCHED = "untouched"
    EXACT = "exact"
    MERGE = "merge"
    CONFLICT = "conflict"
    NONE = "none"

    @property
    def sentence(self) -> str:
        return _FIT[self]


_FIT = {
    Fit.UNTOUCHED: "upstream changed none of its files",
    Fit.EXACT: "applies without fuzz, perhaps at another line",
    Fit.MERGE: "applies only by a clean three-way merge",
    Fit.CONFLICT: "does not apply",
    Fit.NONE: "nothing is left to apply",
}


class Verdict(StrEnum):
    """What the patch is to the release; the first that holds, in this order."""

    BROKEN = "broken"
    OBSOLETE = "obsolete"
    TRIM = "trim"
    REVERTED = "reverted"
    SUPERSEDED = "superseded"
    MOOT = "moot"
    HELD = "held"
    UNTOUCHED = "untouched"
    APPLIES = "applies"
    REFRESH = "refresh"
    CONFLICT = "conflict"

    @property
    def sentence(self) -> str:
        return _VERDICT[self]


_VERDICT = {
    Verdict.BROKEN: "It does not apply to its own base, or is no patch.",
    Verdict.OBSOLETE: "All of its effect is in the release.",
    Verdict.TRIM: "Part of it is upstream, each removed hunk with its own proof; the rest is still needed.",
    Verdict.REVERTED: "Upstream had it and took it back.",
    Verdict.SUPERSEDED: "Evidence says that upstream solved it in another way.",
    Verdict.MOOT: "What it changes is gone from upstream.",
    Verdict.HELD: "Upstream has it on a branch, but not in this release.",
    Verdict.UNTOUCHED: "Still needed; upstream changed none of its files.",
    Verdict.APPLIES: "Still needed; it applies, exact or shifted.",
    Verdict.REFRESH: "Still needed; it applies only by a clean three-way merge.",
    Verdict.CONFLICT: "It neither applies nor is it upstream.",
}


class Action(StrEnum):
    """What the bot does about it."""

    KEEP = "keep"
    REWRITE = "rewrite"
    DROP = "drop"
    ASK = "ask"
    REPORT = "report"

    @property
    def waits(self) -> bool:
        """Whether the patch waits for a person: it stays in the series, marked; later ones are judged without it."""
        return self in (Action.ASK, Action.REPORT)


class Proof(StrEnum):
    """How sure a removal is. The first three justify an automatic drop."""

    PROVED = "proved"
    TRACED = "traced"
    MATCHED = "matched"
    DECLARED = "declared"
    SUGGESTED = "suggested"

    @property
    def automatic(self) -> bool:
        return self in (Proof.PROVED, Proof.TRACED, Proof.MATCHED)


class HunkState(StrEnum):
    """Where one hunk of the patch is in the release."""

    UPSTREAM = "upstream"
    EXACT = "exact"
    SHIFTED = "shifted"
    MERGE = "merge"
    CONFLICT = "conflict"
    GONE = "gone"
    TRIVIAL = "trivial"
