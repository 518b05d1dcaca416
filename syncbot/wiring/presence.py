"""Who this process is, and whether another one is still there: by its number and when it was born, not by the clock."""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache
from pathlib import Path

from syncbot.model.running import Holder

_PROC = Path("/proc")


class ThisProcess:
    """Implements `syncbot.ports.running.Presence`."""

    def me(self) -> Holder:
        pid = os.getpid()
        return Holder(secrets.token_hex(16), socket.gethostname(), pid, machine(), born(pid))

    def gone(self, holder: Holder) -> bool:
        if not holder.machine or holder.machine != machine():
            return False  # on another machine, or before it was started anew: its lease ends by itself
        return born(holder.pid) != holder.born


@cache
def machine() -> str:
    """What tells this boot of this machine, and this container of it, from any other; empty where that is not told."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink(_PROC / 'self/ns/pid')}"  # noqa: PTH115  # it names no file
    except OSError:
        return ""


def born(pid: int) -> str:
    """When the process was started, in the kernel's ticks; empty where there is none of that number. One that has ended
    and waits for its parent is none."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()  # the name before it may hold anything
    return "" if state in "ZX" else rest[18]
