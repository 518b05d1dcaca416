"""Moving a workspace's state to another database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from syncbot.errors import InputError
from syncbot.model.moved import Moved
from syncbot.ports import Progress
from syncbot.settings import DATABASE_FILE, DATABASE_VARIABLE, open_workspace
from syncbot.store.engine import parsed
from syncbot.store.moving import move


def migrated(start: Path, environ: Mapping[str, str], source: str, target: str, progress: Progress) -> Moved:
    """Move the state of the workspace that `start` lies in. `source`, empty: the SQLite database of its state folder;
    `target`, empty: the database that the environment names. Raises InputError, and what `move` raises."""
    found = open_workspace(start, environ)
    target = target or (found.database_url if environ.get(DATABASE_VARIABLE, "") else "")
    if not target:
        what = "nobody says where the state is to go"
        raise InputError(what, f"set {DATABASE_VARIABLE} to postgresql://USER@HOST/DATABASE, or give --to")
    source = source or f"sqlite:///{found.state / DATABASE_FILE}"
    url = parsed(source)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise InputError(f"there is no state database {url.database}", "name another one with --from")
    return move(source, target, datetime.now(UTC), progress)
