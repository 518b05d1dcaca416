"""What the supply-chain documents are made of, gathered. Asks no upstream. Private packages stand in none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from syncbot.model import versions
from syncbot.model.advisories import Advisory, Answer, answer
from syncbot.report.facts import facts
from syncbot.report.supply import Supplied
from syncbot.services import packages, words
from syncbot.services.inputs import entered
from syncbot.services.reread import facts_of, known_facts

if TYPE_CHECKING:
    from syncbot.model.ids import PackageName
    from syncbot.model.measures import Facts, Inputs
    from syncbot.model.packages import Package
    from syncbot.model.proposals import DroppedPatch, StoredJudgement
    from syncbot.model.releases import Release
    from syncbot.report.problems import PackageProblem
    from syncbot.services.workspace import Workspace


def supplied(
    workspace: Workspace, names: Sequence[str] = (), advisories: Sequence[Advisory] = ()
) -> tuple[list[Supplied], list[PackageProblem]]:
    """Every package that is not private (of those named), in order of name, and a problem for each that cannot be read.
    Raises InputError for an unknown name."""
    found = words.pinned(packages.read(workspace, names), workspace.store.patch_words())
    public = [package for package in found.packages if not package.private]
    store, known = workspace.store, known_facts(workspace.store.kept())
    keys = store.current_keys()
    wanted = [keys[package.name] for package in public if package.name in keys]
    judged = store.judgements_by(sorted({key for key, _asked in wanted}))
    inputs = store.inputs(sorted({asked for _key, asked in wanted}))
    seen = store.releases_of([package.name for package in public])
    dropped = _dropped(store.dropped(), {package.name for package in public})
    made = []
    for package in public:
        key, asked = keys.get(package.name, ("", ""))
        stands = _standing(package, judged.get(key), inputs.get(asked))
        base = _base(package, seen.get(package.name, {}), stands[0])
        said = tuple(facts_of(patch, known) for patch in package.series)
        gone = dropped.get(package.name, ())
        told = _answers(package, said, gone, advisories, base)
        made.append(Supplied(package, base, said, *stands, drops=tuple(gone), answers=told))
    return made, packages.problems(found)


def _standing(
    package: Package, judged: StoredJudgement | None, inputs: Inputs | None
) -> tuple[StoredJudgement | None, Inputs | None]:
    """The judgement and its inputs where they speak of the series as it is now, byte for byte where that is known."""
    if judged is None or not is_release(package.base, judged.base, or_none=True):
        return None, None
    if inputs is not None:
        return (judged, inputs) if inputs.series == entered(package.series) else (None, None)
    same = [one.name for one in judged.judgement.patches] == [patch.name for patch in package.series]
    return (judged, None) if same else (None, None)


def _base(package: Package, seen: Mapping[str, Release], judged: StoredJudgement | None) -> Release | None:
    if judged is not None:
        return judged.base
    return next((release for release in seen.values() if is_release(package.base, release)), None)


def is_release(declared: str | None, release: Release, *, or_none: bool = False) -> bool:
    """Whether a declared base, which may be upstream's own word for it, is that release; `or_none`: where none is."""
    if declared is None:
        return or_none
    if declared in (release.version, release.name):
        return True
    found = versions.normalise(declared)
    return found is not None and found.text == release.version


def _dropped(drops: Iterable[DroppedPatch], public: set[PackageName]) -> Mapping[PackageName, list[DroppedPatch]]:
    """Those that are gone, by package, newest first."""
    found: dict[PackageName, list[DroppedPatch]] = {}
    for drop in drops:
        if drop.package in public and not drop.restored:
            found.setdefault(drop.package, []).append(drop)
    return found


def _answers(
    package: Package,
    said: Sequence[Facts],
    drops: Sequence[DroppedPatch],
    advisories: Sequence[Advisory],
    base: Release | None,
) -> tuple[tuple[str, Answer], ...]:
    if not advisories:
        return ()
    gone = (facts(drop.content, drop.strip, drop.name) for drop in drops)
    names = sorted({cve for one in (*said, *gone) for cve in one.cves})
    version = package.base if base is None else base.version
    found = ((name, answer(advisories, name, package.upstreams, version)) for name in names)
    return tuple((name, told) for name, told in found if told is not None)
