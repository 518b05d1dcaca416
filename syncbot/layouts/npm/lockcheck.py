"""Whether a lock file that a package manager made anew may be taken over, and what is to be told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncbot.layouts.npm.lockread import LockText

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the new lock must have: `package` at `version` (None: whatever it has), and each patch that the manager
    itself applies, by the key or the name that a lock knows it by. `base`: the version that was patched before."""

    package: str
    version: str | None
    patched: frozenset[str]
    base: str = ""


def refusal(before: LockText, after: LockText | None, wanted: Wanted) -> str:
    """Why the new lock is not taken over, a sentence without its subject; empty where it is."""
    if after is None:
        return "what it wrote cannot be read"
    if after.format != before.format:
        return f"it would write the lock in format {after.format}, and it is in format {before.format}"
    have = after.packages.get(wanted.package, {})
    if wanted.version is not None and wanted.version not in have:
        found = ", ".join(sorted(have)) or "nothing"
        return f"the lock that it made has {found} of {wanted.package}, and not {wanted.version}"
    lost = sorted(wanted.patched - after.patched)
    if lost:
        return f"the lock that it made has no patch of {_listed(lost)}"
    for name, versions in before.packages.items():
        for version, digest in versions.items():
            new = after.packages.get(name, {}).get(version, "")
            if digest and new and _kind(digest) == _kind(new) and digest != new:
                return f"the registry gives another content for {name} {version} than the lock has"
    return ""


def _kind(digest: str) -> str:
    """How a digest is made: another way gives another one of the same content."""
    return digest.partition("-" if "-" in digest else "/")[0] if ("-" in digest or "/" in digest) else ""


def warnings(before: LockText, after: LockText, wanted: Wanted) -> tuple[str, ...]:
    """What of the new lock is not the moved dependency's, a sentence each."""
    told: list[str] = []
    near = before.closure(wanted.package) | after.closure(wanted.package)
    names = before.packages.keys() | after.packages.keys()
    other = sorted(
        name for name in names - near if before.packages.get(name, {}).keys() != after.packages.get(name, {}).keys()
    )
    if other:
        changes = [f"{name} {_versions(before, name)} -> {_versions(after, name)}" for name in other]
        told.append(f"it also changes what {wanted.package} does not ask for: {_listed(changes)}")
    before_it = before.packages.get(wanted.package, {}).keys() - {wanted.base}
    others = sorted(after.packages.get(wanted.package, {}).keys() - before_it - {wanted.version})
    if wanted.version is not None and others:
        told.append(f"other packages get {wanted.package} {', '.join(others)}, which is not patched")
    hosts = sorted(after.hosts - before.hosts)
    if hosts and before.hosts:
        told.append(f"it has addresses on {_listed(hosts)}, which it had not before")
    return tuple(told)


def _versions(lock: LockText, name: str) -> str:
    return ", ".join(sorted(lock.packages.get(name, {}))) or "none"


def _listed(items: Iterable[str]) -> str:
    found = list(items)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
