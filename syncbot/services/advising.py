"""The advisories that are about a workspace's packages: evidence for the judge, never a ground to drop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncbot.model.advisories import Advisory
    from syncbot.model.packages import Package


class Advisories:
    """Records that are read on first need, by the vulnerabilities that they are about."""

    def __init__(self, read: Callable[[], Sequence[Advisory]]) -> None:
        self._read = read

    @cached_property
    def every(self) -> Sequence[Advisory]:
        return self._read()

    @cached_property
    def _by_name(self) -> dict[str, list[Advisory]]:
        found: dict[str, list[Advisory]] = {}
        for advisory in self.every:
            for name in advisory.names:
                found.setdefault(name, []).append(advisory)
        return found

    def of(self, package: Package) -> tuple[Advisory, ...]:
        """Those about its upstream and a vulnerability that one of its patches names."""
        if not self._by_name:
            return ()
        from syncbot.model.advisories import relevant  # noqa: PLC0415  # mostly there are none

        names = named_by(package)
        known = {id(advisory): advisory for name in sorted(names) for advisory in self._by_name.get(name, ())}
        return relevant(known.values(), names, package.upstreams)


def named_by(package: Package) -> frozenset[str]:
    """The vulnerabilities that its patches name anywhere, in capitals."""
    from syncbot.model.advisories import advisory_names  # noqa: PLC0415  # as above

    texts: Iterable[bytes] = (b"%s\n%s" % (p.name.encode("utf-8", "replace"), p.content) for p in package.series)
    return frozenset().union(*map(advisory_names, texts))


NO_ADVISORIES = Advisories(tuple)
