"""Files that are written for a person: the work tree, bundles, the output of `judge`, a new workspace."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from syncbot.errors import HostileInput, InputError
from syncbot.services.init import files as workspace_files
from syncbot.wiring.place import shown_path


def write_files(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Put files below `root`: all are written aside first, then moved into place. None deletes."""
    aside: list[tuple[Path, Path]] = []
    try:
        for name, content in files.items():
            place = root / inside(name)
            if content is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".syncbot-", delete=False) as file:
                    aside.append((Path(file.name), place))
                    file.write(content)
        for temporary, place in aside:
            temporary.chmod(place.stat().st_mode & 0o777 if place.exists() else 0o644)
            temporary.replace(place)
    except OSError as error:
        raise InputError(f"cannot write below {root} ({error.strerror})", "check its permissions") from error
    finally:
        for temporary, _ in aside:
            temporary.unlink(missing_ok=True)
    for name, content in files.items():
        if content is None:
            (root / inside(name)).unlink(missing_ok=True)


def write_new_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder of these files. Raises InputError where it exists and holds something: old patches beside the new
    ones would be a trap."""
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty", "name a new folder")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is no folder", "name a new folder")
    write_files(folder, files)


def write_bundle(folder: Path, files: Mapping[str, bytes], root: Path) -> str:
    """Write a bundle, in place of an older one of the same case; gives its path as a person in `root` types it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".syncbot-"))
    try:
        write_files(aside, files)
        (aside / "reproduce.sh").chmod(0o755)
        aside.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return shown_path(folder, root)


def inside(name: str) -> Path:
    """A path from a patch or an upstream as one that cannot leave its folder."""
    parts = name.split("/")
    if not all(parts) or "\0" in name or "\\" in name or any(p in (".", "..") or p.lower() == ".git" for p in parts):
        raise HostileInput(f"the path {name!r} is refused", "it leaves its folder or touches .git")
    return Path(*parts)


def init(root: Path) -> tuple[list[str], list[str]]:
    """Write a workspace's files at `root`; gives what was written and what was there and is left alone. Raises
    InputError."""
    try:
        return _init(root)
    except OSError as error:
        raise InputError(f"cannot make a workspace at {root} ({error.strerror})", "name another folder") from error


def _init(root: Path) -> tuple[list[str], list[str]]:
    ignore = root / ".gitignore"
    made = workspace_files(ignore.read_text("utf-8", "surrogateescape") if ignore.is_file() else None)
    kept = [path for path in made if path != ".gitignore" and (root / path).exists()]
    written = {path: content for path, content in made.items() if path not in kept}
    if (root / "pyproject.toml").is_file() and "[tool.syncbot" in (root / "pyproject.toml").read_text(
        "utf-8", "replace"
    ):
        written.pop("syncbot.toml", None)
    root.mkdir(parents=True, exist_ok=True)
    write_files(root, written)
    return sorted(written), sorted(kept)


def is_repository(folder: Path) -> bool:
    return any((above / ".git").exists() for above in (folder, *folder.parents))
