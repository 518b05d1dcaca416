"""Programs that are run sealed off: they see PATH, a language and a home of their own, no credential, no agent, no
setting of the user's. Each runs in a session of its own, which is killed as a whole when the program ends, or its time
is up, or it prints too much."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LONGEST_LOG = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: `status` is its exit status, negative for a signal, None where its time was up or it could
    not be started; `said` is a sentence for people, without its subject."""

    status: int | None
    said: str


def environment(path: str, home: Path) -> dict[str, str]:
    """All that a sealed program's environment has."""
    return {"PATH": path, "HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8", "CI": "true"}


def run_sealed(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str], log: IO[bytes], seconds: float
) -> Ended:
    """Run one program in `folder`; what it prints goes to `log`."""
    try:
        process = subprocess.Popen(
            arguments,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "its name is no program's"
        return Ended(None, f"could not be started ({why})")
    try:
        return _ended(process, log, seconds)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever it left behind
        process.wait()


def _ended(process: subprocess.Popen[bytes], log: IO[bytes], seconds: float) -> Ended:
    until = time.monotonic() + seconds
    while True:
        try:
            status = process.wait(min(0.5, max(until - time.monotonic(), 0.001)))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= until:
                return Ended(None, f"was killed: it took longer than {seconds:.0f} seconds")
            if os.fstat(log.fileno()).st_size > _LONGEST_LOG:
                return Ended(None, f"was killed: it printed more than {_LONGEST_LOG // 1024 // 1024} MiB")
            continue
        return Ended(status, "passed" if status == 0 else _how(status))


def _how(status: int) -> str:
    return f"failed with exit status {status}" if status > 0 else f"was ended by signal {-status}"
