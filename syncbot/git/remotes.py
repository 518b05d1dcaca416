"""Where a repository's remotes are, as its own configuration says."""

from __future__ import annotations

from pathlib import Path

from syncbot.git.run import git


def remote_address(repository: Path, name: str) -> str | None:
    """The address of the remote, None where there is no such remote."""
    said = git(["config", "--get", f"remote.{name}.url"], cwd=repository, ok=(0, 1))
    return said.decode("utf-8", "surrogateescape").strip() or None
