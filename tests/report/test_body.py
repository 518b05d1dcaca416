"""What a maintainer reads: the order of a body, that it is valid wherever it is cut, and that it reaches nobody."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncbot.model.ids import CommitId, PackageName, PatchName
from syncbot.model.judgement import Comparison, Evidence, FileReport, HunkReport, Judgement
from syncbot.model.proposal_words import Became
from syncbot.model.verdicts import Action, HunkState, Verdict
from syncbot.report.body import LIMIT, body
from syncbot.report.controls import boxes
from syncbot.report.proposal import PatchStory, People, Summary
from syncbot.report.references import redirected
from tests.report import github
from tests.report.hostile import TEXTS, WORST
from tests.report.values import BASE, TARGET, judgement, series

SHA = CommitId("deadbee1" * 5)
DROP = replace(
    judgement("fix/ten.patch", Verdict.OBSOLETE, Action.DROP, lines=(4, 0)),
    absorbed_by=SHA,
    evidence=(
        Evidence(
            "commit", "it holds every line", SHA, "ten: write it out", "Jane", "2024-01-02", "1.1",
            f"https://github.com/o/r/commit/{SHA}",
        ),
    ),
)  # fmt: skip
KEEP = replace(judgement("b.patch", Verdict.APPLIES, Action.KEEP), index=2)
ASK = replace(
    judgement("c.patch", Verdict.CONFLICT, Action.ASK, reason="conflict in a.c"),
    index=3,
    files=(
        FileReport("a.c", "a.c", (HunkReport(1, HunkState.EXACT, 3, 4), HunkReport(2, HunkState.CONFLICT, 9, None))),
    ),
)
BEFORE = b"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-old\n+new\n"


def summary(*stories: PatchStory, draft: bool = False) -> Summary:
    return Summary(
        package=PackageName("lib"),
        path="patches/lib",
        upstream="git:https://example.org/lib.git",
        line="stable",
        base=BASE,
        target=TARGET,
        judgement=series(*(story.judgement for story in stories)),
        stories=stories,
        draft=draft,
        branch="syncbot/lib/stable",
        remote="forge.git",
    )


SUMMARY = replace(
    summary(PatchStory(DROP, BEFORE, None), PatchStory(KEEP, BEFORE, BEFORE)),
    warnings=("1.1 changed after it was seen.",),
)


def test_the_first_screen_says_it_all() -> None:
    first = body(SUMMARY).split("<details>")[0]
    assert first == (
        "**`lib` `1.0` -> `1.2`: 2 -> 1 patches, -4 lines** (drop 1, keep 1).\n"
        "\n"
        "What is dropped is in the release (proved)."
        " The new series was applied to the release from scratch, without fuzz.\n"
        "\n"
        "**1 warning**: see [Warnings](#warnings) below.\n"
        "\n"
        "| # | patch | verdict | proof | upstream commit | first release |\n"
        "| --: | --- | --- | --- | --- | --- |\n"
        "| 1 | `fix/ten.patch` | obsolete, **drop** | proved |"
        f" [`deadbee1dead`](https://redirect.github.com/o/r/commit/{SHA}) | `1.1` |\n"
        "| 2 | `b.patch` | applies |  |  |  |\n"
        "\n"
    )


def test_the_parts_stand_in_their_order() -> None:
    made = body(SUMMARY)
    order = [
        "2 -> 1 patches, -4 lines", "| # | patch |", "<summary>1. <code>fix/ten.patch", "<summary>2. <code>b.patch",
        "<summary>Range-diff", "### Warnings", "### Check it yourself", "### Why this came, and how to stop it",
        "### Controls",
    ]  # fmt: skip
    places = [made.index(text) for text in order]
    assert places == sorted(places)


def test_a_story_has_both_diffs_and_names_the_commit() -> None:
    theirs = Comparison("a.c", "a.c", b"", b"-old\n+newer\n", commit=SHA)
    made = body(summary(PatchStory(replace(DROP, compared=(theirs,)), BEFORE, None)))
    assert "The patch that leaves:\n\n```diff\n--- a/a.c\n" in made
    assert "What upstream did to `a.c` in `deadbee1dead`:\n\n```diff\n-old\n+newer\n```" in made
    assert "ten: write it out (Jane, 2024-01-02, first in 1.1)" in made


def test_versions_side_by_side_where_a_person_must_choose() -> None:
    both = Comparison("a.c", "a.c", b"return 1;\n", b"return 2;\n", 7, 9)
    made = body(summary(PatchStory(replace(ASK, compared=(both,)), BEFORE, BEFORE), draft=True))
    assert "What the patch makes of `a.c`:\n\n```\nreturn 1;\n```" in made
    assert "What the release has there (line 9):\n\n```\nreturn 2;\n```" in made


def test_a_draft_says_what_applied_and_what_conflicts_file_by_file() -> None:
    draft = summary(PatchStory(DROP, BEFORE, None), PatchStory(ASK, BEFORE, BEFORE), draft=True)
    first = body(draft).split("| # |")[0]
    assert "This is a draft: **1 patch needs a person.** The other 1 is settled and applied cleanly." in first
    asked = "Rebase the conflicting hunks by hand, or delete the patch:\n\n- `c.patch`: "
    assert f"\n\n{asked}`a.c` does not take hunk 2 (line 9)\n" in first
    assert "git pull --no-rebase --no-edit forge.git syncbot/lib/stable\n" in body(draft)


def test_what_stays_is_folded_away_where_it_is_much() -> None:
    many = [PatchStory(replace(KEEP, index=n), BEFORE, BEFORE) for n in range(2, 22)]
    made = body(summary(PatchStory(DROP, BEFORE, None), *many))
    assert made.split("<details>")[0].count("\n| ") == 3
    inside = made.split("<details><summary>20 patches stay as they are</summary>")[1]
    assert inside.startswith("\n\n| # | patch | verdict |\n")
    assert "<summary>21. <code>b.patch" in inside


def test_controls_are_boxes_that_nobody_ticked_yet() -> None:
    assert boxes(body(SUMMARY)) == {"rebase": False, "retry": False, "reject": False}
    assert "PATCH is a name from the table, such as `fix/ten.patch`." in body(SUMMARY)


def _well_formed(made: str) -> github.Seen:
    seen = github.rendered(made)
    assert not seen.closed_badly
    assert seen.tags.count("details") == seen.tags.count("summary")
    assert len(made.encode("utf-16-le")) // 2 <= LIMIT
    assert set(re.findall(r"syncbot-[a-z]+", "".join(seen.comments))) <= {"syncbot-box"}
    return seen


@settings(max_examples=60)
@given(TEXTS)
@example(WORST)
@example("https://github.com/o/r/commit/deadbee1")  # a commit's page, which may be linked: by way of the redirect
def test_hostile_text_stays_text(text: str) -> None:
    files = (FileReport(text, text + "x", (HunkReport(1, HunkState.CONFLICT, 1, None),)),)
    evidence = (Evidence(text, text, SHA, text, text, text, text, text),)
    both = (Comparison(text, text, text.encode(errors="replace"), b"x"), Comparison(text, None, b"", b"", commit=SHA))
    bad = replace(ASK, name=PatchName(text), reason=text, evidence=evidence, files=files, compared=both)
    diff = text.encode(errors="surrogateescape" if "\udce9" in text else "replace")
    made = replace(
        summary(PatchStory(bad, diff, diff + b"+more\n"), draft=True), staying=frozenset({bad.name}),
        warnings=(text,), package=PackageName(text), path=text, upstream=text, line=text, branch=text,
        target=replace(TARGET, name=text, version=text, identity=text),
    )  # fmt: skip
    seen = _well_formed(body(made))
    page = redirected(text) if text.startswith("https://github.com/") else "#warnings"
    assert [event for event in seen.events if event not in ("#warnings", page)] == []
    assert len(seen.comments) == 3, "the three boxes"
    assert github.closes(body(made)) == []
    assert boxes(body(made)) == {"rebase": False, "retry": False, "reject": False}


@pytest.mark.parametrize(("count", "wide"), [(1, "x"), (40, "x"), (40, "漢"), (40, "\U0001f389"), (1500, "x")])
def test_a_body_fits_a_forge_whatever_it_is_made_of(count: int, wide: str) -> None:
    text = ("+" + wide * 400 + "\n").encode() * (200 if count < 100 else 5)
    kinds = [DROP, KEEP, ASK]
    stories = [PatchStory(replace(kinds[n % 3], index=n), text, text) for n in range(1, count + 1)]
    made = body(summary(*stories, draft=True))
    _well_formed(made)
    assert made.startswith("**`lib`")
    assert "### Controls" in made
    if count > 1:
        assert re.search(r"_Left out here for length: .*the range-diff, diffs or whole stories of \d+ patches", made)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from([DROP, KEEP, ASK]), st.sampled_from([0, 3, 100, 900])), max_size=60))
def test_a_cut_body_is_valid_markdown(made_of: list[tuple[Judgement, int]]) -> None:
    stories = [
        PatchStory(replace(kind, index=at), BEFORE + b"+x\n" * size, None if kind is DROP else BEFORE)
        for at, (kind, size) in enumerate(made_of, 1)
    ]
    seen = _well_formed(body(summary(*stories)))
    assert "- [ ]" not in seen.text, "every box is one"


def test_the_least_important_goes_first() -> None:
    big = BEFORE + b"+some line of code\n" * 110
    drops = [PatchStory(replace(DROP, index=n), big, None) for n in range(1, 12)]
    keeps = [PatchStory(replace(KEEP, index=n), big, big) for n in range(12, 40)]
    made = body(summary(*drops, *keeps))
    assert "<summary>Range-diff" not in made
    assert made.count("+some line of code") >= 11 * 100, "the diffs of what is dropped are still there"
    assert "<summary>39. " not in made or "+some line of code" not in made.split("<summary>39. ")[1]


def test_the_same_summary_makes_the_same_text() -> None:
    assert body(SUMMARY) == body(replace(SUMMARY))


TOLD = replace(judgement("d.patch", Verdict.SUPERSEDED, Action.DROP, lines=(5, 0)), index=4, proof=None)


def test_what_people_did_on_the_branch_counts_in_the_first_line() -> None:
    """One waiting patch was taken out there, another one written anew, with two lines where it had six."""
    gone = replace(ASK, name=PatchName("gone.patch"), lines_before=9, lines_after=9)
    anew = replace(ASK, name=PatchName("anew.patch"), lines_before=6, lines_after=6)
    people = People(
        (("two answers", "Jane"),),
        answered=((gone.name, Became.DELETED), (anew.name, Became.REWRITTEN)),
    )
    stories = (
        PatchStory(DROP, BEFORE, None),
        PatchStory(gone, BEFORE, None, Became.DELETED),
        PatchStory(anew, BEFORE, BEFORE, Became.REWRITTEN),
    )
    made = body(replace(summary(*stories), people=people))
    assert made.startswith("**`lib` `1.0` -> `1.2`: 3 -> 1 patches, -17 lines** (drop 1, settled 2).\n")
    unfit = body(replace(summary(*stories), people=replace(people, amiss="anew.patch does not apply")))
    assert unfit.startswith("**`lib` `1.0` -> `1.2`: 3 -> 2 patches, -4 lines** "), "nothing is settled then"


def test_what_waits_is_named_once_on_the_first_screen() -> None:
    people = People((("mine", "Jane"),), waiting=(ASK.name,), answered=((ASK.name, Became.WAITING),))
    told = replace(summary(PatchStory(ASK, BEFORE, BEFORE), draft=True), people=people)
    first = body(told).split("| # |")[0]
    assert "The patch below is still marked there as waiting." in first
    assert first.count("c.patch") == 1
    other = body(replace(told, people=replace(people, waiting=(PatchName("theirs.patch"),))))
    assert "Marked there as waiting: `theirs.patch`." in other


def test_what_stays_on_a_persons_word_did_not_apply() -> None:
    stays = replace(ASK, name=PatchName("stays.patch"), action=Action.KEEP)
    stories = (PatchStory(DROP, BEFORE, None), PatchStory(stays, BEFORE, BEFORE), PatchStory(ASK, BEFORE, BEFORE))
    made = body(replace(summary(*stories, draft=True), staying=frozenset({stays.name})))
    assert "**1 patch needs a person.** The other 1 is settled and applied cleanly." in made


def test_a_drop_without_a_proof_names_the_word_that_it_rests_on() -> None:
    made = body(summary(PatchStory(DROP, BEFORE, None), PatchStory(TOLD, BEFORE, None)))
    assert "| 4 | `d.patch` | superseded, **drop** | a person's word |" in made
