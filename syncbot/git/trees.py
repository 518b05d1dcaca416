"""Trees of a git repository, read through pygit2 without a work tree.

Tree objects are parsed from their bytes: that keeps names that are not UTF-8 exact, and makes a directory one
dictionary for all the revisions that share it.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pygit2

from syncbot.errors import HostileInput, InputError, RepositoryDamaged
from syncbot.git.run import refuse_option
from syncbot.model.ids import BlobId, CommitId
from syncbot.model.trees import EXECUTABLE, FILE, SUBMODULE, SYMLINK, Entry, Tree, day_of

# Mirrors may lie on a volume of another user (a container's, say): who owns them is the user's affair. What is read is
# verified against its hash, because proofs rest on it: by libgit2 wherever it reads for itself, here by `_Objects`.
pygit2.settings.owner_validation = False
pygit2.settings.enable_strict_hash_verification(True)
_KINDS = {pygit2.GIT_OBJECT_BLOB: b"blob", pygit2.GIT_OBJECT_TREE: b"tree"}

_FOLDER = 0o040000
_Folder = dict[str, Entry]
_MOST_FOLDERS = 16_384
BLOB_BYTES = 16 << 20
"""Content kept in memory for one repository: the patches of a stack meet the same files again and again."""
_opened = threading.local()


class GitTree:
    """The tree of one revision. Opened at the first question; `revision` is a commit id, or whatever `resolve` takes.

    Raises InputError (at the first question) where the repository or the revision is not there.
    """

    def __init__(self, repository: Path, revision: str) -> None:
        self._repository = repository
        self._revision = refuse_option(revision, "revision")
        self._root: str | None = None
        self._paths: tuple[str, ...] | None = None
        self._entries: dict[str, Entry | None] = {}

    def entry(self, path: str) -> Entry | None:
        if path not in self._entries:
            self._entries[path] = self._find(path)
        return self._entries[path]

    def _find(self, path: str) -> Entry | None:
        *folders, name = path.split("/")
        objects = self._objects()
        folder = self._root_id()
        for part in folders:
            found = objects.folder(folder).get(part)
            if found is None or found.mode != _FOLDER:
                return None
            folder = found.id
        entry = objects.folder(folder).get(name)
        return None if entry is None or entry.mode == _FOLDER else entry

    def read(self, path: str) -> bytes | None:
        entry = self.entry(path)
        if entry is None:
            return None
        return entry.id.encode() if entry.mode == SUBMODULE else self._objects().blob(entry.id)

    def paths(self) -> tuple[str, ...]:
        if self._paths is None:
            self._paths = tuple(self._walk(self._root_id(), ""))
        return self._paths

    def inside(self, folder: str) -> Iterable[str]:
        id = self._root_id()
        for part in folder.split("/"):
            found = self._objects().folder(id).get(part)
            if found is None or found.mode != _FOLDER:
                return ()
            id = found.id
        return self._walk(id, f"{folder}/")

    def added(self, other: Tree) -> Iterable[str] | None:
        """The paths that this tree has and the other has not, folders that both share left out unread. None where the
        other is no tree of the same repository."""
        if not isinstance(other, GitTree) or other._repository != self._repository:
            return None
        return self._added(self._root_id(), other._root_id(), "")

    def _added(self, mine: str, theirs: str, prefix: str) -> Iterator[str]:
        if mine == theirs:
            return
        objects = self._objects()
        old = objects.folder(theirs)
        for name, entry in objects.folder(mine).items():
            was = old.get(name)
            is_folder = entry.mode == _FOLDER
            if was is not None and (was.mode == _FOLDER) == is_folder:
                if is_folder:
                    yield from self._added(entry.id, was.id, f"{prefix}{name}/")
            elif is_folder:
                yield from self._walk(entry.id, f"{prefix}{name}/")
            else:
                yield prefix + name

    def size(self) -> tuple[int, int]:
        """(files, their bytes), from the objects' heads."""
        return self._objects().size(self._root_id())

    def newest(self) -> date | None:
        """The day of the commit."""
        found = self._objects().commit_time(self._revision)
        return None if found is None else day_of(found)

    def _walk(self, folder: str, prefix: str) -> Iterator[str]:
        for name, entry in self._objects().folder(folder).items():
            if entry.mode == _FOLDER:
                yield from self._walk(entry.id, f"{prefix}{name}/")
            else:
                yield prefix + name

    def _root_id(self) -> str:
        if self._root is None:
            self._root = self._objects().root(self._revision)
        return self._root

    def _objects(self) -> _Objects:
        return _objects(self._repository)


