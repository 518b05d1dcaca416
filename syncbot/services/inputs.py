"""What a question to the judge was made of, to be attested and asked once more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from syncbot import judge
from syncbot.model.measures import Entered, Inputs
from syncbot.model.packages import Package, SeriesPatch


def inputs_of(package: Package, key: str, head: str) -> Inputs:
    """`key`: of the question; `head`: where upstream's branch stands."""
    return Inputs(key, package.name, judge.JUDGE_VERSION, head, entered(package.series))


def entered(series: Sequence[SeriesPatch]) -> tuple[Entered, ...]:
    return tuple(Entered(p.name, hashlib.sha256(p.content).hexdigest(), p.strip, p.keep, p.waiting) for p in series)
