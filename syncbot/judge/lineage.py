"""What upstream's history says of a patch, in the words of the cascade. Pure: the history is handed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from syncbot.diff.lines import Change
from syncbot.diff.patch import Patch, subject_of
from syncbot.judge.commits import CommitSearch, Findings, Match
from syncbot.judge.commits_form import Form
from syncbot.judge.commits_score import PART, SPLIT
from syncbot.judge.commits_since import Since, since
from syncbot.judge.commits_sketch import Block, Reader
from syncbot.judge.history import CommitFacts, History, Witness
from syncbot.judge.stack import FileChange
from syncbot.model.ids import CommitId
from syncbot.model.judgement import Evidence
from syncbot.model.trees import day_of

MOST_LOST = 0.2
"""Share of a large patch's code that the commit may have in another form."""
SMALL = 10.0
"""Weight of code below which nothing may differ: there one word is another patch."""
LEAST = 0.05
"""Weight that counts as nothing."""
IDENTICAL = 0.95
"""Share of the patch in the commit, and of the commit in the patch, from which the two are one change."""
FirstRelease = Callable[[CommitId], str | None]
Expected = Callable[[CommitId], str | None]
"""Which release after the judged one has a commit already, None where none has."""
_FIELD = re.compile(r"^(From|Author|Date):[ \t]*(.*)$", re.M)


class Lineage:
    """An upstream's history, bound to one base, one target and one branch head. `first_release` names the release that
    first had a commit; None where releases are not known. `expected`: which later one has a commit of the branch."""

    def __init__(
        self, history: History, first_release: FirstRelease | None = None, expected: Expected | None = None
    ) -> None:
        self._history = history
        self._search = CommitSearch(history)
        self._first_release = first_release
        self._expected = expected

    @property
    def parts(self) -> tuple[History, FirstRelease | None, Expected | None]:
        """All that it was made of, in the constructor's order: who remembers judgements makes another one that notes
        what is asked (`services/recall.py`)."""
        return self._history, self._first_release, self._expected

    def trace(
        self, patch: Patch, base: Reader, target: Reader, aliases: Mapping[str, Collection[str]] | None = None
    ) -> Trace:
        """What became of the patch."""
        found = self._search.find(patch.files, witness_of(patch.header), base, target, aliases)
        first = None
        if self._first_release is not None and found.absorbed and not found.taken_back:
            first = self._first_release(_last_needed(found.absorbed).commit.id)
        known = any(self._history.knows(path) for file in found.sketch.files for path in file.paths)
        absorbed = tuple(match for match in found.live if match.rule is not PART)
        comparer = self._search.comparer
        follow = cache(lambda number: since(self._history, comparer, found.sketch, absorbed, number, target))
        form = Form(self._history, comparer, found.sketch, absorbed, target)
        return Trace(found, first, known, self._history, self._first_release, self._expected, follow, form)