class _Objects:
    """The objects of one repository for one thread (a pygit2 repository may not be shared), with a cache of folders."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.repository = pygit2.Repository(str(path))
        except pygit2.GitError:
            raise InputError(f"{path} is no git repository", "give the path of one") from None
        self._odb = self.repository.odb
        self._folders: OrderedDict[str, _Folder] = OrderedDict()
        self._blobs: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0

    def folder(self, id: str) -> _Folder:
        found = self._folders.get(id)
        if found is None:
            found = self._folders[id] = _parse(self._read(id))
            if len(self._folders) > _MOST_FOLDERS:
                self._folders.popitem(last=False)
        return found

    def blob(self, id: str) -> bytes:
        found = self._blobs.get(id)
        if found is not None:
            self._blobs.move_to_end(id)
            return found
        found = self._blobs[id] = self._read(id)
        self._held += len(found)
        while self._held > BLOB_BYTES:
            _, old = self._blobs.popitem(last=False)
            self._held -= len(old)
        return found

    def size(self, folder: str) -> tuple[int, int]:
        """(files, their bytes) below a folder."""
        files = weight = 0
        for entry in self.folder(folder).values():
            if entry.mode == _FOLDER:
                more, bytes_ = self.size(entry.id)
                files, weight = files + more, weight + bytes_
            else:
                files += 1
                weight += self._length(entry.id) if entry.mode in (FILE, EXECUTABLE) else 0
        return files, weight

    def _length(self, id: str) -> int:
        try:
            return int(self.repository.odb.read_header(id)[1])
        except AttributeError:  # an older pygit2
            return len(self._read(id))
        except (KeyError, pygit2.GitError):
            return 0  # a part of the repository that was not fetched

    def forget_blobs(self) -> None:
        self._blobs.clear()
        self._held = 0

    def root(self, revision: str) -> str:
        return str(_revision(self.repository, self._path, revision).peel(pygit2.Tree).id)

    def commit_time(self, revision: str) -> int | None:
        """Seconds since 1970, None for a tree without commit."""
        try:
            return int(_revision(self.repository, self._path, revision).peel(pygit2.Commit).commit_time)
        except (pygit2.GitError, ValueError):
            return None

    def _read(self, id: str) -> bytes:
        try:
            kind, content = read_unverified(self._odb, id)
        except (KeyError, pygit2.GitError):
            raise self._damaged(id) from None
        made = hashlib.sha1(b"%s %d\0" % (_KINDS.get(kind, b""), len(content)), usedforsecurity=False)
        made.update(content)
        if made.hexdigest() != id:
            raise self._damaged(id)
        return content

    def _damaged(self, id: str) -> RepositoryDamaged:
        return RepositoryDamaged(
            f"{self._path} is damaged: object {id} cannot be read", "delete it; it is fetched anew"
        )


def read_unverified(odb: pygit2.Odb, id: str) -> tuple[int, bytes]:
    """(kind, content) of an object, its hash unchecked: libgit2's own check takes as long as the reading, the
    processor's a quarter of that."""
    pygit2.settings.enable_strict_hash_verification(False)
    try:
        kind, content = odb.read(id)
    finally:
        pygit2.settings.enable_strict_hash_verification(True)
    return kind, content


def resolve(repository: Path, revision: str) -> CommitId:
    """The commit that a revision (branch, tag, id, `HEAD~2`) names. Raises HostileInput for what looks like an option,
    InputError where there is no such commit."""
    refuse_option(revision, "revision")
    found = _revision(_objects(repository).repository, repository, revision)
    try:
        return CommitId(str(found.peel(pygit2.Commit).id))
    except (pygit2.GitError, ValueError):
        raise InputError(f"{revision!r} is no commit in {repository}", "name a branch, a tag or a commit") from None


def _revision(opened: pygit2.Repository, path: Path, revision: str) -> pygit2.Object:
    try:
        return opened.revparse_single(revision)
    except (KeyError, ValueError, pygit2.GitError):
        raise InputError(
            f"{path} has no revision {revision!r}", "name a branch, a tag or a commit; fetch if it is new"
        ) from None


def forget(repository: Path) -> None:
    """Drop what this thread holds open of a repository: it was replaced on disk."""
    getattr(_opened, "objects", {}).pop(repository, None)


def forget_blobs(repository: Path) -> None:
    """Let go of the content that this thread keeps of a repository, which stays open."""
    held: dict[Path, _Objects] = getattr(_opened, "objects", {})
    if repository in held:
        held[repository].forget_blobs()


def _objects(path: Path) -> _Objects:
    held: dict[Path, _Objects] | None = getattr(_opened, "objects", None)
    if held is None:
        held = _opened.objects = {}
    found = held.get(path)
    if found is None:
        if len(held) >= 64:  # one process may visit a thousand mirrors; open files are few
            held.clear()
        found = held[path] = _Objects(path)
    return found


def _parse(raw: bytes) -> _Folder:
    """A tree object's bytes: `mode SP name NUL 20 bytes of id`, again and again."""
    made: _Folder = {}
    at = 0
    while at < len(raw):
        space = raw.index(b" ", at)
        end = raw.index(b"\0", space)
        id = raw[end + 1 : end + 21]
        if len(id) != 20:
            raise HostileInput("a git tree object is cut short", "fetch the repository anew")
        name = raw[space + 1 : end].decode("utf-8", "surrogateescape")
        made[name] = Entry(_mode(int(raw[at:space], 8)), BlobId(id.hex()))
        at = end + 21
    return made


def _mode(mode: int) -> int:
    kind = mode & 0o170000
    if kind in (_FOLDER, SYMLINK, SUBMODULE):
        return kind
    return EXECUTABLE if mode & 0o100 else FILE
