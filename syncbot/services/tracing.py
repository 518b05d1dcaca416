"""Trees and histories that note every question and its answer: what an answer of the judge rests on.

The judge is pure: the same series and the same answers to its questions give the same judgement. So a judgement holds
for every release that answers all of its questions as the judged one did. Nothing here knows which questions those are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import astuple, is_dataclass
from datetime import date

from syncbot.judge import Lineage
from syncbot.judge.history import CommitFacts, History, Mention, Place, Touch, Witness
from syncbot.model.ids import BlobId, CommitId
from syncbot.model.memory import Fact
from syncbot.model.trees import Entry, Tree

MOST_FACTS = 20_000
"""Beyond so many questions an answer is not remembered: holding them against a release would cost what judging does."""
NONE = "-"


class Notes:
    """The facts of one judgement, in the order in which they were first asked for."""

    def __init__(self) -> None:
        self._found: dict[Fact, str] = {}

    def has(self, *question: str) -> bool:
        return question in self._found

    def add(self, answer: str, *question: str) -> None:
        self._found.setdefault(question, answer)

    def facts(self) -> tuple[Fact, ...] | None:
        """All of them, the cheap and telling ones first; None where there are too many."""
        if len(self._found) > MOST_FACTS:
            return None
        made = [(*question, answer) for question, answer in self._found.items()]
        return tuple(sorted(made, key=lambda fact: _ORDER.index(fact[0])))


BASE_IS, ADVICE, DAY, NAMES, TARGET, BASE, LINEAGE, HISTORY, RELEASE, TARGET_PATHS, BASE_PATHS = _ORDER = (
    "base-is",
    "advice",
    "day",
    "names",
    "target",
    "base",
    "lineage",
    "history",
    "release",
    "target-paths",
    "base-paths",
)
"""What is asked about, by what it costs to ask: a list of all paths walks a whole tree. Of one kind, the first asked
stands first: the keys that later questions name come from the answers to earlier ones."""


class Noted:
    """A tree. That a file was read says no more than its entry does: the id pins its content."""

    def __init__(self, tree: Tree, side: str, notes: Notes) -> None:
        self._tree, self._side, self._notes = tree, side, notes

    def entry(self, path: str) -> Entry | None:
        found = self._tree.entry(path)
        if not self._notes.has(self._side, path):
            self._notes.add(entry_word(found), self._side, path)
        return found

    def read(self, path: str) -> bytes | None:
        self.entry(path)
        return self._tree.read(path)

    def paths(self) -> Iterable[str]:
        found = tuple(self._tree.paths())
        if not self._notes.has(f"{self._side}-paths"):
            self._notes.add(paths_word(found), f"{self._side}-paths")
        return found


def entry_word(entry: Entry | None) -> str:
    return NONE if entry is None else f"{entry.mode:o} {entry.id}"


def paths_word(paths: Iterable[str]) -> str:
    return word("\n".join(sorted(paths)))


def day_word(day: date | None) -> str:
    return NONE if day is None else day.isoformat()


def word(answer: object) -> str:
    """Any answer in 32 digits: equal for equal answers."""
    text = json.dumps(answer, default=_plain, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return astuple(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"no word for a {type(value).__name__}")


QUESTIONS: dict[str, Callable[[History, str], object]] = {
    "touches": lambda history, path: history.touches(path),
    "paths_named": lambda history, name: list(history.paths_named(name)),
    "knows": lambda history, path: history.knows(path),
    "by_witness": lambda history, text: sorted(history.by_witness(_witness(text))),
    "by_id": lambda history, start: list(history.by_id(start)),
    "commit": lambda history, key: history.commit(int(key)),
    "changed": lambda history, key: list(history.changed(int(key))),
    "size": lambda history, key: history.size(int(key)),
    "place": lambda history, key: history.place(int(key)),
    "mentions": lambda history, key: list(history.mentions(int(key))),
    "missing": lambda history, id: history.blob(BlobId(id)) is None,
}
"""Every question to a history by name, with its argument as text: a fact can be asked again."""


def _witness(text: str) -> Witness:
    author, time, subject = json.loads(text)
    return Witness(author, time, subject)


class NotedHistory:
    """Implements the judge's `History`. Of contents only the missing ones are noted: an id pins a content, and one that
    was there speaks as truly when the mirror has it no more."""

    def __init__(self, history: History, notes: Notes) -> None:
        self._history, self._notes = history, notes

    def _note(self, answer: object, method: str, argument: object) -> None:
        question = (HISTORY, method, str(argument))
        if not self._notes.has(*question):
            self._notes.add(word(answer), *question)

    def touches(self, path: str) -> Sequence[Touch]:
        found = self._history.touches(path)
        self._note(found, "touches", path)
        return found

    def paths_named(self, basename: str) -> Sequence[str]:
        found = list(self._history.paths_named(basename))
        self._note(found, "paths_named", basename)
        return found

    def knows(self, path: str) -> bool:
        found = self._history.knows(path)
        self._note(found, "knows", path)
        return found

    def by_witness(self, witness: Witness) -> Collection[int]:
        found = self._history.by_witness(witness)
        self._note(sorted(found), "by_witness", json.dumps([witness.author, witness.time, witness.subject]))
        return found

    def by_id(self, start: str) -> Sequence[int]:
        found = list(self._history.by_id(start))
        self._note(found, "by_id", start)
        return found

    def commit(self, key: int) -> CommitFacts:
        found = self._history.commit(key)
        self._note(found, "commit", key)
        return found

    def changed(self, key: int) -> Sequence[Touch]:
        found = list(self._history.changed(key))
        self._note(found, "changed", key)
        return found

    def size(self, key: int) -> int:
        found = self._history.size(key)
        self._note(found, "size", key)
        return found

    def place(self, key: int) -> Place:
        found = self._history.place(key)
        self._note(found, "place", key)
        return found

    def mentions(self, key: int) -> Sequence[Mention]:
        found = list(self._history.mentions(key))
        self._note(found, "mentions", key)
        return found

    def blob(self, id: BlobId) -> bytes | None:
        found = self._history.blob(id)
        if found is None:
            self._note(True, "missing", id)
        return found


def noted_lineage(lineage: Lineage, notes: Notes) -> Lineage:
    """The same lineage; each question to any of its parts is noted."""
    history, first_release, expected = lineage.parts
    return Lineage(
        NotedHistory(history, notes),
        _noted_release("first", first_release, notes),
        _noted_release("expected", expected, notes),
    )


Ask = Callable[[CommitId], str | None]


def _noted_release(which: str, ask: Ask | None, notes: Notes) -> Ask | None:
    if ask is None:
        return None

    def asked(commit: CommitId) -> str | None:
        found = ask(commit)
        notes.add(release_word(found), RELEASE, which, commit)
        return found

    return asked


def release_word(found: str | None) -> str:
    return word(found)


def history_word(history: History, method: str, argument: str) -> str:
    """What the history answers now to a question that was noted."""
    return word(QUESTIONS[method](history, argument))
