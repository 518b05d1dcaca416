"""Verify: a package's own commands, run sealed off on the patched release, in a folder that is thrown away."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from syncbot.errors import HostileInput, InputError
from syncbot.model.trees import EXECUTABLE, SUBMODULE, SYMLINK, Tree
from syncbot.ports.verifier import Ran, Verified
from syncbot.wiring.files import inside
from syncbot.wiring.place import shown_path
from syncbot.wiring.sealed import environment, run_sealed


class Commands:
    """Implements `Verifier`: results and logs lie below `folder`; `root` is where people type paths from; `seconds`:
    the time limit of one command."""

    def __init__(self, folder: Path, root: Path, seconds: float, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._root = root
        self._seconds = seconds
        self._path = environ.get("PATH", os.defpath)

    def known(self, key: str) -> Verified | None:
        try:
            data = json.loads((self._folder / f"{key}.json").read_bytes())
            ran = tuple(Ran(str(c), None if s is None else int(s), str(w)) for c, s, w in data["ran"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return Verified(ran, self._log(key))

    def run(self, key: str, tree: Tree, commands: Sequence[str]) -> Verified:
        self._folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="work-", dir=self._folder))
        try:
            source, home = work / "source", work / "home"
            home.mkdir()
            _write(tree, source)
            with (self._folder / f"{key}.log").open("wb") as log:
                ran = self._all(commands, source, home, log)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        done = [[one.command, one.status, one.said] for one in ran]
        half = self._folder / f".{key}.json"
        half.write_text(json.dumps({"ran": done}))
        half.replace(self._folder / f"{key}.json")
        return Verified(tuple(ran), self._log(key))

    def _all(self, commands: Sequence[str], source: Path, home: Path, log: IO[bytes]) -> list[Ran]:
        ran: list[Ran] = []
        for command in commands:
            log.write(f"$ {command}\n".encode())
            log.flush()
            ran.append(self._one(command, source, home, log))
            log.write(f"-- {ran[-1].said}\n".encode())
            if not ran[-1].passed:
                break
        return ran

    def _one(self, command: str, source: Path, home: Path, log: IO[bytes]) -> Ran:
        try:
            arguments = shlex.split(command)
        except ValueError:
            return Ran(command, None, "could not be started (its quotes do not end)")
        if not arguments:
            return Ran(command, None, "could not be started (it is empty)")
        ended = run_sealed(arguments, source, environment(self._path, home), log, self._seconds)
        return Ran(command, ended.status, ended.said)

    def _log(self, key: str) -> str:
        return shown_path(self._folder / f"{key}.log", self._root)


def _write(tree: Tree, folder: Path) -> None:
    """The tree's files. A link that leads out of the tree is left out; a submodule is an empty folder."""
    folder.mkdir()
    for path in tree.paths():
        entry, content = tree.entry(path), tree.read(path)
        if entry is None or content is None:
            continue
        try:
            place = folder / inside(path)
        except HostileInput as error:
            raise InputError(f"the release cannot be verified: {error}") from error
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.mode == SUBMODULE:
            place.mkdir(exist_ok=True)
        elif entry.mode == SYMLINK:
            _link(place, content.decode("utf-8", "surrogateescape"), folder)
        else:
            place.write_bytes(content)
            place.chmod(0o755 if entry.mode == EXECUTABLE else 0o644)


def _link(place: Path, target: str, folder: Path) -> None:
    depth = len(place.parent.relative_to(folder).parts)
    for part in PurePosixPath(target).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return
    if target and not target.startswith("/"):
        place.symlink_to(target)
