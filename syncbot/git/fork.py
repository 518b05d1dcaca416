"""What a downstream branch carries on top of an upstream release: its commits in line, each as a patch.

The commits are replayed in memory, in the order of the history, so that what comes out is a series: each patch applies
to what the ones before it left, and all of them together give the very files of the branch. Merges are not in it. A
merge that git could have made by itself has nothing of its own; one where a person resolved a conflict has, and such a
branch is refused. What one side of a merge brought is left out where the merge took nothing of it (`-s ours`): that is
how a merging-rebase ties the old branch to the new one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pygit2

from syncbot.errors import InputError
from syncbot.git.build import commit_of
from syncbot.git.linking import common_folder
from syncbot.git.replay import evil
from syncbot.git.run import GitFailed, git
from syncbot.model.fork import Author, Carried
from syncbot.model.ids import CommitId, PatchName

_MOST = 5000
"""Commits that one branch may carry: with more, its base was not found."""
_LONGEST = 100
_FOLDS = re.compile(r"(?P<how>fixup|squash|amend)! (?P<what>.+)")
_DIFF = ("-p", "--binary", "--full-index", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "-r")
_PREFIXES = ("--src-prefix=a/", "--dst-prefix=b/")
_LOOKS_LIKE_DIFF = re.compile(r"^(?=diff |--- |---$|\+\+\+ |@@ |Index: |GIT binary patch|From [0-9a-f]{40} )", re.M)


@dataclass(frozen=True, slots=True)
class Branch:
    """`carried` in order; `left`: a sentence for each thing that is not made anew."""

    carried: tuple[Carried, ...]
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """Commits that become one change, and the trees before and after it."""

    commits: tuple[pygit2.Commit, ...]
    before: pygit2.Oid
    after: pygit2.Oid


@dataclass(frozen=True, slots=True)
class _Line:
    """`steps` in order. `stuck`: the commit at which it ended, with the `paths` that do not merge."""

    steps: tuple[_Step, ...]
    tree: pygit2.Oid
    stuck: pygit2.Commit | None = None
    paths: tuple[str, ...] = ()


def make_scratch(folder: Path, *sources: Path) -> Path:
    """A bare repository at `folder` that borrows the objects of others on this machine: what is worked out there is
    written nowhere else."""
    if not (folder / "HEAD").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        pygit2.init_repository(str(folder), bare=True, initial_head="main")
    common = [common_folder(source) for source in sources]
    ends = [place / "shallow" for place in common if (place / "shallow").exists()]
    shallow = {row for file in ends for row in file.read_text().split()}
    if shallow:  # clones of few commits: where their history ends, ours does
        (folder / "shallow").write_text("".join(f"{row}\n" for row in sorted(shallow)))
    objects = [place / "objects" for place in common]
    wanted = "".join(f"{place}\n" for place in objects)
    alternates = folder / "objects" / "info" / "alternates"
    if not alternates.exists() or alternates.read_text() != wanted:
        alternates.parent.mkdir(parents=True, exist_ok=True)
        alternates.write_text(wanted)
    return folder


def newest_below(scratch: Path, tip: CommitId, releases: Sequence[CommitId]) -> CommitId | None:
    """The release that `tip` is or stands on, None where there is none. `releases`: highest first. Of those that it
    reaches, one that is below another does not count, whatever its number: people change how they count."""
    opened = pygit2.Repository(str(scratch))
    there = {commit: at for at, commit in enumerate(releases) if commit in opened}
    made = {commit: commit_of(opened, commit).commit_time for commit in there}
    by_date = sorted(there, key=lambda commit: -made[commit])
    newest = next((commit for commit in by_date if _reaches(scratch, tip, commit)), None)
    if newest is None:
        return None
    for twin in [commit for commit in by_date if made[commit] == made[newest] and commit != newest]:
        if _reaches(scratch, twin, newest) and _reaches(scratch, tip, twin):
            newest = twin
    older = [commit for commit in by_date[by_date.index(newest) + 1 :] if made[commit] < made[newest]]
    higher = sorted((commit for commit in older if there[commit] < there[newest]), key=lambda commit: there[commit])
    beside = (c for c in higher if not _reaches(scratch, newest, c) and _reaches(scratch, tip, c))
    return next(beside, newest)


def fork_point(scratch: Path, tip: CommitId, head: CommitId) -> CommitId | None:
    """Where the branch left upstream's, None where they share no history."""
    said = git(["merge-base", tip, head], cwd=scratch, ok=(0, 1)).decode().split()
    return CommitId(said[0]) if said else None


