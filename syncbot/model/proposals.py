"""A proposal: one package, on one downstream branch and line, to one release. And the records that the store keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from syncbot.model.ids import CommitId, Fingerprint, PackageName, PatchName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.releases import Release


@dataclass(frozen=True, slots=True)
class ProposalCommit:
    """One commit: its message and what it changes, {path from the repository's root: new bytes, None to delete}."""

    message: str
    changes: Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a forge is asked to show. `line` is the release line it stays on (`stable`, `8.*`); `branch` the stable
    branch name; `parent` the downstream commit it stands on; `fingerprint` the identity of its content.

    `labels` are syncbot's: one that an earlier version had and this one has not is taken off, those of people stay.
    `assignees` and `reviewers` (logins, `org/team`) are asked once, when it is opened."""

    package: PackageName
    line: str
    branch: str
    parent: CommitId
    commits: tuple[ProposalCommit, ...]
    title: str
    body: str
    fingerprint: Fingerprint
    draft: bool
    target_version: str
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProposalRecord:
    """A proposal as it stands on a forge. `id` is the forge's own word (a number, as text)."""

    id: str
    package: PackageName
    line: str
    branch: str
    tip: CommitId
    parent: CommitId
    title: str
    body: str
    fingerprint: Fingerprint
    draft: bool
    target_version: str
    status: ProposalStatus
    opened: datetime
    updated: datetime
    note: str = ""
    """Why it was rejected or closed; of an open one, what stands in the way of updating it."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The newest version of an open proposal on a branch of its own, since commits that people put on the proposal's
    branch do not go with it. Names as in `ProposalRecord`."""

    branch: str
    tip: CommitId
    parent: CommitId
    title: str
    fingerprint: Fingerprint
    draft: bool
    target_version: str

    def of(self, record: ProposalRecord) -> ProposalRecord:
        """The record as it would be, did this version stand on the proposal's own branch."""
        return replace(
            record,
            tip=self.tip,
            parent=self.parent,
            title=self.title,
            fingerprint=self.fingerprint,
            draft=self.draft,
            target_version=self.target_version,
        )

    @classmethod
    def at(cls, branch: str, tip: CommitId, proposal: Proposal) -> Beside:
        """This version at `tip` of a branch that is not its own."""
        told = (proposal.parent, proposal.title, proposal.fingerprint, proposal.draft, proposal.target_version)
        return cls(branch, tip, *told)


@dataclass(frozen=True, slots=True)
class StoredJudgement:
    """A series judgement with what it was about and when it was first made. `key` is made of all its inputs."""

    key: str
    package: PackageName
    base: Release
    target: Release
    judgement: SeriesJudgement
    at: datetime


@dataclass(frozen=True, slots=True)
class DroppedPatch:
    """A patch that left the tree: its text, verdict and evidence stay."""

    package: PackageName
    name: PatchName
    content: bytes
    strip: int | None
    judgement: Judgement
    base: Release
    target: Release
    proposal: str
    at: datetime
    restored: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the daily job. `outcome` is JSON text, None while it runs. `host`, `pid`: who does it; `cause`: the
    schedule or the command that made it."""

    id: int
    kind: str
    started: datetime
    finished: datetime | None = None
    outcome: str | None = None
    host: str = ""
    pid: int = 0
    cause: str = ""
