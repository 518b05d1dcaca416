"""The codec loses nothing, whatever a judgement holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.errors import StoreError
from syncbot.model.ids import CommitId, PatchName
from syncbot.model.judgement import Evidence, FileReport, HunkReport, Judgement, Part, SeriesJudgement
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action, Fit, HunkState, Proof, Verdict
from syncbot.store import codec, documents

words = st.text(max_size=12) | st.binary(max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
numbers = st.integers(min_value=0, max_value=10**9)
commits = st.none() | st.just(CommitId("ab" * 20))
hunks = st.builds(HunkReport, numbers, st.sampled_from(HunkState), st.none() | numbers, st.none() | numbers)
files = st.builds(FileReport, words, st.none() | words, st.lists(hunks, max_size=3).map(tuple))
parts = st.builds(Part, numbers, words, st.sampled_from(Verdict))
judgements = st.builds(
    Judgement,
    index=numbers,
    name=words.map(PatchName),
    fit=st.sampled_from(Fit),
    verdict=st.sampled_from(Verdict),
    action=st.sampled_from(Action),
    reason=words,
    proof=st.none() | st.sampled_from(Proof),
    blocked_by=st.lists(words.map(PatchName), max_size=2).map(tuple),
    absorbed_by=commits,
    first_release=st.none() | words,
    evidence=st.lists(st.builds(Evidence, words, words, commits), max_size=3).map(tuple),
    files=st.lists(files, max_size=2).map(tuple),
    parts=st.none() | st.lists(parts, max_size=2).map(tuple),
    refreshed=st.none() | st.binary(max_size=40),
    lines_before=numbers,
    lines_after=numbers,
)
series = st.builds(SeriesJudgement, words, words, st.lists(judgements, max_size=3).map(tuple))
releases = st.builds(
    Release, words, words, words, st.none() | st.datetimes(timezones=st.just(UTC)), st.booleans(), st.booleans()
)


@given(series)
def test_a_series_judgement_survives_as_text(judgement: SeriesJudgement) -> None:
    text = codec.dumps(documents.series_to_json(judgement))
    assert text.isascii()
    assert documents.series_from_json(codec.loads(text)) == judgement


@given(judgements)
def test_one_judgement_survives_with_its_types(judgement: Judgement) -> None:
    found = documents.judgement_from_json(codec.loads(codec.dumps(documents.judgement_to_json(judgement))))
    assert found == judgement
    assert (type(found.fit), type(found.verdict), type(found.action)) == (Fit, Verdict, Action)


@given(releases)
def test_a_release_survives(release: Release) -> None:
    assert documents.release_from_json(codec.loads(codec.dumps(documents.release_to_json(release)))) == release


def test_a_document_from_before_a_field_was_added_takes_the_default() -> None:
    old: codec.Json = {"version": "1.0", "name": "v1.0", "identity": "aa", "unknown": 1}
    assert documents.release_from_json(old) == Release("1.0", "v1.0", "aa")


def test_times_keep_their_instant() -> None:
    at = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    assert documents.release_from_json(documents.release_to_json(Release("1", "1", "x", at))).date == at


@pytest.mark.parametrize(
    "document",
    [None, [], "text", {}, {"version": 1, "name": "a", "identity": "b"}, {"version": "1", "name": "a"}],
)
def test_a_strange_document_is_refused(document: codec.Json) -> None:
    with pytest.raises(StoreError, match="cannot be read: not a Release"):
        documents.release_from_json(document)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(StoreError, match="no JSON"):
        codec.loads("{")
