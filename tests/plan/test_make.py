"""From verdicts to a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncbot.errors import Fault
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.releases import Release, Upstream
from syncbot.model.verdicts import Action, Fit, Proof, Verdict
from syncbot.plan.make import first_release_text, is_empty, make_plan, provable
from syncbot.plan.model import Edit, Plan

BASE = Release("1.0", "v1.0", "c" * 40)
TARGET = Release("1.1", "v1.1", "d" * 40)


def judged(verdict: Verdict, action: Action, proof: Proof | None = None, new: bytes | None = None) -> Judgement:
    """One judgement; its name and place come from `plan`."""
    after = 0 if action is Action.DROP else 4
    return Judgement(
        0, PatchName(""), Fit.EXACT, verdict, action, "because", proof, refreshed=new, lines_before=4, lines_after=after
    )


KEPT = judged(Verdict.APPLIES, Action.KEEP)
DROPPED = judged(Verdict.OBSOLETE, Action.DROP, Proof.PROVED)
TRACED = judged(Verdict.OBSOLETE, Action.DROP, Proof.TRACED)
TRIMMED = judged(Verdict.TRIM, Action.REWRITE, Proof.PROVED, b"rest")
REFRESHED = judged(Verdict.REFRESH, Action.REWRITE, None, b"new")
SAME = judged(Verdict.REFRESH, Action.REWRITE, None, b"text 1")
ASKED = judged(Verdict.CONFLICT, Action.ASK)
BROKEN = judged(Verdict.BROKEN, Action.REPORT)


def plan(
    *judgements: Judgement, target: Release = TARGET, waiting: bool = False, keep: str | None = None, name: str = "demo"
) -> Plan:
    """A plan of patches 1.patch, 2.patch, ... with the texts `text 1`, `text 2`, ..., and these judgements."""
    numbered = tuple(replace(j, index=n, name=PatchName(f"{n}.patch")) for n, j in enumerate(judgements, start=1))
    series = tuple(SeriesPatch(j.name, b"text %d" % j.index, keep=keep, waiting=waiting) for j in numbered)
    package = Package(PackageName(name), f"patches/{name}", Upstream("pypi", "demo"), "1.0", series)
    return make_plan(package, BASE, target, SeriesJudgement("1.0", target.version, numbered))


def test_each_entry_gets_its_edit_in_order() -> None:
    made = plan(KEPT, DROPPED, TRIMMED, ASKED)
    assert [(edit.name, edit.action, edit.content) for edit in made.edits] == [
        ("1.patch", Action.KEEP, None),
        ("2.patch", Action.DROP, None),
        ("3.patch", Action.REWRITE, b"rest"),
        ("4.patch", Action.ASK, None),
    ]
    assert isinstance(made.edits[0], Edit)
    assert (made.lines_before, made.lines_after) == (16, 12)
    assert (made.base, made.target) == (BASE, TARGET)


@pytest.mark.parametrize(
    ("judgements", "draft", "proved"),
    [
        ((), False, True),
        ((KEPT,), False, True),
        ((KEPT, DROPPED, TRIMMED), False, True),
        ((TRACED,), False, False),
        ((DROPPED, REFRESHED), False, False),
        ((DROPPED, ASKED), True, False),
        ((BROKEN,), True, False),
    ],
)
def test_draft_and_provable(judgements: tuple[Judgement, ...], draft: bool, proved: bool) -> None:
    made = plan(*judgements)
    assert (made.draft, provable(made)) == (draft, proved)


@pytest.mark.parametrize(
    ("made", "empty"),
    [
        (plan(target=BASE), True),
        (plan(KEPT, target=BASE), True),
        (plan(SAME, target=BASE), True),
        (plan(ASKED, target=BASE, waiting=True), True),
        (plan(KEPT), False),
        (plan(KEPT, target=replace(BASE, identity="e" * 40)), False),
        (plan(KEPT, target=BASE, waiting=True), False),
        (plan(ASKED, target=BASE), False),
        (plan(DROPPED, target=BASE), False),
        (plan(REFRESHED, target=BASE), False),
    ],
)
def test_a_plan_is_empty_only_if_nothing_would_change(made: Plan, empty: bool) -> None:
    assert is_empty(made) is empty


def test_the_fingerprint_is_of_the_content_and_not_of_the_wording() -> None:
    one = plan(KEPT, DROPPED)
    reworded = plan(replace(KEPT, reason="in other words", fit=Fit.UNTOUCHED), DROPPED)
    assert one.fingerprint == reworded.fingerprint
    others = [
        plan(KEPT, KEPT),
        plan(KEPT),
        plan(KEPT, DROPPED, name="other"),
        plan(KEPT, DROPPED, target=replace(TARGET, version="1.2")),
        plan(KEPT, DROPPED, target=replace(TARGET, identity="e" * 40)),
        plan(KEPT, TRIMMED),
        plan(KEPT, replace(TRIMMED, refreshed=b"other")),
    ]
    assert len({made.fingerprint for made in (one, *others)}) == len(others) + 1


def test_a_changed_patch_makes_it_another_plan_even_where_it_is_kept() -> None:
    made = plan(KEPT)
    changed = replace(made.package, series=(replace(made.package.series[0], content=b"edited"),))
    judgement = SeriesJudgement("1.0", "1.1", (made.edits[0].judgement,))
    assert make_plan(changed, BASE, TARGET, judgement).fingerprint != made.fingerprint


@pytest.mark.parametrize(
    ("judgement", "keep", "message"),
    [
        (DROPPED, "ours", r"1\.patch is pinned \(ours\), but the judgement drops it"),
        (judged(Verdict.OBSOLETE, Action.DROP, Proof.SUGGESTED), None, "without a proof that allows it: suggested"),
        (judged(Verdict.OBSOLETE, Action.DROP), None, "without a proof that allows it: None"),
        (judged(Verdict.REFRESH, Action.REWRITE), None, "the judgement has no new text"),
    ],
)
def test_a_judgement_that_must_not_be_is_a_fault(judgement: Judgement, keep: str | None, message: str) -> None:
    with pytest.raises(Fault, match=message):
        plan(judgement, keep=keep)


def test_downstreams_own_word_drops_without_a_proof() -> None:
    assert plan(judged(Verdict.APPLIES, Action.DROP)).edits[0].action is Action.DROP


def test_a_judgement_of_another_series_is_a_fault() -> None:
    made = plan(KEPT, KEPT)
    with pytest.raises(Fault, match="the judgement is of"):
        make_plan(made.package, BASE, TARGET, SeriesJudgement("1.0", "1.1", (made.edits[0].judgement,)))


def test_the_first_release_is_named_where_it_is_known() -> None:
    assert first_release_text(replace(DROPPED, first_release="v1.1")) == "in upstream since v1.1"
    assert first_release_text(KEPT) == ""