def day_of(scratch: Path, commit: CommitId) -> str:
    """`YYYYMMDD` of a commit, in UTC."""
    return datetime.fromtimestamp(commit_of(pygit2.Repository(str(scratch)), commit).commit_time, UTC).strftime(
        "%Y%m%d"
    )


def _reaches(scratch: Path, newer: CommitId, older: CommitId) -> bool:
    """By git: it has the mirror's commit-graph."""
    try:
        git(["merge-base", "--is-ancestor", older, newer], cwd=scratch)
    except GitFailed:
        return False
    return True


def read_branch(scratch: Path, base: CommitId, tip: CommitId) -> Branch:
    """Raises InputError where a merge resolves a conflict, or the commits do not go in line."""
    opened = pygit2.Repository(str(scratch))
    order, merges, replaced = _live(opened, scratch, base, tip)
    plain = [[commit] for commit in order]
    wanted = commit_of(opened, tip).tree.id
    line = _in_line(opened, commit_of(opened, base).tree, _folded(order))
    if line.stuck is not None or line.tree != wanted:
        line = _in_line(opened, commit_of(opened, base).tree, plain)
    if line.stuck is not None or line.tree != wanted:
        raise _complaint(opened, merges, line, tip)
    return Branch(_carried(scratch, line.steps), _left(merges, line.steps, replaced))


def _live(
    opened: pygit2.Repository, scratch: Path, base: CommitId, tip: CommitId
) -> tuple[list[pygit2.Commit], list[pygit2.Commit], bool]:
    """(the commits that the branch carries, oldest first; its merges; whether a merge replaced what was before)."""
    said = git(["rev-list", "--topo-order", "--reverse", "--parents", f"{base}..{tip}"], cwd=scratch)
    parents = {row[0]: row[1:] for row in map(str.split, said.decode().splitlines())}
    seen: set[str] = set()
    replaced: set[str] = set()
    waiting: list[str] = [tip]
    while waiting:
        id = waiting.pop()
        if id in seen or id not in parents:
            continue
        seen.add(id)
        kept = _kept_side(commit_of(opened, CommitId(id))) if len(parents[id]) > 1 else None
        waiting += parents[id] if kept is None else [kept]
        others = [] if kept is None else [parent for parent in parents[id] if parent != kept and parent in parents]
        if others:  # what only they reach was replaced, though another way may lead there, too
            lost = git(["rev-list", *others, f"^{kept}", f"^{base}"], cwd=scratch)
            replaced.update(lost.decode().split())
    left = [id for id in parents if id in seen and id not in replaced]
    if len(left) > _MOST:
        what = f"the branch has {len(left)} commits on top of {base[:12]}"
        raise InputError(what, "is that the right upstream, and the right branch?")
    found = [commit_of(opened, CommitId(id)) for id in left]
    return [c for c in found if len(c.parents) < 2], [c for c in found if len(c.parents) > 1], bool(replaced)


def _kept_side(merge: pygit2.Commit) -> str | None:
    """The parent that a merge is the same as, so that it took nothing of the others; None where it took something."""
    return next((str(parent.id) for parent in merge.parents if parent.tree.id == merge.tree.id), None)


