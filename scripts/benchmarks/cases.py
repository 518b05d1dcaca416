"""What is judged: packages with two releases, a series, and (where it is known) what became of each patch."""

from __future__ import annotations

import datetime
import importlib
import inspect
import json
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from syncbot.model.ids import PatchName
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import MemoryTree, Tree
from syncbot.sources.folder import FolderTree

ROOT = Path(__file__).parents[2]
KEPT = frozenset({"needed", "kept", "applies", "refresh", "untouched", "conflict"})
"""Words of the stories for patches that are still needed, whole."""
DOUBTFUL = frozenset({"asked", "superseded", "moot", "conflict", "broken"})
"""Words that a story allows beside `obsolete` for a merged patch."""


@dataclass(frozen=True, slots=True)
class Label:
    """What became of a patch: merged upstream, or kept. `successor`: the text of its next version, where it has one."""

    merged: bool
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One package. `labels` lacks the patches of which nothing certain is known. `released`: the target's day."""

    package: str
    series: list[SeriesPatch]
    base: Tree
    target: Tree
    labels: dict[str, Label]
    released: datetime.date | None = None


class Cases(Protocol):
    """A set of packages, each read when it is wanted, in whichever process wants it."""

    @property
    def of(self) -> str:
        """What it is, for a heading."""

    @property
    def labelled(self) -> bool: ...

    def names(self) -> list[str]: ...

    def load(self, name: str) -> Case: ...

    def unpacked(self, name: str, where: Path) -> tuple[Path, Path]:
        """Base and target as folders: those that are there, or new ones in `where`."""


@dataclass(frozen=True)
class Corpus:
    """`folder/cases/PKG/{old,new,patches/series}`; `labels`: a file of JSON lines with `package`, `patch`,
    `label` and `kept_as` (the next version's name in `newpatches/`)."""

    folder: Path
    labels: Path | None
    only: frozenset[str] | None = None

    @property
    def of(self) -> str:
        return f"{len(self.names())} packages of {self.folder.name}"

    @property
    def labelled(self) -> bool:
        return self.labels is not None

    def names(self) -> list[str]:
        found = (path.parents[1].name for path in self.folder.glob("cases/*/patches/series"))
        return sorted(name for name in found if self.only is None or name in self.only)

    def load(self, name: str) -> Case:
        place = self.folder / "cases" / name
        series = list(_series(place / "patches"))
        base, target = self.unpacked(name, place)
        return Case(name, series, FolderTree(base), FolderTree(target), self._labels.get(name, {}), _newest(target))

    def unpacked(self, name: str, where: Path) -> tuple[Path, Path]:  # noqa: ARG002 - they are unpacked already
        place = self.folder / "cases" / name
        return place / "old", place / "new"

    @cached_property
    def _labels(self) -> dict[str, dict[str, Label]]:
        found: dict[str, dict[str, Label]] = {}
        for line in self.labels.read_text().splitlines() if self.labels else []:
            row = json.loads(line)
            if row["label"] in ("KEPT", "DROPPED_UPSTREAM"):
                successor = self.folder / "cases" / row["package"] / "newpatches" / str(row.get("kept_as"))
                text = _text(successor) if row.get("kept_as") and successor.is_file() else None
                label = Label(row["label"] == "DROPPED_UPSTREAM", text)
                found.setdefault(row["package"], {})[row["patch"]] = label
        return found


@dataclass(frozen=True)
class Stories:
    """The stories of tests/stories, each told with several seeds. `dropped`: only those whose patch is merged."""

    seeds: int
    only: frozenset[str] | None = None
    dropped: bool = False
    more: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    """Stories of a benchmark's own, instead of those of the tests."""

    @property
    def of(self) -> str:
        return f"{len(self.names())} generated histories"

    @property
    def labelled(self) -> bool:
        return True

    def names(self) -> list[str]:
        told = [name for name in self._stories if self.only is None or name in self.only]
        return [f"{name}.{seed}" for name in told for seed in range(self.seeds)]

    def load(self, name: str) -> Case:
        story = self._told(name)
        labels = dict(_story_labels(story))
        base, target = (MemoryTree(story.files(version)) for version in (story.base, story.target))
        return Case(name, story.series, base, target, labels)

    def unpacked(self, name: str, where: Path) -> tuple[Path, Path]:
        put = _story_module("tools").put
        story = self._told(name)
        for version, folder in ((story.base, "old"), (story.target, "new")):
            put(where / folder, story.files(version))
        return where / "old", where / "new"

    def _told(self, name: str) -> Any:
        stem, _, seed = name.rpartition(".")
        with tempfile.TemporaryDirectory() as folder:
            story = _story_module("storybook").Story(Path(folder), int(seed), None)
            with suppress(AssertionError):  # the story's own opinion of the judge; it is told by then
                self._stories[stem](story)
        return story

    @cached_property
    def _stories(self) -> dict[str, Callable[[Any], None]]:
        if self.more:
            return self.more
        found: dict[str, Callable[[Any], None]] = {}
        for path in sorted((ROOT / "tests" / "stories").glob("test_*.py")):
            for name, tell in inspect.getmembers(_story_module(path.stem), inspect.isfunction):
                if name.startswith("test_") and list(inspect.signature(tell).parameters) == ["story"]:
                    found[name.removeprefix("test_")] = tell
        if not self.dropped:
            return found
        drops = _story_module("storybook").DROPS
        return {name: tell for name, tell in found.items() if tell in drops}


def _story_module(name: str) -> Any:
    """A module of the tests' story book, which is no part of the program."""
    tests = str(ROOT / "tests")
    if tests not in sys.path:
        sys.path.append(tests)
    return importlib.import_module(f"stories.{name}")


def _story_labels(story: Any) -> Iterator[tuple[str, Label]]:
    """Of the patches that a story calls merged, or still needed as a whole."""
    for name, expected in story.expected.items():
        words = set(expected.split(" or "))
        if "obsolete" in words and words - {"obsolete"} <= DOUBTFUL:
            yield name, Label(True)
        elif words <= KEPT:
            yield name, Label(False, story.carried[name].patch.content.decode(errors="replace"))


def _series(folder: Path) -> Iterator[SeriesPatch]:
    """The entries of a quilt series: a name, perhaps -pN (1 where it is left out), perhaps a comment."""
    for line in (folder / "series").read_text().splitlines():
        name, *options = line.partition("#")[0].split() or [""]
        if name:
            strips = [int(option[2:]) for option in options if option.startswith("-p") and option[2:].isdigit()]
            yield SeriesPatch(PatchName(name), (folder / name).read_bytes(), strips[-1] if strips else 1)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _newest(folder: Path) -> datetime.date:
    """The day of the newest file, which is when a release was packed, at the earliest."""
    times = (path.lstat() for path in folder.rglob("*"))
    newest = max((found.st_mtime for found in times if stat.S_ISREG(found.st_mode)), default=0.0)
    return datetime.datetime.fromtimestamp(newest, datetime.UTC).date()
