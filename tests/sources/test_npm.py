"""A package on an npm registry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug import Response

from syncbot.errors import DigestMismatch, InputError, UpstreamChanged, UpstreamUnreachable
from syncbot.model.releases import Release
from syncbot.model.versions import select
from syncbot.sources import npm as npm_module
from syncbot.sources.npm import NpmSource

from .conftest import Registry
from .making import integrity, make_tar, quiet

Make = Callable[..., NpmSource]


def tarball(version: str) -> bytes:
    return make_tar({"package/index.js": f"exports.v = '{version}'\n".encode()})


def publish(
    registry: Registry, *versions: str, package: str = "small", page: str = "/small", host: str = "", **dist: object
) -> None:
    """Put the package's page and its tarballs there; `dist` replaces fields of every version."""
    made = {}
    for version in versions:
        content = tarball(version)
        path = f"/{package}/-/small-{version}.tgz"
        registry.put(path, content)
        about = {"tarball": (host or registry.url) + path, "integrity": integrity(content), "shasum": "0" * 40}
        made[version] = {"name": package, "version": version, "dist": about | dist}
    times = {version: f"2024-01-{day:02}T00:00:00.000Z" for day, version in enumerate(versions, 1)}
    registry.put(page, json.dumps({"name": package, "versions": made, "time": times}), "application/json")


def refreshed(source: NpmSource) -> NpmSource:
    source.refresh(quiet)
    return source


def the(source: NpmSource, version: str) -> Release:
    return next(release for release in source.releases() if release.version == version)


@pytest.mark.parametrize(
    ("latest", "stable"),
    [
        ("1.1.0", ["1.0.0", "1.1.0"]),
        ("99.0.0", ["1.0.0", "1.1.0", "99.0.0"]),
        ("2.0.0-rc.1", ["1.0.0", "1.1.0", "99.0.0"]),
    ],
)
def test_what_is_higher_than_latest_is_for_testers(
    latest: str, stable: list[str], registry: Registry, npm: Make
) -> None:
    publish(registry, "1.0.0", "1.1.0", "99.0.0")
    page = json.loads(registry.pages["/small"][1])
    registry.put("/small", json.dumps(page | {"dist-tags": {"latest": latest}}), "application/json")
    source = refreshed(npm())
    assert [release.version for release in source.releases() if not release.prerelease] == stable


def test_releases_are_listed_oldest_first_with_dates(registry: Registry, npm: Make) -> None:
    publish(registry, "1.10.0", "1.9.0", "2.0.0-beta.1", "bogus")
    source = refreshed(npm())
    assert [(r.version, r.prerelease) for r in source.releases()] == [
        ("1.9.0", False),
        ("1.10.0", False),
        ("2.0.0-beta.1", True),
    ]
    date = the(source, "1.9.0").date
    assert date is not None
    assert date.isoformat() == "2024-01-02T00:00:00+00:00"
    assert the(source, "1.9.0").identity == "sha512:" + hashlib.sha512(tarball("1.9.0")).hexdigest()
    assert source.branch("main") is None


def test_a_prerelease_that_begins_with_a_number_comes_before_the_release(registry: Registry, npm: Make) -> None:
    publish(registry, "1.0.0", "1.0.0-1", "1.0.0-0", "1.0.0-alpha", "0.9.0")
    releases = refreshed(npm()).releases()
    assert [r.name for r in releases] == ["0.9.0", "1.0.0-0", "1.0.0-1", "1.0.0-alpha", "1.0.0"]
    assert [r.name for r in select(releases, track="stable", range="")] == ["0.9.0", "1.0.0"]


def test_a_tree_is_downloaded_once_and_an_unchanged_package_is_one_cheap_request(registry: Registry, npm: Make) -> None:
    publish(registry, "1.0.0")
    for _ in range(2):
        source = refreshed(npm())
        assert source.tree(the(source, "1.0.0"), quiet).read("index.js") == b"exports.v = '1.0.0'\n"
    assert registry.asked == [("/small", 200), ("/small/-/small-1.0.0.tgz", 200), ("/small", 304)]


def test_what_was_asked_before_is_known_without_asking(registry: Registry, npm: Make) -> None:
    with pytest.raises(UpstreamUnreachable, match="refresh it first"):
        npm().releases()
    publish(registry, "1.0.0")
    refreshed(npm())
    assert [r.version for r in npm().releases()] == ["1.0.0"]
    assert len(registry.asked) == 1


def test_a_tarball_that_is_not_what_was_published_is_refused(registry: Registry, npm: Make) -> None:
    publish(registry, "1.0.0")
    registry.put("/small/-/small-1.0.0.tgz", tarball("6.6.6"))
    source = refreshed(npm())
    with pytest.raises(DigestMismatch, match=r"small 1\.0\.0 from .* has sha512"):
        source.tree(the(source, "1.0.0"), quiet)


