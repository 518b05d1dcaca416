"""Which layout a workspace has, where its packaging repository is, and what the layout is built with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from syncbot.errors import InputError
from syncbot.git.checkout import checkout
from syncbot.git.downstream import GitDownstream, find_root
from syncbot.git.worktrees import worktree_of
from syncbot.layouts import LAYOUTS, NATIVE
from syncbot.layouts.recognise import recognise
from syncbot.layouts.saying import Ground
from syncbot.model.addresses import rewrite
from syncbot.model.settings import Settings
from syncbot.model.tables import did_you_mean
from syncbot.ports import Layout, Progress
from syncbot.settings import FILE, PYPROJECT
from syncbot.settings import Workspace as Found
from syncbot.wiring.place import is_plainly_native, patches_in

if TYPE_CHECKING:
    from syncbot.sources.digests import Digests

_FORK = "fork"
_TOOL = ("tool", "syncbot")


@dataclass(frozen=True, slots=True)
class Standing:
    """A workspace's packaging repository, and how it is read. `settings` has the folder to look in as `patches`, empty:
    the whole repository."""

    downstream: GitDownstream
    layout: Layout
    settings: Settings
    name: str


def stand(found: Found, progress: Progress, *, unborn: bool = False) -> Standing:
    """Raises InputError where the repository or its layout cannot be used."""
    elsewhere = bool(found.settings.downstream.repository)
    downstream = GitDownstream(place(found, progress), unborn=unborn and not elsewhere)
    name = layout_name(found, downstream)
    ground = ground_of(found, downstream.root, progress)
    if name == _FORK:
        from syncbot.wiring.forks import forked, outside

        ground = outside(ground, found, downstream)
        downstream = forked(found, downstream.root, ground, progress)
    return Standing(downstream, LAYOUTS[name](ground), settings_below(found, downstream.root, name), name)


def place(found: Found, progress: Progress) -> Path:
    """The work tree of the packaging repository: of another one's URL, a clone of ours that is up to date."""
    wanted = found.settings.downstream
    if not wanted.repository:
        if wanted.branch:
            _require_branch(GitDownstream(found.root), wanted.branch)
        return found.root
    address = rewrite(wanted.repository, found.settings.rewrite)
    local = (found.root / Path(address).expanduser()) if "://" not in address else None
    if local is not None and found.shared is not None:
        return worktree_of(find_root(local), wanted.branch, found.shared / "downstream")
    if local is not None and (local / ".git").exists():
        if wanted.branch:
            _require_branch(GitDownstream(local), wanted.branch)
        return local
    source = str(local.resolve()) if local is not None and local.is_dir() else address
    return checkout(found.state / "downstream", source, wanted.branch, progress)


def layout_name(found: Found, downstream: GitDownstream) -> str:
    """The setting, else what the repository looks like. Raises InputError for a layout that there is not."""
    said = found.settings.layout
    if said in LAYOUTS:
        return said
    if said:
        where = None if found.settings_file is None else str(found.settings_file)
        raise InputError(f"there is no layout {said!r}", did_you_mean(said, LAYOUTS), path=where)
    if is_plainly_native(found):
        return NATIVE
    layouts = recognise(downstream.files(), found.settings.downstream.path, patches_in(found, downstream.root))
    return layouts[0].name if layouts else NATIVE


def settings_below(found: Found, repository: Path, layout: str) -> Settings:
    """The settings with `patches` relative to the repository: a workspace may be a folder of it."""
    if layout != NATIVE:
        return replace(found.settings, patches=_searched(found, repository))
    return replace(found.settings, patches=patches_in(found, repository))


def _searched(found: Found, repository: Path) -> str:
    """The folder that packages are looked for in: below the workspace's own, unless the repository lies elsewhere."""
    path = found.settings.downstream.path
    if found.settings.downstream.repository:
        return path
    inside = found.root.resolve().relative_to(repository.resolve()).as_posix()
    return "/".join(part for part in ("" if inside == "." else inside, path) if part)


def ground_of(found: Found, repository: Path, progress: Progress) -> Ground:
    file = found.settings_file
    limits, rules = found.settings.limits, found.settings.rewrite

    @cache
    def digests() -> Digests:
        from syncbot.sources.digests import Digests  # brings HTTP along, which reports can do without

        return Digests(found.cache, limits.archive_bytes, rules, progress)

    branch = found.settings.policy.branch
    ground = Ground(limits, digest=lambda download: digests()(download.url, download.algorithm), branch=branch)
    if file is None:
        return ground
    under = _TOOL if file.name == PYPROJECT else ()
    if file.resolve().is_relative_to(repository.resolve()):
        inside = file.resolve().relative_to(repository.resolve()).as_posix()
        return replace(ground, settings_path=inside, under=under)
    return replace(ground, settings_path=FILE, outer=file.read_bytes(), outer_path=str(file), outer_under=under)


def _require_branch(downstream: GitDownstream, branch: str) -> None:
    here = downstream.branch()
    if here != branch:
        what = f"{downstream.root} has {here} checked out, but downstream.branch is {branch}"
        raise InputError(what, f"git switch {branch}, or correct the setting")
