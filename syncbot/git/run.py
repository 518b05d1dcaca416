"""The one place that runs the git binary.

Every call is an argument list, without a prompt, without hooks, in the C locale, with the transports that git may use
named one by one. What git prints goes through `addresses.scrubbed` before it stands in an error.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from syncbot.errors import DiskFull, HostileInput, SyncbotError, UpstreamBusy, UpstreamUnreachable
from syncbot.model.addresses import TRANSPORTS, scrubbed

if TYPE_CHECKING:
    from syncbot.ports.source import Progress

QUICK = 60.0
"""Seconds for a command that only reads local data."""
NETWORK = 3600.0
"""Seconds for a command that transfers objects."""

_PREFIX = (
    *("-c", "core.hooksPath=/dev/null"),  # a mirror's or a user's hooks are none of our business
    *("-c", "core.fsmonitor=false"),
    *("-c", "gc.auto=0"),  # old commits of moved tags stay readable
    *("-c", "maintenance.auto=false"),
    *("-c", "advice.detachedHead=false"),
    *("-c", "core.quotePath=false"),
)
# Variables that would send git to another repository than the one it is asked about.
_LOCAL = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_CURL_VERBOSE",
    "GIT_EXTERNAL_DIFF",
)
_LONGEST_LINE = 4096
_NO_ROOM = "No space left on device"
_LIMITED = re.compile(r"returned error: 429\b")
_PERCENT = re.compile(r"^(?:remote: )?([A-Z][A-Za-z ]+?): +\d+% \((\d+)/(\d+)\)")


_running: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()
_PATIENCE = 0.3
_PIPE = 1 << 20
"""Bytes that git may be ahead of us, where the system lets us say so: it works on while we write down what it said."""


def end_all() -> None:
    """End every git that still runs for this process: what waits for them is broken off. They are asked first, for git
    then takes its lock files away, and made to soon after."""
    running = [process for process in list(_running) if process.poll() is None]
    helpers = [pid for process in running for pid in _helpers(process.pid)]
    for process in running:
        process.terminate()
    _signal(helpers, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while any(process.poll() is None for process in running) and time.monotonic() < until:
        time.sleep(0.005)
    for process in running:
        process.kill()
    _signal(helpers, signal.SIGKILL)


def _cut(process: subprocess.Popen[bytes]) -> None:
    """End one git at once: it took too long."""
    helpers = _helpers(process.pid)
    process.kill()
    _signal(helpers, signal.SIGKILL)


def _helpers(pid: int) -> list[int]:
    """The processes that git started, such as the one that talks HTTP: they outlive it where they wait for a server,
    and hold its pipes open. None where the system does not tell."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [found for child in children for found in (int(child), *_helpers(int(child)))]


