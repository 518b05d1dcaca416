"""Where packages stand among upstream's releases, recorded at each check: what the measures say of being behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from syncbot.model.ids import PackageName
from syncbot.model.measures import Standing
from syncbot.model.packages import Package
from syncbot.model.releases import Release
from syncbot.services.choose import Choice


class Seen(Protocol):
    """A package as a check found it: a part of `check.Examined`."""

    @property
    def package(self) -> Package: ...

    @property
    def choice(self) -> Choice: ...

    @property
    def weighed(self) -> tuple[int, int] | None: ...


def to_be_weighed(before: Standing | None, base: Release) -> bool:
    """Whether the files of this base were not counted yet."""
    return before is None or before.weighed != base.version


def new_standings(known: Mapping[PackageName, Standing], seen: Iterable[Seen], at: datetime) -> list[Standing]:
    """Those that are others than what is known, their time apart."""
    found = []
    for one in seen:
        before = known.get(one.package.name)
        now = _standing(one, before, at)
        if before is None or replace(before, at=at) != now:
            found.append(now)
    return found


def _standing(one: Seen, before: Standing | None, at: datetime) -> Standing:
    base, after = one.choice.base, one.choice.after
    made = Standing(
        package=one.package.name,
        base=base.version,
        base_identity=base.identity,
        newest=after[-1].version if after else base.version,
        behind=len(after),
        at=at,
        first_missed=after[0].version if after else "",
        missed_since=_since(after[0], before, at) if after else None,
    )
    if one.weighed is not None:
        return replace(made, weighed=base.version, files=one.weighed[0], weight=one.weighed[1])
    return made if before is None else replace(made, weighed=before.weighed, files=before.files, weight=before.weight)


def _since(missed: Release, before: Standing | None, at: datetime) -> datetime:
    """When a release came out, else since when it is missed."""
    if missed.date is not None:
        return missed.date
    known = before is not None and before.first_missed == missed.version and before.missed_since is not None
    return before.missed_since if known and before is not None and before.missed_since is not None else at
