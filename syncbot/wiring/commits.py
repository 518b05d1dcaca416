"""Upstream's commits as text, from the mirrors that lie here. Nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from syncbot.git.run import GitFailed, git_stream
from syncbot.model.ids import CommitId
from syncbot.model.packages import Package
from syncbot.settings import Workspace as Found
from syncbot.wiring.upstreams import absolute

_ID = re.compile(r"[0-9a-f]{40}")
_FORM = ("--format=", "--no-ext-diff", "--no-textconv", "--no-color", "--diff-merges=first-parent", "--find-renames")
_MOST = 256 * 1024
"""Bytes of a commit that are shown."""


def commits(found: Found) -> Callable[[Package, CommitId, Sequence[str]], bytes]:
    def commit(package: Package, id: CommitId, paths: Sequence[str]) -> bytes:
        from syncbot.sources.git import mirror_path  # the judge comes with it, which reports can do without

        upstream = absolute(package.repository, found.root)
        mirror = mirror_path(found.cache, upstream.location)
        if upstream.scheme != "git" or not _ID.fullmatch(id) or not mirror.is_dir():
            return b""
        command = ["--literal-pathspecs", "show", *_FORM, id, "--", *paths]
        try:
            return _first(git_stream(command, cwd=mirror, env={"GIT_NO_LAZY_FETCH": "1"}))
        except GitFailed:
            return b""

    return commit


def _first(chunks: Iterator[bytes]) -> bytes:
    """As much as is shown, whole lines."""
    got = b""
    for chunk in chunks:
        got += chunk
        if len(got) > _MOST:
            return got[:_MOST].rpartition(b"\n")[0] + b"\n"
    return got
