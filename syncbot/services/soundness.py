"""Whether the series of a package that stays where it is applies to its own base. Looked at once for each state of the
two; where there is somewhere to go, the judge says it."""

from __future__ import annotations

from syncbot import judge
from syncbot.errors import SyncbotError
from syncbot.model.packages import Package
from syncbot.model.releases import Release
from syncbot.ports.source import Progress, Source
from syncbot.services.choose import misfit
from syncbot.services.keys import digest, series_parts

SOUND = "sound"
"""The facts of the store that hold, by package, what was found."""


def soundness(package: Package, base: Release, source: Source, known: str, progress: Progress) -> str:
    """What to remember: a key, and behind a space why the series does not apply, nothing where it does. `known`: what
    is remembered. It stands where the tree is out of reach."""
    if not package.series or package.base is None:  # a base that was found out fits
        return known
    key = digest("sound", judge.JUDGE_VERSION, base.identity, series_parts(package.series))
    if known.partition(" ")[0] == key:
        return known
    try:
        return f"{key} {misfit(package, base, source, progress)}"
    except SyncbotError:  # what cannot be opened is told of when it is needed
        return known


def why_not(sound: str) -> str:
    """Why the series does not apply, empty where it does or nobody knows."""
    return sound.partition(" ")[2]