def _in_line(opened: pygit2.Repository, base: pygit2.Tree, groups: Sequence[Sequence[pygit2.Commit]]) -> _Line:
    steps: list[_Step] = []
    tree = base
    for group in groups:
        before = tree.id
        for commit in group:
            made = _picked(opened, tree, commit)
            if not isinstance(made, pygit2.Tree):
                return _Line(tuple(steps), tree.id, commit, made)
            tree = made
        steps.append(_Step(tuple(group), before, tree.id))
    return _Line(tuple(steps), tree.id)


def _picked(opened: pygit2.Repository, tree: pygit2.Tree, commit: pygit2.Commit) -> pygit2.Tree | tuple[str, ...]:
    """The tree with a commit's change, or the paths where that does not merge."""
    before = commit.parents[0].tree if commit.parents else opened[opened.TreeBuilder().write()].peel(pygit2.Tree)
    if before.id == tree.id:
        return commit.tree
    index = opened.merge_trees(before, tree, commit.tree)
    if index.conflicts is not None:
        return tuple(sorted({side.path for sides in index.conflicts for side in sides if side is not None}))
    return opened[index.write_tree(opened)].peel(pygit2.Tree)


def _folded(order: Sequence[pygit2.Commit]) -> list[list[pygit2.Commit]]:
    """With fixups moved to what they mend, as `git rebase --autosquash` does: by subject, by id, by how it begins."""
    groups: list[list[pygit2.Commit]] = []
    for commit in order:
        found = _FOLDS.match(subject_of(commit))
        what = found["what"] if found else ""
        while (again := _FOLDS.match(what)) is not None:
            what = again["what"]
        group = _meant(groups, what) if what else None
        if group is None:
            groups.append([commit])
        else:
            group.append(commit)
    return groups


def _meant(groups: Sequence[list[pygit2.Commit]], what: str) -> list[pygit2.Commit] | None:
    heads = [(group, subject_of(group[0])) for group in reversed(groups)]
    exact = [group for group, subject in heads if subject == what]
    by_id = [group for group, _ in heads if re.fullmatch(r"[0-9a-f]{7,40}", what) and str(group[0].id).startswith(what)]
    begins = [group for group, subject in heads if subject.startswith(what)]
    return next(iter(exact or by_id or begins), None)


def _complaint(opened: pygit2.Repository, merges: Sequence[pygit2.Commit], line: _Line, tip: CommitId) -> InputError:
    for merge in merges:
        paths = evil(opened, merge)
        if paths:
            what = f"the merge commit {str(merge.id)[:12]} ({subject_of(merge)}) resolves a conflict by hand"
            return InputError(
                f"{what}, in {_some(paths)}",
                "rebase the branch, so that every change of it stands in a commit that is no merge",
            )
    if line.stuck is not None:
        what = f"commit {str(line.stuck.id)[:12]} ({subject_of(line.stuck)}) does not go in line with the others"
        return InputError(f"{what}: {_some(line.paths)}", "rebase the branch, so that it has no merges")
    what = f"its commits in line do not give the files of {tip[:12]}"
    return InputError(what, "rebase the branch, so that it has no merges")


def _carried(scratch: Path, steps: Sequence[_Step]) -> tuple[Carried, ...]:
    telling = [step for step in steps if step.before != step.after]
    diffs = _diffs(scratch, telling)
    found: list[Carried] = []
    taken: set[str] = set()
    for step, diff in zip(telling, diffs, strict=True):
        first = step.commits[0]
        message = _message(step.commits)
        name = _name(message, str(first.id), taken)
        taken.add(name)
        author = Author(
            _decoded(first.author.raw_name),
            _decoded(first.author.raw_email),
            first.author.time,
            first.author.offset,
        )
        ids = tuple(CommitId(str(commit.id)) for commit in step.commits)
        signed = any(_is_signed(commit) for commit in step.commits)
        patch = header(str(first.id), author, message).encode("utf-8", "surrogateescape") + diff
        found.append(Carried(name, ids, message, author, patch, signed))
    return tuple(found)


