"""Whatever the texts are: a patch that upstream does not have is never dropped, and one that it has whole always is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from stories.changes import Edit, Files
from stories.sources import source

from syncbot.diff.parse import parse_patch
from syncbot.diff.place import apply_file
from syncbot.diff.render import render_file
from syncbot.errors import SyncbotError
from syncbot.judge import judge_series, new_series, verify_promise
from syncbot.model.ids import PatchName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import FILE, MemoryTree
from syncbot.model.verdicts import Action, Fit, Proof, Verdict

PATH = "src/file.txt"
quick = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def tree(content: bytes) -> MemoryTree:
    return MemoryTree({PATH: (FILE, content)})


def patch_of(before: bytes, after: bytes, name: str = "the.patch") -> SeriesPatch:
    return SeriesPatch(PatchName(name), b"A patch.\n\n" + render_file(PATH, PATH, before, after))


def judged(series: Sequence[SeriesPatch], before: bytes, target: bytes) -> SeriesJudgement:
    answer = judge_series(series, tree(before), tree(target), base_name="1.0", target_name="1.1")
    verify_promise(series, tree(before), tree(target), answer)
    return answer


def result(series: Sequence[SeriesPatch], answer: SeriesJudgement, target: bytes) -> bytes:
    """The release with the new series on it, without what waits for a person."""
    waiting = {j.name for j in answer.patches if j.action.waits}
    for patch in new_series(series, answer):
        if patch.name in waiting:
            continue
        for file in parse_patch(patch.content, patch.strip).files:
            applied = apply_file(target, file)
            assert applied is not None, f"{patch.name} does not apply to the release"
            assert applied.content is not None
            target = applied.content
    return target


@st.composite
def edits(draw: st.DrawFn, word: str) -> tuple[list[bytes], list[bytes]]:
    """The lines of a base text, and the same with new lines that hold `word` and stand nowhere else."""
    before = [b"base line %d of the text;\n" % n for n in range(draw(st.integers(6, 30)))]
    after = list(before)
    for number in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(after)))
        gone = draw(st.integers(0, min(2, len(after) - at)))
        after[at : at + gone] = [
            b"%s line %d.%d here;\n" % (word.encode(), number, n) for n in range(draw(st.integers(0, 3)))
        ]
    return before, after


@st.composite
def two_sided(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """A base, a patch's result with at least one new line, and a release that knows nothing of the patch."""
    before, after = draw(edits("patch"))
    release = list(before)
    for number in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(release)))
        gone = draw(st.integers(0, min(2, len(release) - at)))
        release[at : at + gone] = [b"upstream line %d.%d;\n" % (number, n) for n in range(draw(st.integers(0, 3)))]
    assume(any(line.startswith(b"patch") for line in after))
    return b"".join(before), b"".join(after), b"".join(release)


@quick
@given(two_sided())
def test_what_upstream_never_had_is_never_dropped(three: tuple[bytes, bytes, bytes]) -> None:
    before, after, release = three
    series = [patch_of(before, after)]
    answer = judged(series, before, release)
    (judgement,) = answer.patches
    assert judgement.action is not Action.DROP
    if not judgement.action.waits:
        ours = [line for line in after.splitlines() if line.startswith(b"patch")]
        there = result(series, answer, release).splitlines()
        assert [line for line in there if line.startswith(b"patch")] == ours, "every line that the patch adds, in order"


@quick
@given(two_sided())
def test_what_upstream_took_whole_is_dropped(three: tuple[bytes, bytes, bytes]) -> None:
    before, after, _ = three
    assume(before != after)
    (judgement,) = judged([patch_of(before, after)], before, after).patches
    assert (judgement.verdict, judgement.action) == (Verdict.OBSOLETE, Action.DROP)
    assert (judgement.fit, judgement.proof) == (Fit.NONE, Proof.PROVED)


@quick
@given(two_sided())
def test_what_upstream_did_not_touch_stays(three: tuple[bytes, bytes, bytes]) -> None:
    before, after, _ = three
    assume(before != after)
    (judgement,) = judged([patch_of(before, after)], before, before).patches
    assert (judgement.fit, judgement.verdict, judgement.action) == (Fit.UNTOUCHED, Verdict.UNTOUCHED, Action.KEEP)


