"""Tables, sentences and exit codes, from values made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syncbot.errors import Fault, ForgeError, InputError, SyncbotError, UpstreamUnreachable
from syncbot.model.forge import Write
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.proposal_words import Became
from syncbot.model.verdicts import Action, Verdict
from syncbot.report import texts, words
from syncbot.report.problems import PackageProblem, exit_code
from syncbot.report.results import Outcome, PackageCheck, SyncItem, SyncResult
from syncbot.report.table import Table, plain
from tests.report.values import BASE, judgement, series


def test_a_plain_table_lines_up_and_has_no_trailing_blanks() -> None:
    table = Table(("name", "lines", "why"), (("a", "1", ""), ("漢字", "123", "wide")), frozenset({"lines"}))
    assert plain(table) == "name  lines  why\na         1\n漢字    123  wide"


def test_an_empty_table_is_nothing() -> None:
    assert plain(Table(("a",), ())) == ""


def test_counts_and_delta() -> None:
    found = series(
        judgement("a", Verdict.OBSOLETE, Action.DROP, lines=(200, 0)),
        judgement("b", Verdict.TRIM, Action.REWRITE, lines=(30, 10)),
        judgement("c", Verdict.UNTOUCHED, Action.KEEP, lines=(5, 5)),
        judgement("d", Verdict.CONFLICT, Action.ASK, lines=(7, 7)),
    )
    assert words.counts(found) == "drop 1, rewrite 1, keep 1, ask 1"
    assert words.delta(found) == "4 -> 3 patches, -220 lines"
    assert words.counts(series()) == "no patches"
    assert words.delta(series(judgement("c", Verdict.UNTOUCHED, Action.KEEP))) == "1 patch, same lines"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_prints_its_own_sentence(verdict: Verdict) -> None:
    for reason in ("", "conflict in a.c", verdict.sentence, f"{verdict.sentence.rstrip('.')}: see a.c."):
        told = words.why(judgement("a", verdict, Action.KEEP, reason=reason))
        assert told.startswith(verdict.sentence.rstrip("."))
        assert told.endswith(".")
        assert told.count(verdict.sentence.rstrip(".")) == 1


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_says_what_would_change_it(verdict: Verdict) -> None:
    told = words.what_would_change_it(judgement("a", verdict, Action.ASK))
    assert told.endswith(".")
    assert told[0].isupper()


def test_who_is_blocked_says_by_whom() -> None:
    blocked = judgement("b", Verdict.CONFLICT, Action.ASK, blocked_by=("a.patch",))
    assert "a.patch" in words.waits_for(blocked)
    assert "a.patch" in words.what_would_change_it(blocked)
    assert words.waits_for(judgement("c", Verdict.APPLIES, Action.KEEP)) == ""


def test_who_is_blocked_is_not_said_to_be_what_it_only_seems() -> None:
    """`All of its effect is in the release: it stands on a patch that waits` was a contradiction to its readers."""
    waits = "it stands on a patch that waits for a person"
    seems = judgement(
        "b",
        Verdict.OBSOLETE,
        Action.ASK,
        reason=f"All of its effect is in the release: {waits}.",
        blocked_by=("a.patch",),
    )
    assert words.why(seems) == (
        "It would be obsolete (all of its effect is in the release), "
        "but it stands on a.patch, which waits for a person."
    )
    unknown = judgement(
        "b",
        Verdict.CONFLICT,
        Action.ASK,
        reason=f"It neither applies nor is it upstream: {waits}.",
        blocked_by=("a", "b", "c", "d"),
    )
    assert words.why(unknown) == (
        "It cannot be judged by itself yet: it stands on a, b, c and 1 more, which wait for a person."
    )


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_a_person_is_asked_ends_one_sentence_and_needs_no_file_of_a_workspace(verdict: Verdict) -> None:
    asked = words.waits_for(judgement("a", verdict, Action.ASK))
    assert asked[-1].isalpha()
    assert "?" not in asked
    assert "package.toml" not in asked


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_its_sentence(outcome: Outcome) -> None:
    assert outcome.sentence.endswith(".")


@pytest.mark.parametrize(
    ("worked", "errors", "code"),
    [
        (0, [], 0),
        (1, [InputError("x")], 0),
        (0, [InputError("x")], 2),
        (0, [UpstreamUnreachable("x"), UpstreamUnreachable("y")], 4),
        (0, [ForgeError("x")], 4),
        (0, [UpstreamUnreachable("x"), InputError("y")], 2),
        (0, [Fault("x")], 3),
        (0, [Fault("x"), InputError("y")], 2),
    ],
)
def test_exit_codes_of_a_run_over_packages(worked: int, errors: list[SyncbotError], code: int) -> None:
    assert exit_code(worked, [PackageProblem("p", error) for error in errors]) == code


AT = datetime(2026, 1, 2, tzinfo=UTC)


def test_a_dry_run_prints_each_request_and_each_file_once() -> None:
    writes = (
        Write("PUSH", "refs/heads/syncbot/a/stable", '{"to": "1"}'),
        Write("POST", "/repos/o/r/pulls", '{"title": "a: 1 -> 2", "head": "syncbot/a/stable"}'),
        Write("POST", "/repos/o/r/issues/{number}/labels", '{"labels": ["syncbot"]}'),
        Write("POST", "/repos/o/r/pulls", '{"title": "b: 1 -> 2\\u001b[31m", "head": "syncbot/b/stable"}'),
        Write("POST", "/repos/o/r/issues/{number}/labels", '{"labels": ["syncbot"]}'),
        Write("RECORD", "1"),
        Write("RECORD", "1"),
        Write("GRAPHQL", "convertPullRequestToDraft", "[]"),
    )
    told = texts.sync_lines(SyncResult(AT, dry_run=True, items=(), problems=(), writes=writes))
    assert told[:-1] == [
        "would push: syncbot/a/stable",
        "would send: POST /repos/o/r/pulls (a: 1 -> 2)",
        "would send: POST /repos/o/r/issues/{number}/labels",
        "would send: POST /repos/o/r/pulls (b: 1 -> 2[U+001B][31m)",
        "would send: POST /repos/o/r/issues/{number}/labels",
        "would write: proposal 1",
        "would send: GRAPHQL convertPullRequestToDraft",
    ]


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        (1, ["lib: w0.patch, which waited for a person, still waits: the series marks it."]),
        (3, ["lib: 3 patches still wait for a person: the series marks them."]),
    ],
)
def test_many_that_still_wait_are_one_line(waiting: int, told: list[str]) -> None:
    answers = (
        (PatchName("gone.patch"), Became.DELETED),
        *((PatchName(f"w{n}.patch"), Became.WAITING) for n in range(waiting)),
    )
    check = PackageCheck(PackageName("lib"), "git:x", "stable", BASE, None, None, 4, 9)
    item = SyncItem(check, Outcome.UPDATED, None, "", answers)
    lines = texts.sync_lines(SyncResult(AT, dry_run=False, items=(item,), problems=(), changed=True))
    assert lines[1:-1] == ["lib: gone.patch, which waited for a person, was taken out by one.", *told]
