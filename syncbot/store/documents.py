"""The documents of judgements and releases."""

from __future__ import annotations

from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.releases import Release
from syncbot.store.codec import Json, decode, encode


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
