"""Small in-memory upstreams for what needs no repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from syncbot.errors import SyncbotError
from syncbot.model.ids import PackageName, PatchName
from syncbot.model.packages import Package, Policy, SeriesPatch
from syncbot.model.releases import Release, Upstream
from syncbot.model.trees import FILE, MemoryTree, Tree
from syncbot.model.versions import normalise
from syncbot.ports import Progress

LINES = [f"line {n}\n" for n in range(1, 41)]


def text(**changed: str) -> bytes:
    """Forty lines; `l10="x"` puts another text on line 10."""
    lines = list(LINES)
    for key, value in changed.items():
        lines[int(key[1:]) - 1] = f"{value}\n"
    return "".join(lines).encode()


def patch(name: str, line: int, new: str) -> SeriesPatch:
    """A patch of a.c that puts another text on one line."""
    before, after = LINES[line - 4 : line - 1], LINES[line : line + 3]
    body = "".join(f" {x}" for x in before) + f"-{LINES[line - 1]}+{new}\n" + "".join(f" {x}" for x in after)
    head = f"--- a/a.c\n+++ b/a.c\n@@ -{line - 3},7 +{line - 3},7 @@\n"
    return SeriesPatch(PatchName(name), (head + body).encode())


def release(version: str, content: bytes = b"", identity: str = "") -> Release:
    made = normalise(version)
    assert made is not None
    return Release(made.text, version, identity or f"id of {version}", None, made.prerelease)


def package(*series: SeriesPatch, base: str | None = "1.0", range: str = "", policy: Policy | None = None) -> Package:
    return Package(
        PackageName("lib"),
        "patches/lib",
        Upstream("git", "https://user:secret@example.org/lib"),
        base,
        series,
        range,
        policy or Policy(),
    )


@dataclass
class FakeSource:
    """Releases with one file each, oldest first. `read` notes which trees were asked for."""

    contents: dict[str, bytes]
    broken: dict[str, SyncbotError] = field(default_factory=dict)
    head: Release | None = None
    read: list[str] = field(default_factory=list)

    def refresh(self, progress: Progress) -> None:
        progress("asking", 0, 0)

    def releases(self) -> Sequence[Release]:
        return [release(version) for version in self.contents]

    def branch(self, name: str) -> Release | None:
        return self.head if self.head is not None and self.head.name == name else None

    def tree(self, release: Release, progress: Progress) -> Tree:
        self.read.append(release.version)
        if release.version in self.broken:
            raise self.broken[release.version]
        return MemoryTree({"a.c": (FILE, self.contents[release.name])})