@quick
@given(two_sided())
def test_a_judged_series_is_settled(three: tuple[bytes, bytes, bytes]) -> None:
    """The new series on the release, judged on the same release again, has nothing left to do."""
    before, after, release = three
    series = [patch_of(before, after)]
    answer = judged(series, before, release)
    assume(not answer.patches[0].action.waits)
    again = judged(new_series(series, answer), release, release)
    assert {judgement.verdict for judgement in again.patches} <= {Verdict.UNTOUCHED}


@quick
@given(two_sided())
def test_the_same_question_has_the_same_answer(three: tuple[bytes, bytes, bytes]) -> None:
    before, after, release = three
    series = [patch_of(before, after)]
    assert judged(series, before, release) == judged(series, before, release)


TEXT = b"".join(b"base line %d of the text;\n" % n for n in range(30))
FIXED = TEXT.replace(b"line 9 of", b"line nine of")
OTHER = TEXT.replace(b"line 20 of", b"line twenty of")


@pytest.mark.parametrize(
    "lie", ["drop", "rewrite to nothing", "rewrite to something else", "rewrite that does not apply"]
)
def test_a_promise_that_does_not_hold_is_refused(lie: str) -> None:
    """A judgement is checked against the release before anybody acts on it, whoever made it."""
    series = [patch_of(TEXT, FIXED)]
    answer = judge_series(series, tree(TEXT), tree(OTHER), base_name="1.0", target_name="1.1")
    verify_promise(series, tree(TEXT), tree(OTHER), answer)
    broken = {
        "drop": {"verdict": Verdict.OBSOLETE, "action": Action.DROP, "proof": Proof.PROVED, "fit": Fit.NONE},
        "rewrite to nothing": {"action": Action.REWRITE, "refreshed": b"A patch.\n\n"},
        "rewrite to something else": {"action": Action.REWRITE, "refreshed": patch_of(OTHER, OTHER[:-9]).content},
        "rewrite that does not apply": {"action": Action.REWRITE, "refreshed": patch_of(FIXED, TEXT).content},
    }[lie]
    false = replace(answer, patches=(replace(answer.patches[0], **broken),))
    with pytest.raises(SyncbotError):
        verify_promise(series, tree(TEXT), tree(OTHER), false)


def parts_of(seed: int) -> tuple[str, Files, list[Edit]]:
    """A generated file and eight changes of it, none near another."""
    made = source("reader", seed, "py" if seed % 2 else "c", PATH)
    changes = [made[0].fix, made[1].fix, made[2].fix, made[3].fix, made.twin(0), made.importing("zlib")]
    return made.language, {PATH: (FILE, made.text)}, changes


def done(files: Files, *changes: Edit) -> bytes:
    copy = dict(files)
    for change in changes:
        change(copy)
    return copy[PATH][1]


@pytest.mark.parametrize("seed", range(12))
def test_any_part_of_a_patch_may_be_upstream(seed: int) -> None:
    """Whichever hunks upstream took, the release with the new series has every change once."""
    rng = random.Random(seed)
    _, files, changes = parts_of(seed)
    taken = [change for change in changes if rng.random() < 0.5]
    before, after, release = done(files), done(files, *changes), done(files, *taken)
    series = [patch_of(before, after)]
    answer = judged(series, before, release)
    (judgement,) = answer.patches
    assert judgement.action is expected(len(taken), len(changes)), judgement.reason
    assert result(series, answer, release) == after


def expected(taken: int, changes: int) -> Action:
    if taken == changes:
        return Action.DROP
    return Action.REWRITE if taken else Action.KEEP


@pytest.mark.parametrize("seed", range(12))
def test_any_part_of_a_series_may_be_upstream(seed: int) -> None:
    """Six patches in a row, each on top of the last; upstream took some of them, in another order."""
    rng = random.Random(100 + seed)
    _, files, changes = parts_of(seed)
    rng.shuffle(changes)
    taken = [change for change in changes if rng.random() < 0.5]
    steps = [done(files, *changes[:number]) for number in range(len(changes) + 1)]
    series = [patch_of(steps[n], steps[n + 1], f"000{n}.patch") for n in range(len(changes))]
    release = done(files, *rng.sample(taken, len(taken)))
    answer = judged(series, steps[0], release)
    for change, judgement in zip(changes, answer.patches, strict=True):
        assert dropped(judgement) == (change in taken), f"{judgement.name}: {judgement.reason}"
    assert result(series, answer, release) == steps[-1]


def dropped(judgement: Judgement) -> bool:
    return judgement.action is Action.DROP
