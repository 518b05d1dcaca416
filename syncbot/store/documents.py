"""The documents of judgements, releases and drops."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.proposals import DroppedPatch, StoredJudgement
from syncbot.model.releases import Release
from syncbot.store.codec import Json, decode, encode, loads


def series_to_json(judgement: SeriesJudgement) -> Json:
    """A series judgement as a JSON document."""
    return encode(judgement)


def series_from_json(document: Json) -> SeriesJudgement:
    """What `series_to_json` was given. Raises StoreError where the document is not one of its own."""
    return decode(SeriesJudgement, document)


def judgement_to_json(judgement: Judgement) -> Json:
    """One patch's judgement as a JSON document."""
    return encode(judgement)


def judgement_from_json(document: Json) -> Judgement:
    """What `judgement_to_json` was given. Raises StoreError where the document is not one of its own."""
    return decode(Judgement, document)


def release_to_json(release: Release) -> Json:
    """A release as a JSON document."""
    return encode(release)


def release_from_json(document: Json) -> Release:
    """What `release_to_json` was given. Raises StoreError where the document is not one of its own."""
    return decode(Release, document)


def stored_judgement(key: str, package: PackageName, document: str, at: datetime) -> StoredJudgement:
    """A row of `judgement`. Raises StoreError where the document is not one of its own."""
    said = cast(Any, loads(document))
    base, target = release_from_json(said["base"]), release_from_json(said["target"])
    return StoredJudgement(key, package, base, target, series_from_json(said["judgement"]), at)


def dropped(
    package: PackageName,
    name: PatchName,
    content: bytes,
    strip: int | None,
    document: str,
    proposal: str,
    at: datetime,
    *,
    restored: bool,
) -> DroppedPatch:
    """A row of `dropped`. Raises StoreError where the document is not one of its own."""
    said = cast(Any, loads(document))
    base, target = release_from_json(said["base"]), release_from_json(said["target"])
    judged = judgement_from_json(said["judgement"])
    return DroppedPatch(package, name, content, strip, judged, base, target, proposal, at, restored)
