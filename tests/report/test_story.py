"""The story of a patch: its questions, in order, for a terminal and in Markdown; and both versions side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncbot.model.ids import CommitId, PackageName, PatchName
from syncbot.model.judgement import Comparison, Evidence, Judgement
from syncbot.model.proposals import DroppedPatch
from syncbot.model.verdicts import Action, Verdict
from syncbot.report import restoring, returning
from syncbot.report.columns import side_by_side
from syncbot.report.documents import explain
from syncbot.report.results import Explanation
from syncbot.report.story import story, story_markdown
from syncbot.report.table import width
from syncbot.report.words import what_would_change_it
from tests.report import github
from tests.report.hostile import TEXTS, WORST
from tests.report.values import BASE, TARGET, judgement

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
ID = CommitId("1f0c" * 10)
PATCH = b"Subject: guard the reader\n\n--- a/a.c\n+++ b/a.c\n@@ -7,3 +7,3 @@ int read(void)\n a\n-b\n+c\n d\n"


def told(judged: Judgement, content: bytes = PATCH) -> Explanation:
    return Explanation(PackageName("lib"), "git:https://github.com/a/lib", BASE, TARGET, judged, content, AT)


def absorbed(**more: str) -> Judgement:
    link = f"https://github.com/a/lib/commit/{ID}"
    facts = (
        Evidence("merge-noop", "merging it changes nothing"),
        Evidence("absorbed", "upstream's commit", ID, "guard it", "Uma", "2026-01-01", "1.1", link),
        Evidence("advisory", "it names CVE-2020-4711"),
    )
    made = judgement("a.patch", Verdict.OBSOLETE, Action.DROP, reason=more.get("reason", ""))
    return replace(made, evidence=facts, absorbed_by=ID)


def test_on_a_narrow_terminal_sentences_are_broken_between_words() -> None:
    """Addresses and ids stay whole, for copying; what is piped is not broken."""
    whole = story(told(absorbed()), diff=False, wide=60)
    broken = story(told(absorbed()), diff=False, wide=60, broken=True)
    assert broken.split() == whole.split()
    assert any(len(line) > 60 for line in whole.splitlines() if "ommit" not in line)
    assert [line for line in broken.splitlines() if len(line) > 60 and len(line.split()) > 1] == []


def test_the_whole_story_on_a_terminal() -> None:
    assert story(told(absorbed()), diff=False) == (
        "lib a.patch: obsolete, drop\n"
        "\n"
        "What the patch does\n"
        "  guard the reader\n"
        "  It adds 1 line and removes 1 line in 1 file: a.c.\n"
        "\n"
        "What it says of itself\n"
        "  It names CVE-2020-4711.\n"
        "\n"
        "What upstream did\n"
        "  Upstream, git:https://github.com/a/lib, went from 1.0 to 1.2.\n"
        f"  Commit {ID}, https://github.com/a/lib/commit/{ID} took it in, first in 1.1:\n"
        "    guard it (Uma, 2026-01-01)\n"
        "  The first release that has the change is 1.1.\n"
        "\n"
        "Where each hunk is\n"
        "  a.c\n"
        "    hunk 1 is in the release (base line 7, release line 9), in int read(void)\n"
        "\n"
        "Why this verdict\n"
        "  All of its effect is in the release.\n"
        "  Fit: nothing is left to apply.\n"
        "  The removal is proved: the release's own files show it.\n"
        "  Merging it changes nothing.\n"
        "\n"
        "What would change it\n"
        "  A line under [keep] in package.toml pins it; a release that takes it back makes it needed.\n"
    )


def test_the_same_story_in_markdown() -> None:
    text = story_markdown(told(absorbed()))
    assert text.startswith("## `lib` `a.patch`: obsolete, drop\n\n### What the patch does\n\n- guard the reader\n")
    assert f"- Commit [`{ID[:12]}`](https://redirect.github.com/a/lib/commit/{ID}) took it in, first in `1.1`:" in text
    assert "  - hunk 1 is in the release (base line 7, release line 9), in `int read(void)`\n" in text
    assert text.endswith("```\n")
    assert "### The patch\n\n```diff\nSubject: guard the reader\n" in text


def test_a_commit_without_a_known_page_has_no_link() -> None:
    facts = tuple(replace(e, link="") for e in absorbed().evidence)
    text = story_markdown(told(replace(absorbed(), evidence=facts)))
    assert f"Commit `{ID[:12]}` took it in" in text
    assert "](" not in text


def test_both_versions_stand_side_by_side() -> None:
    sides = Comparison("a.c", "b.c", b"  if (n < 0)\n    return -1;\n", b"  if (n < 0)\n    return EINVAL;\n", 8, 11)
    made = replace(judgement("a.patch", Verdict.SUPERSEDED, Action.ASK, reason="x"), compared=(sides,))
    plain = story(told(made), diff=False)
    assert "  a.c: line 8 with the patch, b.c line 11 in 1.2:\n\n    if (n < 0)     if (n < 0)\n" in plain
    assert "      return -1; |   return EINVAL;\n" in plain
    text = story_markdown(told(made), diff=False)
    assert "The patch:\n\n```\n  if (n < 0)\n    return -1;\n```\n\nUpstream:\n\n```\n" in text


def test_a_diff_of_a_commit_beside_the_patch() -> None:
    sides = Comparison("a.c", "a.c", b"+ours\n", b"+theirs\n", commit=ID)
    made = replace(judgement("a.patch", Verdict.SUPERSEDED, Action.ASK), compared=(sides,))
    assert f"a.c: the patch's change, and that of commit {ID[:12]}:" in story(told(made))
    assert "Upstream:\n\n```diff\n+theirs\n```" in story_markdown(told(made))


def test_a_place_that_upstream_does_not_have() -> None:
    sides = Comparison("a.c", "a.c", b"ours\n", b"", 8, None)
    made = replace(judgement("a.patch", Verdict.CONFLICT, Action.ASK), compared=(sides,))
    assert "a.c: line 8 with the patch; 1.2 has no such place:" in story(told(made))
    assert "Upstream:\n\nNothing." in story_markdown(told(made))


def test_a_patch_that_cannot_be_read_has_a_story_too() -> None:
    made = judgement("a.patch", Verdict.BROKEN, Action.REPORT, reason="no patch")
    assert "What the patch does\n  It cannot be read: " in story(told(made, b"--- a/x\n+++ b/x\n@@ nonsense @@\n"))


def test_a_dropped_patch_that_is_needed_again() -> None:
    found = replace(told(absorbed()), dropped_at=AT, returning="7")
    assert "left the series on 2026-01-02.\n  It is needed again: proposal 7 would bring it back." in story(found)
    assert (explain(found, "")["dropped_at"], explain(found, "")["returning"]) == (AT.isoformat(), "7")


@pytest.mark.parametrize(
    ("verdict", "action", "facts", "sentence"),
    [
        (Verdict.HELD, Action.KEEP, (), "The first release cut from the branch that has it makes it obsolete."),
        (
            Verdict.HELD,
            Action.KEEP,
            (Evidence("held", "", ID, release="2.0"),),
            "Release 2.0, or a later one, makes it obsolete.",
        ),
        (
            Verdict.OBSOLETE,
            Action.ASK,
            (),
            "A person's word: delete the patch, or pin it with a line under [keep] in package.toml.",
        ),
    ],
)
def test_what_would_change_it(verdict: Verdict, action: Action, facts: tuple[Evidence, ...], sentence: str) -> None:
    assert what_would_change_it(replace(judgement("a.patch", verdict, action), evidence=facts)) == sentence


def hostile(text: str) -> Explanation:
    facts = tuple(
        Evidence(kind, text, ID, text, text, "2026-01-01", text) for kind in ("absorbed", "declared", "text", "twin")
    )
    raw = text.encode("utf-8", "surrogateescape")
    sides = (Comparison(text, text, raw, raw, 1, 2), Comparison(text, None, raw, raw, commit=ID))
    made = replace(judgement(text, Verdict.SUPERSEDED, Action.ASK, reason=text, path=text), evidence=facts)
    made = replace(made, compared=sides, first_release=text, blocked_by=())
    patch = b"Subject: " + raw.replace(b"\n", b" ") + b"\n" + PATCH[PATCH.index(b"\n") :]
    return replace(told(made, patch), upstream=text, base=replace(BASE, version=text))


@settings(max_examples=60)
@given(TEXTS)
@example(WORST)
def test_hostile_text_reaches_nobody_and_renders_as_text(text: str) -> None:
    seen = github.rendered(story_markdown(hostile(text)))
    assert seen.events == []
    assert not seen.closed_badly
    assert not {"img", "script", "details", "a"} & set(seen.tags)
    assert seen.comments == []
    assert "\u202e" not in story(hostile(text))


@settings(max_examples=60)
@given(TEXTS)
@example(WORST)
def test_a_proposal_to_bring_a_patch_back_reaches_nobody(text: str) -> None:
    judged = hostile(text).judgement
    judged = replace(judged, verdict=Verdict.REVERTED, evidence=(Evidence("taken-back", text, ID, text, text),))
    release = replace(TARGET, version=text)
    gone = DroppedPatch(PackageName(text), PatchName(text), PATCH, None, judged, BASE, release, "1", AT)
    seen = github.rendered(returning.body(gone, judged, release, text.encode(errors="replace"), moves=True))
    assert (seen.events, len(seen.comments)) == ([], 3), "the three boxes"
    assert not seen.closed_badly
    by_hand = github.rendered(restoring.body(gone, text, text, text))
    assert (by_hand.events, len(by_hand.comments), by_hand.closed_badly) == ([], 2, False)
    assert github.commit_events(restoring.title(gone) + restoring.commit_message(gone, text)) == []
    assert github.commit_events(returning.title(gone, release)) == []
    assert github.commit_events(returning.commit_message(gone, judged)) == []


@given(st.text(max_size=40))
def test_no_text_breaks_out_of_its_line(text: str) -> None:
    found = hostile(text)
    headings = [line for line in story(found, diff=False).splitlines() if line and not line.startswith(" ")]
    assert headings[1:] == [
        "What the patch does",
        "What it says of itself",
        "What upstream did",
        "Where each hunk is",
        "Both versions, the patch's and upstream's",
        "Why this verdict",
        "What would change it",
    ]


@given(st.lists(st.text(max_size=60)), st.lists(st.text(max_size=60)), st.integers(50, 120))
def test_columns_are_never_wider_than_told(left: list[str], right: list[str], wide: int) -> None:
    for line in side_by_side(left, right, wide):
        assert width(line) <= wide


def test_columns_lose_no_word() -> None:
    words = "one two three four five six seven eight nine ten eleven twelve"
    shown = side_by_side([words], [f"{words} more"], 50)
    assert "".join(line[:23].strip() + " " for line in shown).split() == words.split()


def test_both_diffs_of_a_patch_that_goes_have_no_line_of_their_own() -> None:
    both = Comparison("a.c", "b.c", b"-b\n+c\n", b"-b\n+C\n")
    made = told(replace(absorbed(), compared=(both,)))
    assert "a.c: the patch's change, and upstream's there from 1.0 to 1.2:" in story(made)
    text = story_markdown(made)
    assert "The patch:\n\n```diff\n-b\n+c\n```" in text
    assert "None" not in story(made) + text


@pytest.mark.parametrize(
    ("verdict", "said"),
    [(Verdict.OBSOLETE, "took it in"), (Verdict.REVERTED, "took it in"), (Verdict.SUPERSEDED, "is like it"),
     (Verdict.CONFLICT, "is like it"), (Verdict.TRIM, "took in part of it")],
)  # fmt: skip
def test_a_commit_that_is_only_like_the_patch_took_nothing_in(verdict: Verdict, said: str) -> None:
    made = story(told(replace(absorbed(), verdict=verdict, action=Action.ASK)))
    assert f"Commit {ID}, https://github.com/a/lib/commit/{ID} {said}, first in 1.1:" in made


def test_of_several_commits_none_is_said_to_have_taken_all_of_it() -> None:
    other = replace(absorbed().evidence[1], commit=CommitId("c" * 40))
    made = story(told(replace(absorbed(), evidence=(*absorbed().evidence, other))))
    assert made.count("took it in, or part of it, first in 1.1:") == 2
