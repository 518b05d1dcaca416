"""A bare mirror of an upstream repository: its branches and tags, brought up to date by one reference check.

The address is never written into the mirror (it may hold credentials). A mirror is built aside and renamed, one that is
damaged is built anew, and what a moved or deleted tag pointed at stays readable below `refs/syncbot/`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from syncbot.errors import UpstreamUnreachable
from syncbot.git.refs import Peeled, keep_peeled, read_peeled, read_refs, read_upstream
from syncbot.git.run import GitFailed, git, git_network
from syncbot.git.trees import forget
from syncbot.model.addresses import check_git, host, is_path, rewrite, shown
from syncbot.model.ids import CommitId
from syncbot.model.releases import Upstream
from syncbot.ports.source import Progress

_REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
# All references or none; and no FETCH_HEAD, which would name the address. With a commit-graph git tells forty times
# faster which tags hold a commit.
_FETCH = (
    *("fetch", "--atomic", "--prune", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
    *("--no-recurse-submodules", "--write-commit-graph", "--progress"),
)
_PATTERNS = ("HEAD", "refs/heads/*", "refs/tags/*")
_TAGS = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)%00%(creatordate:unix)"
_REFERENCE_CHECK = 120.0


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: its short name, the commit that it comes to, and when it (or its commit) was made; None: not said."""

    name: str
    commit: CommitId
    date: datetime | None


