"""The past as it stood. A part of the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.events import Event
    from syncbot.model.ids import PackageName, PatchName
    from syncbot.model.measures import Drop, Kept, Standing, Told, Toll
    from syncbot.model.proposals import ProposalRecord


class Then(Protocol):
    """What was known at one moment; as the methods of the same names say it of now. Raises StoreError."""

    def first(self) -> datetime | None:
        """Since when it is recorded what packages carry; None where nothing is."""

    def kept(self) -> Sequence[Kept]:
        """The packages as they lay in the work tree, in order of name."""

    def private_since(self) -> Collection[PackageName]:
        """Packages that were private at some time after it."""

    def standings(self) -> Mapping[PackageName, Standing]: ...

    def told(self) -> Sequence[Told]: ...

    def tolls(self) -> Mapping[tuple[PackageName, PatchName], Toll]: ...

    def drops(self, package: PackageName | None = None) -> Sequence[Drop]: ...

    def waiting(self) -> Sequence[tuple[PackageName, str, str]]: ...

    def proposed(self) -> Sequence[ProposalRecord]:
        """Without bodies, as `Glance.proposed`."""

    def proposal(self, id: str) -> ProposalRecord | None:
        """With its body."""

    def events(self, package: PackageName | None = None, since: datetime | None = None) -> Sequence[Event]: ...

    def weighed(self) -> Sequence[Event]: ...


class Past(Protocol):
    """Raises StoreError."""

    def as_of(self, at: datetime) -> Then:
        """What was recorded until then, that moment included."""

    def note_carried(
        self, kept: Sequence[Kept], unread: Collection[str], at: datetime, *, among: Collection[str] | None = None
    ) -> None:
        """How packages lie in the work tree from then on. Of those that were looked `among` (None: all) the ones that
        are neither here nor `unread` are gone. Writes only what is new."""

    def save_texts(self, texts: Mapping[str, bytes]) -> None:
        """Texts of patches by their sha256 in hex. Writes only those that are not there."""

    def text(self, digest: str) -> bytes | None: ...
