"""Import: where the repository is, what its settings file is, and what is written there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from syncbot.errors import InputError
from syncbot.git.downstream import GitDownstream, find_root
from syncbot.git.files import WorkTree
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.recognise import recognise
from syncbot.layouts.saying import Ground
from syncbot.layouts.survey import survey
from syncbot.model.addresses import is_path
from syncbot.model.trees import Tree
from syncbot.ports import Progress
from syncbot.report.importing import Imported
from syncbot.services.importing import Wanted, imported
from syncbot.settings import FILE, PYPROJECT, Workspace, read_workspace
from syncbot.settings import find_root as workspace_at
from syncbot.sources.debian_source import fetch_source
from syncbot.wiring.files import write_files
from syncbot.wiring.forks import FORK, forked, outside, upstream_remote
from syncbot.wiring.layouts import ground_of, place

_DEBIAN = "debian:"


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for. `what`: a path, an address, or `debian:NAME`; `folder`: where to look in it."""

    what: str
    layout: str = ""
    branch: str = ""
    folder: str = ""
    dry_run: bool = False


def bring_in(order: Order, start: Path, environ: Mapping[str, str], progress: Progress) -> Imported:
    """Look at a packaging repository and write the settings that it takes into the workspace at `start`, which is made
    where there is none; of a repository that `start` does not lie in, only where it is. Raises InputError."""
    if order.what.startswith(_DEBIAN):
        return _source_package(order, start, environ, progress)
    local = Path(order.what).expanduser() if is_path(order.what) else None
    if local is not None and not local.is_dir():
        raise InputError(f"{order.what} is no folder and no address", "give a path, a URL or debian:NAME")
    inside = None if local is None else _inside(local.resolve(), start)
    if inside is not None:
        return _own(replace(order, folder=order.folder or inside), start, environ, progress)
    repository = order.what if local is None else str(local.resolve())
    return _other(replace(order, what=repository), start, environ, progress)


def _inside(asked: Path, start: Path) -> str | None:
    """Where the asked folder lies in the repository of the workspace, None where it lies in none or in another."""
    try:
        root = find_root(start).resolve()
    except InputError:
        root = find_root(asked).resolve()
        if not asked.is_relative_to(root) or not start.resolve().is_relative_to(asked):
            return None
    if not asked.is_relative_to(root):
        return None
    workspace = (workspace_at(start) or root).resolve()
    below = workspace if workspace.is_relative_to(root) else root
    inside = asked.relative_to(below).as_posix() if asked.is_relative_to(below) else ""
    return "" if inside == "." else inside


def _own(order: Order, start: Path, environ: Mapping[str, str], progress: Progress) -> Imported:
    """The repository that the workspace lies in."""
    root = workspace_at(start) or find_root(start)
    repository = GitDownstream(root, unborn=True)
    ground = _ground(root, repository.root, environ)
    found = read_workspace(root, environ)
    if _is_fork(order, found, repository):
        return _fork(order, root, "", found, repository, environ, progress)
    return _finish(order, root, "", repository.files(), ground, environ)


def _is_fork(order: Order, found: Workspace, repository: GitDownstream) -> bool:
    """Whether it is to be taken for a fork: somebody says so; or it has a remote `upstream` and no packages at all."""
    said = order.layout or found.settings.layout
    if said or repository.is_unborn or upstream_remote(repository.root) is None:
        return said == FORK
    return not recognise(repository.files(), order.folder, found.settings.patches)


def _fork(
    order: Order,
    root: Path,
    where: str,
    found: Workspace,
    repository: GitDownstream,
    environ: Mapping[str, str],
    progress: Progress,
) -> Imported:
    ground = outside(ground_of(found, repository.root, progress), found, repository)
    tree = forked(found, repository.root, ground, progress).files()
    return _finish(replace(order, layout=FORK), root, where, tree, ground, environ)


def _other(order: Order, start: Path, environ: Mapping[str, str], progress: Progress) -> Imported:
    """A repository elsewhere: a path is used as it is, of an address a clone is made below the state folder."""
    root = workspace_at(start) or start.resolve()
    found = read_workspace(root, environ)
    told = replace(found.settings.downstream, repository=order.what, branch=order.branch, path=order.folder)
    found = replace(found, settings=replace(found.settings, downstream=told))
    repository = GitDownstream(place(found, progress))
    if _is_fork(order, found, repository):
        return _fork(order, root, order.what, found, repository, environ, progress)
    return _finish(order, root, order.what, WorkTree(repository.root), ground_of(found, root, progress), environ)


def _ground(root: Path, repository: Path, environ: Mapping[str, str]) -> Ground:
    return ground_of(read_workspace(root, environ), repository, _quiet)


def _finish(
    order: Order, root: Path, repository: str, tree: Tree, ground: Ground, environ: Mapping[str, str]
) -> Imported:
    found = read_workspace(root, environ)
    folder = order.folder
    if not repository:
        above = root.resolve().relative_to(GitDownstream(root, unborn=True).root.resolve()).as_posix()
        folder = "/".join(part for part in ("" if above == "." else above, order.folder) if part)
    told = survey(tree, folder, order.layout or found.settings.layout, ground, found.settings.patches)
    file = found.settings_file or root / FILE
    text = file.read_text("utf-8") if file.is_file() else ""
    under = ("tool", "syncbot") if file.name == PYPROJECT else ()
    wanted = Wanted(repository, order.branch, order.folder, text, file.name, under)
    result, settings = imported(wanted, tree, told)
    if settings != text and not order.dry_run:
        write_files(root, {file.name: settings.encode()})
    return result


def _source_package(order: Order, start: Path, environ: Mapping[str, str], progress: Progress) -> Imported:
    """A source package's `debian/` as NAME/debian in the repository at `start`."""
    name = order.what.removeprefix(_DEBIAN)
    root = workspace_at(start) or find_root(start)
    repository = GitDownstream(root, unborn=True).root
    if (repository / name / "debian").exists():
        raise InputError(f"{name}/debian is there already", "import it with `syncbot import .`")
    files = {f"{name}/{path}": content for path, content in fetch_source(name, environ, progress).items()}
    if not order.dry_run:
        write_files(repository, dict(files))
    tree = Overlay(GitDownstream(root, unborn=True).files(), files)
    ground = _ground(root, repository, environ)
    made = replace(order, layout=order.layout or "debian", folder="")
    result = _finish(made, root, "", tree, ground, environ)
    packages = tuple(p for p in result.packages if p.path.startswith(f"{name}/"))
    return replace(result, packages=packages, written=(f"{name}/debian", *result.written))


def _quiet(what: str, done: int, total: int) -> None:
    """No progress."""