@dataclass(frozen=True, slots=True)
class TagChange:
    """A tag that was here before and is not what it was. `now` is None where upstream deleted it. Object ids."""

    name: str
    was: str
    now: str | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch did. `changed` is False where the reference check found everything as it was."""

    changed: bool
    tags: tuple[TagChange, ...] = ()


class Mirror:
    """The mirror at `path` of the repository at `address`. `rules` rewrite the address, as git's insteadOf."""

    def __init__(
        self,
        path: Path,
        address: str,
        rules: Iterable[tuple[str, str]] = (),
        turn: Callable[[str], AbstractContextManager[None]] = lambda _host: nullcontext(),
        agent: str = "",
    ) -> None:
        """`turn`: what each request to a host is done in; `agent`: who asks, as servers are told, empty: git."""
        self.path = path
        self._turn, self._agent = turn, agent
        address = check_git(rewrite(check_git(address), rules))
        # git runs in the mirror's folder, so that a relative path would mean another place
        self._address = str(Path(address).expanduser().absolute()) if is_path(address) else address
        self._seen: dict[str, str] | None = None
        """The references as the last fetch found them, where it found nothing new."""

    @property
    def _host(self) -> str:
        return host(Upstream("git", self._address))

    @property
    def shown(self) -> str:
        return shown(self._address)

    def fetch(self, progress: Progress) -> Fetched:
        """Bring the mirror up to date, building it where there is none. Raises UpstreamUnreachable, HostileInput."""
        with alone(self.path):
            self.look_again()
            head, refs = self._ask()
            here = self._here()
            if here is None:
                self._build(head, progress)
                return Fetched(True)
            if here == refs:
                self._seen = here
                return Fetched(self._point(head))
            changes = _changes(here, refs)
            try:
                self._keep(changes)
                self._transfer(self.path, progress)
            except (UpstreamUnreachable, GitFailed):
                if self._whole():
                    raise
                self._build(head, progress)
            self._point(head)
            forget(self.path)
            return Fetched(True, changes)

    def rebuild(self, progress: Progress) -> None:
        """Fetch everything anew and put it in the place of what is there."""
        with alone(self.path):
            self.look_again()
            self._build(self._ask()[0], progress)

    def look_again(self) -> None:
        """Read the references anew when they are asked for next: another process may have fetched."""
        self._seen = None

    def tags(self) -> tuple[Tag, ...]:
        """Every tag that comes to a commit, in the order of their names. Asks only the mirror; what an object that a
        tag points to comes to is asked once in its life."""
        refs = self._refs()
        known = read_peeled(self.path)
        if refs is None or not all(id in known for name, id in refs.items() if name.startswith("refs/tags/")):
            refs, known = self._peel()
            keep_peeled(self.path, known)
        found = []
        for ref, id in sorted(refs.items(), key=lambda entry: os.fsencode(entry[0])):
            commit, date = known.get(id, ("", ""))
            if commit and ref.startswith("refs/tags/"):
                found.append(Tag(ref.removeprefix("refs/tags/"), CommitId(commit), _date(date)))
        return tuple(found)

    def head(self) -> CommitId | None:
        """The commit of the default branch, None where there is none."""
        refs = self._refs()
        if refs is None:
            name = self.default_branch()
            found = None if name is None else self.branch(name)
            return None if found is None else found.commit
        id = refs.get(_pointed_to(self.path))
        return None if id is None else CommitId(id)

    def branch(self, name: str) -> Tag | None:
        """The head of a branch (with its commit's date), None where there is no such branch."""
        form = "--format=%(objectname)%00%(committerdate:unix)%00%(refname)"
        ref = f"refs/heads/{name}"
        out = git(["for-each-ref", form, ref], cwd=self.path).decode("utf-8", "surrogateescape")
        for line in out.splitlines():
            commit, date, found = line.split("\0")
            if found == ref:  # for-each-ref takes a name for a folder of names, too
                return Tag(name, CommitId(commit), _date(date))
        return None

    def default_branch(self) -> str | None:
        """The branch that upstream's HEAD names, None where it names none that exists."""
        name = git(["symbolic-ref", "--short", "-q", "HEAD"], cwd=self.path, ok=(0, 1)).decode().strip()
        return name if name and self.branch(name) else None

    def _ask(self) -> tuple[str, dict[str, str]]:
        """(the branch that HEAD names, {ref: object id}) of upstream, in one request; of a repository on this machine
        without one."""
        if is_path(self._address) and (found := read_upstream(Path(self._address))) is not None:
            return found
        with self._turn(self._host):
            out = git_network(
                ["ls-remote", "--symref", "--", self._address, *_PATTERNS],
                address=self._address,
                timeout=_REFERENCE_CHECK,
                agent=self._agent,
            )
        head, refs = "", {}
        for line in out.decode("utf-8", "surrogateescape").splitlines():
            what, _, name = line.partition("\t")
            if what.startswith("ref: ") and name == "HEAD":
                head = what[5:]
            elif name.startswith(("refs/heads/", "refs/tags/")) and not name.endswith("^{}"):
                refs[name] = what
        return head if head in refs else "", refs

    def _here(self) -> dict[str, str] | None:
        """{ref: object id} of the mirror, None where there is none that git can read, or one that lost its objects."""
        if not self.path.is_dir():
            return None
        refs = read_refs(self.path, whole=True)
        if refs is not None:
            return refs
        # The date is asked for to make git look at each object: a mirror that lost them is none.
        form = "--format=%(objectname)%09%(refname)%09%(creatordate:unix)"
        try:
            out = git([f"--git-dir={self.path}", "for-each-ref", form, "refs/heads", "refs/tags"])
        except GitFailed:
            return None
        rows = (line.split("\t") for line in out.decode("utf-8", "surrogateescape").splitlines())
        return {name: id for id, name, _ in rows}

    def _refs(self) -> dict[str, str] | None:
        return read_refs(self.path) if self._seen is None else self._seen

    def _build(self, head: str, progress: Progress) -> None:
        aside = self.path.with_name(f"{self.path.name}.building")
        old = self.path.with_name(f"{self.path.name}.old")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _remove(aside)
        git(["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--", str(aside)])
        self._transfer(aside, progress)
        git(["pack-refs", "--all"], cwd=aside)
        _point(aside, head)
        _remove(old)
        if self.path.exists():
            self.path.rename(old)
        aside.rename(self.path)
        _remove(old)
        forget(self.path)

    def _transfer(self, into: Path, progress: Progress) -> None:
        with self._turn(self._host):
            git_network(
                [*_FETCH, "--", self._address, *_REFS],
                address=self._address,
                cwd=into,
                progress=progress,
                agent=self._agent,
            )

    def _keep(self, changes: tuple[TagChange, ...]) -> None:
        """Hold on to what changed tags pointed at: a proof may rest on it, and a person wants to see it."""
        lines = [f"update refs/syncbot/was/{change.was} {change.was}\n" for change in changes]
        if lines:
            git(["update-ref", "--stdin"], cwd=self.path, stdin="".join(lines).encode())

    def _whole(self) -> bool:
        try:
            git(["fsck", "--connectivity-only", "--no-dangling", "--no-progress"], cwd=self.path, timeout=600)
        except GitFailed:
            return False
        return True

    def _point(self, head: str) -> bool:
        return _point(self.path, head)

    def _peel(self) -> tuple[dict[str, str], Peeled]:
        """{ref: object id} of the tags, and what each object comes to."""
        out = git(["for-each-ref", f"--format={_TAGS}", "refs/tags"], cwd=self.path)
        refs, known = {}, {}
        for line in out.decode("utf-8", "surrogateescape").splitlines():
            ref, kind, id, peeled_kind, peeled, date = line.split("\0")
            commit = id if kind == "commit" else peeled if peeled_kind == "commit" else ""
            if peeled_kind == "tag":  # a tag of a tag
                found = git(["rev-parse", "--verify", "-q", f"{id}^{{commit}}"], cwd=self.path, ok=(0, 1, 128))
                commit = found.decode().strip()
            refs[ref], known[id] = id, (commit, date)
        return refs, known


def _changes(here: dict[str, str], there: dict[str, str]) -> tuple[TagChange, ...]:
    return tuple(
        TagChange(name.removeprefix("refs/tags/"), id, there.get(name))
        for name, id in sorted(here.items())
        if name.startswith("refs/tags/") and there.get(name) != id
    )


def _point(path: Path, head: str) -> bool:
    """Make HEAD name the branch that upstream's names. Whether that changed anything."""
    wanted = head or "refs/heads/main"
    if _pointed_to(path) == wanted:
        return False
    if git(["symbolic-ref", "-q", "HEAD"], cwd=path, ok=(0, 1)).decode("utf-8", "surrogateescape").strip() == wanted:
        return False
    git(["symbolic-ref", "HEAD", wanted], cwd=path)
    return True


def _pointed_to(path: Path) -> str:
    """The branch that HEAD names, as its file says; empty where it does not say it plainly."""
    try:
        said = (path / "HEAD").read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
    return said.strip().removeprefix("ref: ") if said.startswith("ref: refs/heads/") else ""


def _date(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None  # upstream's clock is upstream's word: a date that is none is not said


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time works on a mirror; the lock goes when the process does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
