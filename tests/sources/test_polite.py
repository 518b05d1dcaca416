"""Turns at hosts, shared by processes through files."""

from __future__ import annotations

import threading
from pathlib import Path

from syncbot.sources.polite import Turns


def test_one_host_has_so_many_turns_at_a_time_and_others_have_their_own(tmp_path: Path) -> None:
    slept: list[float] = []

    class Full(Exception):
        pass

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        raise Full

    turns = Turns(tmp_path, 2, None, sleep=sleep)
    with turns("a"), turns("a"), turns("b"):
        try:
            with turns("a"):
                raise AssertionError("a third one at the same time")
        except Full:
            pass
    assert len(slept) == 1
    with turns("a"), turns("a"):
        pass


def test_who_waits_goes_on_when_the_other_is_done(tmp_path: Path) -> None:
    turns = Turns(tmp_path, 1, None)
    order: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with turns("a"):
            order.append("second")

    with turns("a"):
        thread = threading.Thread(target=second)
        thread.start()
        begun.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_no_more_than_so_many_within_a_minute(tmp_path: Path) -> None:
    now = [1000.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    turns = Turns(tmp_path, 4, 2, lambda: now[0], sleep)
    for _ in range(3):
        with turns("a"):
            now[0] += 10
    assert slept == [40.0]  # the third waits until the first is a minute old


def test_a_clock_that_was_set_back_costs_a_minute_at_most(tmp_path: Path) -> None:
    now, slept = [9000.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    turns = Turns(tmp_path, 4, 1, lambda: now[0], sleep)
    with turns("a"):
        pass
    now[0] = 1000.0
    with turns("a"):
        pass
    assert sum(slept) <= 60.0


def test_a_place_on_this_machine_waits_for_none(tmp_path: Path) -> None:
    with Turns(tmp_path / "new", 1, 1)(""):
        pass
    assert not (tmp_path / "new").exists()
