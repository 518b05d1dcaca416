"""The short phrases that texts, messages and proposals share: counts, deltas, proofs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from syncbot.model.proposal_words import Became
from syncbot.model.verdicts import Action, Proof, Verdict
from syncbot.report.safe import line

if TYPE_CHECKING:
    from syncbot.model.ids import PatchName
    from syncbot.model.judgement import Evidence, Judgement, SeriesJudgement

PROOF = {
    Proof.PROVED: "proved: the release's own files show it",
    Proof.TRACED: "traced: upstream's history shows the commit",
    Proof.MATCHED: "matched: every hunk of code has its effect in the release",
    Proof.DECLARED: "declared: a header says so; that alone drops nothing",
    Proof.SUGGESTED: "suggested: similar text only; that alone drops nothing",
}

COMMITS = {
    "absorbed": "took it in",
    "partial": "took in part of it",
    "taken-back": "took it back",
    "held": "has it, on the branch only",
    "deleted": "deleted what it changes",
    "twin": "has the same lines at another place",
}
"""What a commit of upstream did to the patch, by the kind of evidence."""

_SETTLED = "settled"
_ORDER = (*(a.value for a in (Action.DROP, Action.REWRITE, Action.KEEP, Action.ASK, Action.REPORT)), _SETTLED)


def what_it_did(fact: Evidence, verdict: Verdict, *, alone: bool = True) -> str:
    """What a commit did to a patch of this verdict. One that is like the patch took in nothing that could be shown.
    `alone`: whether it is the only one that is said to have taken it in."""
    if fact.kind == "absorbed" and verdict in _UNLIKE:
        return "is like it"
    if fact.kind == "absorbed" and verdict is Verdict.TRIM:
        return COMMITS["partial"]
    if fact.kind == "absorbed" and not alone:
        return "took it in, or part of it"
    if fact.kind == "held" and fact.release:
        return "has it"
    return COMMITS[fact.kind]


def is_alone(facts: Iterable[Evidence]) -> bool:
    """Whether at most one commit is said to have taken the patch in."""
    return len({fact.commit for fact in facts if fact.kind == "absorbed" and fact.commit}) < 2


def parts_taken(judgement: Judgement) -> tuple[Evidence, ...]:
    """The commits that took in part of a trimmed patch, each once; none of any other."""
    if judgement.verdict is not Verdict.TRIM:
        return ()
    found = {e.commit: e for e in reversed(judgement.evidence) if e.commit and e.kind in ("absorbed", "partial")}
    return tuple(reversed(found.values()))


def first_releases(parts: Sequence[Evidence]) -> tuple[str, ...]:
    """The releases that first had these commits, each once."""
    return tuple(dict.fromkeys(part.release for part in parts if part.release))


_UNLIKE = frozenset({Verdict.SUPERSEDED, Verdict.MOOT, Verdict.CONFLICT, Verdict.BROKEN})


def became(patch: str, what: Became) -> str:
    """What became of a patch that waited for a person, as a sentence."""
    return f"{patch}, which waited for a person, {_BECAME[what]}."


_BECAME = {
    Became.REWRITTEN: "was written anew by one",
    Became.DELETED: "was taken out by one",
    Became.UNMARKED: "stays as it was, on a person's word",
    Became.WAITING: "still waits: the series marks it",
}


def plural(count: int, word: str) -> str:
    """`1 patch`, `2 patches`."""
    if count == 1:
        return f"1 {word}"
    return f"{count} {word}es" if word.endswith(("ch", "s", "x")) else f"{count} {word}s"


def waits(count: int) -> str:
    """`1 patch waits for a person`."""
    return f"{plural(count, 'patch')} {'waits' if count == 1 else 'wait'} for a person"


def and_more(names: Sequence[str], most: int) -> str:
    """`a, b and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def counts(judgement: SeriesJudgement, settled: Collection[PatchName] = ()) -> str:
    """`drop 2, rewrite 1, keep 4`: what happens to the patches, actions without a patch left out. `settled`: patches
    that waited, and wait no more by what people did."""
    found = Counter(_SETTLED if p.name in settled else p.action.value for p in judgement.patches)
    parts = [f"{word} {found[word]}" for word in _ORDER if found[word]]
    return ", ".join(parts) or "no patches"


def delta(judgement: SeriesJudgement, there: Mapping[PatchName, int | None] = MappingProxyType({})) -> str:
    """`7 -> 4 patches, -312 lines`: the series before and after. `there`: the lines of patches that people wrote anew
    on the branch, None: taken out by them."""
    before = len(judgement.patches)
    after = before - judgement.count(Action.DROP) - sum(lines is None for lines in there.values())
    patches = plural(before, "patch") if before == after else f"{before} -> {after} patches"
    by_people = sum((there[p.name] or 0) - p.lines_after for p in judgement.patches if p.name in there)
    change = judgement.lines_after + by_people - judgement.lines_before
    return f"{patches}, {change:+d} lines" if change else f"{patches}, same lines"


def why(judgement: Judgement) -> str:
    """The verdict's one sentence, as the judge completed it (`...: conflict in a.c.`), or followed by what it adds."""
    sentence = judgement.verdict.sentence
    later, commit = released(judgement)
    if later:
        return f"Release {line(later)} has it{f' (commit {commit[:12]})' if commit else ''}; this one has not."
    if judgement.blocked_by and judgement.action.waits:
        return _blocked(judgement)
    said = line(judgement.reason)
    if not said.rstrip("."):
        return sentence
    said = said if said.endswith((".", "!", "?")) else f"{said}."
    return said if said.startswith(sentence.rstrip(".")) else f"{sentence} {said}"


def _blocked(judgement: Judgement) -> str:
    """Of a patch that waits since another one does. What it seems to be is no answer yet, nor reads like one."""
    names = and_more([line(name) for name in judgement.blocked_by], 3)
    below = f"it stands on {names}, which {'waits' if len(judgement.blocked_by) == 1 else 'wait'} for a person"
    if judgement.verdict is Verdict.CONFLICT:
        return f"It cannot be judged by itself yet: {below}."
    seems = judgement.verdict.sentence.rstrip(".")
    return f"It would be {judgement.verdict.value} ({seems[:1].lower()}{seems[1:]}), but {below}."


def released(judgement: Judgement) -> tuple[str, str]:
    """The later release that has a held patch, and the commit; both empty where no release has it yet."""
    facts = (e for e in judgement.evidence if e.kind == "held" and e.release)
    found = next(facts, None) if judgement.verdict is Verdict.HELD else None
    return ("", "") if found is None else (found.release or "", found.commit or "")


def sentence(text: str) -> str:
    """A clause as a sentence. What begins with a file's name keeps its case."""
    first = text.split(" ", 1)[0]
    begun = text[:1].upper() + text[1:] if first.rstrip(",:;").isalpha() else text
    return begun if text.endswith(".") else f"{begun}."


def carry(packages: int) -> str:
    """`1 package carries`, `2 packages carry`."""
    return "1 package carries" if packages == 1 else f"{packages} packages carry"


def waits_for(judgement: Judgement) -> str:
    """What a person is asked, empty where nobody is; the end of a sentence, without its full stop."""
    if not judgement.action.waits:
        return ""
    if judgement.blocked_by:
        which = "waits for a person: settle that first"
        if len(judgement.blocked_by) > 1:
            which = "wait for a person: settle those first"
        return f"it stands on {', '.join(judgement.blocked_by)}, which {which}"
    return _QUESTION.get(judgement.verdict, "see whether the patch is still needed, and how it fits")


_QUESTION = {
    Verdict.BROKEN: "mend the patch file, or name the base release that it was made for",
    Verdict.OBSOLETE: "upstream seems to have all of it; delete the patch if that is so",
    Verdict.SUPERSEDED: "compare with upstream's own solution; delete the patch if it is no longer needed",
    Verdict.MOOT: "what it changes is gone: delete the patch, or move it to where the code went",
    Verdict.REVERTED: "see why upstream took it back; if it stays, rebase the conflicting hunks by hand",
    Verdict.HELD: "rebase the conflicting hunks by hand, or go to a release that has it",
    Verdict.CONFLICT: "rebase the conflicting hunks by hand, or delete the patch",
}


def what_would_change_it(judgement: Judgement) -> str:
    """One sentence for `explain`: which fact would lead to another verdict."""
    if judgement.blocked_by:
        return f"Settling {', '.join(judgement.blocked_by)} lets this patch be judged by itself."
    later, _commit = released(judgement)
    if later:
        return f"Release {later}, or a later one, makes it obsolete."
    if judgement.verdict is Verdict.OBSOLETE and judgement.action.waits:
        return "A person's word: delete the patch, or pin it with a line under [keep] in package.toml."
    return _CHANGES[judgement.verdict]


_CHANGES = {
    Verdict.BROKEN: "A patch that applies to its base without fuzz can be judged.",
    Verdict.OBSOLETE: "A line under [keep] in package.toml pins it; a release that takes it back makes it needed.",
    Verdict.TRIM: "A release that has the remaining hunks too makes it obsolete.",
    Verdict.REVERTED: "A release in which upstream brings the change back makes it obsolete.",
    Verdict.SUPERSEDED: "A person's word: delete the patch, or pin it with a line under [keep] in package.toml.",
    Verdict.MOOT: "A patch moved to where the code is now can be judged again.",
    Verdict.HELD: "The first release cut from the branch that has it makes it obsolete.",
    Verdict.UNTOUCHED: "A release that changes one of its files is judged afresh.",
    Verdict.APPLIES: "A release that has its change makes it obsolete; one that changes the same lines may conflict.",
    Verdict.REFRESH: "A release that has its change makes it obsolete; one that changes the same lines may conflict.",
    Verdict.CONFLICT: "A patch rebased by hand, or a release that has its change, settles it.",
}
