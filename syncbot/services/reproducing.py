"""Ask the judge once more, without its memory, about the very inputs that a decision was made on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from syncbot import judge
from syncbot.model.advisories import advice
from syncbot.model.measures import Inputs
from syncbot.model.packages import Package
from syncbot.model.proposals import StoredJudgement
from syncbot.model.releases import Release
from syncbot.ports import Source
from syncbot.ports.crew import Bench
from syncbot.report.attestations import differences
from syncbot.report.problems import PackageProblem
from syncbot.report.reproduced import Came, Difference, Reproduced
from syncbot.services import packages, words, work
from syncbot.services.choose import Choice, line_releases
from syncbot.services.inputs import advice_digest, entered
from syncbot.services.supply import is_release
from syncbot.services.workspace import Workspace

_HEAD = re.compile(r"\d{8}\.[0-9a-f]{12}")
"""The version of a branch's head, which is among no releases: its commit says it all."""


def reproduce(
    workspace: Workspace, names: Sequence[str] = (), *, private: bool = False
) -> tuple[list[Reproduced], list[PackageProblem]]:
    """The decisions that stand, of all packages or of those named, made once more. Packages that nothing was decided
    about, or that moved since, are left out. Nothing is written. Raises InputError for an unknown name."""
    found = words.pinned(packages.read(workspace, names), workspace.store.patch_words())
    wanted = [package for package in found.packages if private or not package.private]
    keys = workspace.store.current_keys()
    stored = workspace.store.judgements_by(sorted({keys[p.name][0] for p in wanted if p.name in keys}))
    inputs = workspace.store.inputs(sorted({keys[p.name][1] for p in wanted if p.name in keys}))
    done: list[Reproduced] = []
    problems = packages.problems(found)
    for package in wanted:
        key, asked = keys.get(package.name, ("", ""))
        if key not in stored or not is_release(package.base, stored[key].base, or_none=True):
            continue
        made = work.guarded(package, _Again(workspace, package, stored[key], inputs.get(asked)))
        if isinstance(made, PackageProblem):
            problems.append(made)
        else:
            done.append(made)
    return done, problems


class _Again:
    def __init__(self, workspace: Workspace, package: Package, stored: StoredJudgement, inputs: Inputs | None) -> None:
        self._workspace, self._package = workspace, package
        self._stored, self._inputs = stored, inputs
        self._advisories = workspace.advisories.of(package)

    def __call__(self) -> Reproduced:
        if self._inputs is None:
            return self._came(Came.UNRECORDED)
        changed = self._local(self._inputs)
        if changed:
            return self._came(Came.CHANGED, changed)
        source = self._workspace.source(self._package)
        source.refresh(self._workspace.progress)
        changed = self._upstream(self._inputs, source)
        if changed:
            return self._came(Came.CHANGED, changed)
        bench = Bench(lambda _package: source, self._workspace.progress)
        task = work.Judge(
            self._package,
            self._choice(source),
            self._inputs.key,
            self._stored.at,
            (),
            verify=False,
            advisories=self._advisories,
        )
        made = work.judged(bench, task)
        if isinstance(made, PackageProblem):
            raise made.error
        pairs = zip(self._stored.judgement.patches, made.stored.judgement.patches, strict=True)
        found = [Difference(one.name, *each) for one, now in pairs for each in differences(one, now)]
        return self._came(Came.DIFFERS if found else Came.SAME, found)

    def _came(self, came: Came, found: Sequence[Difference] = ()) -> Reproduced:
        stored = self._stored
        return Reproduced(
            self._package.name,
            stored.base.version,
            stored.target.version,
            came,
            len(stored.judgement.patches),
            tuple(found),
        )

    def _local(self, inputs: Inputs) -> list[Difference]:
        """What differs from the inputs here: the rules, the series."""
        found = []
        if inputs.judge != judge.JUDGE_VERSION:
            found.append(Difference("", "the judge's version", inputs.judge, judge.JUDGE_VERSION))
        advised = advice_digest(
            advice(self._advisories, self._package.upstreams, self._stored.base.version, self._stored.target.version)
        )
        if inputs.advice != advised:
            found.append(Difference("", "what advisories say", inputs.advice or "nothing", advised or "nothing"))
        now = entered(self._package.series)
        if [entry.name for entry in now] != [entry.name for entry in inputs.series]:
            names = (", ".join(entry.name for entry in series) for series in (inputs.series, now))
            return [*found, Difference("", "the series", *names)]
        for before, after in zip(inputs.series, now, strict=True):
            if before.digest != after.digest:
                found.append(Difference(before.name, "its sha256", before.digest, after.digest))
            elif before != after:
                told = (replace(entry, digest="") for entry in (before, after))
                found.append(Difference(before.name, "its options in the series", *map(repr, told)))
        return found

    def _upstream(self, inputs: Inputs, source: Source) -> list[Difference]:
        """What differs upstream: a release's content, where the branch stands."""
        there = {release.version: release for release in source.releases()}
        found = []
        for release in dict.fromkeys((self._stored.base, self._stored.target)):
            now = there.get(release.version)
            if now is not None and now.identity != release.identity:
                found.append(Difference("", f"release {release.version}", release.identity, now.identity))
            elif now is None and not _HEAD.fullmatch(release.version):
                found.append(Difference("", f"release {release.version}", release.identity, "gone"))
        head = source.head()
        if head != inputs.head:
            found.append(Difference("", "upstream's branch", inputs.head or "none", head or "none"))
        return found

    def _choice(self, source: Source) -> Choice:
        """Base and target as they were, with what lies between them."""
        base, target = self._stored.base, self._stored.target
        if base == target:
            return Choice(base, None, (), (), ())
        return Choice(base, target, _between(line_releases(self._package, source), base, target), (), ())


def _between(line: Sequence[Release], base: Release, target: Release) -> tuple[Release, ...]:
    """The releases of the line after the base, up to and with the target, oldest first."""
    names = [release.version for release in line]
    if target.version not in names:
        return (target,)
    end = names.index(target.version)
    start = names.index(base.version) + 1 if base.version in names[:end] else 0
    return (*line[start:end], target)
