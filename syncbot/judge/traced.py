"""Steps that rest on upstream's history: what a commit brought, took back, or holds for a later release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncbot.judge.ahead import awaited
from syncbot.judge.blocks import BlockFinding, State, analyse
from syncbot.judge.case import Case, Decision, ask, drop, missing
from syncbot.judge.commits_fates import Fate
from syncbot.judge.commits_kin import imports
from syncbot.judge.commits_place import defines, definition
from syncbot.judge.commits_since import AS_BEFORE, TELLING, Since
from syncbot.judge.enclosing import apart, outline
from syncbot.judge.files import FileFinding, FileState
from syncbot.judge.homes import bare_at_home, places
from syncbot.judge.lineage import LEAST, Trace, names
from syncbot.judge.lineage import SMALL as LARGE
from syncbot.judge.needed import by_fit
from syncbot.judge.nesting import level
from syncbot.judge.present import needed_beside
from syncbot.judge.rules import BARE, MEDIUM, REMAINS, SMALL, UPSTREAM, against, deciding, is_half
from syncbot.judge.texts import lines_of
from syncbot.judge.weights import is_ci, is_prose, is_surely_test
from syncbot.model.verdicts import Proof, Verdict

MOST_TAKEN = 0.25
"""Share of a large patch's weight that upstream may have taken out again since, and the rest still be the patch."""
MOST_REPLACED = 1 / 3
"""Share of a patch's weight in whose place other code may stand by now: two thirds of it live on."""


def traced(case: Case) -> Decision | None:
    """A commit of the release holds the patch, every block of its code, and no later commit took it back; what differs
    in the release was edited since. Not so where the release still has what stood there before."""
    trace = case.trace
    if trace is None or not trace.absorbed or trace.missing_code or trace.altered:
        return None
    if needed_beside(case.files) or unweighed(case) or any(map(bare_at_home, deciding(case.files))):
        return None
    if still_needed(case):
        return None
    if elsewhere(case, trace) or not lives_on(case, trace):
        return None
    return drop(case, Proof.TRACED, f"upstream took it as {names(trace.absorbed)}", *missing(case))


def reverted(case: Case) -> Decision | None:
    """Upstream had it and a later commit of the release took it back: whoever needs it still needs it."""
    trace = case.trace
    if trace is None or not trace.found.taken_back:
        return None
    back = trace.found.taken_back[0]
    return replace(by_fit(case), verdict=Verdict.REVERTED, detail=f"commit {back.commit.id[:12]} took it back")


def held(case: Case) -> Decision | None:
    """A commit beyond the release holds it: the next release may bring it."""
    waiting = () if case.trace is None or case.trace.absorbed else awaited(case.trace)
    if case.trace is None or not waiting:
        return None
    best = waiting[0].commit
    detail = f"commit {best.id[:12]}, {case.trace.expected(best)}"
    return replace(by_fit(case), verdict=Verdict.HELD, detail=detail)


def lost_again(case: Case) -> Decision | None:
    """A commit of the release is this patch, whole, at its place and in its own form, and yet the patch fits there as
    if it were not: upstream moved the code, or took it out without a word. Kept silently, it may stand there twice."""
    trace = case.trace
    if trace is None or not trace.absorbed or trace.missing_code or trace.altered or elsewhere(case, trace):
        return None
    detail = f"commit {names(trace.absorbed)} is this patch, but what it brought is not all in its place any more"
    return ask(case, Verdict.SUPERSEDED, detail, Proof.SUGGESTED)


def resembling(case: Case) -> Decision | None:
    """A commit of the release is this patch, but not all of its code is in it or in the release."""
    if case.trace is None or not case.trace.absorbed:
        return None
    detail = f"commit {names(case.trace.absorbed)} is nearly this patch"
    return ask(case, Verdict.SUPERSEDED, detail, Proof.SUGGESTED)


def unweighed(case: Case) -> bool:
    """Whether a change that no line's weight tells, `break` or `return -1`, is needed in the release still. What became
    of lines is followed by their words, and these have none."""
    blocks = (block for file in deciding(case.files) for block in file.blocks)
    return any(block.state is State.NEEDED and block.measures.acts and not block.weight for block in blocks)


def still_needed(case: Case) -> bool:
    """Whether what a change of the patch takes out stands at its very place, and merging the change would take it out:
    the commit's own version of it may have been another, where the patch was made for an older file. Imports may be
    used again."""
    for file in deciding(case.files):
        before = lines_of(file.change.before.content) if file.change.before else []
        for block in file.blocks:
            out = before[block.change.a0 : block.change.a1]
            if block.state is State.NEEDED and block.weight >= TELLING and not all(map(imports, out)):
                return True
    return False


def elsewhere(case: Case, trace: Trace) -> bool:
    """Whether the commit wrote a change of the patch at another place than the patch's own, under a condition that the
    patch does not have, in another order, or in another form: all that speaks against a match where there are only
    trees. Its own version of the file tells, for that is nearest to both, and nobody has edited it since."""
    for file in deciding(case.files):
        after = file.change.after
        if after is None or b"\0" in after.content:
            continue
        before = file.change.before.content if file.change.before else b""
        for content in trace.versions(file.change.paths):
            for block in analyse(before, after.content, content, file.change.path).blocks:
                added = lines_of(after.content)[block.change.b0 : block.change.b1]
                if not block.weight or block.state in UPSTREAM or (added and all(map(imports, added))):
                    continue
                if block.state is State.TWICE and _whole_elsewhere(after.content, content, block):
                    continue
                small = case.score.weight < MEDIUM
                told = block.state in AS_BEFORE or _only_edited(block) or against(file, block, case.score.weight)
                if (told or (small and _in_another_order(block))) and not trace.made(file.change, block.change):
                    return True
    return False


