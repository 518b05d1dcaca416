"""The local forge for commands that only read: records are files, and the libraries that make branches take longer to
load than those to be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncbot.forges.folder import ProposalFolder

if TYPE_CHECKING:
    from syncbot.model.proposals import ProposalRecord
    from syncbot.ports import Forge


class LocalGlance:
    """Implements `syncbot.ports.Forge`: lists the proposals below `folder` by itself, all else by the `whole` one."""

    def __init__(self, folder: Path, whole: Forge) -> None:
        self._folder, self._whole = folder, whole

    def list(self) -> Sequence[ProposalRecord]:
        return [kept.record for kept in ProposalFolder(self._folder).all(ticks=True)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)
