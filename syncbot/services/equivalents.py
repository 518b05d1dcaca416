"""Open proposals of people that do what the bot would propose."""

from __future__ import annotations

from functools import cached_property

from syncbot.errors import ForgeError
from syncbot.model.forge import OtherProposal, PersonKind
from syncbot.plan.equivalent import does_the_same
from syncbot.plan.model import Plan
from syncbot.services.workspace import Workspace


class Others:
    """Asked once a run, and only where something is to be proposed."""

    def __init__(self, workspace: Workspace) -> None:
        self._forge = workspace.forge

    @cached_property
    def _diffs(self) -> list[tuple[OtherProposal, bytes]]:
        found = []
        for other in self._forge.others():
            if other.author.kind is PersonKind.PERSON and not other.author.me:
                try:
                    found.append((other, self._forge.other_diff(other.id)))
                except ForgeError:  # too large to be shown, or closed in between: then it stops nobody
                    continue
        return found

    def same(self, plan: Plan) -> OtherProposal | None:
        """A person's proposal that does the same."""
        return next((other for other, diff in self._diffs if does_the_same(plan, diff)), None)
