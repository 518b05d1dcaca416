"""What syncbot remembers. The only room behind it knows SQL; values go in and come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from syncbot.ports.dealings import Dealings
from syncbot.ports.glance import Glance
from syncbot.ports.hosts import HostTurns
from syncbot.ports.measures import Measuring
from syncbot.ports.past import Past
from syncbot.ports.queue import Sharing
from syncbot.ports.running import Running
from syncbot.ports.tokens import Tokens

if TYPE_CHECKING:
    from syncbot.model.ids import Fingerprint, PackageName
    from syncbot.model.memory import Memory
    from syncbot.model.proposals import DroppedPatch, ProposalRecord, Run, StoredJudgement
    from syncbot.model.releases import Release


class Store(Dealings, Measuring, Past, Running, Tokens, Glance, Sharing, HostTurns, Protocol):
    """Raises StoreError. Every method is a transaction of its own unless called inside `transaction()`."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing for what is called inside; nests."""

    def begin_run(self, kind: str, at: datetime) -> Run: ...

    def finish_run(self, run: Run, at: datetime, outcome: str) -> Run: ...

    def runs(self, limit: int = 20) -> Sequence[Run]:
        """Newest first."""

    def releases(self, package: PackageName) -> Mapping[str, Release]:
        """{version: release} as it was when first seen."""

    def releases_of(self, packages: Sequence[PackageName]) -> Mapping[PackageName, Mapping[str, Release]]:
        """`releases` of many packages, in few questions."""

    def judgements_by(self, keys: Sequence[str]) -> Mapping[str, StoredJudgement]:
        """`judgement` of many keys, in few questions; those that there are."""

    def fits(self, package: PackageName) -> Mapping[str, str]:
        """{key: version} of the base that was found out for a package that declares none."""

    def save_fits(self, package: PackageName, fits: Mapping[str, str]) -> None:
        """In place of what was found out before."""

    def memories(self, key: str) -> Sequence[Memory]:
        """What the judge was asked about this, newest first."""

    def remember(self, memories: Sequence[Memory], at: datetime) -> None:
        """Add them; of each package the newest few are kept."""

    def sizes(self) -> Mapping[str, int]:
        """{key of a patch's content: its lines}."""

    def save_sizes(self, sizes: Mapping[str, int]) -> None: ...

    def record_releases(self, package: PackageName, releases: Sequence[Release], at: datetime) -> None:
        """Add those not seen yet; never overwrites."""

    def judgement(self, key: str) -> StoredJudgement | None: ...

    def save_judgement(self, judgement: StoredJudgement) -> None:
        """Idempotent by key."""

    def judgements(self, package: PackageName) -> Sequence[StoredJudgement]:
        """Newest first. A judgement that was made again later (same key) counts as of its first time."""

    def current(self) -> Mapping[PackageName, StoredJudgement]:
        """The judgement that each package's last check came to."""

    def current_keys(self) -> Mapping[PackageName, tuple[str, str]]:
        """{package: (the judgement's key, the key of what was asked last)}, without reading the judgements."""

    def set_current(self, package: PackageName, key: str, asked: str = "", at: datetime | None = None) -> None:
        """`asked`: the key of the question, where another one had this judgement first; `at`: since when, None: since
        the judgement was made. Writes only where it changes."""

    def rejected(self, fingerprint: Fingerprint) -> str | None:
        """The reason, None where it was not rejected."""

    def reject(self, package: PackageName, fingerprint: Fingerprint, reason: str, at: datetime) -> None: ...

    def forget_rejection(self, fingerprint: Fingerprint) -> None: ...

    def save_proposal(self, record: ProposalRecord, at: datetime | None = None) -> None:
        """Insert or update by id; writes only where something changed. `at`: since when that is known, None: since it
        was changed."""

    def proposals(self, *, elsewhere: bool = False) -> Sequence[ProposalRecord]:
        """Newest first. `elsewhere`: those of forges that were used before, too; the id of such a one is the forge's
        name, a colon, and the id there."""

    def archive(self, dropped: DroppedPatch) -> None:
        """Keep a dropped patch. Idempotent by package, name, target version and content."""

    def dropped(self, package: PackageName | None = None) -> Sequence[DroppedPatch]:
        """Newest first."""

    def mark_restored(self, dropped: DroppedPatch, at: datetime | None = None) -> None:
        """`at`: since when, None: since it was dropped."""
