"""What the services work with: the ports, bound to one workspace. Built by `syncbot.wiring`, faked in tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncbot.errors import ForgeStopped
from syncbot.model.settings import ForgeKind, Settings
from syncbot.services.advising import NO_ADVISORIES, Advisories

if TYPE_CHECKING:
    from syncbot.model.ids import CommitId
    from syncbot.model.packages import Package
    from syncbot.ports import Clock, Downstream, Forge, Layout, Progress, Source, Store
    from syncbot.ports.crew import Crew
    from syncbot.ports.locker import Locker
    from syncbot.ports.running import Presence
    from syncbot.ports.verifier import Verifier

Files = Mapping[str, bytes | None]
"""{path with `/`: new bytes, None to delete}."""


def quiet(what: str, done: int, total: int) -> None:
    """A Progress that tells nobody."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One downstream repository with its settings, its memory and its forge.

    `source` opens an upstream for a package (`tag_pattern`, rewrites and limits applied); each call gives an object of
    its own. `write` puts files into the work tree, all or none; `bundle` writes a folder of files under the state
    directory and gives its path for people. `remote`: what a person gives `git fetch` for the branches of proposals,
    empty where there is none. `hands`: who does the work on packages; None: this process. `verifier`: who runs the
    packages' own commands on the patched release; None: nobody. `locker`: who makes lock files anew; None: nobody.
    """

    settings: Settings
    downstream: Downstream
    layout: Layout
    store: Store
    forge: Forge
    clock: Clock
    source: Callable[[Package], Source]
    write: Callable[[Files], None]
    bundle: Callable[[str, Mapping[str, bytes]], str]
    progress: Progress = quiet
    remote: str = ""
    hands: Crew | None = None
    stamp: str = ""
    """What pins the settings: a digest of the file that they stand in."""
    verifier: Verifier | None = None
    locker: Locker | None = None
    commit: Callable[[Package, CommitId, Sequence[str]], bytes] | None = None
    """A commit of upstream as a diff, of these paths alone (none: of all), without asking upstream; empty where it is
    not at hand. None: no commit ever is."""
    presence: Presence | None = None
    """Who this process is, to others that work on the same packages; None: nobody else does."""

    advisories: Advisories = NO_ADVISORIES
    """What advisories say of packages."""
    rehearsing: bool = False
    """Whether nothing that is written takes effect."""

    @property
    def by_hand(self) -> str:
        """`remote`, where people merge proposals themselves: the forge takes branches alone. Else empty."""
        return self.remote if self.settings.forge.kind is ForgeKind.GIT else ""

    @property
    def crew(self) -> Crew:
        """The hands that were given, else this process's own."""
        if self.hands is not None:
            return self.hands
        from syncbot.ports.crew import Bench  # noqa: PLC0415  # as the next one
        from syncbot.services.crew import Here  # noqa: PLC0415  # brings threads and queues; reports work on nothing

        return Here(Bench(self.source, self.progress))


def require_written(workspace: Workspace) -> None:
    """Raises ForgeStopped where the kill switch is on: it is asked before the first write, not at the last."""
    reason = workspace.forge.stopped()
    if reason is not None:
        raise ForgeStopped(f"nothing is written: {reason}", "take the stop back, then run it again")
