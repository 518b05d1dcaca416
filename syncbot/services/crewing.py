"""Work on many packages handed to the crew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from syncbot.model.packages import Package
from syncbot.ports.crew import Bench, Lost
from syncbot.report.problems import PackageProblem
from syncbot.services import work
from syncbot.services.workspace import Workspace

T = TypeVar("T")
R = TypeVar("R")


class About(Protocol):
    """Something about one package."""

    @property
    def package(self) -> Package: ...


Item = TypeVar("Item", bound="Package | About")


def each(
    workspace: Workspace,
    done: Callable[[Bench, T], R | PackageProblem],
    items: Sequence[Item],
    task: Callable[[Item], T],
    word: str,
    lanes: int = 1,
) -> list[R | PackageProblem]:
    """What the crew makes of every item, in their order. Packages of one upstream go one after the other: they share a
    mirror."""
    groups: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        groups.setdefault(str(_package(item).upstream), []).append(at)
    tasks = [[partial(task, items[at]) for at in places] for places in groups.values()]
    results = workspace.crew.each(done, tasks, lanes=lanes, word=word)
    places = [at for group in groups.values() for at in group]
    found = dict(zip(places, results, strict=True))
    return [_or_problem(_package(item), found[at]) for at, item in enumerate(items)]


def _or_problem(package: Package, result: R | PackageProblem | Lost) -> R | PackageProblem:
    return work.lost(package.name, package.private, result.why) if isinstance(result, Lost) else result


def _package(item: Package | About) -> Package:
    return item if isinstance(item, Package) else item.package
