"""A workspace whose downstream branch is a fork: which package it is, where its upstream is, what it stands on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from syncbot.errors import InputError, UpstreamUnreachable
from syncbot.git.downstream import GitDownstream
from syncbot.git.fork import day_of, fork_point, make_scratch, newest_below, read_branch
from syncbot.git.forked import ForkedDownstream
from syncbot.git.remotes import remote_address
from syncbot.layouts.manifest import TAG_PATTERN
from syncbot.layouts.saying import Ground, Said, Sayings, table_of
from syncbot.model import versions
from syncbot.model.addresses import is_path, parse
from syncbot.model.fork import Fork, written
from syncbot.model.ids import CommitId
from syncbot.model.policy_keys import TRACK
from syncbot.model.releases import Release, Upstream
from syncbot.ports import Progress
from syncbot.settings import FILE
from syncbot.settings import Workspace as Found
from syncbot.sources.git import GitSource
from syncbot.sources.place import Place

FORK = "fork"
_UPSTREAM = "upstream"
"""What people call the remote that a fork is a fork of."""
_BRANCH = "branch:"
_MOST_KNOWN = 200


@dataclass(frozen=True, slots=True)
class _Base:
    version: str
    release: str
    commit: CommitId


def forked(found: Found, root: Path, ground: Ground, progress: Progress) -> ForkedDownstream:
    """The repository at `root` as a fork. Its history is read when its package is."""
    plain = GitDownstream(root)
    head = plain.at(plain.head())
    name = _name(Sayings(ground, head).names, found, root)
    reading = _Reading(found, root, ground, name, progress)
    return ForkedDownstream(root, name, reading.document)


def outside(ground: Ground, found: Found, plain: GitDownstream) -> Ground:
    """The ground of a fork: a settings file that no commit has is one that lies elsewhere."""
    file = found.settings_file
    if file is None or ground.outer is not None or plain.at(plain.head()).entry(ground.settings_path) is not None:
        return ground
    return replace(
        ground,
        settings_path=FILE,
        under=(),
        outer=file.read_bytes(),
        outer_path=str(file),
        outer_under=ground.under,
    )


def upstream_remote(root: Path) -> Upstream | None:
    """Where the repository's own remote `upstream` is, None where it has none that can be used."""
    address = remote_address(root, _UPSTREAM)
    try:
        return None if address is None else parse(f"git:{address}")
    except InputError:
        return None


def _name(named: frozenset[str], found: Found, root: Path) -> str:
    """The package that the settings speak of; else what the repository is called."""
    if len(named) == 1:
        return next(iter(named))
    told = found.settings.downstream.repository or remote_address(root, "origin") or root.resolve().name
    return told.rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git") or root.resolve().name


@dataclass(slots=True)
class _Reading:
    """What commits of the fork carry. Which release a commit stands on is remembered; of one that is new, upstream is
    asked first, since a release that was never heard of would make all its commits look like downstream's."""

    found: Found
    root: Path
    ground: Ground
    name: str
    progress: Progress

    def document(self, commit: CommitId) -> bytes:
        plain = GitDownstream(self.root)
        said = Sayings(self.ground, plain.at(commit)).of(self.name)
        upstream = said.upstream or upstream_remote(self.root)
        if upstream is None:
            table = table_of(self.ground.outer_under or self.ground.under, self.name)
            where = self.ground.outer_path or self.ground.settings_path
            remedy = f'write upstream = "git:URL" under [{table}] in {where}'
            raise InputError("it is not known where its upstream is", remedy)
        if upstream.scheme != "git":
            raise InputError(f"a fork of {upstream} cannot be built anew", "name its repository: git:URL")
        source = GitSource(*self._place(upstream, said))
        base = self._base(source, said, commit)
        scratch = self._scratch(source)
        self.progress(f"reading what {self.name} carries on {base.release}", 0, 0)
        branch = read_branch(scratch, base.commit, commit)
        return written(
            Fork(base.version, base.release, base.commit, str(scratch), str(upstream), branch.carried, branch.left)
        )

    def _place(self, upstream: Upstream, said: Said) -> tuple[str, Place]:
        limits, rules = self.found.settings.limits, self.found.settings.rewrite
        location = upstream.location
        if is_path(location) and not location.startswith("~") and not Path(location).is_absolute():
            location = str((self.found.root / location).resolve())
        return location, Place(self.found.cache, limits, rules, said.get(TAG_PATTERN))

    def _scratch(self, source: GitSource) -> Path:
        digest = hashlib.sha256(f"{self.root.resolve()} {source.mirror.path}".encode()).hexdigest()[:12]
        return make_scratch(self.found.cache / "forks" / f"{digest}.git", self.root, source.mirror.path)

    def _base(self, source: GitSource, said: Said, commit: CommitId) -> _Base:
        track = said.get(TRACK) if said.given(TRACK) else self.found.settings.policy.track
        known = _known(self._memory(source))
        key = f"{commit} {track}"
        if key in known and source.mirror.path.is_dir():
            version, release, id = known[key]
            return _Base(version, release, CommitId(id))
        source.refresh(self.progress)
        base = self._of_branch(source, track, commit) if track.startswith(_BRANCH) else self._of_tags(source, commit)
        _keep(self._memory(source), {**known, key: [base.version, base.release, base.commit]})
        return base

    def _of_tags(self, source: GitSource, commit: CommitId) -> _Base:
        releases = sorted(source.releases(), key=lambda release: versions.version(release.version), reverse=True)
        by_commit = {CommitId(release.identity): release for release in reversed(releases)}
        order = list(dict.fromkeys(CommitId(release.identity) for release in releases))
        below = newest_below(self._scratch(source), commit, order)
        if below is None:
            raise self._no_base(source, commit, releases)
        release = by_commit[below]
        return _Base(release.version, release.name, below)

    def _of_branch(self, source: GitSource, track: str, commit: CommitId) -> _Base:
        name = track.removeprefix(_BRANCH)
        head = source.branch(name)
        point = None if head is None else fork_point(self._scratch(source), commit, CommitId(head.identity))
        if point is None:
            raise self._no_base(source, commit, ())
        return _Base(f"{day_of(self._scratch(source), point)}.{point[:12]}", name, point)

    def _no_base(self, source: GitSource, commit: CommitId, releases: Sequence[Release]) -> InputError:
        where = source.mirror.shown
        if not releases:
            raise UpstreamUnreachable(f"{where} has no release and no such branch", "check upstream and track")
        what = f"commit {commit[:12]} stands on none of the {len(releases)} releases of {where}"
        return InputError(what, 'is that the right upstream? track = "branch:NAME" follows one that tags nothing')

    def _memory(self, source: GitSource) -> Path:
        return source.mirror.path.parent / f"{source.mirror.path.name}.forks.json"


def _known(file: Path) -> dict[str, list[str]]:
    try:
        return {str(key): [str(part) for part in row] for key, row in json.loads(file.read_bytes()).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _keep(file: Path, known: dict[str, list[str]]) -> None:
    kept = dict(list(known.items())[-_MOST_KNOWN:])
    half = file.with_name(f".{file.name}.new")
    half.write_text(json.dumps(kept))
    half.replace(file)
