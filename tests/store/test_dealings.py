"""What the bot remembers of its dealings with people and forges."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncbot.errors import ForgeBusy
from syncbot.model.dealings import PatchWord, Wish
from syncbot.model.ids import PackageName, PatchName
from syncbot.store.opening import open_store
from syncbot.store.sql import SqlStore
from syncbot.wiring.pace import SharedPace

LIB = PackageName("lib")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
WORD = PatchWord(LIB, "stable", PatchName("a\udce9.patch"), "1" * 64, Wish.KEEP, "ours \\ now", "jane", NOON)


def test_words_on_patches_hold_until_they_are_replaced_or_forgotten(store: SqlStore) -> None:
    store.save_patch_word(WORD)
    other = replace(WORD, package=PackageName("zlib"), at=NOON + timedelta(1))
    store.save_patch_word(other)
    assert store.patch_words() == [WORD, other]
    newer = replace(WORD, wish=Wish.DROP, reason="", by="joe")
    store.save_patch_word(newer)
    assert store.patch_words(LIB) == [newer]
    store.forget_patch_words(LIB, "8.*")
    assert store.patch_words(LIB) == [newer]
    store.forget_patch_words(LIB, "stable")
    assert store.patch_words() == [other]


def test_an_order_is_obeyed_once(store: SqlStore) -> None:
    assert not store.obeyed("1/7")
    store.set_obeyed("1/7", NOON)
    store.set_obeyed("1/7", NOON + timedelta(1))
    assert store.obeyed("1/7")


def test_facts_are_kept_by_kind_and_forgotten(store: SqlStore) -> None:
    store.set_fact("a", "x", "1")
    store.set_fact("b", "x", "2")
    store.set_fact("a", "x", "3")
    assert (store.facts("a"), store.facts("b"), store.facts("c")) == ({"x": "3"}, {"x": "2"}, {})
    store.set_fact("a", "x", None)
    assert store.facts("a") == {}


def test_what_is_taken_back_with_a_transaction_was_never_said(store: SqlStore) -> None:
    def broken_off() -> None:
        with store.transaction():
            store.save_patch_word(WORD)
            store.set_obeyed("1/7", NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert store.patch_words() == []
    assert not store.obeyed("1/7")


def test_a_turn_a_second_for_each_account(store: SqlStore) -> None:
    assert store.take_turn("bot", NOON) == 0.0
    assert store.take_turn("bot", NOON) == 1.0
    assert store.take_turn("other", NOON) == 0.0
    assert store.take_turn("bot", NOON + timedelta(seconds=1)) == 0.0


def test_processes_share_one_budget(url: str) -> None:
    """Each with a store of its own, all at the same moment: one of them goes first."""

    def take(_at: int) -> float:
        mine = open_store(url)
        try:
            return mine.take_turn("bot", NOON)
        finally:
            mine.close()

    take(0)
    with ThreadPoolExecutor(4) as pool:
        waits = list(pool.map(take, range(8)))
    assert waits == [1.0] * 8


def test_an_hours_budget_is_used_up_by_whoever_comes_first(store: SqlStore) -> None:
    clock = [NOON]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += timedelta(seconds=seconds)

    pace = SharedPace(store, "bot", lambda: clock[0], sleep)
    for _ in range(500):
        pace(content=True)
    assert clock[0] - NOON == timedelta(seconds=499)
    assert set(slept) == {1.0}
    with pytest.raises(ForgeBusy, match="this hour's changes to the forge are used up") as busy:
        pace(content=False)
    assert busy.value.wait == pytest.approx(3600 - 499)
    clock[0] = NOON + timedelta(hours=1)
    pace(content=True)
