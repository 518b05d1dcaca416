"""What is kept so that nothing is asked twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncbot.errors import StoreError
from syncbot.model.ids import PackageName
from syncbot.model.memory import Memory
from syncbot.store import SqlStore
from syncbot.store.sql import KEPT
from tests.store.test_store import NEW, NOON, OLD, judged

ZLIB, CURL = PackageName("zlib"), PackageName("curl")
FACTS = (("target", "src/\udcff.c", "100644 " + "a" * 40), ("history", "knows", "src/a.c", "f" * 32))


def memory(number: int, package: PackageName = ZLIB, key: str = "key") -> Memory:
    patches = judged(f"{number}").judgement.patches
    return Memory(key, package, (*FACTS, ("day", str(number))), patches, number % 2 == 0)


def test_memories_come_back_whole_newest_first(store: SqlStore) -> None:
    store.remember([memory(1), memory(2)], NOON)
    store.remember([memory(3, key="other")], NOON)
    assert store.memories("key") == [memory(2), memory(1)]
    assert store.memories("nothing") == []


def test_of_each_package_the_newest_few_are_kept(store: SqlStore) -> None:
    store.remember([memory(0, CURL)], NOON)
    for number in range(KEPT + 3):
        store.remember([memory(number)], NOON)
    kept = [found.facts[-1][-1] for found in store.memories("key") if found.package == ZLIB]
    assert kept == [str(number) for number in reversed(range(3, KEPT + 3))]
    assert memory(0, CURL) in store.memories("key")


def test_a_base_that_was_found_out_replaces_the_one_before(store: SqlStore) -> None:
    store.save_fits(ZLIB, {"a": "1.0"})
    store.save_fits(ZLIB, {"b": "1.1"})
    assert store.fits(ZLIB) == {"b": "1.1"}
    assert store.fits(CURL) == {}


def test_sizes_are_added_once(store: SqlStore) -> None:
    store.save_sizes({"a": 1, "b": 2})
    store.save_sizes({"b": 2, "c": 3})
    assert store.sizes() == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("count", [0, 1, 501])
def test_many_are_read_in_few_questions(store: SqlStore, count: int) -> None:
    names = [PackageName(f"p{number}") for number in range(count)]
    with store.transaction():
        for name in names:
            store.record_releases(name, [OLD, NEW], NOON)
    assert store.releases_of(names) == {name: {OLD.version: OLD, NEW.version: NEW} for name in names}
    assert store.releases_of([ZLIB]) == {ZLIB: {}}
    assert store.releases_of([ZLIB])[ZLIB] == store.releases(ZLIB)


def test_judgements_are_found_by_their_keys(store: SqlStore) -> None:
    made = {key: judged(key, ZLIB) for key in ("a", "b")}
    for each in made.values():
        store.save_judgement(each)
    assert store.judgements_by(["b", "a", "none"]) == made


def test_a_package_s_judgement_may_answer_another_question_too(store: SqlStore) -> None:
    store.save_judgement(judged("a", ZLIB))
    store.set_current(ZLIB, "a")
    assert store.current_keys() == {ZLIB: ("a", "a")}
    store.set_current(ZLIB, "a", "later")
    assert store.current_keys() == {ZLIB: ("a", "later")}
    assert store.current()[ZLIB] == judged("a", ZLIB)
    store.set_current(ZLIB, "a", "a")
    assert store.current_keys() == {ZLIB: ("a", "a")}
    with pytest.raises(StoreError):
        store.set_current(CURL, "none", "later")


def test_releases_are_values_with_their_times(store: SqlStore) -> None:
    dated = replace(OLD, date=NOON, yanked=True)
    store.record_releases(ZLIB, [dated], NOON)
    assert store.releases(ZLIB) == {OLD.version: dated}
