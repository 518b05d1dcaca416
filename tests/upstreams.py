"""A small upstream made in code: commits, branches and merges without a work tree or a process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pygit2

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import Patch
from syncbot.model.ids import CommitId

Files = dict[str, bytes]


class Upstream:
    """A bare repository at `path`. Every commit knows its files; time goes on by an hour with each commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.repo = pygit2.init_repository(str(path), bare=True)
        self.files: dict[str, Files] = {}
        self._time = 1_700_000_000

    def commit(
        self,
        message: str | bytes,
        changes: Mapping[str, str | bytes | None],
        on: CommitId | None = None,
        *,
        merging: CommitId | None = None,
        author: tuple[str, str] = ("Ann", "ann@example.org"),
        time: int | None = None,
    ) -> CommitId:
        """One commit on top of `on` (None: a root), None deletes a file; `merging` is a second parent."""
        files = dict(self.files[on]) if on else {}
        for path, content in changes.items():
            if content is None:
                del files[path]
            else:
                files[path] = content.encode() if isinstance(content, str) else content
        self._time += 3600
        who = pygit2.Signature(*author, self._time if time is None else time)
        committer = pygit2.Signature("Committer", "committer@example.org", self._time)
        parents = [parent for parent in (on, merging) if parent]
        text = message.decode("latin-1") if isinstance(message, bytes) else message
        id = CommitId(str(self.repo.create_commit(None, who, committer, text, self._tree(files), parents)))
        self.files[id] = files
        return id

    def point(self, reference: str, commit: CommitId) -> None:
        """Set a reference such as `refs/heads/main`."""
        self.repo.references.create(reference, commit, force=True)

    def patch(self, old: CommitId, new: CommitId) -> Patch:
        """What leads from one commit to another, as a patch."""
        text = self.repo.diff(old, new, flags=pygit2.enums.DiffOption.SHOW_BINARY).patch
        assert text is not None
        return parse_patch(text.encode("utf-8", "surrogateescape"), 1)

    def time_of(self, commit: CommitId) -> int:
        found = self.repo[commit]
        assert isinstance(found, pygit2.Commit)
        return found.author.time

    def _tree(self, files: Files) -> pygit2.Oid:
        index = pygit2.Index()
        for path, content in files.items():
            mode = pygit2.enums.FileMode.BLOB
            index.add(pygit2.IndexEntry(path, self.repo.create_blob(content), mode))
        return index.write_tree(self.repo)


def edited(files: Files, path: str, old: str, new: str) -> dict[str, bytes]:
    """The change that replaces the one `old` in a file by `new`."""
    content = files[path].decode()
    assert content.count(old) == 1, f"{path} has {content.count(old)} of {old!r}"
    return {path: content.replace(old, new).encode()}
