"""The local forge's files: one JSON record per proposal, and its body as Markdown for people.

    records/<id>.json            what the forge knows
    proposals/<id>-<package>.md  the same for a maintainer's editor; written again whenever the record changes
    lock                         held while something is decided and written

Each file is written aside and renamed, so a reader sees the old one or the new one.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path

from syncbot.errors import ForgeError, ForgeRefused
from syncbot.forges.files import read_bytes, unusable, write_whole
from syncbot.forges.texts import TAKEN, TAKEN_BESIDE
from syncbot.model.ids import CommitId, PackageName
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import Beside, Proposal, ProposalRecord
from syncbot.report import controls
from syncbot.report.aside import Advice, together
from syncbot.report.page import for_file

_SCHEMA = "syncbot.proposal/1"
ANSWER = "Answer it with `syncbot proposals accept {id}` or `syncbot proposals reject {id}`."
_FRESH = 100_000_000
"""Nanoseconds: a folder changed so recently may change again without its time telling."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record, and where its branch stood before (None: nowhere). The record is written before the branch moves, so a
    branch at `was` means that the move is still to be made. `beside`: a newer version that stands elsewhere."""

    record: ProposalRecord
    was: CommitId | None
    beside: Beside | None = None
    put: tuple[CommitId, ...] = ()
    """Where syncbot put the branch before that, where people went on from it."""

    @property
    def is_taken(self) -> bool:
        """Whether downstream has all of it by other commits than those of its branch."""
        return self.record.status is ProposalStatus.ACCEPTED and self.record.note in (TAKEN, TAKEN_BESIDE)


class ProposalFolder:
    """Reads and writes the records below `folder`. `answer`: how people answer a proposal, with `{id}` in it. Raises
    ForgeError."""

    def __init__(self, folder: Path, answer: str = ANSWER) -> None:
        self._folder = folder
        self._answer = answer
        self._records = folder / "records"
        self._files: dict[int, tuple[tuple[int, int, int], Kept]] = {}
        self._listed_at: int | None = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time. The lock falls with the process that holds it."""
        try:
            self._records.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise unusable(self._folder, error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def all(self, *, ticks: bool = False) -> list[Kept]:
        """Every record, newest first. `ticks`: with the boxes that people ticked on its page."""
        found = [kept for _id, kept in sorted(self._read().items(), reverse=True)]
        return [self._ticked(kept) for kept in found] if ticks else found

    def get(self, id: str) -> Kept:
        found = self._read().get(int(id)) if id.isascii() and id.isdigit() else None
        if found is None:
            raise ForgeRefused(f"there is no proposal {id!r}", "syncbot proposals lists them")
        return found

    def _ticked(self, kept: Kept) -> Kept:
        """The record with what people ticked on its page. Where there is no page that can be read, nothing is."""
        page = read_bytes(self._page(kept.record)) or b""
        if b"[x]" not in page and b"[X]" not in page:
            return kept
        names = frozenset(controls.ticked(page.decode("utf-8", "replace")))
        body = controls.with_ticks(kept.record.body, names)
        return replace(kept, record=replace(kept.record, body=body))

    def next_id(self) -> str:
        return str(max(self._read(), default=0) + 1)

    def newest(self, package: PackageName, line: str) -> Kept | None:
        """With the boxes that people ticked on its page."""
        found = next((k for k in self.all() if (k.record.package, k.record.line) == (package, line)), None)
        return None if found is None else self._ticked(found)

    def write(self, kept: Kept) -> None:
        """Write the record where it differs from the one on disk."""
        self._write(self._records / f"{kept.record.id}.json", _to_text(kept))

    def write_page(self, record: ProposalRecord, advice: Advice | None = None) -> None:
        """Write the Markdown page where it differs from the one on disk. `advice`: what to do about a version beside
        it."""
        self._write(self._page(record), page(record, self._answer, advice))

    def _page(self, record: ProposalRecord) -> Path:
        name = f"{record.id}-{re.sub(r'[^A-Za-z0-9._@+-]', '-', record.package)}.md"
        return self._folder / "proposals" / name

    def _write(self, path: Path, text: str) -> None:
        if write_whole(path, text.encode("utf-8", "surrogateescape")):
            self._listed_at = None

    def _read(self) -> dict[int, Kept]:
        try:
            changed = self._records.stat().st_mtime_ns
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise unusable(self._folder, error) from error
        if self._listed_at != changed:
            # a record is replaced by renaming: what has the same inode and time was read before
            before, self._files = self._files, {}
            for path in self._records.iterdir():
                if path.suffix == ".json" and path.stem.isdigit():
                    found = path.stat()
                    mark = (found.st_ino, found.st_mtime_ns, found.st_size)
                    known = before.get(int(path.stem))
                    kept = known[1] if known is not None and known[0] == mark else _from_file(path)
                    self._files[int(path.stem)] = (mark, kept)
            self._listed_at = None if time.time_ns() - changed < _FRESH else changed
        return {id: kept for id, (_mark, kept) in self._files.items()}


def new_record(proposal: Proposal, id: str, tip: CommitId, opened: datetime, updated: datetime) -> ProposalRecord:
    """The record of an open proposal whose branch stands at `tip`."""
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


def page(record: ProposalRecord, answer: str = ANSWER, advice: Advice | None = None) -> str:
    """The Markdown page: title, state, what to do, body."""
    title = " ".join(record.title.split())
    state = f"{record.status}, draft" if record.draft and record.status is ProposalStatus.OPEN else str(record.status)
    note = f" ({' '.join(record.note.split())})" if record.note else ""
    lines = [f"# {title}", "", f"Proposal {record.id}: {state}{note}. Branch `{record.branch}`."]
    if record.status is ProposalStatus.OPEN:
        todo = "It waits for a person and cannot be accepted yet." if record.draft else answer.format(id=record.id)
        lines += ["", todo if advice is None else together(advice)]
    if record.status is ProposalStatus.REJECTED:
        lines += ["", f"To take that back: `syncbot proposals tell {record.id} retry`."]
    return "\n".join([*lines, "", for_file(record.body.strip("\n"), record.id), ""])


def _to_text(kept: Kept) -> str:
    document: dict[str, object] = {"schema": _SCHEMA}
    for field in fields(ProposalRecord):
        value = getattr(kept.record, field.name)
        document[field.name] = value.isoformat() if isinstance(value, datetime) else value
    document["was"] = kept.was
    document["put"] = list(kept.put)
    document["beside"] = None if kept.beside is None else asdict(kept.beside)
    return json.dumps(document, indent=2) + "\n"


def _from_file(path: Path) -> Kept:
    try:
        document = json.loads(path.read_bytes())
        if document.pop("schema") != _SCHEMA:
            raise ValueError("another schema")
        was, beside, put = document.pop("was"), document.pop("beside", None), document.pop("put", ())
        document["status"] = ProposalStatus(document["status"])
        for name in ("opened", "updated"):
            document[name] = datetime.fromisoformat(document[name])
        return Kept(ProposalRecord(**document), was, None if beside is None else Beside(**beside), tuple(put))
    except OSError as error:
        raise unusable(path, error) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForgeError(
            f"the proposal record {path} cannot be read ({error})", "restore it from a backup, or delete it"
        ) from error
