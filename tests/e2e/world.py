"""A small world made in code: an upstream with releases, and a workspace that carries patches on it."""

from __future__ import annotations

import difflib
import json
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncbot.cli import run


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def numbered(word: str, count: int = 60, **changed: str) -> str:
    """A file of `word 1`, `word 2`, ...; `l10="x"` puts another text on line 10."""
    lines = [f"{word} {n}" for n in range(1, count + 1)]
    for key, text in changed.items():
        lines[int(key[1:]) - 1] = text
    return "".join(f"{line}\n" for line in lines)


def diff(path: str, before: str, after: str, header: str = "") -> str:
    """A patch as people write it by hand: no `diff --git`, perhaps a few words first."""
    made = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{path}", f"b/{path}")
    return header + "".join(made)


@dataclass
class Ran:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class Upstream:
    """A git repository with releases."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        git(path, "init", "-q")

    def release(self, tag: str, **files: str | None) -> None:
        """Commit these files (`a_c` is a.c; None deletes) and tag the commit."""
        self.commit(tag, **files)
        git(self.path, "tag", tag)

    def commit(self, message: str, **files: str | None) -> None:
        for name, content in files.items():
            file = self.path / name.replace("_", ".")
            if content is None:
                file.unlink()
            else:
                file.write_text(content)
        git(self.path, "add", "-A")
        git(self.path, "commit", "-q", "--allow-empty", "-m", message)


class Workspace:
    """A repository of the user's, and the program run in it."""

    def __init__(self, path: Path, capture: Callable[[], tuple[str, str]]) -> None:
        self.path = path
        self._capture = capture
        path.mkdir(parents=True)
        git(path, "init", "-q")
        (path / "syncbot.toml").write_text("")
        (path / ".gitignore").write_text("/state/*\n")

    def syncbot(self, *arguments: str) -> Ran:
        self._capture()
        code = run(["--workspace", str(self.path), *arguments])
        out, err = self._capture()
        return Ran(code, out, err)

    def package(self, name: str, upstream: str, base: str | None, more: str = "", **patches: str) -> None:
        """Write and commit a package, in place of an older one; patches by name (`fix` is fix.patch), in order."""
        folder = self.path / "patches" / name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.patch"):
            old.unlink()
        declared = "" if base is None else f'base = "{base}"\n'
        (folder / "package.toml").write_text(f'upstream = "{upstream}"\n{declared}{more}')
        (folder / "series").write_text("".join(f"{patch}.patch\n" for patch in patches))
        for patch, content in patches.items():
            (folder / f"{patch}.patch").write_text(content)
        self.commit(f"track {name}")

    def commit(self, message: str) -> None:
        git(self.path, "add", "-A")
        git(self.path, "commit", "-q", "--allow-empty", "-m", message)

    def series(self, name: str) -> list[str]:
        return (self.path / "patches" / name / "series").read_text().splitlines()

    def snapshot(self) -> dict[str, object]:
        """Everything that a run could have written: refs, the work tree, state files, database rows but for runs."""
        state = self.path / "state"
        files = {
            str(file.relative_to(self.path)): file.read_bytes()
            for file in sorted(self.path.rglob("*"))
            if file.is_file()
            and file.suffix not in (".lock",)
            and not file.name.startswith("syncbot.db")
            and ".git" not in file.relative_to(self.path).parts[:1]
            and "cache" not in file.parts
        }
        refs = git(self.path, "for-each-ref")
        return {"files": files, "refs": refs, "rows": rows(state / "syncbot.db")}

    def runs(self) -> int:
        database = self.path / "state" / "syncbot.db"
        if not database.exists():
            return 0
        with sqlite3.connect(database) as opened:
            return int(opened.execute("SELECT count(*) FROM run").fetchone()[0])


def rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """{table: rows} but for what runs write of themselves: that they ran, and how often in a row a package failed, and
    what they told the world of."""
    own = ("run", "failure", "news", "sqlite_sequence")
    if not database.exists():
        return {}
    with sqlite3.connect(database) as opened:
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {t: opened.execute(f'SELECT * FROM "{t}"').fetchall() for t in tables if t not in own}


A, B = numbered("a"), numbered("b")
TEN = {"l10": "ten"}
FIX_TEN = diff("a.c", A, numbered("a", l10="ten"), "Subject: write ten out\n\n")
FIX_FORTY = diff("a.c", A, numbered("a", l40="forty"))
FIX_B = diff("b.c", B, numbered("b", l20="twenty"))


@dataclass
class World:
    upstream: Upstream
    workspace: Workspace

    def syncbot(self, *arguments: str) -> Ran:
        return self.workspace.syncbot(*arguments)


def make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> World:
    """An upstream `lib` at 1.0 with a.c and b.c; a workspace that carries two patches on it: `ten` and `b`."""

    def capture() -> tuple[str, str]:
        got = capsys.readouterr()
        return got.out, got.err

    upstream = Upstream(tmp_path / "lib")
    upstream.release("v1.0", a_c=A, b_c=B)
    workspace = Workspace(tmp_path / "workspace", capture)
    workspace.package("lib", f"git:{upstream.path}", "1.0", ten=FIX_TEN, b=FIX_B)
    return World(upstream, workspace)