def _whole_elsewhere(after: bytes, content: bytes, block: BlockFinding) -> bool:
    """Whether the definitions that a block adds stand in the content line by line as the patch has them, as deep as
    there, at another place. Of statements the order counts."""
    mine, theirs = lines_of(after), lines_of(content)
    start, end = block.change.b0, block.change.b1
    while start < end and not mine[start].strip():
        start += 1
    while end > start and not mine[end - 1].strip():
        end -= 1
    size = end - start
    if not size or (mine[start][:1] in b" \t" and not defines(mine[start:end])):
        return False
    spots = places(theirs, mine[start:end])
    if not spots or level(mine[:start]) != level(theirs[: spots[0]]):
        return False
    if definition(mine, start, mine[start]) != definition(theirs, spots[0], mine[start]):
        return False
    return not apart(outline(after), start, outline(content), spots[0], mine[start:end])


def _in_another_order(block: BlockFinding) -> bool:
    """Whether lines are there that do not stand where the others do: in a small patch their order may be its point."""
    found = block.measures
    return found.added > 0 and (found.contrast - found.alignment) * found.weight >= BARE


def _only_edited(block: BlockFinding) -> bool:
    """Whether a line that the patch takes out, and puts nothing for, stands there with an edit."""
    return block.measures.kept and not block.measures.added


def upstreams_own(case: Case, trace: Trace) -> bool:
    """Whether nothing that is shipped is made of the patch, and the commit is it and no other: what upstream made of
    its own tests and documents since is for upstream to say."""
    paths = [path for file in case.files for path in file.change.paths]
    return trace.identical and all(is_prose(path) or is_surely_test(path) or is_ci(path) for path in paths)


def lives_on(case: Case, trace: Trace) -> bool:
    """Whether what the commit brought is in the release still: each of its changes to the letter, or edited, moved, or
    gone together with what it stood in. Where a change was taken out again, whatever the message says, it does not. Of
    a small patch every word may be what it is for; of another, some lines may have been replaced since, and of a large
    one taken out. Where the commit is this patch and no other, and what it was to replace never came back, later
    commits may have gone on from it as far as they like: they had it when they did. In a small patch they may not have
    done so by a single word. From what is not shipped they may go on in any way but back."""
    changes: list[Since] = []
    own = upstreams_own(case, trace)
    for file in deciding(case.files):
        if not _settled(file):
            kept = _kept(file, trace, own=own)
            if kept is None:
                return False
            changes += kept
    total = trace.weight
    if min(total, case.score.weight) < SMALL and any(change.word for change in changes):
        return False  # as trees weigh it: a long comment does not make it large
    if any(change.returned >= (REMAINS if total >= LARGE else LEAST) for change in changes):
        return False
    if own or trace.identical:
        changes = [_succeeded(change, own=own) for change in changes]
    taken = _of(changes, Fate.TAKEN, Fate.TURNED)
    if any(Fate.BACK in change.fates for change in changes if not change.went) or (
        taken and (total < LARGE or taken > MOST_TAKEN * total)
    ):
        return False
    if total < SMALL and _of(changes, Fate.ALTERED, Fate.REPLACED):
        return False
    return taken + _of(changes, Fate.REPLACED) <= MOST_REPLACED * total


def _succeeded(change: Since, *, own: bool) -> Since:
    """The change without those of its lines that later commits edited, or wrote anew where what stood there before the
    patch did not come back. Where nothing stood there, other lines in its place may be all that is left of a revert."""
    if change.again or change.as_before:
        return change
    over = {Fate.ALTERED, Fate.REPLACED} if change.rewrites else {Fate.ALTERED}
    if own:
        over |= {Fate.REPLACED, Fate.TAKEN, Fate.TURNED}
    return replace(change, fates={fate: weight for fate, weight in change.fates.items() if fate not in over})


def _of(changes: Sequence[Since], *fates: Fate) -> float:
    """The weight of the lines that met one of these fates."""
    return sum(change.fates.get(fate, 0.0) for change in changes if not change.went for fate in fates)


def _settled(file: FileFinding) -> bool:
    """Whether the release has the patch's own change of the file to the letter."""
    if file.state is FileState.NOOP:
        return True
    told = bool(file.blocks) and all(block.state in UPSTREAM for block in file.blocks)
    return told and not is_half(file) and not any(block.measures.guarded for block in file.blocks)


def _kept(file: FileFinding, trace: Trace, *, own: bool) -> tuple[Since, ...] | None:
    """What became of a file's changes, None where upstream undid one, or where it cannot be told."""
    if is_half(file) and file.state is not FileState.GONE:
        return None
    changes = trace.since_of(file.change.paths)
    known = frozenset().union(*(change.keys for change in changes))
    if not changes or any(_undone(change, known, trace, own=own) for change in changes):
        return None
    return changes


def _undone(change: Since, known: frozenset[int | None], trace: Trace, *, own: bool) -> bool:
    """Whether upstream took one of its changes out again: its place is as it was before, all of it was taken out, or a
    line that decides, what it took out is back, or it stands under a new condition. Comments and imports alone go with
    what they serve, unless that is there still (`known`: the commits that edited or took that)."""
    if change.settled:
        return False
    if change.orphaned or (change.alone if own else change.guarded):
        return True
    if change.remains >= REMAINS and (change.as_before or change.gone or not change.fates):
        return True
    gone_on = trace.identical and (change.rewrites or own) and not change.again and not change.as_before
    if (change.taken or change.disarmed) and not gone_on:
        return True
    return change.as_before and ((change.gone and not change.moved) or not change.served <= known)
