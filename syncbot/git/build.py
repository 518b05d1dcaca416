"""Building commits in a bare repository, in memory, and moving its branches last."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pygit2

from syncbot.diff.paths import check
from syncbot.errors import HostileInput, InputError
from syncbot.git.commit import make_commit, signed_off
from syncbot.git.linking import link_all
from syncbot.git.run import GitFailed, git
from syncbot.model.fork import DOCUMENT, Fork
from syncbot.model.fork import read as read_fork
from syncbot.model.ids import CommitId
from syncbot.model.proposals import ProposalCommit
from syncbot.model.settings import Identity
from syncbot.model.trees import FILE, SUBMODULE, SYMLINK

_FOLDER = 0o040000
_NONE = "0" * 40

_Changes: TypeAlias = "dict[str, bytes | _Changes | None]"


class RefMoved(InputError):
    """A branch is not where it was expected: somebody else moved it."""


def make_bare(folder: Path) -> None:
    """A bare repository at `folder`, if there is none yet."""
    if not folder.exists():
        aside = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        pygit2.init_repository(str(aside), bare=True, initial_head="main")
        aside.rename(folder)


def build_commits(
    repository: Path, parent: CommitId, commits: Sequence[ProposalCommit], identity: Identity, at: datetime
) -> CommitId:
    """Write `commits` one on top of the other, the first on `parent`; gives the last one's id (`parent` where there are
    none). No branch moves. Where they change the commits that a fork carries, its branch is made anew (`git.rebuild`),
    and their files follow as commits of their own. The same arguments give the same id, signatures apart. Raises
    HostileInput for a path that leaves the tree, touches `.git` or goes through a symbolic link or submodule;
    InputError where the parent is not there."""
    fork = last_fork(commits)
    if fork is not None:
        from syncbot.git.rebuild import rebuilt  # noqa: PLC0415  # most branches are built of files

        for_people = "\n".join(commit.message.rstrip("\n") + "\n" for commit in commits if DOCUMENT in commit.changes)
        parent = rebuilt(repository, parent, fork, for_people, identity, at)
        commits = _beside(commits)
    for commit in commits:
        for path in commit.changes:
            check_path(path)
    opened = pygit2.Repository(str(repository))
    signature = signature_of(identity, at)
    tip = commit_of(opened, parent)
    for commit in commits:
        tree = _write(opened, tip.tree, _nested(commit.changes), "") or opened.TreeBuilder().write()
        message = signed_off(commit.message.rstrip("\n") + "\n", identity)
        tip = make_commit(opened, signature, signature, message, tree, [tip.id], identity)
    return CommitId(str(tip.id))


def last_fork(commits: Sequence[ProposalCommit]) -> Fork | None:
    """The downstream branch as the last of the commits has it, where it is commits that are to be made anew."""
    found = [content for commit in commits if (content := commit.changes.get(DOCUMENT)) is not None]
    return read_fork(found[-1]) if found else None


def _beside(commits: Sequence[ProposalCommit]) -> list[ProposalCommit]:
    """What the commits change in files, beside the commits that are made anew: a setting, say."""
    left = [{path: c for path, c in commit.changes.items() if path != DOCUMENT} for commit in commits]
    return [replace(commit, changes=rest) for commit, rest in zip(commits, left, strict=True) if rest]


def has_commit(repository: Path, commit: CommitId) -> bool:
    """Whether the commit is in the repository. False where there is no repository."""
    return repository.exists() and commit in pygit2.Repository(str(repository))


def bring(repository: Path, source: Path, commit: CommitId) -> None:
    """Copy a commit and all it needs from another repository on this machine, so that `repository` stands alone.
    No branch moves. No process where it is there already. Raises InputError."""
    if has_commit(repository, commit):
        return
    if link_all(source, repository) and has_commit(repository, commit):
        return  # the whole history of a large repository, at once and without the room that a second one takes
    # one pack, moved into place when it is whole: never a commit without its files
    settings = ["-c", "fetch.unpackLimit=1", "-c", "protocol.version=2"]
    command = [
        *settings,
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--update-shallow",
        "--no-recurse-submodules",
    ]
    try:
        git([*command, "--", str(source.resolve()), commit], cwd=repository, timeout=600)
    except GitFailed as error:
        raise InputError(
            f"commit {commit[:12]} cannot be copied from {source} to {repository} ({error.said})",
            "see what git fsck says there",
        ) from error


def tip_of(repository: Path, branch: str) -> CommitId | None:
    """The commit that a branch stands at, None where there is no such branch (or no repository)."""
    if not repository.exists():
        return None
    found = pygit2.Repository(str(repository)).references.get(f"refs/heads/{branch}")
    return None if found is None else CommitId(str(found.resolve().target))


def move_branch(repository: Path, branch: str, to: CommitId, expected: CommitId | None) -> None:
    """Move a branch, or make it where `expected` is None. Raises RefMoved where it does not stand at `expected`."""
    command = ["update-ref", f"refs/heads/{branch}", to, expected or _NONE]
    try:
        git(command, cwd=repository)
    except GitFailed as error:
        raise RefMoved(
            f"the branch {branch} in {repository} cannot be moved from {(expected or 'nothing')[:12]} to {to[:12]}"
            f" ({error.said})",
            "somebody else may have moved it: run the command again",
        ) from error


def time_of(repository: Path, commit: CommitId) -> datetime | None:
    """When it was committed, None where it is not there."""
    if not has_commit(repository, commit):
        return None
    return datetime.fromtimestamp(commit_of(pygit2.Repository(str(repository)), commit).commit_time, UTC)


def delete_branch(repository: Path, branch: str, expected: CommitId) -> None:
    """Raises RefMoved where the branch does not stand at `expected`."""
    try:
        git(["update-ref", "-d", f"refs/heads/{branch}", expected], cwd=repository)
    except GitFailed as error:
        raise RefMoved(
            f"the branch {branch} in {repository} cannot be deleted at {expected[:12]} ({error.said})",
            "somebody else may have moved it: run the command again",
        ) from error


def check_branch(name: str) -> str:
    """The name itself if git takes it for a branch (the rules of `git check-ref-format --branch`). Raises
    HostileInput."""
    ref = f"refs/heads/{name}"
    if name.startswith("-") or name == "HEAD" or not pygit2.reference_is_valid_name(ref):
        raise HostileInput(f"{name!r} is no name for a branch", "use letters, digits, '-', '_', '.' and '/'")
    return name


def check_path(path: str) -> None:
    check(path)
    if any(part in ("", ".") for part in path.split("/")) or "\\" in path:
        raise HostileInput(f"the path {path!r} is not a plain one", "give it relative to the root, with single slashes")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InputError(f"the path {path!r} is not UTF-8", "rename the file") from None


def signature_of(identity: Identity, at: datetime) -> pygit2.Signature:
    try:
        return pygit2.Signature(identity.name, identity.email, int(at.timestamp()), 0)
    except (ValueError, pygit2.GitError) as error:
        raise InputError(
            f"{identity.name!r} <{identity.email!r}> cannot sign a commit ({error})", "correct the identity setting"
        ) from error


def commit_of(repository: pygit2.Repository, commit: CommitId) -> pygit2.Commit:
    try:
        return repository[commit].peel(pygit2.Commit)
    except (KeyError, ValueError) as error:
        raise InputError(f"there is no commit {commit} in {repository.path}") from error


def _nested(changes: Mapping[str, bytes | None]) -> _Changes:
    root: _Changes = {}
    for path, content in changes.items():
        *folders, name = path.split("/")
        here = root
        for folder in folders:
            below = here.setdefault(folder, {})
            if not isinstance(below, dict):
                raise InputError(f"{path!r} is below {folder!r}, which is a file")
            here = below
        if name in here:
            raise InputError(f"{path!r} is a file and a folder at once")
        here[name] = content
    return root


def _write(repository: pygit2.Repository, old: pygit2.Tree | None, changes: _Changes, above: str) -> pygit2.Oid | None:
    """The folder `old` with changes, None where nothing is left. Folders that no change names stay as they are."""
    builder = repository.TreeBuilder() if old is None else repository.TreeBuilder(old)
    for name, change in changes.items():
        path = f"{above}{name}"
        known = builder.get(name)
        mode = None if known is None else int(known.filemode)
        if mode in (SYMLINK, SUBMODULE):
            _refuse_special(path, mode, change)
        if isinstance(change, dict):
            if mode not in (None, _FOLDER) and any(content is not None for content in change.values()):
                raise InputError(f"{path!r} is a file, not a folder")
            below = repository[known.id].peel(pygit2.Tree) if known is not None and mode == _FOLDER else None
            made = _write(repository, below, change, f"{path}/")
            if made is not None:
                builder.insert(name, made, _FOLDER)
            elif below is not None:
                builder.remove(name)
        elif mode == _FOLDER:
            raise InputError(f"{path!r} is a folder, not a file")
        elif change is not None:
            builder.insert(name, repository.create_blob(change), mode or FILE)
        elif known is not None:
            builder.remove(name)
    return builder.write() if len(builder) else None


def _refuse_special(path: str, mode: int | None, change: bytes | _Changes | None) -> None:
    if change is None:
        return  # taking a link away is harmless
    kind = "symbolic link" if mode == SYMLINK else "submodule"
    raise HostileInput(
        f"{path!r} is a {kind}: it is not written to, nor through it", "replace it by a plain file or folder"
    )
