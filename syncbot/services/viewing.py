"""What faces that stay open show: all that is public, as one frozen value, made anew only when something changed.

Pages of a thousand packages must not measure them each time. `stamp` costs a `git status` and one query; whoever holds
a `View` of the same stamp may go on showing it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache

from syncbot.errors import InputError, SyncbotError
from syncbot.model import addresses
from syncbot.model.events import Event, newest_first
from syncbot.model.ids import CommitId, PackageName, PatchName
from syncbot.model.judgement import Judgement
from syncbot.model.measures import PackageMeasure
from syncbot.model.packages import Package
from syncbot.model.proposal_words import RESTORE, ProposalStatus
from syncbot.model.proposals import ProposalRecord, Run, StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.trees import Entry, Tree
from syncbot.ports import Store
from syncbot.report.measured import Measured
from syncbot.report.results import Explanation
from syncbot.services import bygone, carried, measuring, past
from syncbot.services.workspace import Workspace

_RUNS = 200
"""Runs that are shown."""
_MOST_RUNS = 10_000
"""Runs among which those of a day are looked for."""


@dataclass(frozen=True, slots=True)
class View:
    """What is public at one moment. `packages`: by name; `events`: of these packages, newest first; `proposals`: of
    these packages, newest first, without bodies; `weighed`: every judgement of theirs, oldest first; `unread`: packages
    that cannot be read, so that nothing says whether they are private: only how many is public."""

    stamp: str
    measured: Measured
    packages: Mapping[PackageName, PackageMeasure]
    events: tuple[Event, ...]
    proposals: tuple[ProposalRecord, ...]
    runs: tuple[Run, ...]
    weighed: tuple[Event, ...]
    unread: int
    paths: Callable[[], tuple[str, ...]] = field(repr=False, compare=False, default=tuple)
    """The files of the work tree, listed when they are asked for, once."""
    records: Records | None = field(repr=False, compare=False, default=None)
    on: date | None = None
    """The day that it shows; None: now."""

    @property
    def open_proposals(self) -> list[ProposalRecord]:
        return [record for record in self.proposals if record.status is ProposalStatus.OPEN]


@dataclass(frozen=True, slots=True)
class Records:
    """What grows with the years, of all packages: read again only where there is more of it. As in View."""

    marks: tuple[str, str]
    weighed: Sequence[Event]
    dealt: Sequence[Event]
    proposals: Sequence[ProposalRecord]
    events: Sequence[Event]


def records(store: Store, last: Records | None = None) -> Records:
    """`last`: what was read before; its parts are used again where nothing was written to them since."""
    marks = store.marks()
    if last is not None and last.marks == marks:
        return last
    weighed = last.weighed if last is not None and last.marks[0] == marks[0] else store.weighed()
    if last is not None and last.marks[1] == marks[1]:
        dealt, proposals = last.dealt, last.proposals
    else:
        dealt, proposals = store.dealt(), store.proposed()
    moving = [event for event in weighed if event.base != event.target]
    return Records(marks, weighed, dealt, proposals, newest_first([*moving, *dealt]))


def stamp(workspace: Workspace) -> str:
    """Another text whenever a page may show something else; ages change with the hour."""
    hour = workspace.clock.now().strftime("%Y-%m-%dT%H")
    return f"{hour} {carried.pinned_by(workspace)} {workspace.store.glance()}"


def view(workspace: Workspace, of: str, last: View | None = None) -> View:
    """`of`: the stamp, taken before; `last`: the view before this one."""
    found = measuring.measured(workspace)
    packages = {package.package: package for package in found.packages}
    read = records(workspace.store, None if last is None else last.records)
    return View(
        stamp=of,
        measured=found,
        packages=packages,
        events=tuple(event for event in read.events if event.package in packages),
        proposals=tuple(record for record in read.proposals if record.package in packages),
        runs=tuple(workspace.store.runs(_RUNS)),
        weighed=tuple(event for event in read.weighed if event.package in packages),
        records=read,
        unread=len(found.problems),
        paths=cache(lambda: tuple(workspace.downstream.files().paths())),
    )


def view_on(workspace: Workspace, of: str, day: date) -> View:
    """As `view`, when that day ended (UTC). Raises Unrecorded."""
    moment = past.end_of(day, workspace.clock.now())
    if moment is None:
        return view(workspace, of)
    found = measuring.measured(workspace, on=day)
    packages = {package.package: package for package in found.packages}
    then = workspace.store.as_of(moment)
    return View(
        stamp=f"{of} {day}",
        measured=found,
        packages=packages,
        events=tuple(event for event in then.events() if event.package in packages),
        proposals=tuple(record for record in then.proposed() if record.package in packages),
        runs=tuple(_run_then(run, moment) for run in workspace.store.runs(_MOST_RUNS) if run.started <= moment)[:_RUNS],
        weighed=tuple(event for event in then.weighed() if event.package in packages),
        unread=0,
        on=day,
    )


def _run_then(run: Run, moment: datetime) -> Run:
    """A run that had not ended then had come to nothing yet."""
    ended = run.finished is not None and run.finished <= moment
    return run if ended else replace(run, finished=None, outcome=None)


@dataclass(frozen=True, slots=True)
class Fate:
    """What one release was to the patches of a package: the last judgement that names it. `moved`: since when the
    package stands there, None where it does not."""

    target: Release
    base: Release
    judged: StoredJudgement
    accepted: ProposalRecord | None

    def of(self, name: str) -> Judgement | None:
        return next((patch for patch in self.judged.judgement.patches if patch.name == name), None)


def fates(workspace: Workspace, found: View, package: PackageMeasure, most: int) -> list[Fate]:
    """The releases that the package was judged against, oldest first, the last `most` of them."""
    latest: dict[str, StoredJudgement] = {}
    until = None if found.on is None else found.measured.at
    for one in workspace.store.judgements(package.package):
        if until is not None and one.at > until:
            continue
        latest.setdefault(one.target.version, one)
    ordered = sorted(latest.values(), key=lambda one: one.at)[-most:]
    accepted = {
        record.target_version: record
        for record in found.proposals
        if record.package == package.package and record.status is ProposalStatus.ACCEPTED
    }
    return [Fate(one.target, one.base, one, accepted.get(one.target.version)) for one in ordered]


def story(workspace: Workspace, found: View, package: PackageMeasure, name: str) -> Explanation:
    """As `explain`, without reading other packages. `name`: the whole name. Raises NotThere where there is no such
    patch, where none was judged yet, or where the package became private meanwhile."""
    if found.on is not None:
        return _story_then(workspace, found, package, name)
    if all(patch.name != name for patch in package.patches):
        return _dropped(workspace, package, name)
    read = _read(workspace, found, package)
    patch = next((patch for patch in read.series if patch.name == name), None)
    stored = _current(workspace, package.package)
    judged = None if stored is None else next((j for j in stored.judgement.patches if j.name == name), None)
    if patch is None:
        raise NotThere(f"{package.package} has no patch {name!r}", "the work tree changed: load the page again")
    if stored is None or judged is None:
        raise Unjudged(package.package, name, patch.content)
    at = addresses.shown(read.upstream)
    return Explanation(
        package.package, at, stored.base, stored.target, judged, patch.content, stored.at, bump=read.policy.bump
    )


def _story_then(workspace: Workspace, found: View, package: PackageMeasure, name: str) -> Explanation:
    then = workspace.store.as_of(found.measured.at)
    kept = next(one for one in then.kept() if one.package == package.package)
    told = bygone.story(workspace.store, then, kept, PatchName(name))
    if told is None:
        text = next((workspace.store.text(patch.digest) for patch in kept.series if patch.name == name), None)
        raise Unjudged(package.package, name, text or b"", f" on {found.on}")
    return told


def upstream_commit(
    workspace: Workspace, found: View, package: PackageMeasure, told: Explanation, id: CommitId
) -> bytes:
    """A commit of upstream as a diff: what it did to the patch's files, or all of it where it touched none of them.
    Empty where it is not at hand."""
    if workspace.commit is None or found.on is not None:
        return b""
    read = _read(workspace, found, package)
    files = told.judgement.files
    paths = list(dict.fromkeys(path for file in files for path in (file.path, file.target_path) if path))
    return workspace.commit(read, id, paths) or workspace.commit(read, id, ())


class NotThere(InputError):
    """What was asked for is not there, or not there any more. Its words are for whoever asked: no path is in them."""


class Unjudged(NotThere):
    """A patch that no check spoke of yet. `content`: its text."""

    def __init__(self, package: str, name: str, content: bytes, when: str = "") -> None:
        remedy = f"run `syncbot check {package}`; a package at its newest release has nothing to judge"
        super().__init__(f"{name} of {package} was not judged yet{when}", "" if when else remedy)
        self.content = content


def _dropped(workspace: Workspace, package: PackageMeasure, name: str) -> Explanation:
    gone = next((one for one in workspace.store.dropped(package.package) if one.name == name), None)
    if gone is None:
        raise NotThere(f"{package.package} has no patch {name!r}, and dropped none of that name")
    line = f"{RESTORE}{name}"
    returning = next((id for p, of, id in workspace.store.waiting() if (p, of) == (package.package, line)), "")
    return Explanation(
        package.package,
        package.upstream,
        gone.base,
        gone.target,
        gone.judgement,
        gone.content,
        gone.at,
        gone.at,
        returning,
    )


def _current(workspace: Workspace, package: PackageName) -> StoredJudgement | None:
    keys = workspace.store.current_keys().get(package)
    return None if keys is None else workspace.store.judgement(keys[0])


def _read(workspace: Workspace, found: View, package: PackageMeasure) -> Package:
    settings = workspace.settings
    tree = _Listed(workspace.downstream.files(), found.paths())
    try:
        read = workspace.layout.one(tree, settings.patches, settings.policy, package.package)
    except SyncbotError as error:
        raise NotThere(f"{package.package} cannot be read now", "`syncbot report` says why") from error
    if read.private:
        raise NotThere(f"no package is named {package.package!r}")
    return read


class _Listed:
    """A tree whose paths are known already: to list thousands of files takes longer than to read one package."""

    def __init__(self, tree: Tree, paths: Sequence[str]) -> None:
        self._tree = tree
        self._paths = paths

    def entry(self, path: str) -> Entry | None:
        return self._tree.entry(path)

    def read(self, path: str) -> bytes | None:
        return self._tree.read(path)

    def paths(self) -> Iterable[str]:
        return self._paths
