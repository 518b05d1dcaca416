"""What an import came to, and how it is told on a terminal."""

from __future__ import annotations

from dataclasses import dataclass

from syncbot.report.safe import line
from syncbot.report.table import Table
from syncbot.report.words import plural

_NATIVE = "native"


@dataclass(frozen=True, slots=True)
class ImportedPackage:
    """A package as it was met. `upstream` is empty and `base` None where that is not known; `doubts`: what could not
    be found out, a sentence each; `error`: why it cannot be read, empty where it can."""

    name: str
    path: str
    upstream: str
    base: str | None
    patches: int
    owners: tuple[str, ...]
    doubts: tuple[str, ...]
    error: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a packaging repository is taken for. `also`: other layouts that it may have; `packages`: those that carry
    patches, or cannot be read; `unpatched`: how many carry none; `written`: the files that were (or would be)
    written."""

    repository: str
    layout: str
    also: tuple[str, ...]
    packages: tuple[ImportedPackage, ...]
    unpatched: int
    written: tuple[str, ...]

    @property
    def unknown(self) -> tuple[ImportedPackage, ...]:
        """The packages whose upstream a person must name."""
        return tuple(p for p in self.packages if not p.upstream and not p.error)


def table(found: Imported) -> Table:
    rows = tuple(
        (
            line(package.name),
            str(package.patches) if not package.error else "",
            line(package.base or ""),
            line(package.upstream),
            line(", ".join(package.owners[:2])),
        )
        for package in found.packages
    )
    return Table(("package", "patches", "base", "upstream", "owners"), rows, frozenset({"patches"}), "upstream")


def complaints(found: Imported) -> list[str]:
    """What could not be found out or read, a line each."""
    said = [f"{line(p.name)}: {line(p.error)}" for p in found.packages if p.error]
    return said + [f"{line(p.name)}: {line(doubt)}" for p in found.packages for doubt in p.doubts]


def summary(found: Imported, *, dry_run: bool) -> list[str]:
    patches = sum(package.patches for package in found.packages)
    read = [package for package in found.packages if not package.error]
    lines = [
        f"{line(found.repository)} has the layout {found.layout}: {plural(len(read), 'package')} with "
        f"{plural(patches, 'patch')}" + (f", {found.unpatched} without any." if found.unpatched else ".")
    ]
    if found.also:
        lines.append(f"It may be taken for {', '.join(found.also)}, too: --layout decides.")
    if found.unknown:
        lines.append(f"Where upstream is must be told for {plural(len(found.unknown), 'package')}.")
    ownerless = sum(not package.owners for package in read)
    if ownerless:
        lines.append(f"Nobody is named as the owner of {'it' if len(read) == 1 else f'{ownerless} of them'}.")
    verb = "Would write" if dry_run else "Wrote"
    lines.append(f"{verb} {', '.join(map(line, found.written))}." if found.written else "Nothing is to be written.")
    if not dry_run:
        first = "commit what was written, then " if found.written else ""
        lines.append(f"Next: {first}syncbot check")
    return lines
