"""The crew of processes: results in order, the dead replaced, nobody left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from syncbot.errors import InputError
from syncbot.ports.crew import Bench, Crew, Lost
from syncbot.services.crew import Here
from syncbot.settings import read_workspace
from syncbot.wiring import processes
from syncbot.wiring.processes import Processes, how_many
from tests.wiring import hands

WORDS = ["a", "b", "c", "d", "e", "f", "g"]


class Told(list[str]):
    """A progress that remembers what it was told."""

    def __call__(self, what: str, done: int, total: int) -> None:
        self.append(what)


TOLD = Told()


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """One crew for all: it takes a moment to start, and whatever happens it is to work on."""
    made = crew_of(tmp_path_factory.mktemp("workspace"), TOLD, 2)
    yield made
    made.close()


def crew_of(folder: Path, told: Told, jobs: int) -> Processes:
    return Processes(read_workspace(folder, {}), os.environ, told, jobs, here(told))


def here(told: Told, stop: Callable[[], None] = lambda: None) -> Here:
    return Here(Bench(lambda package: pytest.fail("no source is wanted here"), told), stop)


def groups(tasks: Sequence[object]) -> list[list[partial[object]]]:
    """Each task alone in its group."""
    return [[partial(lambda task: task, task)] for task in tasks]


def test_results_come_in_the_order_of_the_tasks(crew: Processes) -> None:
    assert crew.each(hands.shout, groups(WORDS), word="shouted") == [w.upper() for w in WORDS]
    assert TOLD[-1] == "shouted 7 of 7"
    assert any(what.endswith("shouting a") for what in TOLD)


def test_several_lanes_and_groups_keep_their_order(crew: Processes) -> None:
    made = [[partial(str, f"{group}{at}") for at in "xyz"] for group in WORDS]
    expected = [f"{group}{at}".upper() for group in WORDS for at in "xyz"]
    assert crew.each(hands.shout, made, lanes=4) == expected


def test_work_is_done_in_other_processes_and_they_are_kept_for_the_next(crew: Processes) -> None:
    first = set(crew.each(hands.whose, groups(WORDS)))
    assert os.getpid() not in first
    assert set(crew.each(hands.whose, groups(WORDS))) <= first


def test_one_job_or_one_task_is_done_here(tmp_path: Path, crew: Processes) -> None:
    assert set(crew_of(tmp_path, Told(), 1).each(hands.whose, groups(WORDS))) == {os.getpid()}
    assert crew.each(hands.whose, groups(["a"])) == [os.getpid()]


@pytest.mark.parametrize(
    ("word", "why", "lanes"),
    [
        ("kill", "its process was ended by SIGKILL", 1),
        ("kill", "its process was ended by SIGKILL", 3),
        ("exit", "its process ended with status 3", 1),
        ("memory", "it ended with MemoryError", 3),
        ("bug", "it ended with KeyError", 3),
    ],
)
def test_what_kills_its_process_is_lost_alone(crew: Processes, word: str, why: str, lanes: int) -> None:
    words = ["a", "b", word, "c", "d", "e"]
    expected = [Lost(why) if each == word else each.upper() for each in words]
    assert crew.each(hands.fragile, groups(words), lanes=lanes) == expected
    assert crew.each(hands.shout, groups(WORDS)) == [w.upper() for w in WORDS], "the crew works on"


def test_the_rest_of_a_group_goes_on_after_a_loss(crew: Processes) -> None:
    made = [[partial(str, word) for word in ("a", "kill", "b")], [partial(str, "c")]]
    assert crew.each(hands.fragile, made) == ["A", Lost("its process was ended by SIGKILL"), "B", "C"]


def test_who_only_shared_a_process_with_the_guilty_one_is_tried_again(crew: Processes, tmp_path: Path) -> None:
    places = [tmp_path / word for word in WORDS]
    for place in places[1:]:
        place.touch()
    found = crew.each(hands.once, groups(places), lanes=8)
    assert found[1:] == ["well"] * 6
    assert found[0] in ("well", Lost("its process was ended by SIGKILL"))


def test_a_result_that_cannot_travel_is_lost(crew: Processes) -> None:
    found = crew.each(hands.untold, groups(["a", "lambda", "b"]))
    assert (found[0], found[2]) == ("a", "b")
    assert isinstance(found[1], Lost)


def test_our_errors_travel_whole(crew: Processes) -> None:
    error, _ = crew.each(hands.refused, groups(["x/series", "y"]))
    assert isinstance(error, InputError)
    assert str(error) == "x/series:7: it is no patch; look at it"
    assert (error.path, error.line, error.what, error.remedy) == (
        "x/series",
        7,
        "x/series:7: it is no patch",
        "look at it",
    )


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell how large a process is")
def test_a_process_that_has_grown_is_replaced(crew: Processes) -> None:
    pids = crew.each(hands.grown, groups([processes.TIRED] * 3))
    assert len(set(pids)) == 3


@pytest.mark.parametrize(
    ("jobs", "groups", "found"), [(None, 0, 0), (None, 7, 0), (None, 16, 2), (None, 900, 3), (1, 9, 0), (8, 3, 3)]
)
def test_a_few_packages_are_worth_no_process(
    jobs: int | None, groups: int, found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "cores", lambda: 3)
    assert how_many(jobs, groups) == found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int) -> bool:
    """Whether a process ends, be it after a moment."""
    for _ in range(500):
        if not alive(pid):
            return True
        time.sleep(0.01)
    return False


def interrupted_when(begun: Path) -> None:
    """Ctrl-C, as soon as the file is there."""
    while not begun.exists() or not begun.read_text():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("alone", [False, True])
def test_an_interrupt_ends_the_work_and_the_workers(tmp_path: Path, alone: bool) -> None:
    begun, never = tmp_path / "begun", tmp_path / "never"
    stopped: list[str] = []
    crew: Crew = here(Told(), lambda: stopped.append("stopped")) if alone else crew_of(tmp_path, Told(), 2)
    threading.Thread(target=interrupted_when, args=(begun,), daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        crew.each(hands.waits, groups([(begun, never), (tmp_path / "other", never)]), lanes=2)
    if alone:
        assert stopped == ["stopped"]
        never.touch()
    else:
        assert gone(int(begun.read_text()))


def test_workers_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    """Even where it is killed: nobody is left to tell them."""
    begun = tmp_path / "begun"
    reader = os.fork()
    if reader == 0:
        try:
            crew = crew_of(tmp_path, Told(), 2)
            crew.each(hands.waits, groups([(begun, tmp_path / "never"), (tmp_path / "other", tmp_path / "never")]))
        finally:
            os._exit(1)
    while not begun.exists() or not begun.read_text():
        time.sleep(0.01)
    os.kill(reader, signal.SIGKILL)
    os.waitpid(reader, 0)
    assert gone(int(begun.read_text()))