def _signal(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End one git, as `end_all` does."""
    helpers = _helpers(process.pid)
    process.terminate()
    _signal(helpers, signal.SIGTERM)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class GitFailed(SyncbotError):
    """A git command ended with an error. `status` is its exit status (None: it took too long)."""

    def __init__(self, command: str, status: int | None, said: str) -> None:
        super().__init__(f"git {command} failed: {said or f'exit status {status}'}")
        self.command = command
        self.status = status
        self.said = said


def git(
    arguments: Sequence[str],
    *,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = QUICK,
    ok: tuple[int, ...] = (0,),
) -> bytes:
    """Run `git ARGUMENTS...` and give its standard output. `ok` are the exit statuses that are no failure; `env` is
    added to the cleaned environment. Raises GitFailed."""
    process = _start(arguments, cwd, env, stdin is not None)
    return _ended(process, arguments[0], stdin, timeout, ok)


def begun(arguments: Sequence[str], *, cwd: Path) -> Callable[[], bytes]:
    """Start `git ARGUMENTS...`; what this gives waits for it, once, as `git` does."""
    process = _start(arguments, cwd, None, False)
    return lambda: _ended(process, arguments[0], None, QUICK, (0,))


def _ended(
    process: subprocess.Popen[bytes], command: str, stdin: bytes | None, timeout: float, ok: tuple[int, ...]
) -> bytes:
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise GitFailed(command, None, f"took longer than {timeout:.0f} seconds") from None
    if process.returncode not in ok:
        raise GitFailed(command, process.returncode, _said(err))
    return out


def git_stream(
    arguments: Sequence[str], *, cwd: Path | None = None, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> Iterator[bytes]:
    """Run `git ARGUMENTS...` and give its standard output in chunks as it comes. `stdin` is read before git prints.
    Git is stopped where the caller stops reading. Raises GitFailed at the end of the output."""
    process = _start(arguments, cwd, env, True)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with contextlib.suppress(OSError, AttributeError):  # more than a user may have, or no Linux
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
    lines: list[str] = []
    listener = threading.Thread(target=_listen, args=(process.stderr, lines, None), daemon=True)
    listener.start()
    try:
        with contextlib.suppress(BrokenPipeError):  # git ended before it read it all: its status says why
            process.stdin.write(stdin)
            process.stdin.close()
        while chunk := process.stdout.read(1 << 17):
            yield chunk
        process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        listener.join(timeout=5)
        process.stdout.close()
        process.stderr.close()
    if process.returncode:
        raise GitFailed(arguments[0], process.returncode, _said("\n".join(lines).encode()))


def git_network(
    arguments: Sequence[str],
    *,
    address: str,
    cwd: Path | None = None,
    timeout: float = NETWORK,
    progress: Progress | None = None,
    agent: str = "",
) -> bytes:
    """As `git`, for a command that talks to `address`: progress is told from git's standard error, and a failure is
    UpstreamUnreachable with git's own last words."""
    process = _start(arguments, cwd, {"GIT_HTTP_USER_AGENT": agent} if agent else None, False)
    assert process.stdout is not None
    assert process.stderr is not None
    watch = threading.Timer(timeout, _cut, (process,))
    watch.start()
    lines: list[str] = []
    reader = threading.Thread(target=_listen, args=(process.stderr, lines, progress), daemon=True)
    reader.start()
    try:
        out = process.stdout.read()
        process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        late = not watch.is_alive()
        watch.cancel()
        reader.join(timeout=5)
        process.stdout.close()
        process.stderr.close()
    if process.returncode == 0:
        return out
    said = f"took longer than {timeout:.0f} seconds" if late else _said("\n".join(lines).encode())
    if _NO_ROOM in said:
        raise DiskFull(f"there is no room left on the disk ({said})", "make room, then run it again")
    if _LIMITED.search(said):
        what = f"cannot reach {scrubbed(address)}: it asks for fewer requests ({said})"
        raise UpstreamBusy(what, "run it again later")
    raise UpstreamUnreachable(
        f"cannot reach {scrubbed(address)}: {said or f'git ended with status {process.returncode}'}",
        "check the address, the network and your git credentials (git asks for none here)",
    )


def refuse_option(word: str, what: str) -> str:
    """The word itself, where it cannot be taken for an option and has no control characters. Raises HostileInput."""
    if not word or word.startswith("-") or any(ord(c) < 32 or ord(c) == 127 for c in word):
        raise HostileInput(f"{what} {word!r} is refused", "give a name that does not start with '-'")
    return word


def _start(
    arguments: Sequence[str], cwd: Path | None, env: Mapping[str, str] | None, piped: bool
) -> subprocess.Popen[bytes]:
    try:
        process = subprocess.Popen(
            ["git", *_PREFIX, *arguments],
            cwd=cwd,
            env=_environment(env) | _confined(cwd),
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        _running.add(process)
        return process
    except FileNotFoundError:
        missing = "the folder is not there" if cwd is not None and not cwd.is_dir() else "git is not installed"
        raise GitFailed(arguments[0], None, missing) from None


def _confined(cwd: Path | None) -> dict[str, str]:
    """A bare repository that is damaged is none for git, which would then take the one that it lies in: the user's. So
    it is kept from looking further up."""
    if cwd is None or not cwd.name.endswith((".git", ".git.building")):
        return {}
    return {"GIT_CEILING_DIRECTORIES": os.pathsep.join({str(cwd.absolute().parent), str(cwd.resolve().parent)})}


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if k not in _LOCAL and not k.startswith("GIT_TRACE")}
    env.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    env.update(
        LC_ALL="C",
        GIT_TERMINAL_PROMPT="0",
        GIT_ALLOW_PROTOCOL=":".join(sorted(TRANSPORTS)),
        GIT_OPTIONAL_LOCKS="0",
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_PAGER="cat",
    )
    env.update(extra or {})
    return env


def _said(err: bytes) -> str:
    """Git's last words as one line, without secrets."""
    lines = [line.strip()[:_LONGEST_LINE] for line in err.decode("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ssh:"))] or lines[-1:]
    return scrubbed("; ".join(line.removeprefix("fatal: ") for line in told[-3:]))[:500]


def _listen(stream: IO[bytes], lines: list[str], progress: Progress | None) -> None:
    """Read git's standard error to its end: progress lines are told on, at most ten a second, the others are kept."""
    tell = throttled(progress) if progress is not None else None
    rest = b""
    while chunk := stream.read1(65536) if hasattr(stream, "read1") else stream.read(4096):
        *done, rest = re.split(rb"[\r\n]", rest + chunk)
        rest = rest[:_LONGEST_LINE]  # a remote may talk without end
        for raw in done:
            line = raw.decode("utf-8", "replace")
            found = _PERCENT.match(line)
            if found is None:
                lines.append(line)
                del lines[:-50]
            elif tell is not None:
                tell(found[1].lower(), int(found[2]), int(found[3]))
    lines.append(rest.decode("utf-8", "replace"))


def throttled(progress: Progress, every: float = 0.1, clock: Callable[[], float] = time.monotonic) -> Progress:
    """The same progress, told at most once in `every` seconds, and whenever something is complete."""
    last = -every

    def tell(what: str, done: int, total: int) -> None:
        nonlocal last
        now = clock()
        if now - last >= every or (total and done >= total):
            last = now
            progress(what, done, total)

    return tell
