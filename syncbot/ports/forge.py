"""Where proposals are shown and answered.

A forge is the sum of four small Protocols, so that a service asks for no more than it uses. Words from a forge are
hostile text; ids are the forge's own, as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from syncbot.model.forge import (
        BranchWork,
        Check,
        Comment,
        Details,
        Issue,
        OtherProposal,
        Permission,
        Person,
        Reaction,
        Write,
    )
    from syncbot.model.ids import CommitId, PackageName
    from syncbot.model.proposals import Beside, Proposal, ProposalRecord
    from syncbot.model.trees import Entry


class Proposals(Protocol):
    """One open proposal per package, downstream branch and line, found by identity, never by title. Raises
    ForgeError, ForgeRefused, ForgeStopped."""

    def find(self, package: PackageName, line: str) -> ProposalRecord | None:
        """The newest proposal for it, in whatever state, also where its title or branch was renamed."""

    def list(self) -> Sequence[ProposalRecord]:
        """Every proposal, newest first. Closed by syncbot: CLOSED; by anybody else, REJECTED, another bot included."""

    def propose(self, proposal: Proposal, at: datetime, *, discard: bool = False) -> ProposalRecord:
        """Open it, or update the open one of the same package and line in place. Nothing is written where the open one
        says and does the same. The branch's tip builds the promised tree, with what people put on the branch replayed
        on top. Where that does not apply, branch and words stay, one comment says so, the new version stands on
        `<branch>-next` (see `beside`), and the record's note says which; `discard` overwrites the branch instead. Once
        people have merged `<branch>-next` into the branch, that is the version, and `<branch>-next` goes."""

    def beside(self, id: str) -> Beside | None:
        """The newer version of a proposal that stands on a branch beside its own."""

    def downstream_head(self) -> CommitId | None:
        """Where the downstream branch stands on the forge; None where proposals are merged in the workspace itself."""

    def tidy(self, id: str) -> None:
        """Take away what a proposal leaves that ended on the forge: the branch beside its own, unless people put
        something on it."""

    def work(self, id: str) -> BranchWork | None:
        """What people put on an open proposal's branch, None where that is nothing."""

    def accept(self, id: str, at: datetime, *, head: CommitId | None = None) -> ProposalRecord:
        """Merge it into the downstream branch, at the recorded tip or not at all; at `head`, where that is given:
        somebody looked at what people put on its branch, and its branch stands there. Refuses (ForgeRefused) where that
        does not merge cleanly or the forge protects the branch; nothing is half-done then."""

    def reject(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        """Close it as a person's no, which is remembered by content."""

    def close(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        """Withdraw it: its reason is gone. Not a rejection."""

    def reopen(self, id: str, at: datetime) -> ProposalRecord:
        """Open a closed one again, its branch made again where it was deleted. Refuses what was accepted."""

    def outcome(self, record: ProposalRecord) -> Mapping[str, Entry | None]:
        """{path: what its tip has there} of all that it changes; empty where its commits are not at hand."""

    def taken(self, id: str, at: datetime, *, beside: bool = False) -> ProposalRecord:
        """Record an open one as accepted: the downstream branch has all of it, by other commits than its own; of the
        version `beside` it, where that is said, and the record is of that version."""

    def details(self, id: str) -> Details: ...

    def page(self, id: str) -> str:
        """Where people see it, without asking for more than `list` does; empty where there is no such place."""

    def others(self) -> Sequence[OtherProposal]:
        """Open proposals to the same downstream branch that are not syncbot's."""

    def other_diff(self, id: str) -> bytes:
        """What a person's proposal changes, as a unified diff of git."""

    def label(self, id: str, add: Sequence[str], remove: Sequence[str] = ()) -> None:
        """Works for an issue, too. Nothing is written where it is so already."""

    def assign(self, id: str, logins: Sequence[str]) -> Sequence[str]:
        """Gives those whom the forge did not take; that is no error."""

    def ask_review(self, id: str, reviewers: Sequence[str]) -> Sequence[str]:
        """Logins, or `org/team`. Gives those whom the forge did not take (left, the author, unknown): no error."""

    def auto_merge(self, id: str, head: CommitId | None) -> bool:
        """Have the forge merge it once its required checks passed, if its branch still stands at `head`; None takes
        that back. False where the forge (or this repository) has no such thing."""


class Talk(Protocol):
    """Comments, on proposals and issues alike."""

    def me(self) -> Person: ...

    def comments(self, id: str) -> Sequence[Comment]:
        """Oldest first."""

    def comment(self, id: str, body: str, at: datetime) -> Comment:
        """Write it, unless syncbot's own newest comment there says exactly that."""

    def react(self, id: str, comment: str, reaction: Reaction) -> None:
        """On comment `comment` of proposal or issue `id`. Nothing where it is there already."""

    def minimise(self, id: str, comment: str) -> None:
        """Fold away a comment of syncbot's own that is out of date."""

    def permission(self, login: str) -> Permission:
        """NONE for one who is unknown or gone."""

    def codeowners(self) -> str | None:
        """The text of the CODEOWNERS file that the forge obeys, on the downstream branch; None where there is none."""


class Board(Protocol):
    """Issues of syncbot's own, found by a marker that stands in their body."""

    def find_issue(self, marker: str) -> Issue | None:
        """The oldest of syncbot's own issues whose body holds the marker, open or closed."""

    def open_issue(self, title: str, body: str, labels: Sequence[str], at: datetime) -> Issue:
        """The body holds its marker. Looked up before a create is repeated, so that none is doubled."""

    def update_issue(self, id: str, title: str, body: str, at: datetime) -> Issue:
        """Nothing is written where both are so already. Read it (find_issue) just before: ticks of people stand there.
        Never opens a closed one: that a person closed it is a word to syncbot."""


class Checks(Protocol):
    """Results on commits."""

    def report_check(self, commit: CommitId, check: Check) -> None:
        """Set syncbot's own result of that name; nothing where it says so already."""

    def checks(self, commit: CommitId) -> Sequence[Check]:
        """The newest result of each name, syncbot's own included."""


class Forge(Proposals, Talk, Board, Checks, Protocol):
    """All of it. `rehearsing`: inside, nothing is changed, and what would be is added to the list in order."""

    def stopped(self) -> str | None:
        """Why the bot must not write (kill switch: setting, environment, a label on the repository), else None. Writes
        raise ForgeStopped then; reads go on."""

    def rehearsing(self) -> AbstractContextManager[Sequence[Write]]: ...


class Pace(Protocol):
    """Asked before each change: `content` where it makes something that people are told of (a proposal, a comment, an
    issue). Waits until it may be made; raises ForgeBusy where that would take too long."""

    def __call__(self, *, content: bool) -> None: ...
