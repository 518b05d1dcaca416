"""What advisories say of a release: evidence as heavy as the changelog's, and never a ground to drop."""

from __future__ import annotations

import pytest

from syncbot.diff.render import render_file
from syncbot.judge import judge_series
from syncbot.model.advisories import Advice, advice, parse, relevant
from syncbot.model.ids import CommitId, PatchName
from syncbot.model.judgement import Judgement
from syncbot.model.packages import SeriesPatch
from syncbot.model.releases import Upstream
from syncbot.model.trees import FILE, MemoryTree
from syncbot.model.verdicts import Action, Proof, Verdict

CVE = "CVE-2020-1234"
TEXT = b"".join(b"a telling line, number %d;\n" % n for n in range(40))
OURS = TEXT.replace(b"number 20;", b"number twenty, ours;")
THEIRS = TEXT.replace(b"number 20;", b"number 20, another solution;")
PATCH = SeriesPatch(PatchName(f"{CVE}.patch"), render_file("a.c", "a.c", TEXT, OURS), 1)
SAID = Advice(CVE, "OSV-1", "1.1", in_base=False, in_target=True)
HERE = [Upstream("git", "https://example.org/lib")]


def tree(content: bytes) -> MemoryTree:
    return MemoryTree({"a.c": (FILE, content)})


def judged(target: bytes, *told: Advice, patch: SeriesPatch = PATCH) -> Judgement:
    return judge_series([patch], tree(TEXT), tree(target), advice=told).patches[0]


def lines(found: Judgement) -> list[str]:
    return [fact.detail for fact in found.evidence if fact.kind == "advised"]


def test_a_conflict_whose_advisory_is_fixed_in_the_release_is_put_to_a_person_as_superseded() -> None:
    found = judged(THEIRS, SAID)
    assert (found.verdict, found.action, found.proof) == (Verdict.SUPERSEDED, Action.ASK, Proof.DECLARED)
    assert lines(found) == [f"advisory OSV-1 says that {CVE} is fixed in 1.1, as the release has it"]
    assert f"advisory OSV-1 says that {CVE} is fixed in 1.1" in found.reason


def test_what_still_applies_is_kept_with_the_evidence() -> None:
    found = judged(TEXT + b"more;\n", SAID)
    assert (found.verdict, found.action) == (Verdict.APPLIES, Action.KEEP)
    assert lines(found) == [f"advisory OSV-1 says that {CVE} is fixed in 1.1, as the release has it"]


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (Advice(CVE, "OSV-1", "1.0", in_base=True, in_target=True), "is fixed in 1.0, as the base has it"),
        (Advice(CVE, "OSV-1", "2.0", in_base=False, in_target=False), "is fixed in 2.0, not in the release"),
        (Advice("CVE-2020-9999", "OSV-1", "1.1", in_base=False, in_target=True), ""),
        (Advice(CVE, "OSV-1", "", in_base=False, in_target=False, commits=(CommitId("f" * 40),)), ""),
    ],
    ids=["the base has it", "not yet", "another hole", "a commit without a history"],
)
def test_what_the_release_did_not_bring_settles_nothing(told: Advice, line: str) -> None:
    found = judged(THEIRS, told)
    assert (found.verdict, found.action) == (Verdict.CONFLICT, Action.ASK)
    assert "".join(lines(found)) == (f"advisory OSV-1 says that {CVE} {line}" if line else "")


def record(fixed: str, **package: str) -> str:
    ends = f'[{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]'
    where = f'{{"ecosystem": "{package.get("ecosystem", "PyPI")}", "name": "{package.get("name", "lib")}"}}'
    return (
        f'{{"id": "OSV-1", "aliases": ["{CVE}"], "affected": [{{"package": {where}, '
        f'"ranges": [{{"type": "ECOSYSTEM", "events": {ends}}}]}}]}}'
    )


PYPI = [Upstream("pypi", "lib")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (record("1.1"), [("1.1", False, True)]),
        (record("1.0"), [("1.0", True, True)]),
        (record("1.2"), [("1.2", False, False)]),
        (record("1.1", name="other"), []),
        (record("1.1", ecosystem="npm"), []),
        (record("9" * 200), [("", False, False)]),
        (record("not a version at all"), [("", False, False)]),
        (record("99999999999999999999.1"), [("99999999999999999999.1", False, False)]),
    ],
    ids=["in the target", "in the base", "later", "wrong package", "wrong registry", "huge", "absurd", "far away"],
)
def test_a_record_is_held_against_both_releases(text: str, told: list[tuple[str, bool, bool]]) -> None:
    records = relevant(parse(text, "here"), {CVE}, PYPI)
    found = advice(records, PYPI, "1.0", "1.1")
    assert [(one.fixed, one.in_base, one.in_target) for one in found if one.name == CVE] == told


def test_a_record_with_more_events_than_any_has_is_open() -> None:
    events = ", ".join('{"fixed": "0.1"}' for _ in range(600))
    text = record("1.1").replace('{"fixed": "1.1"}', events)
    [one] = [one for one in advice(parse(text, "here"), PYPI, "1.0", "1.1") if one.name == CVE]
    assert (one.in_base, one.in_target) == (False, False)
