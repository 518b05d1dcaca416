"""Upstreams that live at random: releases, commits between them, merges of downstream's patches, reverts, moves."""

from __future__ import annotations

import difflib
import hashlib
import io
import itertools
import os
import random
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.releases import Upstream

WORDS = ("packet", "frame", "cookie", "header", "digest", "symbol", "window", "stream", "record", "bucket", "ticket")


class Living:
    """An upstream and the series that downstream carries on its first release. All follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.version = 0
        self.files = {f"src/part{n}.c": self._text() for n in range(6)}
        self.files["CHANGES"] = "1.0: first\n"
        self.base = dict(self.files)
        self.fixes = [self._fix(n) for n in range(4)]
        self.series = tuple(self._patch(n) for n in range(4))

    def _text(self) -> str:
        return "".join(self._line(n) for n in range(self.random.randint(25, 50)))

    def _line(self, n: int) -> str:
        a, b = self.random.sample(WORDS, 2)
        return f"    {a}_{n}_{self.random.randrange(1000)} = {b}(depth, {self.random.randrange(100)});\n"

    def _fix(self, n: int) -> tuple[str, str, str]:
        """(path, the text before it, the text after it); the last one adds a file."""
        if n == 3:
            return "src/added.c", "", self._text()
        path = f"src/part{n}.c"
        lines = self.base[path].splitlines(True)
        at = self.random.randrange(5, len(lines) - 5)
        guard = f"    if (depth > {self.random.choice(WORDS)}_limit_{n})\n        return error_of(depth, {n});\n"
        return path, self.base[path], "".join([*lines[:at], guard, *lines[at:]])

    def _patch(self, n: int) -> SeriesPatch:
        path, before, after = self.fixes[n]
        old = f"a/{path}" if before else "/dev/null"
        diff = difflib.unified_diff(before.splitlines(True), after.splitlines(True), old, f"b/{path}")
        head = f"Subject: fix number {n}\nBug: CVE-2024-{1000 + n}\n\n"
        return SeriesPatch(PatchName(f"fix{n}.patch"), (head + "".join(diff)).encode())

    def package(self, upstream: Upstream) -> Package:
        return Package(PackageName("lib"), "patches/lib", upstream, "1.0.0", self.series)

    def step(self) -> str:
        """Something happens to the files; gives the commit's subject."""
        kind = self.random.choice(
            (
                "elsewhere",
                "elsewhere",
                "elsewhere",
                "merge",
                "merge",
                "merge",
                "near",
                "revert",
                "move",
                "delete",
                "note",
            )
        )
        return str(getattr(self, f"_{kind}")())

    def _elsewhere(self) -> str:
        self._edit(self.random.choice(["src/part4.c", "src/part5.c"]))
        return "tidy up"

    def _near(self) -> str:
        self._edit(f"src/part{self.random.randrange(3)}.c")
        return "rework a part"

    def _edit(self, path: str) -> None:
        if path in self.files:
            lines = self.files[path].splitlines(True)
            lines[self.random.randrange(len(lines))] = self._line(99)
            self.files[path] = "".join(lines)

    def _merge(self) -> str:
        n = self.random.randrange(4)
        path, before, after = self.fixes[n]
        if not before and path not in self.files:
            self.files[path] = after
        added = after.replace(before, "") if not before else _added(before, after)
        anchor = _anchor(before, after)
        if path in self.files and before and added not in self.files[path] and anchor in self.files[path]:
            self.files[path] = self.files[path].replace(anchor, anchor + added, 1)
        return f"fix number {n}"

    def _revert(self) -> str:
        n = self.random.randrange(3)
        path, before, after = self.fixes[n]
        if path in self.files:
            self.files[path] = self.files[path].replace(_added(before, after), "", 1)
        return f'Revert "fix number {n}"'

    def _move(self) -> str:
        path = self.random.choice(["src/part1.c", "src/part5.c"])
        if path in self.files:
            self.files[path.replace("src/", "lib/")] = self.files.pop(path)
        return "move a part"

    def _delete(self) -> str:
        self.files.pop(self.random.choice(["src/part2.c", "src/part4.c"]), None)
        return "drop a part"

    def _note(self) -> str:
        self.files["CHANGES"] += f"1.x: mends CVE-2024-{1000 + self.random.randrange(6)}\n"
        return "say what is new"


def _added(before: str, after: str) -> str:
    lines = difflib.ndiff(before.splitlines(True), after.splitlines(True))
    return "".join(line[2:] for line in lines if line.startswith("+ "))


def _anchor(before: str, after: str) -> str:
    """The line before the fix."""
    pairs = zip(before.splitlines(True), after.splitlines(True), strict=False)
    common = list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    return common[-1][0] if common else ""


class GitLife:
    """It lives in a git repository; between releases its branch goes on."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.living, self.path = Living(seed), folder / "lib"
        self.environ: dict[str, str] = {}
        self.path.mkdir()
        self._git("init", "-q", "-b", "main")
        self._commit("first")
        self._git("tag", "v1.0.0")
        self._commit("begin the next")
        self._late = 0

    @property
    def package(self) -> Package:
        return self.living.package(Upstream("git", str(self.path)))

    def days(self, count: int) -> Iterator[None]:
        for _ in range(count):
            for _ in range(self.living.random.randint(0, 2)):
                self._commit(self.living.step())
            if self.living.random.random() < 0.4:
                self.living.version += 1
                self._git("tag", f"v1.{self.living.version}.0")
            elif self.living.random.random() < 0.4:  # a release that comes late, of an older commit
                self._late += 1
                self._git("tag", f"v1.{self.living.version}.{self._late}", "HEAD~1")
            yield

    def _commit(self, subject: str) -> None:
        for old in [p for p in self.path.rglob("*") if p.is_file() and ".git" not in p.parts]:
            old.unlink()
        for name, text in self.living.files.items():
            place = self.path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", subject)

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.path, check=True, capture_output=True)


class ArchiveLife:
    """It publishes archives on an index that is a folder."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.living, self._folder = Living(seed), folder
        self.environ = {"PIP_INDEX_URL": (folder / "index").as_uri(), "PIP_CONFIG_FILE": os.devnull}
        self._links: list[str] = []
        self._publish()

    @property
    def package(self) -> Package:
        return self.living.package(Upstream("pypi", "lib"))

    def days(self, count: int) -> Iterator[None]:
        for _ in range(count):
            for _ in range(self.living.random.randint(0, 3)):
                self.living.step()
            self.living.version += 1
            self._publish()
            yield

    def _publish(self) -> None:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as tar:
            for path, text in self.living.files.items():
                info = tarfile.TarInfo(f"lib-1.{self.living.version}.0/{path}")
                info.size = len(text.encode())
                tar.addfile(info, io.BytesIO(text.encode()))
        file = self._folder / f"lib-1.{self.living.version}.0.tar.gz"
        file.write_bytes(made.getvalue())
        digest = hashlib.sha256(made.getvalue()).hexdigest()
        self._links.append(f'<a href="{file.as_uri()}#sha256={digest}">{file.name}</a>\n')
        page = self._folder / "index" / "lib" / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<!DOCTYPE html><html><body>{''.join(self._links)}</body></html>")
