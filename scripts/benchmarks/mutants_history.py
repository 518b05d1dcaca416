"""Releases that nearly have a merged patch, with their history: a commit on top of each undoes or alters a part of it.

Labels of backports only know reverts that say so. Here a real backport is judged against a real release that has it,
and if it is dropped, against the same release with one commit more, whose message says nothing.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch as patched

from benchmarks.mutants import Answer, made_of, tabled
from benchmarks.processes import each
from benchmarks.tables import Report
from syncbot.git.lineage import open_lineage
from syncbot.git.trees import GitTree, resolve
from syncbot.judge import decide, judge_series, series
from syncbot.judge.case import Case as Asked
from syncbot.judge.case import Decision
from syncbot.judge.rules import SMALL, deciding, weigh
from syncbot.model.ids import PatchName
from syncbot.model.packages import SeriesPatch
from syncbot.model.verdicts import Action

SEED = 7
"""Which backports are a sample: the same ones each time."""
WHO = {
    f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "A"), ("EMAIL", "a@b"))
}

OTHER_WORK = {
    f"other/work_{n}.c": b"".join(b"    publish_%d(news, %d);\n" % (n, m) for m in range(60)) for n in range(9)
}
"""What else a commit does in which a part of a patch is lost."""


@dataclass(frozen=True, slots=True)
class Backport:
    """`commit` on top of `parent` is the patch; `target` has it, called `name`."""

    commit: str
    parent: str
    target: str
    name: str


def backports(file: Path, sample: int) -> list[Backport]:
    """Merged backports of a file of JSON lines: `commit`, `parent`, `targets`: [[name, commit, "in" or other], ...]."""
    rows = map(json.loads, file.read_text().splitlines())
    found = [
        Backport(row["commit"], row["parent"], target[1], target[0])
        for row in rows
        for target in row["targets"]
        if target[2] == "in"
    ]
    random.Random(SEED).shuffle(found)
    return found[:sample]


@dataclass(frozen=True)
class Scratch:
    """A repository of our own that has all objects of another one, which stays as it is."""

    path: Path

    @classmethod
    def of(cls, repo: Path, folder: Path) -> Scratch:
        own = cls(folder / "scratch.git")
        subprocess.run(["git", "init", "-q", "--bare", str(own.path)], check=True)
        command = ["git", "-C", str(repo), "rev-parse", "--path-format=absolute", "--git-path", "objects"]
        objects = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        (own.path / "objects" / "info" / "alternates").write_text(objects)
        return own

    def git(self, *arguments: str, given: bytes | None = None, **environ: str) -> str:
        return self.bytes(*arguments, given=given, **environ).decode().strip()

    def bytes(self, *arguments: str, given: bytes | None = None, **environ: str) -> bytes:
        command = ["git", "--git-dir", str(self.path), *arguments]
        return subprocess.run(
            command, input=given, check=True, capture_output=True, env=os.environ | WHO | environ
        ).stdout

    def patch(self, commit: str) -> bytes:
        """A commit's diff alone, without what names its blobs."""
        return self.bytes("diff-tree", "-p", "--no-commit-id", "--no-ext-diff", "-M", commit)

    def on_top(self, commit: str, files: dict[str, bytes]) -> str:
        """A commit with some files made or changed. Folders that a partial copy lacks stay as they are."""
        with tempfile.TemporaryDirectory() as folder:
            own = {"GIT_INDEX_FILE": f"{folder}/index"}
            self.git("read-tree", commit, **own)
            for path, content in files.items():
                mode = self.git("ls-files", "-s", "--", path, **own).split(" ", 1)[0] or "100644"
                blob = self.git("hash-object", "-w", "--stdin", given=content)
                self.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}", **own)
            tree = self.git("write-tree", "--missing-ok", **own)
            return self.git("commit-tree", tree, "-p", commit, "-m", "Work on it")


def report(repo: Path, rows: list[Backport], *, per_file: int, jobs: int, listed: bool) -> Report:
    """Mutants of those backports that are dropped."""
    chosen = {f"{row.commit[:12]} on {row.name}": row for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Scratch.of(repo, Path(folder))
        work = partial(_answers, chosen, scratch, Path(folder) / "index", per_file)
        answered, failed = each(work, list(chosen), jobs)
    found = [answer for package in answered.values() for answer in package]
    return tabled(found, f"{len(chosen)} merged backports of {repo.name}", failed, listed=listed)


def _answers(rows: dict[str, Backport], scratch: Scratch, index: Path, per_file: int, name: str) -> list[Answer]:
    return list(_judged(rows[name], name, scratch, index, per_file))


def _judged(row: Backport, name: str, scratch: Scratch, index: Path, per_file: int) -> Iterator[Answer]:
    entry = SeriesPatch(PatchName(f"{row.commit[:12]}.patch"), scratch.patch(row.commit), 1)
    asked, decision = _decided(entry, row.parent, row.target, scratch.path, index)
    if asked is None or decision is None or decision.action is not Action.DROP:
        return
    files = deciding(asked.files)
    small = weigh(files).weight < SMALL
    rng = random.Random(name)
    for file in files:
        for mutant in made_of(file, rng, per_file):
            assert file.target is not None
            changed = {file.target.path: b"".join(mutant.lines)}
            kind = mutant.kind.upper() if mutant.kind == "b" and not small else mutant.kind
            releases = [(kind, changed)] + [("e", changed | OTHER_WORK)] * (kind == "a")
            for kind, files_of in releases:
                top = scratch.on_top(row.target, files_of)
                _, then = _decided(entry, row.parent, top, scratch.path, index)
                dropped = then is not None and then.action is Action.DROP
                why = f"{then.proof}: {then.detail}" if then is not None and dropped else ""
                yield Answer(kind, row.name, entry.name, file.change.path, mutant.place, dropped, why)


def _decided(
    entry: SeriesPatch, parent: str, target: str, repo: Path, index: Path
) -> tuple[Asked | None, Decision | None]:
    """What the cascade was asked about the patch, and what it said."""
    base, release = resolve(repo, parent), resolve(repo, target)
    history = open_lineage(repo, index, base, release, target, None)
    noted: list[tuple[Asked, Decision]] = []
    original = decide.decide

    def note(case: Asked) -> Decision:
        noted.append((case, original(case)))
        return noted[-1][1]

    with patched.object(series, "decide", note):
        judge_series([entry], GitTree(repo, base), GitTree(repo, release), history=history)
    return noted[-1] if noted else (None, None)
