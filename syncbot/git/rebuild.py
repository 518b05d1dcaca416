"""A fork's branch made anew on an upstream release, in memory.

It begins with a merge whose files are those of the release: its first parent is the release, its second the branch as
it was. So the new branch stands on the release, is a descendant of the old one, and replaces it by a fast-forward or an
ordinary merge: nobody's clone breaks, nothing is pushed by force, and what was there before can still be reached. Git
for Windows (a "merging-rebase") and OpenShift (`merge -s ours`) do the same, by hand.

On top of it stands a commit for each change that is carried: author, date, message and trailers are the old ones, the
committer is the bot. A signature cannot be kept; it would be of another commit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pygit2

from syncbot.diff.parse import parse_patch
from syncbot.errors import Fault, InputError
from syncbot.git.build import bring, check_path, commit_of, signature_of
from syncbot.git.commit import make_commit, signed_off
from syncbot.git.trees import GitTree
from syncbot.judge.stack import Misfit, Overlay, Side, fit_patch
from syncbot.model.fork import REBUILT, Author, Carried, Fork
from syncbot.model.ids import CommitId
from syncbot.model.settings import Identity
from syncbot.model.trees import SUBMODULE

_NOTE = re.compile(r"^\[syncbot: .*\]$", re.M)
_COUNT = re.compile(rf"^{REBUILT}: (\d{{1,6}})$", re.M)
_MOST = 5000


def rebuilt(repository: Path, parent: CommitId, fork: Fork, message: str, identity: Identity, at: datetime) -> CommitId:
    """Write the branch, as a descendant of `parent`; gives its tip. No branch moves. `message`: what is said of it.
    Raises InputError."""
    bring(repository, Path(fork.objects), fork.base)
    opened = pygit2.Repository(str(repository))
    base = commit_of(opened, fork.base)
    bot = signature_of(identity, at)
    going = [one for one in fork.carried if not one.waiting]
    said = signed_off(_start(fork, message, len(going)), identity)
    tip = make_commit(opened, bot, bot, said, base.tree.id, [base.id, commit_of(opened, parent).id], identity)
    stack = Overlay(GitTree(repository, fork.base))
    index = pygit2.Index()
    index.read_tree(base.tree)
    for one in going:
        before = dict(stack.changed)
        _apply(stack, one)
        _put(opened, index, before, stack.changed)
        author = bot if one.author is None else _signature(one.author)
        tip = make_commit(opened, author, bot, _said(one, identity), index.write_tree(opened), [tip.id], identity)
    return CommitId(str(tip.id))


def rebuilt_by_us(tip: pygit2.Commit, identity: Identity) -> tuple[list[pygit2.Oid], frozenset[pygit2.Oid]]:
    """(the releases that rebuilt branches below `tip` stand on, which are upstream's history; the commits that syncbot
    made anew on top of the newest), both empty where `tip` stands on no such branch."""
    chain: list[pygit2.Commit] = []
    here = tip
    for _ in range(_MOST):
        count = _COUNT.search(here.message) if len(here.parents) == 2 else None
        if count is not None and _is_bots(here, identity):
            made = chain[::-1][: int(count[1])]
            return [here.parents[0].id], frozenset(commit.id for commit in made if _committed(commit, identity))
        if not here.parents:
            break
        chain.append(here)
        here = here.parents[0]
    return [], frozenset()


def _is_bots(commit: pygit2.Commit, identity: Identity) -> bool:
    return _committed(commit, identity) and bytes(commit.author.raw_email) == bytes(commit.committer.raw_email)


def _committed(commit: pygit2.Commit, identity: Identity) -> bool:
    mail: bytes = commit.committer.raw_email
    return mail.decode("utf-8", "replace").lower() == identity.email.lower()


def _start(fork: Fork, message: str, count: int) -> str:
    waiting = [f"- {one.name} ({one.commits[0][:12]})" for one in fork.carried if one.waiting and one.commits]
    parts = [f"Start the merging-rebase to {fork.release}", message.strip("\n")]
    if waiting:
        parts.append("Not on this branch, since a person must mend it first:\n" + "\n".join(waiting))
    if fork.left:
        parts.append("\n".join(fork.left))
    return "\n\n".join([*parts, f"{REBUILT}: {count}"]) + "\n"


def _apply(stack: Overlay, one: Carried) -> None:
    fitted = fit_patch(parse_patch(one.patch, 1, stack.exists), stack, fuzz=0)
    if isinstance(fitted, Misfit):
        what = f"{one.name} does not apply to the release: {fitted.path}: {fitted.why}"
        raise Fault(what, "nothing was changed; please report this with the patches")
    stack.apply(fitted.changes)


def _put(
    opened: pygit2.Repository, index: pygit2.Index, before: dict[str, Side | None], now: dict[str, Side | None]
) -> None:
    """What differs goes into the index: first what is gone, since a file may make room for a folder."""
    changed = {path: side for path, side in now.items() if path not in before or before[path] != side}
    for path in changed:
        check_path(path)
    for path in [path for path, side in changed.items() if side is None and path in index]:
        index.remove(path)
    for path, side in changed.items():
        if side is None:
            continue
        if side.mode == SUBMODULE:
            id = pygit2.Oid(hex=side.content.decode("ascii"))
        else:
            id = opened.create_blob(side.content)
        try:
            index.add(pygit2.IndexEntry(path, id, pygit2.enums.FileMode(side.mode)))
        except (UnicodeEncodeError, ValueError) as error:
            raise InputError(f"the path {path!r} cannot be written ({error})", "rename the file") from error


def _signature(author: Author) -> pygit2.Signature:
    try:
        return pygit2.Signature(author.name, author.mail, author.time, author.offset)
    except (ValueError, pygit2.GitError) as error:
        raise InputError(f"the author {author.name!r} <{author.mail}> cannot be written ({error})") from error


def _said(one: Carried, identity: Identity) -> str:
    """The old message. What was taken out of a change is said as the last of its trailers, as people do it."""
    notes = _NOTE.findall(_header(one.patch))
    message = one.message.rstrip("\n") + "\n"
    new = [note for note in notes if note not in message]
    if not new:
        return message
    body = message.rstrip("\n")
    glue = "\n" if _ends_in_trailers(body) else "\n\n"
    return signed_off(body + glue + "\n".join(new) + "\n", identity)


def _header(patch: bytes) -> str:
    return re.split(rb"^(?:diff --git |--- )", patch, maxsplit=1, flags=re.M)[0].decode("utf-8", "surrogateescape")


def _ends_in_trailers(body: str) -> bool:
    last: Sequence[str] = body.rpartition("\n\n")[2].splitlines()
    return "\n\n" in body and all(re.match(r"[A-Za-z][A-Za-z-]*: \S|\[.*\]$", line) for line in last)
