"""What a workspace is, as its settings and folders alone tell: no adapter is needed for it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syncbot.errors import InputError
from syncbot.model.settings import ForgeKind

if TYPE_CHECKING:
    from syncbot.settings import Workspace as Found

_FILES = "files"
"""The local and the `git` forge number their proposals in one folder."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def stamp(found: Found) -> str:
    file = found.settings_file
    return "" if file is None else hashlib.sha256(file.read_bytes()).hexdigest()


def require_patches(found: Found) -> None:
    """Raises InputError where the folder of the packages is not there: misspelt, most likely."""
    if not found.settings.downstream.repository and not found.patches.is_dir():
        where = None if found.settings_file is None else str(found.settings_file)
        what = f"the folder of the packages, {found.settings.patches}/, is not there"
        raise InputError(what, "make it, or correct the setting `patches`", path=where)


def ids_of(found: Found) -> str:
    """Whose the ids of proposals are."""
    forge = found.settings.forge
    return f"{forge.address.rstrip('/')}/{forge.repository}" if forge.kind is ForgeKind.GITHUB else _FILES


def proposals_of(found: Found) -> Path:
    """The folder of a forge that keeps its proposals in files."""
    return found.state / "proposals"


def branches_of(found: Found) -> str:
    """Where the branches of the local forge are, for people."""
    return shown_path(proposals_of(found) / "forge.git", found.root)


def shown_path(path: Path, root: Path) -> str:
    """The path as a person in `root` types it."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def is_plainly_native(found: Found) -> bool:
    """Told from the folder alone: the whole repository need not be listed for it."""
    if found.settings.downstream.repository or not found.patches.is_dir():
        return False
    inside = list(found.patches.iterdir())
    ours = any((entry / name).is_file() for entry in inside for name in ("package.toml", "series"))
    return ours or not any(entry.suffix in (".patch", ".diff") for entry in inside)


def patches_in(found: Found, repository: Path) -> str:
    if found.settings.downstream.repository:
        return found.settings.downstream.path or found.settings.patches
    inside = (found.root.resolve() / found.settings.patches).relative_to(repository.resolve())
    return inside.as_posix()
