"""A workspace, its forge, and what a person does to both."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from syncbot.forges.local import LocalForge
from syncbot.model.ids import CommitId, Fingerprint, PackageName
from syncbot.model.proposals import Proposal, ProposalCommit
from syncbot.model.settings import Identity

LIB = PackageName("lib")
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
SERIES = "patches/lib/series"


def git(repository: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@dataclass
class World:
    """A workspace with one package, and its forge. `forge` is a new object each time, as after a restart."""

    root: Path
    state: Path

    @property
    def forge(self) -> LocalForge:
        return LocalForge(self.state, self.root, Identity("Bot", "bot@example.org"))

    @property
    def bare(self) -> Path:
        return self.state / "forge.git"

    def head(self) -> CommitId:
        return CommitId(git(self.root, "rev-parse", "HEAD"))

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def commit(self, path: str, text: str) -> CommitId:
        self.write(path, text)
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "-m", f"a person edits {path}")
        return self.head()

    def proposal(self, series: bytes | None = b"two.patch\n", line: str = "stable", **changes: Any) -> Proposal:
        """Drops one.patch, and whatever `series` says."""
        commit = ProposalCommit("lib: drop one.patch", {SERIES: series, "patches/lib/one.patch": None})
        made = Proposal(
            LIB, line, f"syncbot/lib/{line}", self.head(), (commit,), "lib: 1.0 -> 1.1", "## Why\n\nIt is upstream.\n",
            Fingerprint(f"print of {series!r}"), False, "1.1",
        )  # fmt: skip
        return replace(made, **changes)

    def branch(self, name: str = "syncbot/lib/stable") -> str:
        return git(self.bare, "rev-parse", f"refs/heads/{name}")

    def push(self, name: str = "syncbot/lib/stable", path: str = "by-hand", text: str = "x", author: str = "") -> str:
        """A person adds a commit to a proposal's branch."""
        clone = self.root.parent / "clone"
        git(self.root.parent, "clone", "-q", "-b", name, str(self.bare), str(clone))
        (clone / path).write_text(text)
        git(clone, "add", "-A")
        git(clone, "commit", "-q", "-m", "by hand", *(["--author", author] if author else []))
        git(clone, "push", "-q", "origin", name)
        return git(clone, "rev-parse", "HEAD")

    def snapshot(self) -> dict[str, tuple[int, bytes]]:
        """Every file and folder of the state, with its time and bytes."""
        return {
            str(path.relative_to(self.state)): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in sorted(self.state.rglob("*"))
        }

    def clean(self) -> bool:
        return git(self.root, "status", "--porcelain") == ""