@dataclass(frozen=True, slots=True)
class Trace:
    """`first_release`: the first that has the absorbing commit, None where it is not known."""

    found: Findings
    first_release: str | None = None
    known: bool = False
    """Whether upstream's history has any of the patch's files: then a merge would have left a commit."""
    history: History | None = None
    """What was asked, for who wants to know more of a commit."""
    release_of: FirstRelease | None = None
    expected_in: Expected | None = None
    since: Callable[[int], tuple[Since, ...]] | None = None
    """What became, in the release, of the absorbing commits' changes of the patch's file of that number."""
    form: Form | None = None
    """The patch beside the absorbing commits."""

    def versions(self, paths: Sequence[str]) -> list[bytes]:
        """The file that the patch has under these paths, as the absorbing commits left it."""
        return [] if self.form is None else self.form.versions(paths)

    def made(self, change: FileChange, block: Change) -> bool:
        """Whether an absorbing commit made this very change of the file, context and all, at its one place."""
        before = change.before.content if change.before else b""
        after = change.after.content if change.after else b""
        return self.form is not None and self.form.made(change.paths, before, after, block)

    def since_of(self, paths: Collection[str]) -> tuple[Since, ...]:
        """What became of the absorbing commits' changes of the file that the patch has under these paths."""
        files = enumerate(self.found.sketch.files)
        if self.since is None:
            return ()
        return tuple(change for number, file in files if set(paths) & set(file.paths) for change in self.since(number))

    @property
    def absorbed(self) -> tuple[Match, ...]:
        """Commits of the release that hold the patch and were not taken back. A part of it is not it."""
        return tuple(match for match in self.found.live if match.rule is not PART)

    @property
    def speaks_against(self) -> bool:
        """Whether a merge would have left a commit, and there is none with even a part of the patch; or the commit is
        known, and it left some of the patch out, took it in another form, or lost a change of it again."""
        found = self.found
        if found.taken_back or found.held:
            return True
        if self.absorbed and (self.missing_code or self.altered or self._undone):
            return True
        return self.known and not (found.absorbed or found.partial)

    @property
    def weight(self) -> float:
        """Of the patch's code; of all of it where there is no code."""
        files = self.found.sketch.files
        return sum(file.weight for file in files if file.is_code) or sum(file.weight for file in files)

    @property
    def identical(self) -> bool:
        """Whether one commit is this patch and hardly anything else: what became of the one became of the other."""
        best = self.absorbed[0] if self.absorbed else None
        return best is not None and best.rule is not SPLIT and min(best.score.f, best.score.q) >= IDENTICAL

    @property
    def missing_code(self) -> bool:
        """Whether a block of code is in none of the absorbing commits, nor anything in its place. Imports serve other
        lines, and a backport may need others."""
        files = {block.file for block in self._deciding()}
        return any(block.file in files and not self._there_or_serves(block) for block in self.found.missing)

    @property
    def altered(self) -> bool:
        """Whether the commit took the code in another form than the patch has it. A name only finds the commit; its
        content must be the patch to the letter where that is small, and nearly so where it is large."""
        found = self.found
        files = {block.file for block in self._deciding()}
        shares = [(b, share) for b, share in zip(found.sketch.blocks, found.blocks, strict=True) if b.file in files]
        total = sum(block.weight for block, _ in shares)
        lost = sum(self._lost(block, share) for block, share in shares if share < 1 and block.weight > 0)
        return lost > MOST_LOST * total or (total < SMALL and lost > LEAST)

    @property
    def _undone(self) -> bool:
        if self.since is None:
            return False
        files = {block.file for block in self._deciding()}
        return any(change.undone for number in sorted(files) for change in self.since(number))

    def _deciding(self) -> list[Block]:
        """The blocks of code; all where there is no code."""
        sketch = self.found.sketch
        code = any(file.is_code and file.weight > 0 for file in sketch.files)
        return [block for block in sketch.blocks if sketch.files[block.file].is_code or not code]

    def _lost(self, block: Block, share: float) -> float:
        return block.weight * (1 - share) if self.form is None else self.form.lost(block)

    def _there_or_serves(self, block: Block) -> bool:
        return self.form is not None and (self.form.stands(block) or self.form.serves(block))

    @property
    def commit(self) -> CommitId | None:
        """The commit that is the patch; of several that are it together, the one that made it whole."""
        if not self.absorbed:
            return None
        split = self.absorbed[0].rule is SPLIT
        return (_last_needed(self.absorbed) if split else self.absorbed[0]).commit.id

    def evidence(self) -> tuple[Evidence, ...]:
        """One line a commit: what it is to the patch, its subject, author and day, the first release that has it."""
        found = self.found
        lines = [self.fact("absorbed", "upstream's commit", m.commit) for m in found.absorbed]
        for back in found.taken_back:
            how = "takes it back, as its message says" if back.by_message else "takes it back, as its content shows"
            lines.append(self.fact("taken-back", how, back.commit))
        lines += [self._ahead(m.commit) for m in found.held]
        lines += [self.fact("partial", "has a part of it", m.commit) for m in found.partial]
        lines += [self.fact("twin", "has the same lines at another place", commit) for commit in found.twins]
        return tuple(lines)

    def fact(self, kind: str, what: str, commit: CommitFacts) -> Evidence:
        """A commit that the release has, as evidence."""
        release = self.release_of(commit.id) if self.release_of is not None else None
        return _fact(kind, what, commit, release, f", first in {release}" if release else "")

    def expected(self, commit: CommitFacts) -> str:
        """Where a commit that waits on the branch is to be expected, as the end of a sentence."""
        release = self._later(commit)
        return f"which {release} has" if release else "expected in the next release that is cut from there"

    def _ahead(self, commit: CommitFacts) -> Evidence:
        release = self._later(commit)
        more = f", {release} has it" if release else ", in no release yet"
        return _fact("held", "on the branch, not in the release", commit, release, more)

    def _later(self, commit: CommitFacts) -> str | None:
        return self.expected_in(commit.id) if self.expected_in is not None else None


def _fact(kind: str, what: str, commit: CommitFacts, release: str | None, more: str) -> Evidence:
    day = day_of(commit.time)
    detail = f"{what}: {commit.subject!r} by {commit.author_name}, {day or 'on no day'}{more}"
    shown = "" if day is None else day.isoformat()
    return Evidence(kind, detail, commit.id, commit.subject, commit.author_name, shown, release or "")


def _last_needed(absorbed: Sequence[Match]) -> Match:
    """The last in history of those commits that hold something of the patch which the better ones before them do not:
    from there on upstream has it whole."""
    held = list(absorbed[0].blocks)
    needed = [absorbed[0]]
    for match in absorbed[1:]:
        if any(share > have + LEAST for share, have in zip(match.blocks, held, strict=True)):
            held = list(map(max, held, match.blocks))
            needed.append(match)
    return max(needed, key=lambda match: match.commit.key)


def witness_of(header: bytes) -> Witness:
    """The author's address, the time and the subject that a patch's header claims."""
    from email.utils import parseaddr  # noqa: PLC0415  # it loads sockets, and is needed with a history alone

    text = header.decode("utf-8", "surrogateescape")
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        fields.setdefault(name, value.strip())
    address = parseaddr(fields.get("From") or fields.get("Author") or "")[1]
    return Witness(address, _seconds(fields.get("Date", "")), subject_of(header))


def _seconds(text: str) -> int | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # likewise

    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return int(moment.timestamp()) if moment.tzinfo else None


def names(commits: Sequence[Match]) -> str:
    """The commits in short, for a sentence."""
    return ", ".join(match.commit.id[:12] for match in commits[:3])
