"""What the measures rest on: recorded as judgements come in, taken over from those that were there before."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import inspect, text

from syncbot.model.events import Deed
from syncbot.model.ids import CommitId, PackageName, PatchName
from syncbot.model.judgement import Evidence, Judgement, SeriesJudgement
from syncbot.model.measures import Carried, Facts, Forwarded, Kept, Reading, Standing, Toll
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import StoredJudgement
from syncbot.model.verdicts import Action, Fit, Verdict
from syncbot.store import SqlStore, open_store
from syncbot.store.engine import make_engine
from syncbot.store.measure_models import KeptRow
from syncbot.store.migrate import config
from tests.store.test_store import LATER, LIB, NEW, NOON, OLD, dropped, record

ODD = PatchName("caf\udce9 \\ .patch")


def judged(key: str, verdict: Verdict, action: Action, name: PatchName = ODD) -> StoredJudgement:
    patch = Judgement(1, name, Fit.CONFLICT, verdict, action, "why", lines_after=3)
    return StoredJudgement(key, LIB, OLD, NEW, SeriesJudgement("1.0", "1.1", (patch,)), NOON)


def test_what_was_told_is_that_of_the_current_judgement(store: SqlStore) -> None:
    store.save_judgement(judged("one", Verdict.CONFLICT, Action.ASK))
    store.save_judgement(judged("two", Verdict.REFRESH, Action.REWRITE))
    assert store.told() == []
    store.set_current(LIB, "one", at=LATER)
    store.set_current(LIB, "two", at=LATER)
    [told] = store.told()
    assert (told.name, told.verdict, told.action, told.key, told.lines_after) == (
        ODD,
        Verdict.REFRESH,
        Action.REWRITE,
        "two",
        3,
    )


def test_a_refresh_counts_once_it_is_accepted_and_a_conflict_once_for_each_release(store: SqlStore) -> None:
    for key, verdict, action in (
        ("one", Verdict.CONFLICT, Action.ASK),
        ("two", Verdict.CONFLICT, Action.ASK),
        ("three", Verdict.REFRESH, Action.REWRITE),
    ):
        store.save_judgement(judged(key, verdict, action))
    assert store.tolls() == {(LIB, ODD): Toll(NOON, 0, 1)}
    store.save_proposal(replace(record("1"), status=ProposalStatus.ACCEPTED))
    assert store.tolls() == {(LIB, ODD): Toll(NOON, 1, 1)}


def test_a_judgement_against_its_own_base_is_no_toll(store: SqlStore) -> None:
    store.save_judgement(replace(judged("one", Verdict.CONFLICT, Action.ASK), target=OLD))
    assert store.tolls() == {(LIB, ODD): Toll(NOON)}
    assert store.events() == []


def test_standings_are_written_where_they_change(store: SqlStore) -> None:
    standing = Standing(LIB, "1.0", "a" * 40, "1.2", 2, NOON, "1.1", NOON, "1.0", 12, 1 << 40)
    store.save_standings([standing])
    store.save_standings([replace(standing, at=LATER)])
    assert store.standings() == {LIB: standing}
    store.save_standings([replace(standing, behind=3, at=LATER)])
    assert store.standings()[LIB].behind == 3


def test_a_work_tree_is_remembered_as_it_was(store: SqlStore) -> None:
    assert store.kept() == Reading()
    facts = Facts(("a", "b\udce9"), 1, 2, 3, "x", NOON.date(), ("CVE-2024-1",), Forwarded.SENT, readable=False)
    kept = Kept(
        LIB, "patches/lib", "git:x", None, ("ann",), True, "stable", "8.*", (Carried(ODD, "d", 1, facts, "why", True),)
    )
    reading = Reading("key", (kept,), "a" * 40, "manner", ("patches/caf\udce9",), ("keys/lib.asc",), ("broken",))
    store.save_kept(reading)
    assert store.kept() == reading


def test_a_work_tree_that_was_read_before_its_pins_were_kept_has_none(store: SqlStore) -> None:
    with store.transaction():
        session = store._open.session
        assert session is not None
        session.add(KeptRow(scope="work tree", key="key", document=zlib.compress(b"[1,[]]")))
    assert store.kept() == Reading("key")


@pytest.mark.parametrize(
    "document", [b"", b"no zlib", zlib.compress(b"["), zlib.compress(b"7"), zlib.compress(b"[1,[[]],[]]")]
)
def test_a_damaged_reading_is_none_and_is_written_again(store: SqlStore, document: bytes) -> None:
    reading = Reading("key", (), "head")
    store.save_kept(reading)
    with store._session(writes=True) as session:
        session.merge(KeptRow(scope="work tree", key="key", document=document))
    assert store.kept() == Reading()
    store.save_kept(reading)
    assert store.kept() == reading


def test_a_drop_knows_when_its_release_came_out(store: SqlStore) -> None:
    gone = dropped(at=LATER)
    store.archive(replace(gone, judgement=replace(gone.judgement, first_release="v1.0")))
    [drop] = store.drops(LIB)
    assert (drop.released, drop.days) == (None, None)
    store.record_releases(LIB, [replace(OLD, date=LATER - timedelta(days=7))], NOON)
    [drop] = store.drops()
    assert (drop.first_release, drop.days) == ("v1.0", 7)
    assert store.drops(PackageName("other")) == []


def test_events_come_newest_first(store: SqlStore) -> None:
    store.save_judgement(judged("one", Verdict.CONFLICT, Action.ASK))
    store.save_proposal(replace(record("1", LATER), status=ProposalStatus.REJECTED, updated=LATER + timedelta(days=1)))
    assert [event.deed for event in store.events()] == [Deed.REJECTED, Deed.PROPOSED, Deed.JUDGED]
    assert (store.events()[-1].asks, store.waiting()) == (1, [])


def test_what_was_judged_before_is_taken_over(url: str) -> None:
    """A database of the schema before, with rows that this syncbot wrote, is brought to this one."""
    opened = open_store(url)
    opened.save_judgement(judged("one", Verdict.CONFLICT, Action.ASK))
    opened.save_judgement(judged("two", Verdict.REFRESH, Action.REWRITE))
    opened.set_current(LIB, "two")
    told, tolls = opened.told(), opened.tolls()
    opened.close()
    engine = make_engine(url, 5)
    with engine.connect() as connection, connection.begin():
        command.downgrade(config(connection), "0003")
        assert "told" not in inspect(connection).get_table_names()
    engine.dispose()
    again = open_store(url)
    assert (again.told(), again.tolls()) == (told, tolls)
    again.close()


def test_what_reports_need_of_documents_is_taken_over_and_read_from_them_where_it_is_missing(url: str) -> None:
    """From the schema before; and where a process of an earlier syncbot, which still runs, leaves it out."""
    opened = open_store(url)
    opened.record_releases(LIB, [replace(OLD, date=LATER - timedelta(days=7))], NOON)
    for number, first in enumerate((None, "", NEW.version, NEW.name, OLD.name, "caf\udce9 \\")):
        gone = dropped(at=LATER + timedelta(days=number))
        judgement = replace(gone.judgement, first_release=first)
        opened.archive(replace(gone, judgement=judgement, name=PatchName(f"{number}.patch"), target=NEW))
    one = judged("one", Verdict.HELD, Action.KEEP)
    fact = Evidence("held", "it is there \\", CommitId("5" * 40), "caf\udce9", "jane", "2026-01-02", "1.2", "https://x")
    held = replace(one.judgement.patches[0], evidence=(replace(fact, kind="text"), fact, replace(fact, commit=None)))
    opened.save_judgement(replace(one, judgement=SeriesJudgement("1.0", "1.1", (held,))))
    opened.set_current(LIB, "one")
    said = (opened.drops(), opened.held(["one"]))
    assert [drop.days for drop in said[0]][1] == 11
    assert [len(facts) for facts in said[1].values()] == [2]
    opened.close()
    engine = make_engine(url, 5)
    with engine.connect() as connection, connection.begin():
        command.downgrade(config(connection), "0009")
    engine.dispose()
    again = open_store(url)
    assert (again.drops(), again.held(["one"])) == said
    with again._session(writes=True) as session:
        session.connection().execute(text("UPDATE told SET held = ''"))
        session.connection().execute(text("UPDATE dropped SET told = ''"))
    assert (again.drops(), again.held(["one"])) == said
    again.close()
