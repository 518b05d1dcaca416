"""What the measures of the delta rest on. A part of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.events import Event
    from syncbot.model.ids import PackageName, PatchName
    from syncbot.model.measures import Drop, Held, Inputs, Reading, Standing, Told, Toll


class Measuring(Protocol):
    """Raises StoreError. Few questions each, whatever the number of packages."""

    def kept(self) -> Reading:
        """The work tree as it was read last; an empty one where none was."""

    def kept_key(self) -> str:
        """The key of the work tree that was read last, empty where none was."""

    def save_kept(self, reading: Reading) -> None:
        """In place of what was read before. Writes only where the key is another one."""

    def standings(self) -> Mapping[PackageName, Standing]:
        """Where each package stood when it was last checked."""

    def save_standings(self, standings: Sequence[Standing]) -> None:
        """Writes only those that are others than before, their time apart."""

    def save_inputs(self, inputs: Inputs) -> None:
        """Idempotent by key."""

    def inputs(self, keys: Sequence[str]) -> Mapping[str, Inputs]:
        """Those that there are, by key."""

    def told(self) -> Sequence[Told]:
        """What the last check of each package said of each of its patches, in order of package and series."""

    def held(self, keys: Sequence[str]) -> Mapping[tuple[str, PatchName], Sequence[Held]]:
        """By judgement and name, what was seen on the branch of the patches that are held in the judgements of these
        keys."""

    def tolls(self) -> Mapping[tuple[PackageName, PatchName], Toll]:
        """What carrying each patch has cost, as far as it was recorded."""

    def drops(self, package: PackageName | None = None) -> Sequence[Drop]:
        """Newest first."""

    def waiting(self) -> Sequence[tuple[PackageName, str, str]]:
        """(package, line, id) of each open proposal."""

    def events(self, package: PackageName | None = None, since: datetime | None = None) -> Sequence[Event]:
        """The history of one package or of all, newest first. `since`: only what happened then or later, and what
        happened to proposals that are open or were answered since."""

    def dealt(self) -> Sequence[Event]:
        """What `events` tells of all packages beside judgements, in no order."""
