"""Identity by content: the key of a judgement, made of all its inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING

from syncbot.model.ids import Fingerprint

if TYPE_CHECKING:
    from syncbot.model.advisories import Advice
    from syncbot.model.packages import SeriesPatch
    from syncbot.model.releases import Release


def judgement_key(
    series: Sequence[SeriesPatch],
    base: Release,
    target: Release,
    head: str = "",
    known: Sequence[Release] = (),
    advised: Sequence[Advice] = (),
) -> str:
    """sha256 hex over the judge's version, what pins both releases and the branch head (empty: no history), the
    target's day, every other release that upstream has (one between the two, or after them, may be named as the first
    that has a change), every entry of the series, and what advisories say."""
    from syncbot import judge  # noqa: PLC0415  # whoever needs a digest alone does not wait for the judge

    day = None if target.date is None else target.date.date().isoformat()
    releases = [base.version, base.identity, target.version, target.identity, day]
    others = [[release.version, release.identity] for release in known]
    told = [[list(astuple(one)) for one in advised]] if advised else []
    return digest("judgement", judge.JUDGE_VERSION, releases, head, others, series_parts(series), *told)


def series_parts(series: Sequence[SeriesPatch]) -> list[object]:
    """All that a series is, as JSON can hold it."""
    return [
        [p.name, hashlib.sha256(p.content).hexdigest(), p.strip, p.keep, p.waiting, *([p.drop] if p.drop else [])]
        for p in series
    ]


def restore_fingerprint(package: str, name: str, content: bytes, reason: str) -> Fingerprint:
    return Fingerprint(digest("restore", package, name, hashlib.sha256(content).hexdigest(), reason))


def digest(*parts: object) -> str:
    """sha256 hex of the parts as JSON: nothing that one part holds can pass for the border to the next."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()
