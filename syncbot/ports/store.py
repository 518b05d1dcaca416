"""What syncbot remembers. The only room behind it knows SQL; values go in and come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from syncbot.model.ids import Fingerprint, PackageName
from syncbot.model.proposals import DroppedPatch, ProposalRecord, Run, StoredJudgement
from syncbot.model.releases import Release


class Store(Protocol):
    """Raises StoreError. Every method is a transaction of its own unless called inside `transaction()`."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing for what is called inside; nests."""

    def begin_run(self, kind: str, at: datetime) -> Run: ...

    def finish_run(self, run: Run, at: datetime, outcome: str) -> Run: ...

    def runs(self, limit: int = 20) -> Sequence[Run]:
        """Newest first."""

    def releases(self, package: PackageName) -> Mapping[str, Release]:
        """{version: release} as it was when first seen."""

    def record_releases(self, package: PackageName, releases: Sequence[Release], at: datetime) -> None:
        """Add those not seen yet; never overwrites."""

    def judgement(self, key: str) -> StoredJudgement | None: ...

    def save_judgement(self, judgement: StoredJudgement) -> None:
        """Idempotent by key."""

    def judgements(self, package: PackageName) -> Sequence[StoredJudgement]:
        """Newest first. A judgement that was made again later (same key) counts as of its first time."""

    def current(self) -> Mapping[PackageName, StoredJudgement]:
        """The judgement that each package's last check came to."""

    def set_current(self, package: PackageName, key: str) -> None:
        """Writes only where it changes."""

    def rejected(self, fingerprint: Fingerprint) -> str | None:
        """The reason, None where it was not rejected."""

    def reject(self, package: PackageName, fingerprint: Fingerprint, reason: str, at: datetime) -> None: ...

    def forget_rejection(self, fingerprint: Fingerprint) -> None: ...

    def save_proposal(self, record: ProposalRecord) -> None:
        """Insert or update by id; writes only where something changed."""

    def proposals(self) -> Sequence[ProposalRecord]:
        """Newest first."""

    def archive(self, dropped: DroppedPatch) -> None:
        """Keep a dropped patch. Idempotent by package, name, target version and content."""

    def dropped(self, package: PackageName | None = None) -> Sequence[DroppedPatch]:
        """Newest first."""

    def mark_restored(self, dropped: DroppedPatch) -> None: ...
