"""The state as one file, and back: the database, and the proposals of the local forge.

The file is a tar archive: `state.db`, `proposals/...`, and first `backup.json`, which says what it is.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from syncbot import __version__
from syncbot.errors import HostileInput, InputError
from syncbot.settings import Workspace as Found
from syncbot.store.opening import open_store
from syncbot.store.saving import load as load_database
from syncbot.store.saving import save as save_database
from syncbot.wiring.workspace import state_of

_FORM = "state of syncbot 1"
_ABOUT, _DATABASE, _PROPOSALS = "backup.json", "state.db", "proposals"
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup: of when, and how large in bytes."""

    at: datetime
    size: int


def create(found: Found, path: Path) -> Saved:
    """Save the state to a file, which is there whole or not at all. Raises InputError, StoreError."""
    state, at = state_of(found), datetime.now(UTC)
    open_store(found.database_url).close()  # so that there is one, at the newest schema
    proposals = state / _PROPOSALS
    with _aside(path) as aside, tempfile.TemporaryDirectory(prefix="syncbot-") as folder, _still(proposals):
        database = Path(folder) / _DATABASE
        save_database(found.database_url, database)
        about = json.dumps({"form": _FORM, "at": at.isoformat(), "program": f"syncbot {__version__}"}).encode()
        with tarfile.open(aside, "w") as tar:
            head = tarfile.TarInfo(_ABOUT)
            head.size = len(about)
            tar.addfile(head, io.BytesIO(about))
            tar.add(database, _DATABASE)
            for file in sorted(proposals.rglob("*")) if proposals.is_dir() else ():
                if file.name != _LOCK and not file.name.endswith(".lock") and not file.is_symlink():
                    tar.add(file, f"{_PROPOSALS}/{file.relative_to(proposals).as_posix()}", recursive=False)
    return Saved(at, path.stat().st_size)


def load(found: Found, path: Path) -> Saved:
    """Put the state of a file in the place of the present one. Raises InputError where it is no backup, StoreError."""
    state = state_of(found)
    with tempfile.TemporaryDirectory(prefix=".syncbot-load-", dir=state) as name:
        folder = Path(name)
        at = _unpacked(path, folder)
        proposals = state / _PROPOSALS
        with _still(proposals):
            load_database(folder / _DATABASE, found.database_url)
            _replace(folder / _PROPOSALS, proposals)
    return Saved(at, path.stat().st_size)


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        aside.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror})", "name a place with room for it") from error
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def _still(proposals: Path) -> Iterator[None]:
    """Nobody writes to the local forge meanwhile: its own lock is held."""
    if not proposals.is_dir():
        yield
        return
    handle = os.open(proposals / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _unpacked(path: Path, folder: Path) -> datetime:
    """The files of a backup in a folder; gives when it was made. Only files with a place of their own below it are
    taken, whatever the archive says."""
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                place = PurePosixPath(member.name)
                if place.is_absolute() or ".." in place.parts or not (member.isfile() or member.isdir()):
                    raise HostileInput(f"{path} holds {member.name!r}, which no backup has", "load another one")
                target = folder / place
                if member.isdir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(member)
                assert content is not None, "it is a file"
                with target.open("xb") as file:
                    shutil.copyfileobj(content, file)
                target.chmod(0o755 if member.mode & 0o100 else 0o644)
        about = json.loads((folder / _ABOUT).read_bytes())
        if about["form"] != _FORM or not (folder / _DATABASE).is_file():
            raise ValueError("another form")
        return datetime.fromisoformat(about["at"])
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError) as error:
        what = f"{path} is no backup of syncbot ({type(error).__name__})"
        raise InputError(what, "give a file that `syncbot backup create` wrote") from error


def _replace(new: Path, old: Path) -> None:
    """The saved proposals in the place of those that are there; the lock stays, for it is held."""
    if old.is_dir():
        for each in old.iterdir():
            if each.name == _LOCK:
                continue
            shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
    for each in sorted(new.iterdir()) if new.is_dir() else ():
        old.mkdir(parents=True, exist_ok=True)
        each.rename(old / each.name)
