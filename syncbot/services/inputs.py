"""What a question to the judge was made of, to be attested and asked once more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import astuple

from syncbot import judge
from syncbot.model.advisories import Advice
from syncbot.model.measures import Entered, Inputs
from syncbot.model.packages import Package, SeriesPatch
from syncbot.services.keys import digest


def inputs_of(package: Package, key: str, head: str, advised: Sequence[Advice] = ()) -> Inputs:
    """`key`: of the question; `head`: where upstream's branch stands; `advised`: what advisories say."""
    return Inputs(key, package.name, judge.JUDGE_VERSION, head, entered(package.series), advice_digest(advised))


def advice_digest(advised: Sequence[Advice]) -> str:
    """sha256 in hex, empty where they say nothing."""
    return digest("advice", [list(astuple(one)) for one in advised]) if advised else ""


def entered(series: Sequence[SeriesPatch]) -> tuple[Entered, ...]:
    return tuple(Entered(p.name, hashlib.sha256(p.content).hexdigest(), p.strip, p.keep, p.waiting) for p in series)
