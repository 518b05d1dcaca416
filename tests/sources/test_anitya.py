"""Releases that release-monitoring.org knows of, and their archives where a recipe fetches them from."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from syncbot.errors import InputError, SyncbotError, UpstreamUnreachable
from syncbot.model.addresses import host, parse, shown
from syncbot.model.purls import purl
from syncbot.sources import Place, open_source
from syncbot.sources.anitya import AnityaSource

from .conftest import Registry
from .making import make_tar, quiet

SITE = "https://release-monitoring.org/"
Places = Callable[..., Place]


def opened(registry: Registry, place: Places, answer: object, template: str = "", pattern: str = "") -> AnityaSource:
    body = answer if isinstance(answer, str) else json.dumps(answer)
    registry.put("/api/v2/versions/", body, "application/json")
    made = place(rules=((SITE, f"{registry.url}/"), ("https://example.org/", f"{registry.url}/")))
    place_ = Place(made.cache, made.limits, made.rules, pattern, sleep=made.sleep)
    source = AnityaSource(f"77/{template or 'https://example.org/d/thing-@VERSION@.tar.gz'}", place_)
    source.refresh(quiet)
    return source


def versions(source: AnityaSource) -> list[str]:
    return [release.version for release in source.releases()]


def test_the_versions_are_the_sites_and_the_archives_are_upstreams(registry: Registry, place: Places) -> None:
    registry.put("/d/1.9/thing-1.9.2.tar.gz", make_tar({"thing-1.9.2/a.c": b"two\n"}), "application/gzip")
    template = "https://example.org/d/@LINE@/thing-@VERSION@.tar.gz"
    answer = {"latest_version": "2.0rc1", "versions": ["2.0rc1", "1.9.2"], "stable_versions": ["1.9.2", "1.9.1"]}
    source = opened(registry, place, answer, template)
    assert versions(source) == ["1.9.1", "1.9.2"]
    tree = source.tree(source.releases()[1], quiet)
    assert tree.read("a.c") == b"two\n"
    with pytest.raises(SyncbotError):
        source.tree(source.releases()[0], quiet)


def test_a_pattern_says_which_count_and_what_the_version_is(registry: Registry, place: Places) -> None:
    answer = {"versions": ["thing_1.0", "other_2.0", "thing_1.1"], "stable_versions": []}
    assert versions(opened(registry, place, answer, pattern=r"^thing_(\d\S*)$")) == ["1.0", "1.1"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "1.0/../2", "1.0?x=", "1.0#a", "-1.0", "", "1.0\n", 7, None, "1" * 99]
)
def test_what_would_lead_elsewhere_is_no_version(name: object, registry: Registry, place: Places) -> None:
    assert versions(opened(registry, place, {"stable_versions": [name, "1.0"], "versions": []})) == ["1.0"]


@pytest.mark.parametrize(
    "answer", ["<html>", "[]", "7", {"error": "no project"}, {"stable_versions": {}, "versions": 1}]
)
def test_an_answer_that_is_no_list_of_versions_is_an_error(answer: object, registry: Registry, place: Places) -> None:
    with pytest.raises(UpstreamUnreachable, match="project 77 is no list of versions"):
        opened(registry, place, answer)


def test_a_project_that_is_not_there(registry: Registry, place: Places) -> None:
    made = place(rules=((SITE, f"{registry.url}/"),))
    with pytest.raises(UpstreamUnreachable, match="has no project 78"):
        AnityaSource("78/https://example.org/d/thing-@VERSION@.tar.gz", made).refresh(quiet)


def test_an_address(place: Places) -> None:
    upstream = parse("anitya:77/https://example.org/d/thing-@VERSION@.tar.gz")
    assert host(upstream) == "release-monitoring.org"
    assert shown(upstream) == str(upstream)
    assert purl("thing", upstream, "1.0").startswith("pkg:generic/thing@1.0?download_url=https:")
    assert isinstance(open_source(upstream, place().cache), AnityaSource)


@pytest.mark.parametrize(
    "text",
    [
        "anitya:77",
        "anitya:x/https://example.org/a-@VERSION@.tar.gz",
        "anitya:77/https://example.org/a.tar.gz",
        "anitya:77/https://example.org/@VERSION@/a.tar.gz",
        "anitya:77/file:///etc/a-@VERSION@",
        "anitya:77/https://user:secret@example.org/a-@VERSION@.tar.gz",
    ],
)
def test_what_is_no_such_address(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert "secret" not in str(caught.value)