def test_an_old_release_without_integrity_is_checked_by_its_shasum(registry: Registry, npm: Make) -> None:
    shasum = hashlib.sha1(tarball("1.0.0")).hexdigest()
    publish(registry, "1.0.0", integrity=None, shasum=shasum)
    source = refreshed(npm())
    assert the(source, "1.0.0").identity == f"sha1:{shasum}"
    assert source.tree(the(source, "1.0.0"), quiet).read("index.js") is not None


@pytest.mark.parametrize(
    "dist", [{"integrity": "", "shasum": ""}, {"integrity": "sha512-%%%", "shasum": 7}, {"tarball": None}]
)
def test_a_release_that_cannot_be_checked_is_left_out(registry: Registry, npm: Make, dist: dict[str, object]) -> None:
    publish(registry, "1.0.0", **dist)
    assert refreshed(npm()).releases() == ()


def test_the_strongest_of_several_digests_counts(registry: Registry, npm: Make) -> None:
    publish(registry, "1.0.0", integrity=f"sha1-AAAA {integrity(tarball('1.0.0'))}?x md9-AAAA")
    assert the(refreshed(npm()), "1.0.0").identity.startswith("sha512:")


def test_a_release_that_changed_or_went_is_a_supply_chain_event(registry: Registry, npm: Make) -> None:
    publish(registry, "1.0.0", "2.0.0")
    before = refreshed(npm()).releases()
    publish(registry, "2.0.0", integrity=integrity(b"other"))
    source = refreshed(npm())
    with pytest.raises(UpstreamChanged, match=r"release 1\.0\.0 is gone"):
        source.tree(before[0], quiet)
    with pytest.raises(UpstreamChanged, match=r"release 2\.0\.0 was"):
        source.tree(before[1], quiet)


def test_a_scoped_package_is_asked_of_its_scopes_registry(registry: Registry, npm: Make, sealed: Path) -> None:
    publish(registry, "1.0.0", package="@my/small", page="/scoped/@my/small")
    (sealed / ".npmrc").write_text(f"@my:registry={registry.url}/scoped/\n")
    source = refreshed(npm(name="@my/small", NPM_CONFIG_REGISTRY="http://127.0.0.1:1/"))
    assert [r.version for r in source.releases()] == ["1.0.0"]


def test_a_mirror_that_passes_on_the_public_address_means_its_own(
    registry: Registry, npm: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npm_module, "public_registry", lambda: "http://public.invalid/")
    publish(registry, "1.0.0", host="http://public.invalid")
    source = refreshed(npm())
    assert source.tree(the(source, "1.0.0"), quiet).read("index.js") is not None


def test_an_unknown_package_is_bad_input_and_a_wrong_page_is_unreachable(registry: Registry, npm: Make) -> None:
    with pytest.raises(InputError, match="has no such package"):
        npm().refresh(quiet)
    for body in ("<p>please log in", "[]", '{"versions": 7}', "{}"):
        registry.put("/small", body, "application/json")
        with pytest.raises(UpstreamUnreachable, match="is no answer of an npm registry"):
            npm().refresh(quiet)


def test_a_token_does_not_follow_a_redirect_to_another_host(registry: Registry, npm: Make, sealed: Path) -> None:
    publish(registry, "1.0.0")
    other = registry.url.replace("localhost", "127.0.0.1")
    assert other != registry.url
    registry.put("/other.tgz", tarball("1.0.0"))
    there = {"Location": f"{other}/other.tgz"}
    registry.fail_first("/small/-/small-1.0.0.tgz", lambda: Response("", 302, headers=there))
    (sealed / ".npmrc").write_text(f"{registry.url.partition(':')[2]}/:_authToken=s3cr3t\n")
    source = refreshed(npm())
    assert source.tree(the(source, "1.0.0"), quiet).read("index.js") is not None
    assert registry.authorizations == ["Bearer s3cr3t", "Bearer s3cr3t", None]


def test_a_token_goes_to_its_registry_and_nowhere_else(registry: Registry, npm: Make, sealed: Path) -> None:
    publish(registry, "1.0.0", host="http://127.0.0.2:1")
    bare = registry.url.partition(":")[2]
    (sealed / ".npmrc").write_text(f"{bare}/:_authToken=${{MY_TOKEN}}\n")
    source = refreshed(npm(MY_TOKEN="s3cr3t"))
    assert registry.authorizations == ["Bearer s3cr3t"]
    with pytest.raises(UpstreamUnreachable) as caught:
        source.tree(the(source, "1.0.0"), quiet)
    assert "s3cr3t" not in f"{caught.value} {vars(caught.value)} {source!r}"
