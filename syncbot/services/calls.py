"""Which upstreams a run asks for their references: each once, and none that was asked a short while ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from syncbot.errors import UpstreamBusy, UpstreamUnreachable
from syncbot.model.addresses import host
from syncbot.model.ids import PackageName
from syncbot.model.packages import Package
from syncbot.report.problems import PackageProblem
from syncbot.services.keys import digest
from syncbot.services.work import Looked
from syncbot.services.workspace import Workspace


class Calls:
    """The calls of one run on these packages. `named`: somebody named them, and wants to know how it is now."""

    def __init__(self, workspace: Workspace, packages: Sequence[Package], at: datetime, *, named: bool) -> None:
        self._store, self._at, self._packages = workspace.store, at, packages
        self._interval = timedelta() if named else workspace.settings.polite.interval
        self._keeps = bool(workspace.settings.polite.interval)
        self._before = dict(self._store.asked()) if self._interval else {}
        self._first: dict[str, Package] = {}
        for package in packages:
            self._first.setdefault(_upstream(package), package)

    def is_first(self, package: Package) -> bool:
        """Whether it is the one that asks its upstream, of all that share it."""
        return self._first[_upstream(package)] is package

    def asks(self, package: Package) -> bool:
        """Whether the work on this package asks its upstream. Of several with one upstream the first one does."""
        key = _upstream(package)
        last = self._before.get(key)
        # a time in the future is of a clock that was set back since
        recent = last is not None and timedelta() <= self._at - last < self._interval
        return not recent and self.is_first(package)

    def shared(self, results: Sequence[Looked | PackageProblem]) -> list[Looked | PackageProblem]:
        """What came of it, in the order of the packages. An upstream that could not be asked was asked in vain for all
        of its packages. What was learnt is kept: who was asked, and who wants to be left alone."""
        found = dict(zip((p.name for p in self._packages), results, strict=True))
        made: list[Looked | PackageProblem] = []
        for package in self._packages:
            result, first = found[package.name], self._first[_upstream(package)]
            of_first = found[first.name]
            if isinstance(of_first, PackageProblem) and isinstance(of_first.error, UpstreamUnreachable):
                result = PackageProblem(package.name, of_first.error, package.private)
            made.append(result)
        self._keep(found)
        return made

    def _keep(self, found: Mapping[PackageName, Looked | PackageProblem]) -> None:
        for package in self._first.values():
            result = found[package.name]
            if isinstance(result, PackageProblem) and isinstance(result.error, UpstreamBusy) and host(package.upstream):
                self._store.save_host_wait(host(package.upstream), self._at + timedelta(seconds=result.error.wait))
        if self._keeps:
            done = [p for p in self._first.values() if self.asks(p) and not isinstance(found[p.name], PackageProblem)]
            self._store.save_asked([_upstream(p) for p in done], self._at)


def _upstream(package: Package) -> str:
    """What pins whom one asks; no address, for that may be a secret one."""
    return digest("asked", str(package.upstream), str(package.history))
