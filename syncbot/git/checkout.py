"""A clone of a packaging repository that lies elsewhere, with a work tree, brought up to date at each run."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from syncbot.errors import InputError, UpstreamUnreachable
from syncbot.git.run import NETWORK, GitFailed, git, refuse_option
from syncbot.model.addresses import check_git, shown
from syncbot.ports.source import Progress


def checkout(folder: Path, address: str, branch: str, progress: Progress) -> Path:
    """The clone below `folder`; `branch` empty: the repository's default one. Commits that were made in it and are not
    there (proposals that were accepted by the local forge) stay, as long as the branch did not move away from them.
    Raises UpstreamUnreachable, InputError."""
    check_git(address)
    plain = shown(address)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", plain.rstrip("/").rpartition("/")[2].removesuffix(".git")).strip("-.")
    digest = hashlib.sha256(f"{plain} {branch}".encode()).hexdigest()[:12]
    place = folder / f"{name[:60] or 'repository'}-{digest}"
    progress(f"bringing {plain} up to date", 0, 0)
    try:
        if not (place / ".git").is_dir():
            _clone(place, address, branch)
        else:
            _update(place, branch)
    except GitFailed as error:
        raise UpstreamUnreachable(f"{plain} cannot be fetched: {error.said}", "check downstream.repo") from error
    return place


def _clone(place: Path, address: str, branch: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    chosen = ["--branch", refuse_option(branch, "branch")] if branch else []
    git(["clone", "--quiet", "--single-branch", *chosen, "--", address, str(place)], timeout=NETWORK)


def _update(place: Path, branch: str) -> None:
    git(["fetch", "--quiet", "origin"], cwd=place, timeout=NETWORK)
    here = branch or git(["symbolic-ref", "--short", "HEAD"], cwd=place).decode().strip()
    try:
        git(["merge", "--quiet", "--ff-only", f"refs/remotes/origin/{here}"], cwd=place)
    except GitFailed as error:
        what = f"the clone {place} has commits that its origin's {here} has not, and it moved on"
        raise InputError(what, "push them there, or delete the clone") from error
