"""Who runs a package's own commands on the patched release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.trees import Tree


@dataclass(frozen=True, slots=True)
class Ran:
    """One command and how it ended: `status` is its exit status, negative for a signal, None where its time was up or
    it could not be started; `said` is a sentence for people."""

    command: str
    status: int | None
    said: str

    @property
    def passed(self) -> bool:
        return self.status == 0


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying came to: the commands up to the first that failed, and the log's path as people type it."""

    ran: tuple[Ran, ...]
    log: str

    @property
    def passed(self) -> bool:
        return all(one.passed for one in self.ran)


class Verifier(Protocol):
    def known(self, key: str) -> Verified | None:
        """What it came to when it was run for this key, None where it was not."""

    def run(self, key: str, tree: Tree, commands: Sequence[str]) -> Verified:
        """Run the commands one after the other in a folder of the tree's files, without any credential in their
        environment, and remember what it came to. At the time limit a command is killed with its children."""
