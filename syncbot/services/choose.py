"""Which release a package stands on and which one it moves to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from syncbot import judge
from syncbot.errors import InputError, UpstreamChanged
from syncbot.model import addresses, versions
from syncbot.model.packages import Package, Step
from syncbot.model.releases import Release
from syncbot.ports import Progress, Source

_BRANCH = "branch:"
_HEAD = re.compile(r"\d{8}\.[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Choice:
    """`between`: the releases of the line after the base, up to and with the target, oldest first. `known`: all that
    upstream has, to be remembered. `target` is None where the package is up to date."""

    base: Release
    target: Release | None
    between: tuple[Release, ...]
    known: tuple[Release, ...]
    alerts: tuple[str, ...]
    after: tuple[Release, ...] = ()
    """All releases of the line after the base, oldest first, whatever the step."""


Fitting = Callable[[Sequence[Release]], Release]
"""Which of a line's releases (oldest first, at least one) a package that declares no base stands on."""


def choose(
    package: Package,
    source: Source,
    seen: Mapping[str, Release],
    progress: Progress,
    fitting: Fitting | None = None,
) -> Choice:
    """Base and target of a package whose source is fresh. `seen`: {version: release} as first seen; `fitting`: how an
    undeclared base is found, None: by the trees. Raises InputError where the base cannot be found, UpstreamChanged
    where base or target is not what it was, UpstreamUnreachable."""
    known = list(source.releases())
    line = _line(package, source, known)
    known += [r for r in line if r not in known]
    by_trees: Fitting = lambda line: newest_that_fits(package, source, line, progress)  # noqa: E731  # one line
    base = _base(package, known, line, seen, fitting or by_trees)
    after = _after(package, base, line, known) if package.policy.bump else []
    if not package.policy.bump and package.base is not None and not package.policy.track.startswith(_BRANCH):
        base, after = _moved_already(base, known, fitting or by_trees)
    each = package.policy.step is Step.EACH and package.policy.bump
    target = None if not after else after[0] if each else after[-1]
    between = after[: after.index(target) + 1] if target is not None else ()
    changed = _changed(known, seen)
    for release in (base, target):
        if release is not None and release.version in changed:
            raise changed[release.version]
    alerts = [*map(str, changed.values()), *_gone(base, known, seen)]
    return Choice(base, target, tuple(between), tuple(known), tuple(alerts), tuple(after))


def line_releases(package: Package, source: Source) -> list[Release]:
    """The releases that the package's track and range admit, oldest first: what it may move to."""
    return _line(package, source, list(source.releases()))


def _line(package: Package, source: Source, known: Sequence[Release]) -> list[Release]:
    track = package.policy.track
    if not track.startswith(_BRANCH):
        counted = versions.one_scheme(known, package.base)
        return list(versions.select(counted, track=track, range=package.range))
    head = source.branch(track.removeprefix(_BRANCH))
    if head is None:
        what = f"{addresses.shown(package.upstream)} has no branch {track.removeprefix(_BRANCH)}"
        raise InputError(what, "correct track", path=package.settings_file)
    return [head]


def _base(
    package: Package,
    known: Sequence[Release],
    line: Sequence[Release],
    seen: Mapping[str, Release],
    fitting: Fitting,
) -> Release:
    if package.base is not None:
        return _declared(package, package.base, known, seen)
    if not line:
        raise _no_release(package)
    return fitting(line)


def newest_that_fits(package: Package, source: Source, line: Sequence[Release], progress: Progress) -> Release:
    """The newest release that the whole series applies to without fuzz; of a package without patches the newest.
    Reads one tree per release on its way back. Raises InputError where there is none."""
    for release in reversed(line):
        if not package.series or judge.applies(package.series, source.tree(release, progress)):
            return release
    if not line:
        raise _no_release(package)
    upstream = addresses.shown(package.upstream)
    what = f"none of the {len(line)} releases of {upstream} takes all patches of {package.name} without fuzz"
    raise InputError(what, 'declare the release that they were made for: base = "..."', path=package.settings_file)


