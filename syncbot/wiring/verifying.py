"""Verify: a package's own commands, run on the patched release in a folder that is thrown away.

They see PATH, a language and a home of their own: no credential, no agent, no setting of the user's. Each runs in a
session of its own, which is killed as a whole when the command ends or its time is up.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO

from syncbot.errors import HostileInput, InputError
from syncbot.model.trees import EXECUTABLE, SUBMODULE, SYMLINK, Tree
from syncbot.ports.verifier import Ran, Verified
from syncbot.wiring.files import inside, shown_path

_LONGEST_LOG = 16 * 1024 * 1024


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
        environ = {"PATH": self._path, "HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8", "CI": "true"}
        try:
            process = subprocess.Popen(
                shlex.split(command),
                cwd=source,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else "its quotes do not end"
            return Ran(command, None, f"could not be started ({said})")
        try:
            return _ended(command, process, log, self._seconds)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # whatever it left behind
            process.wait()

    def _log(self, key: str) -> str:
        return shown_path(self._folder / f"{key}.log", self._root)


def _ended(command: str, process: subprocess.Popen[bytes], log: IO[bytes], seconds: float) -> Ran:
    until = time.monotonic() + seconds
    while True:
        try:
            status = process.wait(min(0.5, max(until - time.monotonic(), 0.001)))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= until:
                return Ran(command, None, f"was killed: it took longer than {seconds:.0f} seconds")
            if os.fstat(log.fileno()).st_size > _LONGEST_LOG:
                return Ran(command, None, f"was killed: it printed more than {_LONGEST_LOG // 1024 // 1024} MiB")
            continue
        return Ran(command, status, "passed" if status == 0 else _how(status))


def _how(status: int) -> str:
    return f"failed with exit status {status}" if status > 0 else f"was ended by signal {-status}"


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
