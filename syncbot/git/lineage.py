"""A repository's history, bound to one base and one target, as the judge takes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pygit2

from syncbot.errors import InputError
from syncbot.git.history import HistoryIndex
from syncbot.git.run import git
from syncbot.judge.lineage import Lineage
from syncbot.model.ids import CommitId
from syncbot.model.versions import normalise


def open_lineage(
    repository: Path,
    cache: Path,
    base: CommitId | None,
    target: CommitId,
    target_name: str,
    head: CommitId | None,
    versions: Mapping[str, str] | None = None,
) -> Lineage:
    """The history of a repository as seen from base, target and branch head. The index is kept below `cache` and
    brought up to date; releases are the repository's own version tags between base and target, and the target itself
    under `target_name`. `versions`: {tag that counts: how to call it}; None: every version tag, by its own name. Raises
    InputError (no repository, no room), GitFailed (no such commit)."""
    git_dir = own_folder(repository)
    index = HistoryIndex(git_dir, cache)
    index.ensure([commit for commit in (base, target, head) if commit is not None])
    releases: list[tuple[str, CommitId]] | None = None

    def first_release(commit: CommitId) -> str | None:
        nonlocal releases
        if releases is None:
            tags = tagged_between(index, git_dir, base, target)
            named = {name: name for name, _ in tags} if versions is None else versions
            releases = [(named[name], tip) for name, tip in tags if name in named]
            if not any(tip == target for _, tip in releases):
                releases.append((target_name, target))
        return index.first_release(commit, releases)

    def expected(commit: CommitId) -> str | None:
        return later_release(git_dir, commit, target, versions)

    return Lineage(index.view(base, target, head), first_release, expected)


def tagged_between(
    index: HistoryIndex, git_dir: Path, base: CommitId | None, target: CommitId
) -> list[tuple[str, CommitId]]:
    """The version tags (name, commit) that the target has and the base has not, oldest first; pre-releases left out.
    The index says who has what: git would walk the history for every tag."""
    out = git(
        ["for-each-ref", "--format=%(refname:strip=2)%00%(objectname)%00%(*objectname)", "refs/tags"], cwd=git_dir
    )
    found = []
    for line in out.decode("utf-8", "surrogateescape").splitlines():
        name, own, peeled = line.split("\0")
        commit = CommitId(peeled or own)
        if not index.reaches(target, commit) or (base is not None and index.reaches(base, commit)):
            continue
        version = normalise(name)  # last: to read a tag's name takes longer than to look its commit up
        if version is not None and not version.prerelease:
            found.append((version, name, commit))
    return [(name, commit) for _, name, commit in sorted(found, key=lambda entry: entry[0])]


def later_release(
    git_dir: Path, commit: CommitId, target: CommitId, versions: Mapping[str, str] | None = None
) -> str | None:
    """The earliest version tag that has the commit and is not part of the target: what a person may wait for. A full
    release first, else a pre-release. `versions` as for `open_lineage`."""
    form = ["--format=%(refname:strip=2)", f"--contains={commit}", f"--no-merged={target}", "refs/tags"]
    names = git(["for-each-ref", *form], cwd=git_dir).decode("utf-8", "surrogateescape").splitlines()
    found = sorted((v.prerelease, v, name) for name in names if (v := normalise(name)) is not None)
    if not found:
        return None
    name = found[0][2]
    return name if versions is None else versions.get(name, name)


def own_folder(repository: Path) -> Path:
    """Where a repository keeps its objects: itself where it is bare, else its `.git`. Raises InputError."""
    try:
        return Path(pygit2.Repository(str(repository)).path)
    except pygit2.GitError:
        raise InputError(f"{repository} is no git repository", "give the path of one") from None


def origin_of(repository: Path) -> str:
    """The address that the repository was cloned from, as its settings have it; empty where they name none."""
    out = git(["config", "--get", "remote.origin.url"], cwd=own_folder(repository), ok=(0, 1))
    return out.decode("utf-8", "replace").strip()


def head_of(repository: Path) -> CommitId | None:
    """The commit of the repository's default branch, None where it has none yet."""
    git_dir = own_folder(repository)
    out = git(["rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}"], cwd=git_dir, ok=(0, 1, 128))
    return CommitId(out.decode().strip()) or None
