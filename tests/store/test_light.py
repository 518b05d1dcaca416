"""The store of commands that only read: it says what the whole store says, and is the whole store where it must be."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncbot.errors import StoreError
from syncbot.model.dealings import PatchWord, Wish
from syncbot.model.ids import CommitId, PackageName
from syncbot.model.judgement import Evidence, SeriesJudgement
from syncbot.model.measures import Entered, Inputs, Kept, Reading, Standing
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.releases import Release
from syncbot.model.running import Failure, Holder, Note, NoteState
from syncbot.model.verdicts import Action, Verdict
from syncbot.ports.past import Then
from syncbot.store import SqlStore, open_store
from syncbot.store.light import LightStore, open_to_read
from tests.store.test_measures import ODD, judged
from tests.store.test_store import LATER, LIB, NOON, dropped, record

OTHER = PackageName("Zo\xeb \\ \udce9")
"""A name that databases refuse as it is, and that is first in the order of bytes."""
QUESTIONS: dict[str, Callable[[Any], object]] = {
    "kept": lambda store: (store.kept(), store.kept_key()),
    "standings": lambda store: store.standings(),
    "told": lambda store: store.told(),
    "tolls": lambda store: store.tolls(),
    "drops": lambda store: (store.drops(), store.drops(LIB), store.drops(OTHER)),
    "waiting": lambda store: store.waiting(),
    "events": lambda store: (store.events(), store.events(LIB), store.events(since=NOON + timedelta(hours=1))),
    "dealt": lambda store: store.dealt(),
    "held": lambda store: store.held(["two", "a", "b", "c"]),
    "then": lambda store: [_then(store.as_of(at)) for at in (NOON, LATER)],
    "failures": lambda store: store.failures(),
    "runs": lambda store: (store.runs(), store.runs(1), store.notes(1), store.notes(9)),
    "judgements": lambda store: (store.judgement("two"), store.judgement("none"), store.judgements_by(["one", "two"])),
    "current": lambda store: (store.current_keys(), store.inputs([f"asked{LIB}", "none"])),
    "dropped": lambda store: (store.dropped(), store.dropped(LIB), store.dropped(OTHER)),
    "words": lambda store: (store.patch_words(), store.patch_words(LIB), store.patch_words(OTHER)),
    "releases": lambda store: store.releases_of([LIB, OTHER]),
}


def _then(then: Then) -> object:
    said = (then.first(), then.kept(), sorted(then.private_since()), then.standings(), then.told(), then.tolls())
    listed = (then.drops(), then.drops(LIB), then.waiting(), then.proposed(), then.proposal("1"), then.proposal("9"))
    return (*said, *listed, then.events(), then.events(LIB, NOON), then.weighed())


@pytest.fixture
def address(tmp_path: Path) -> str:
    """Of a file in which there is something of everything."""
    address = f"sqlite:///{tmp_path / 'state?' / 'a b.db'}"
    store = open_store(address)
    store.of_forge("files")
    for package in (LIB, OTHER):
        for key, verdict in (("one", Verdict.CONFLICT), ("two", Verdict.REFRESH)):
            store.save_judgement(replace(judged(f"{key}{package}", verdict, Action.ASK), package=package))
        store.set_current(package, f"two{package}", at=LATER)
        store.save_standings([Standing(package, "1.0", "id", "1.1", 1, NOON, "1.1", NOON, "1.0", 3, 4)])
        store.save_failure(Failure(package, "Unreachable", "was away", 2, NOON, LATER))
        store.record_releases(package, [Release("1.0", "v \\ 1", "id", NOON), Release("1.1", "v1.1", "id", None)], NOON)
        series = (Entered(ODD, "5" * 64, 1, "ours", False),)
        store.save_inputs(Inputs(f"asked{package}", package, "1", "", series))
        store.set_current(package, f"two{package}", asked=f"asked{package}", at=LATER)
        store.note_carried([Kept(package, "p", "git:u", "1.0", (), package == LIB, "", "", ())], (), LATER)
        store.save_patch_word(PatchWord(package, "stable", ODD, "1" * 64, Wish.KEEP, "ours \\ now", "jane", NOON))
    run = store.begin_run("sync", NOON)
    store.note_start(run, Holder("token", "host", 7), "by hand")
    store.save_notes(run, [Note(OTHER, NoteState.DONE, "why", NOON, False)])
    store.finish_run(run, LATER, "{}")
    store.begin_run("sync", LATER)
    store.save_judgement(judged("two", Verdict.REFRESH, Action.REWRITE))
    store.save_proposal(record("1"))
    store.save_proposal(replace(record("2"), package=OTHER, status=ProposalStatus.ACCEPTED))
    store.archive(replace(dropped(), name=ODD))
    for number, key in enumerate((*"ab", "c")):
        held = judged(key, Verdict.HELD, Action.KEEP)
        store.save_judgement(replace(held, package=PackageName(key), judgement=_held(held.judgement, number)))
    store.set_current(PackageName("a"), "a")
    store.set_current(PackageName("b"), "b")
    store.save_kept(Reading("a \\ key", (), manner="m"))
    store.close()
    return address


def _held(series: SeriesJudgement, facts: int) -> SeriesJudgement:
    fact = Evidence("held", "it is there \\", CommitId("5" * 40), "caf\udce9", "jane", "2026-01-02", "1.2", "https://x")
    return replace(series, patches=(replace(series.patches[0], evidence=(fact, replace(fact, kind="text")) * facts),))


@pytest.fixture
def light(address: str) -> Iterator[LightStore]:
    store = open_to_read(address)
    assert isinstance(store, LightStore)
    yield store
    store.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_says_what_the_whole_store_says(light: LightStore, address: str, question: str) -> None:
    whole = open_store(address)
    answer = QUESTIONS[question](whole)
    assert QUESTIONS[question](light) == answer
    assert answer, "there is something of everything"
    whole.close()


def test_what_it_has_not_is_asked_of_the_whole_store_and_then_everything(light: LightStore) -> None:
    """In a transaction only that one sees what was written."""
    with light.transaction():
        light.save_proposal(record("3"))
        assert (LIB, record("3").line, "3") in light.waiting()


def test_another_forge_than_before_is_the_whole_stores_work(light: LightStore) -> None:
    light.of_forge("another")
    assert [id for _, _, id in light.waiting()] == ["files:1"]


def test_reading_loads_neither_sqlalchemy_nor_pydantic(address: str) -> None:
    program = (
        "import sys; from syncbot.store.light import open_to_read; store = open_to_read(sys.argv[1]);"
        "store.of_forge('files'); assert store.told() and store.events(); store.close();"
        "print(sorted({'sqlalchemy', 'sqlmodel', 'pydantic', 'alembic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program, address], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_file_that_is_not_there_or_older_is_made_and_brought_up_to_date(tmp_path: Path, address: str) -> None:
    new = open_to_read(f"sqlite:///{tmp_path / 'new.db'}")
    assert isinstance(new, SqlStore)
    assert new.told() == []
    new.close()
    file = Path(address.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="newer"):
        open_to_read(address)


def test_what_is_damaged_is_told_in_the_whole_stores_words(tmp_path: Path) -> None:
    file = tmp_path / "no.db"
    file.write_bytes(b"not a database at all, but long enough to be looked at " * 30)
    with pytest.raises(StoreError, match="damaged"):
        open_to_read(f"sqlite:///{file}")


def test_a_file_that_breaks_while_it_is_read_is_told_so(light: LightStore, address: str) -> None:
    with sqlite3.connect(Path(address.removeprefix("sqlite:///"))) as connection:
        connection.execute("DROP TABLE told")
    connection.close()
    with pytest.raises(StoreError, match="told"):
        light.told()
