"""Releases from the tags of a git repository, through a bare mirror."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syncbot.errors import InputError, UpstreamChanged, UpstreamUnreachable
from syncbot.git.lineage import head_of, open_lineage
from syncbot.git.mirror import Mirror, Tag, TagChange
from syncbot.git.run import GitFailed, refuse_option
from syncbot.git.trees import GitTree, resolve
from syncbot.model.addresses import shown
from syncbot.model.ids import CommitId
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.model.versions import Version, normalise
from syncbot.ports.source import Progress
from syncbot.sources.agent import agent
from syncbot.sources.place import Place

if TYPE_CHECKING:
    from syncbot.judge import Lineage

_HEAD = re.compile(r"\d{8}\.[0-9a-f]{12}")


class GitSource:
    """The repository at `location`. `mirror.path` is the bare repository for those who want its history."""

    def __init__(self, location: str, place: Place) -> None:
        self._project = _project(location)
        self._pattern = place.tag_pattern
        self.mirror = Mirror(
            mirror_path(place.cache, location), location, place.rules, place.turn, agent=f"git/2 {agent(place.contact)}"
        )
        self.changes: tuple[TagChange, ...] = ()
        """Tags that the last refresh found moved or deleted."""

    def refresh(self, progress: Progress) -> None:
        self.changes = self.mirror.fetch(progress).tags

    def releases(self) -> tuple[Release, ...]:
        """Of two tags that name one version, the one with the shorter name."""
        best: dict[Version, Tag] = {}
        for tag in self._tags():
            version = normalise(tag.name, self._project, self._pattern)
            if version is not None and (version not in best or _rank(tag) < _rank(best[version])):
                best.pop(version, None)
                best[version] = tag
        return tuple(
            Release(version.text, tag.name, tag.commit, tag.date, version.prerelease)
            for version, tag in sorted(best.items(), key=lambda pair: pair[0])
        )

    def branch(self, name: str) -> Release | None:
        head = self.mirror.branch(refuse_option(name, "branch"))
        if head is None:
            return None
        day = (head.date or datetime.fromtimestamp(0, UTC)).strftime("%Y%m%d")
        return Release(f"{day}.{head.commit[:12]}", name, head.commit, head.date, prerelease=True)

    def head(self) -> str:
        return self.mirror.head() or "" if self.mirror.path.is_dir() else ""

    def lineage(self, base: Release, target: Release, progress: Progress) -> Lineage | None:
        progress(f"reading the history of {self.mirror.shown}", 0, 0)
        ids = (CommitId(base.identity), CommitId(target.identity))
        head = head_of(self.mirror.path)
        versions = {release.name: release.version for release in self.releases() if not release.prerelease}
        return open_lineage(self.mirror.path, self.mirror.path.parent, *ids, target.version, head, versions)

    def tree(self, release: Release, progress: Progress) -> Tree:
        """Raises UpstreamChanged where the release's tag is gone or names another commit now. A branch's head may have
        moved on: its commit is what counts."""
        if _HEAD.fullmatch(release.version) and release.version.endswith(release.identity[:12]):
            return self._open(release.identity, progress)
        tag = self._tag(release.name, progress)
        if tag is None:
            raise UpstreamChanged(
                f"{self.mirror.shown}: the tag {release.name!r} is gone; it was commit {release.identity}",
                "ask upstream why before you trust this release",
            )
        if tag.commit != release.identity:
            raise UpstreamChanged(
                f"{self.mirror.shown}: the tag {release.name!r} moved from commit {release.identity} to {tag.commit}",
                "ask upstream why before you trust this release",
            )
        return self._open(release.identity, progress)

    def _open(self, commit: str, progress: Progress) -> GitTree:
        try:
            resolve(self.mirror.path, commit)
        except InputError:  # the mirror is damaged, or somebody pruned it
            self.mirror.rebuild(progress)
            try:
                resolve(self.mirror.path, commit)
            except InputError:
                raise UpstreamChanged(
                    f"{self.mirror.shown} has no commit {commit} any more", "ask upstream why it was taken back"
                ) from None
        return GitTree(self.mirror.path, commit)

    def _tag(self, name: str, progress: Progress) -> Tag | None:
        self.mirror.look_again()
        try:
            tags = self._tags()
        except GitFailed:  # the mirror is damaged
            self.mirror.rebuild(progress)
            tags = self._tags()
        return next((tag for tag in tags if tag.name == name), None)

    def _tags(self) -> tuple[Tag, ...]:
        if not self.mirror.path.is_dir():
            raise UpstreamUnreachable(f"{self.mirror.shown} was never fetched", "refresh it first")
        return self.mirror.tags()


def mirror_path(cache: Path, location: str) -> Path:
    """Where the mirror of a location is kept: a readable name and a hash, without credentials."""
    plain = shown(location)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", _project(plain)).strip("-.") or "upstream"
    return cache / "git" / f"{name[:60]}-{hashlib.sha256(plain.encode()).hexdigest()[:12]}.git"


def _project(location: str) -> str:
    """The last part of a URL or path, without `.git`: what upstream's tags may begin with."""
    return re.split(r"[/:]", shown(location).rstrip("/"))[-1].removesuffix(".git")


def _rank(tag: Tag) -> tuple[int, str]:
    return len(tag.name), tag.name
