"""What the store is told, it says again; and it writes only what is new."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, event

from syncbot.errors import Fault, StoreError
from syncbot.model.ids import CommitId, Fingerprint, PackageName, PatchName
from syncbot.model.judgement import Evidence, Judgement, SeriesJudgement
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import DroppedPatch, ProposalRecord, StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action, Fit, Proof, Verdict
from syncbot.ports import Store
from syncbot.store import SqlStore, open_store

LIB = PackageName("lib")
TOOL = PackageName("tool")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
OLD = Release("1.0", "v1.0", "a" * 40, NOON)
NEW = Release("1.1", "v1.1", "b" * 40, None, prerelease=True)
PRINT = Fingerprint("f" * 64)


def judged(key: str, package: PackageName = LIB, at: datetime = NOON) -> StoredJudgement:
    patch = Judgement(
        index=1,
        name=PatchName("caf\udce9.patch"),
        fit=Fit.NONE,
        verdict=Verdict.OBSOLETE,
        action=Action.DROP,
        reason="All of its effect is in the release.",
        proof=Proof.PROVED,
        evidence=(Evidence("merge-noop", "the merge changes nothing"),),
        refreshed=b"\xff\0",
        lines_before=4,
    )
    return StoredJudgement(key, package, OLD, NEW, SeriesJudgement("1.0", "1.1", (patch,)), at)


def dropped(content: bytes = b"--- a\n+++ b\n", at: datetime = NOON) -> DroppedPatch:
    judgement = judged("k").judgement.patches[0]
    return DroppedPatch(LIB, judgement.name, content, 1, judgement, OLD, NEW, "7", at)


def record(id: str, opened: datetime = NOON) -> ProposalRecord:
    return ProposalRecord(
        id, LIB, "stable", "syncbot/lib", CommitId("c" * 40), CommitId("d" * 40), "lib: 1.0 -> 1.1", "body \0 \udce9",
        PRINT, False, "1.1", ProposalStatus.OPEN, opened, opened,
    )  # fmt: skip


@pytest.fixture
def changes() -> Iterator[Callable[[], int]]:
    """Counts the rows that were written through any connection, as the database itself counts them."""
    rows: list[int] = []

    def seen(_connection: Any, cursor: Any, statement: str, *_rest: object) -> None:
        if statement.split(maxsplit=1)[0] in ("INSERT", "UPDATE", "DELETE"):
            rows.append(cursor.rowcount)

    event.listen(Engine, "after_cursor_execute", seen)
    yield lambda: sum(rows)
    event.remove(Engine, "after_cursor_execute", seen)


def test_it_is_a_store(store: SqlStore) -> None:
    port: Store = store
    assert port.runs() == []


def test_runs_are_numbered_and_come_newest_first(store: SqlStore) -> None:
    first = store.begin_run("sync", NOON)
    second = store.begin_run("check", LATER)
    done = store.finish_run(first, LATER, '{"packages": 3}')
    assert (first.id, second.id) == (1, 2)
    assert store.runs() == [second, done]
    assert store.runs(limit=1) == [second]


def test_an_unknown_run_cannot_be_finished(store: SqlStore) -> None:
    run = store.begin_run("sync", NOON)
    with pytest.raises(StoreError, match="no run 9"):
        store.finish_run(replace(run, id=9), LATER, "{}")


def test_releases_stay_as_first_seen(store: SqlStore) -> None:
    store.record_releases(LIB, [OLD], NOON)
    store.record_releases(LIB, [replace(OLD, identity="e" * 40), NEW, NEW], LATER)
    assert store.releases(LIB) == {"1.0": OLD, "1.1": NEW}
    assert store.releases(TOOL) == {}


def test_a_judgement_counts_as_of_its_first_time(store: SqlStore) -> None:
    first = judged("k1")
    store.save_judgement(first)
    store.save_judgement(replace(first, at=LATER))
    assert store.judgement("k1") == first
    assert store.judgement("k2") is None


def test_judgements_come_newest_first(store: SqlStore) -> None:
    early, late, same_time = judged("k1"), judged("k2", at=LATER), judged("k3", at=LATER)
    for each in (early, late, same_time, judged("other", TOOL)):
        store.save_judgement(each)
    assert store.judgements(LIB) == [same_time, late, early]


def test_each_package_has_one_current_judgement(store: SqlStore) -> None:
    for each in (judged("k1"), judged("k2"), judged("t", TOOL)):
        store.save_judgement(each)
    store.set_current(LIB, "k1")
    store.set_current(TOOL, "t")
    store.set_current(LIB, "k2")
    assert store.current() == {LIB: judged("k2"), TOOL: judged("t", TOOL)}


def test_a_current_judgement_must_be_there(store: SqlStore) -> None:
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        store.set_current(LIB, "nowhere")


def test_a_rejection_is_remembered_by_content_until_it_is_forgotten(store: SqlStore) -> None:
    store.reject(LIB, PRINT, "not now", NOON)
    assert store.rejected(PRINT) == "not now"
    store.reject(LIB, PRINT, "never", LATER)
    assert store.rejected(PRINT) == "never"
    store.forget_rejection(PRINT)
    store.forget_rejection(PRINT)
    assert store.rejected(PRINT) is None


def test_proposals_are_updated_by_id_and_come_newest_first(store: SqlStore) -> None:
    for each in (record("9"), record("10"), record("2", LATER)):
        store.save_proposal(each)
    accepted = replace(record("9"), status=ProposalStatus.ACCEPTED, updated=LATER, note="merged")
    store.save_proposal(accepted)
    assert store.proposals() == [record("2", LATER), record("10"), accepted]


def test_a_dropped_patch_is_kept_once_with_its_bytes_and_evidence(store: SqlStore) -> None:
    store.archive(dropped())
    store.archive(dropped(at=LATER))
    store.archive(dropped(b"other \xff\n", LATER))
    assert store.dropped() == [dropped(b"other \xff\n", LATER), dropped()]
    assert store.dropped(TOOL) == []


def test_a_restored_patch_is_marked(store: SqlStore) -> None:
    store.archive(dropped())
    store.mark_restored(dropped())
    assert store.dropped(LIB) == [replace(dropped(), restored=True)]
    with pytest.raises(StoreError, match="never archived"):
        store.mark_restored(dropped(b"unknown"))


def test_times_come_back_in_utc_whatever_the_offset_was(store: SqlStore) -> None:
    there = datetime(2024, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    run = store.begin_run("sync", there)
    assert run.started == NOON
    assert store.runs()[0].started.utcoffset() == timedelta(0)


def test_a_time_without_an_offset_is_a_fault(store: SqlStore) -> None:
    with pytest.raises(Fault, match="without an offset"):
        store.begin_run("sync", NOON.replace(tzinfo=None))


@pytest.mark.parametrize("reason", ["plain", "back\\slash", "\\u0041", "nul\0", "\udce9", "\ud800\udc00", "ä😀"])
def test_text_of_any_content_survives(store: SqlStore, reason: str) -> None:
    store.reject(LIB, PRINT, reason, NOON)
    assert store.rejected(PRINT) == reason


def fill(store: SqlStore) -> None:
    store.record_releases(LIB, [OLD, NEW], NOON)
    store.save_judgement(judged("k1"))
    store.set_current(LIB, "k1")
    store.reject(LIB, PRINT, "no", NOON)
    store.save_proposal(record("1"))
    store.archive(dropped())
    store.mark_restored(dropped())
    store.forget_rejection(Fingerprint("0" * 64))


def test_nothing_is_written_where_nothing_changed(changes: Callable[[], int], url: str) -> None:
    store = open_store(url)
    fill(store)
    before = changes()
    assert before > 0
    fill(store)
    with store.transaction():
        fill(store)
    assert changes() == before
    fill(open_store(url))
    assert changes() == before


def test_a_transaction_is_all_or_nothing(store: SqlStore) -> None:
    def torn() -> None:
        with store.transaction():
            fill(store)
            assert store.releases(LIB) != {}
            raise RuntimeError("the plug is pulled")

    with pytest.raises(RuntimeError):
        torn()
    assert store.releases(LIB) == {}
    assert store.proposals() == []


def test_a_nested_transaction_takes_back_its_own_part_only(store: SqlStore) -> None:
    def inner_fails() -> None:
        with store.transaction():
            store.begin_run("inner", NOON)
            raise RuntimeError("the inner one fails")

    with store.transaction():
        store.begin_run("outer", NOON)
        with pytest.raises(RuntimeError):
            inner_fails()
        with store.transaction():
            store.begin_run("second", NOON)
    assert [run.kind for run in store.runs()] == ["second", "outer"]


def refused_after_a_good_one(store: SqlStore) -> None:
    store.begin_run("sync", NOON)
    store.set_current(LIB, "nowhere")


def test_a_refused_row_undoes_the_transaction(store: SqlStore) -> None:
    store.begin_run("before", NOON)
    with pytest.raises(StoreError, match=r"(?i)foreign key"), store.transaction():
        refused_after_a_good_one(store)
    assert [run.kind for run in store.runs()] == ["before"]


def test_the_proposals_of_another_forge_are_none_of_this_one(store: SqlStore) -> None:
    """Both number from 1: what was said of one must not be taken for a word about the other."""
    store.of_forge("files")
    ours = replace(record("1"), status=ProposalStatus.REJECTED)
    store.save_proposal(ours)
    store.archive(replace(dropped(), proposal="1"))
    store.of_forge("https://github.com/o/r")
    assert (store.proposals(), [p.id for p in store.proposals(elsewhere=True)]) == ([], ["files:1"])
    there = replace(record("1"), title="another")
    store.save_proposal(there)
    assert list(store.proposals()) == [there]
    assert [d.proposal for d in store.dropped()] == ["files:1"]
    store.of_forge("https://github.com/o/r")
    assert list(store.proposals()) == [there]
    store.of_forge("files")
    assert list(store.proposals()) == [ours]
    assert [d.proposal for d in store.dropped()] == ["1"]
    assert {p.id for p in store.proposals(elsewhere=True)} == {"1", "https://github.com/o/r:1"}