def misfit(package: Package, base: Release, source: Source, progress: Progress) -> str:
    """Why the series does not apply to this base, the first patch at fault named; empty where it does. A patch that
    waits for a person is left out."""
    found = judge.first_misfit(package.series, source.tree(base, progress)) if package.series else None
    return "" if found is None else f"the series of {package.name} does not apply to its base {base.version}: {found}"


def declared_base(package: Package, source: Source, seen: Mapping[str, Release]) -> Release | None:
    """The release that the package declares as its base, None where it declares none. Raises InputError where upstream
    has no such release. `seen` as in `choose`."""
    return None if package.base is None else _declared(package, package.base, source.releases(), seen)


def _declared(package: Package, base: str, known: Sequence[Release], seen: Mapping[str, Release]) -> Release:
    for release in known:
        if base in (release.version, release.name):
            return release
    if _HEAD.fullmatch(base):  # a branch's head that was: its commit says it all
        return seen.get(base) or Release(base, package.policy.track.removeprefix(_BRANCH), base.partition(".")[2])
    wanted = versions.version(base)
    for release in known:
        if versions.version(release.version) == wanted:
            return release
    upstream = addresses.shown(package.upstream)
    what = f"the base release {base} of {package.name} is not among the {len(known)} releases of {upstream}"
    if base in seen:
        what = f"the base release {base} of {package.name} was seen before, but {upstream} no longer has it"
    nearest = max((r for r in known if versions.version(r.version) < wanted), key=_order, default=None)
    hint = f" (the one before is {nearest.version})" if nearest is not None else ""
    raise InputError(what, f"correct base{hint}", path=package.settings_file)


def _order(release: Release) -> versions.Version:
    return versions.version(release.version)


def _no_release(package: Package) -> InputError:
    ranged = f" in {package.range!r}" if package.range else ""
    what = f"{addresses.shown(package.upstream)} has no release on the line {package.policy.track}{ranged}"
    return InputError(what, "correct range or track", path=package.settings_file)


def _after(package: Package, base: Release, line: Sequence[Release], known: Sequence[Release]) -> list[Release]:
    if package.policy.track.startswith(_BRANCH):
        return [head for head in line if not head.identity.startswith(base.identity)]
    order = {release.version: at for at, release in enumerate(known)}
    here = order[base.version]
    return [release for release in line if order[release.version] > here]


def _moved_already(declared: Release, known: Sequence[Release], fitting: Fitting) -> tuple[Release, list[Release]]:
    """The release that the series was made for, and those after it up to the declared one: somebody moved the package,
    and its patches are to follow."""
    order = [release for release in known if not release.prerelease or release == declared]
    until = order[: order.index(declared) + 1]
    base = fitting(until)
    return base, until[until.index(base) + 1 :]


def _changed(known: Sequence[Release], seen: Mapping[str, Release]) -> dict[str, UpstreamChanged]:
    """Releases whose content is not what it was when first seen, by version."""
    changed = {}
    for release in known:
        before = seen.get(release.version)
        if before is not None and before.identity != release.identity:
            what = f"release {release.version} changed after it was seen: {before.identity} is now {release.identity}"
            changed[release.version] = UpstreamChanged(what, "ask upstream why before you trust it")
    return changed


def _gone(base: Release, known: Sequence[Release], seen: Mapping[str, Release]) -> list[str]:
    """Releases seen before, on the same line of time as the base or later, that upstream has no more."""
    here = {release.version for release in known}
    return [
        f"release {version} was seen before, but upstream no longer has it"
        for version, release in seen.items()
        if version not in here and version != base.version and not _is_head(release)
    ]


def _is_head(release: Release) -> bool:
    """Whether it was the head of a branch: those move on by nature."""
    return _HEAD.fullmatch(release.version) is not None and release.identity.startswith(release.version[9:])
