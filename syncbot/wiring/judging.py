"""What `syncbot judge` names, opened: trees, patches, repositories. No settings, no store, no HTTP."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncbot.errors import HostileInput, InputError

if TYPE_CHECKING:
    from syncbot.judge import Lineage
    from syncbot.model.packages import SeriesPatch
    from syncbot.model.trees import DatedTree
    from syncbot.ports import Progress
    from syncbot.services.judging import Judged


@dataclass(frozen=True, slots=True)
class Question:
    """What `syncbot judge` was asked: its options as they came."""

    base: str
    target: str
    patches: str
    repo: str | None = None
    downstream: str | None = None
    base_revision: str | None = None
    target_revision: str | None = None
    head: str | None = None
    strip: int | None = None
    cache: Path | None = None


def judge_question(asked: Question, progress: Progress) -> Judged:
    """Open what the options name and judge it. Raises InputError, HostileInput, UpstreamUnreachable."""
    from syncbot.services.judging import judge_once

    _require_use(asked)
    repo = None if asked.repo is None else _repo(asked.repo, asked, progress)
    own = repo if asked.downstream is None else _repo(asked.downstream, asked, progress)
    series = _patches(asked, own)
    base, target = _tree(asked.base, repo), _tree(asked.target, repo)
    found = judge_once(
        series,
        base,
        target,
        base_name=asked.base,
        target_name=asked.target,
        history=None if repo is None else _lineage(asked, repo),
        released=target.newest,
    )
    if repo is None or asked.repo is None:
        return found
    from syncbot.report.links import with_links

    address = _address(asked.repo, repo)
    return replace(found, judgement=with_links(found.judgement, address), upstream=address or asked.repo)


def _address(text: str, repo: Path) -> str:
    """Where the repository lives: as it was named, or, of one on this machine, what it was cloned from; else empty."""
    if not Path(text).is_dir():
        return text
    from syncbot.git.lineage import origin_of

    return origin_of(repo)


def _require_use(asked: Question) -> None:
    """Raises InputError for an option that would say nothing: it is mistyped, most likely."""
    named = (("--from", asked.base_revision), ("--to", asked.target_revision), ("--head", asked.head))
    for option, value in named:
        if value is not None and asked.repo is None:
            raise InputError(f"{option} needs --repo: it names a revision there", "name the repository, or leave it")
    if asked.base_revision is not None and asked.target_revision is None and Path(asked.target).exists():
        raise InputError("--from needs --to: which revision the target is", "give both, or neither")


def _lineage(asked: Question, repo: Path) -> Lineage | None:
    """The repository as history: between the revisions that were judged, or those that --from and --to name for two
    trees; None where only trees were named."""
    from syncbot.git.lineage import head_of, open_lineage
    from syncbot.git.trees import resolve

    first, last = asked.base_revision or asked.base, asked.target_revision or asked.target
    if asked.target_revision is None and Path(asked.target).exists():
        return None
    base = None if asked.base_revision is None and Path(asked.base).exists() else resolve(repo, first)
    own = ".." in asked.patches and asked.downstream is None  # the default branch may hold these very commits
    head = resolve(repo, asked.head) if asked.head is not None else None if own else head_of(repo)
    return open_lineage(repo, (asked.cache or _user_cache()) / "history", base, resolve(repo, last), last, head)


def _repo(text: str, asked: Question, progress: Progress) -> Path:
    """A repository on this machine as it is, one elsewhere as a mirror in the cache folder."""
    if Path(text).is_dir():
        return Path(text)
    from syncbot.git.mirror import Mirror
    from syncbot.model.addresses import check_git
    from syncbot.sources.git import mirror_path

    check_git(text)
    if "://" not in text and ":" not in text:
        raise InputError(f"{text} is no repository", "give the path or the URL of a git repository")
    mirror = Mirror(mirror_path(asked.cache or _user_cache(), text), text)
    mirror.fetch(progress)
    return mirror.path


def _user_cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "syncbot"


def _tree(text: str, repo: Path | None) -> DatedTree:
    """A folder or an archive where there is one of that name, else a revision."""
    from syncbot.sources.folder import open_tree

    if Path(text).exists():
        return open_tree(Path(text))
    if repo is None:
        raise InputError(f"{text} is neither a folder nor an archive", "give a path, or a revision with --repo")
    from syncbot.git.trees import GitTree, resolve

    return GitTree(repo, resolve(repo, text))


def _patches(asked: Question, repo: Path | None) -> tuple[SeriesPatch, ...]:
    series = _series(asked.patches, repo)
    return series if asked.strip is None else tuple(replace(patch, strip=asked.strip) for patch in series)


def _series(text: str, repo: Path | None) -> tuple[SeriesPatch, ...]:
    """A folder, one file, or a range of commits."""
    from syncbot.model.ids import PatchName
    from syncbot.model.packages import SeriesPatch
    from syncbot.services.judging import series_of
    from syncbot.sources.folder import FolderTree

    place = Path(text)
    if place.is_dir():
        return series_of(FolderTree(place), text)
    if place.exists():
        return (SeriesPatch(PatchName(place.name), _file(place)),)
    if ".." not in text:
        raise InputError(f"{text} is not there", "give a folder of patches, one patch, or a range a..b with --repo")
    if repo is None:
        raise InputError(f"the range {text} needs a repository", "give --downstream or --repo")
    from syncbot.git.ranges import range_patches

    return tuple(SeriesPatch(PatchName(name), content, 1) for name, content in range_patches(repo, text))


def _file(place: Path) -> bytes:
    from syncbot.model.settings import Limits

    most = Limits().patch_bytes
    try:
        if place.stat().st_size > most:
            raise HostileInput(f"{place} is larger than {most} bytes", "is it a patch?")
        return place.read_bytes()
    except OSError as error:
        raise InputError(f"{place} cannot be read ({error.strerror})", "check its permissions") from error
