"""What a check found out about packages, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syncbot.model import addresses
from syncbot.model.advisories import Advice
from syncbot.model.memory import Memory
from syncbot.model.packages import Package
from syncbot.model.proposals import StoredJudgement
from syncbot.model.releases import Release
from syncbot.plan import identity
from syncbot.ports import Source
from syncbot.report.problems import PackageProblem
from syncbot.report.results import PackageCheck
from syncbot.services.choose import Choice
from syncbot.services.recall import Promise
from syncbot.services.returned import Returned
from syncbot.services.soundness import why_not


@dataclass(frozen=True, slots=True)
class Examined:
    """One package with what was found about it. `lines`: its delta. `fresh`: releases never seen before. `judged` is
    about the target; where the package is up to date, about its base and what is on upstream's branch, and None where
    there is none. `asked` is the key of the question that it answers; `new`: not stored yet. `learnt`: what the judge
    was asked, to be remembered, and `fits` the base that was found out, by key. `promise`: what verifying the judgement
    came to, None: not verified yet. `state`: the key of all that is known of it; `returned`: dropped patches that
    upstream took back. `weighed`: (files, their bytes) of the base, where they were counted now.
    `head`: where upstream's branch stands; `advised`: what advisories say."""

    package: Package
    source: Source
    choice: Choice
    fresh: tuple[Release, ...] = ()
    judged: StoredJudgement | None = None
    asked: str = ""
    new: bool = False
    lines: int = 0
    learnt: tuple[Memory, ...] = ()
    fits: Mapping[str, str] = field(default_factory=dict)
    promise: Promise | None = None
    state: str = ""
    returned: tuple[Returned, ...] = ()
    weighed: tuple[int, int] | None = None
    head: str = ""
    advised: tuple[Advice, ...] = ()
    sound: str = ""
    """What was found out of its series and its base (`soundness.py`)."""
    recorded: bool = False
    """Whether its judgement was written already, so that a run that is broken off has not judged in vain."""

    @property
    def moving(self) -> StoredJudgement | None:
        """The judgement about the target, None where the package is up to date."""
        return None if self.choice.target is None else self.judged


@dataclass(frozen=True, slots=True)
class Examination:
    """`sizes`: {size_key: lines} of patches that were counted for the first time."""

    at: datetime
    examined: tuple[Examined, ...]
    problems: tuple[PackageProblem, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)


def view(one: Examined) -> PackageCheck:
    """What faces are told of an examined package."""
    package, misfit = one.package, "" if one.choice.target is not None else why_not(one.sound)
    return PackageCheck(
        package=package.name,
        upstream=addresses.shown(package.upstream),
        line=identity.line(package),
        base=one.choice.base,
        target=one.choice.target,
        judgement=None if one.moving is None else one.moving.judgement,
        ahead=None if one.judged is None or one.moving is not None else one.judged.judgement,
        returned=tuple(found.judged for found in one.returned),
        patches=len(package.series),
        lines=one.lines,
        alerts=(*one.choice.alerts, *filter(None, (misfit,))),
        misfit=misfit,
        new=one.new,
        private=package.private,
        owners=package.owners,
        waiting=tuple(patch.name for patch in package.series if patch.waiting),
        bump=package.policy.bump,
    )
