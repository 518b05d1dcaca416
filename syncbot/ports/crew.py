"""Who works on packages: several hands, in processes of their own or in this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from syncbot.model.packages import Package
    from syncbot.ports.source import Progress, Source

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Bench:
    """What the work on one package has at hand, in whichever process it is done. No store, no forge: those belong to
    the process that hands the work out."""

    source: Callable[[Package], Source]
    progress: Progress


@dataclass(frozen=True, slots=True)
class Lost:
    """In the place of a result: whoever worked on it is gone, and why."""

    why: str


class Crew(Protocol):
    """Hands. What `each` is given travels to another process, perhaps: the work is a function of a module, tasks and
    results are values."""

    def each(
        self,
        work: Callable[[Bench, Task], Result],
        groups: Sequence[Sequence[Callable[[], Task]]],
        *,
        lanes: int = 1,
        word: str = "",
    ) -> list[Result | Lost]:
        """`work` done on every task; results in the order of the tasks, groups one after the other. A task is made (in
        the caller's thread) when its turn comes. Tasks of one group never run at the same time. `lanes`: how many
        groups one process may work on at a time, for work that waits for others more than it computes. `word`: what
        is done, for the progress. What `work` raises makes its task one that is lost."""
