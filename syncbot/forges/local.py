"""The local forge: branches in a bare repository, records and Markdown pages beside it. No account, no server.

Every change is made in this order: objects, record, branch, page. Killed anywhere, the next call finds what is missing
and goes on: objects that nobody names do no harm, a record says where its branch was before, a page is written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from syncbot.errors import ForgeError, ForgeRefused, HostileInput, InputError
from syncbot.forges.folder import Kept, ProposalFolder
from syncbot.git.build import bring, build_commits, check_branch, has_commit, make_bare, move_branch, tip_of
from syncbot.git.landing import contains, land, reaches
from syncbot.model.ids import CommitId, PackageName
from syncbot.model.proposals import Proposal, ProposalRecord, ProposalStatus
from syncbot.model.settings import Identity


class LocalForge:
    """Implements `syncbot.ports.Forge` below `folder`, for the workspace whose work tree is `root`. An answered or
    withdrawn proposal is never touched again: the next one for its package and line gets the next id, and takes over
    the branch."""

    def __init__(self, folder: Path, root: Path, identity: Identity) -> None:
        self._folder = ProposalFolder(folder)
        self.repository = folder / "forge.git"
        self._root = root
        self._identity = identity

    def find(self, package: PackageName, line: str) -> ProposalRecord | None:
        found = self._folder.newest(package, line)
        return None if found is None else found.record

    def list(self) -> Sequence[ProposalRecord]:
        return [kept.record for kept in self._folder.all()]

    def propose(self, proposal: Proposal, at: datetime) -> ProposalRecord:
        """As the port says. Raises HostileInput for a branch name or path that git refuses, ForgeError where the branch
        holds commits that syncbot did not make."""
        check_branch(proposal.branch)
        with self._working():
            newest = self._folder.newest(proposal.package, proposal.line)
            known = newest if newest is not None and newest.record.status is ProposalStatus.OPEN else None
            if known is not None and _same(known.record, proposal) and has_commit(self.repository, known.record.tip):
                return known.record if self._is_pushed(known) else self._finish(known)
            was = self._free_tip(proposal.branch, known)
            make_bare(self.repository)
            bring(self.repository, self._root, proposal.parent)
            tip = build_commits(self.repository, proposal.parent, proposal.commits, self._identity, at)
            id = self._folder.next_id() if known is None else known.record.id
            opened = at if known is None else known.record.opened
            kept = Kept(_record(proposal, id, tip, opened, at), was)
            self._folder.write(kept)
            return self._finish(kept)

    def accept(self, id: str, at: datetime) -> ProposalRecord:
        """As the port says. Accepting again what is accepted changes nothing."""
        with self._working():
            kept = self._folder.get(id)
            record = kept.record
            if record.status is not ProposalStatus.ACCEPTED:
                self._must_be_open(record)
                tip = self._merge(kept, at)
                record = replace(record, tip=tip, status=ProposalStatus.ACCEPTED, updated=at)
            return self._answer(Kept(record, kept.was))

    def reject(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        return self._end(id, ProposalStatus.REJECTED, reason, at)

    def close(self, id: str, reason: str, at: datetime) -> ProposalRecord:
        return self._end(id, ProposalStatus.CLOSED, reason, at)

    def _end(self, id: str, status: ProposalStatus, reason: str, at: datetime) -> ProposalRecord:
        with self._working():
            kept = self._folder.get(id)
            record = kept.record
            if record.status is not status:
                self._must_be_open(record)
                record = replace(record, status=status, note=reason, updated=at)
            return self._answer(Kept(record, kept.was))

    def _merge(self, kept: Kept, at: datetime) -> CommitId:
        """Bring the proposal into the workspace; gives the commit of its branch that is there then."""
        record = kept.record
        tip = tip_of(self.repository, record.branch) or record.tip
        if tip != kept.was and contains(self._root, tip) and not reaches(self.repository, record.parent, tip):
            return tip  # merged by hand, or by a call that was killed before it could say so
        if record.draft:
            raise ForgeRefused(
                f"proposal {record.id} is a draft: it waits for a person",
                "solve what its page lists, then run syncbot sync",
            )
        self._finish(kept)
        bring(self._root, self.repository, record.tip)
        message = f"Merge proposal {record.id}: {' '.join(record.title.split())}\n"
        land(self._root, record.tip, message, self._identity, at)
        return record.tip

    def _finish(self, kept: Kept) -> ProposalRecord:
        """Bring branch and page to what the record says. Nothing is written where they are there."""
        record = kept.record
        if self._is_pushed(kept):
            raise self._pushed(record.branch)
        stands = tip_of(self.repository, record.branch)
        if stands != record.tip:
            move_branch(self.repository, record.branch, record.tip, stands)
        self._folder.write_page(record)
        return record

    def _answer(self, kept: Kept) -> ProposalRecord:
        self._folder.write(kept)
        self._folder.write_page(kept.record)
        return kept.record

    def _free_tip(self, branch: str, known: Kept | None) -> CommitId | None:
        """Where the branch stands, if all that is on it is ours and done with."""
        same = [kept for kept in self._folder.all() if kept.record.branch == branch]
        for kept in same:
            if kept.record.status is ProposalStatus.OPEN and (known is None or kept.record.id != known.record.id):
                raise ForgeRefused(
                    f"the branch {branch} belongs to proposal {kept.record.id} of {kept.record.package}",
                    "answer that one first",
                )
        stands = tip_of(self.repository, branch)
        if stands is None or any(stands in (kept.record.tip, kept.was) for kept in same):
            return stands
        raise self._pushed(branch)

    def _is_pushed(self, kept: Kept) -> bool:
        """Whether the branch stands where syncbot never put it."""
        return tip_of(self.repository, kept.record.branch) not in (None, kept.record.tip, kept.was)

    def _pushed(self, branch: str) -> ForgeError:
        return ForgeRefused(
            f"the branch {branch} in {self.repository} has commits that syncbot did not make",
            f"merge them (git pull {self.repository} {branch}) and accept the proposal, or delete the branch there",
        )

    def _must_be_open(self, record: ProposalRecord) -> None:
        if record.status is not ProposalStatus.OPEN:
            raise ForgeRefused(
                f"proposal {record.id} is {record.status}, not open", "syncbot proposals lists those that are"
            )

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Under the lock, with what git says about the workspace as ForgeError."""
        with self._folder.locked():
            try:
                yield
            except HostileInput:
                raise
            except InputError as error:
                raise ForgeRefused(error.what, error.remedy) from error


def _same(record: ProposalRecord, proposal: Proposal) -> bool:
    return _record(proposal, record.id, record.tip, record.opened, record.updated) == record


def _record(proposal: Proposal, id: str, tip: CommitId, opened: datetime, updated: datetime) -> ProposalRecord:
    return ProposalRecord(
        id=id,
        package=proposal.package,
        line=proposal.line,
        branch=proposal.branch,
        tip=tip,
        parent=proposal.parent,
        title=proposal.title,
        body=proposal.body,
        fingerprint=proposal.fingerprint,
        draft=proposal.draft,
        target_version=proposal.target_version,
        status=ProposalStatus.OPEN,
        opened=opened,
        updated=updated,
    )
