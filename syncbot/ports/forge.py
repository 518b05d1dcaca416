"""Where proposals are shown and answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from syncbot.model.ids import PackageName
from syncbot.model.proposals import Proposal, ProposalRecord


class Forge(Protocol):
    """A forge keeps one open proposal per package, downstream branch and line, found by identity, never by title.
    Raises ForgeError."""

    def find(self, package: PackageName, line: str) -> ProposalRecord | None:
        """The newest proposal for it, in whatever state."""

    def list(self) -> Sequence[ProposalRecord]:
        """Every proposal, newest first."""

    def propose(self, proposal: Proposal, at: datetime) -> ProposalRecord:
        """Open it, or update the open one of the same package and line in place. Nothing is written where the open one
        has the same fingerprint, parent, title and body. The branch's tip builds the promised tree."""

    def accept(self, id: str, at: datetime) -> ProposalRecord:
        """Merge it into the downstream branch and its work tree. Refuses (ForgeError) where that would touch files
        with uncommitted changes or does not merge cleanly; nothing is half-done then."""

    def reject(self, id: str, reason: str, at: datetime) -> ProposalRecord: ...

    def close(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        """Withdraw it: its reason is gone. Not a rejection."""
