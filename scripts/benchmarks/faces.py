"""What people ask for, of each face: whole commands, and pages and documents of a server that is there."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import httpx

from syncbot.services.workspace import Workspace
from syncbot.web.app import create_app
from syncbot.web.guard import Hosts
from syncbot.web.seat import Seat

HOST = "127.0.0.1"


def spent() -> float:
    """Seconds of processors that this process, its threads and the processes that it waited for have used."""
    own, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime


def timed(found: dict[str, list[float]], name: str, query: Callable[[], object]) -> None:
    """Add what the query takes, in seconds of processors: what else runs is not counted."""
    start = spent()
    query()
    found.setdefault(name, []).append(spent() - start)


def least(found: Mapping[str, list[float]]) -> dict[str, int]:
    """Milliseconds: the least of each. What is above it is other programs in the same caches."""
    return {name: round(1000 * min(times)) for name, times in found.items()}


def pages(workspace: Workspace, package: str, owner: str, rounds: int) -> dict[str, int]:
    """{address: milliseconds}; the first view is there, as it is before a server answers."""
    seat = Seat(workspace)
    try:
        seat.view(now=True)
        app = create_app(seat, Hosts.of(HOST, ()))
        found: dict[str, list[float]] = {}
        asyncio.run(_ask(app, _addresses(package, owner), rounds, found))
        return least(found)
    finally:
        seat.close()


async def _ask(app: object, addresses: list[str], rounds: int, found: dict[str, list[float]]) -> None:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # an ASGI application
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
        for number in range(rounds + 1):  # templates are compiled in the first, as they are before a server answers
            for address in addresses:
                start = spent()
                answer = await client.get(address)
                if answer.status_code != httpx.codes.OK:
                    raise RuntimeError(f"{address} answers {answer.status_code}: {answer.text[:200]}")
                if number:
                    found.setdefault(address, []).append(spent() - start)


def _addresses(package: str, owner: str) -> list[str]:
    here = f"/packages/{package}"
    seen = ["/", "/todo", "/packages?sort=lines", "/patches?sort=cost", here, f"{here}/patches/fix3.patch"]
    seen += ["/owners", f"/owners/{owner}", "/proposals?status=all", "/runs", "/forecast", "/upstreamable"]
    seen += ["/history", "/search?q=too", "/feed.atom", f"/badge/{package}/patches.svg"]
    listed = ["overview", "packages", f"packages/{package}", "patches", "owners", "forecast", "upstreamable"]
    listed += ["proposals", "runs", "history", "search?q=too"]
    return [*seen, *(f"/api/v1/{word}" for word in listed)]


COMMANDS = (
    *(["--version"], ["runs"], ["report"], ["report", "--json"], ["report", "--sort", "age", "--csv"]),
    *(["delta", "PKG"], ["delta"], ["delta", "--verdict", "conflict", "--older-than", "30"]),
    *(["explain", "PKG", "fix3.patch"], ["history", "PKG"], ["history"], ["owners"], ["forecast"]),
    *(["upstreamable", "--markdown"], ["digest", "--weekly"], ["proposals"], ["sbom", "PKG"], ["vex", "PKG"]),
    *(["attest", "PKG"], ["sbom"], ["vex"], ["attest"]),
)


def commands(root: Path, package: str, rounds: int) -> dict[str, int]:
    """{command: milliseconds}, its start included."""
    program = [sys.executable, "-m", "syncbot", "--workspace", str(root)]
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as kept:  # as an installation has it, whatever this shell says of bytecode
        environ = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": kept}
        run = partial(subprocess.run, env=environ, check=True, stdout=subprocess.DEVNULL)
        for number in range(rounds + 1):
            for words in COMMANDS:
                asked = [package if word == "PKG" else word for word in words]
                if number:
                    timed(found, f"syncbot {' '.join(words)}", partial(run, [*program, *asked]))
                else:
                    run([*program, *asked])
    return least(found)