def _diffs(scratch: Path, steps: Sequence[_Step]) -> list[bytes]:
    """What each step changes, from one git process."""
    if not steps:
        return []
    asked = "".join(f"{step.before} {step.after}\n" for step in steps).encode()
    said = git(["diff-tree", "--stdin", *_DIFF, *_PREFIXES], cwd=scratch, stdin=asked, timeout=600)
    # no line of a diff looks like that: they begin with a space, a sign or a word, and base 85 has no such length
    parts = re.split(rb"^[0-9a-f]{40} [0-9a-f]{40}\n", said, flags=re.M)[1:]
    if len(parts) != len(steps):
        raise InputError(f"git shows {len(parts)} of {len(steps)} changes", "see what git fsck says")
    return [part.lstrip(b"\n") for part in parts]


def header(commit: str, author: Author, message: str) -> str:
    """A patch's header as a mail has it. What in the message looks like a diff is indented."""
    subject, _, body = message.partition("\n")
    safe = _LOOKS_LIKE_DIFF.sub(" ", body.strip("\n"))
    lines = [
        f"From {commit} Mon Sep 17 00:00:00 2001",
        f"From: {author.name} <{author.mail}>",
        f"Date: {_date(author)}",
        f"Subject: {subject}",
        "",
        *([safe] if safe else []),
        "---",
        "",
    ]
    return "\n".join(lines)


def _date(author: Author) -> str:
    from email.utils import format_datetime  # noqa: PLC0415  # it loads sockets

    try:
        zone = timezone(timedelta(minutes=author.offset))
        return format_datetime(datetime.fromtimestamp(author.time, zone))
    except (ValueError, OverflowError, OSError):
        return format_datetime(datetime.fromtimestamp(0, UTC))


def _message(commits: Sequence[pygit2.Commit]) -> str:
    """The first one's message, with what squashed commits add to it."""
    message = _text(commits[0])
    for commit in commits[1:]:
        found = _FOLDS.match(subject_of(commit))
        body = _text(commit).partition("\n")[2].strip("\n")
        if found is not None and found["how"] == "amend" and body:
            message = body + "\n"
        elif found is not None and found["how"] == "squash" and body:
            message = f"{message.rstrip()}\n\n{body}\n"
    return message


def _text(commit: pygit2.Commit) -> str:
    raw: bytes = commit.raw_message
    coding = commit.message_encoding or "utf-8"
    try:
        return raw.decode(coding).lstrip("\n")
    except (LookupError, UnicodeDecodeError):
        return raw.decode("latin-1").lstrip("\n")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def subject_of(commit: pygit2.Commit) -> str:
    return _text(commit).split("\n", 1)[0].strip()


def _is_signed(commit: pygit2.Commit) -> bool:
    return commit.gpg_signature[0] is not None


def _name(message: str, id: str, taken: set[str]) -> PatchName:
    """The subject, for people and for `[keep]`: ids change with every rebuild."""
    words = "".join(c if c.isprintable() else " " for c in message.split("\n", 1)[0]).split()
    plain = " ".join(words)[:_LONGEST].rstrip() or id[:12]
    number, name = 1, plain
    while name in taken:
        number += 1
        name = f"{plain} ({number})"
    return PatchName(name)


def _left(merges: Sequence[pygit2.Commit], steps: Sequence[_Step], replaced: bool) -> tuple[str, ...]:
    told = [f"Merge {str(m.id)[:12]} ({subject_of(m)}) is not made anew: its commits stand in line." for m in merges]
    told += [
        f"Commit {str(step.commits[0].id)[:12]} ({subject_of(step.commits[0])}) changes nothing and is left out."
        for step in steps
        if step.before == step.after
    ]
    told += [
        f"{subject_of(commit)} ({str(commit.id)[:12]}) is folded into the commit that it mends."
        for step in steps
        for commit in step.commits[1:]
    ]
    if replaced:
        told.append("What an earlier merging-rebase replaced is left out.")
    return tuple(told)


def _some(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
