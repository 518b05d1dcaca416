"""Releases from the tags of a git repository."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from syncbot.errors import HostileInput, InputError, UpstreamChanged, UpstreamUnreachable
from syncbot.git.run import git
from syncbot.model.addresses import SCHEMES
from syncbot.model.releases import Release, Upstream
from syncbot.model.settings import Limits
from syncbot.ports.source import Source
from syncbot.sources import SOURCES, Place, open_source
from syncbot.sources.git import GitSource, mirror_path
from syncbot.sources.npm import NpmSource
from syncbot.sources.pypi import PypiSource
from syncbot.sources.tarball import TarballSource

from .making import quiet


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A repository with thing-1_9, thing-1_10, v2.0rc1 and a tag that is no version."""
    path = tmp_path / "thing"
    git(["init", "-q", "-b", "main", "--", str(path)])
    for text, tag in (("one", "thing-1_9"), ("two", "thing-1_10"), ("three", "v2.0rc1")):
        (path / "a").write_text(text)
        git(["add", "a"], cwd=path)
        git(["commit", "-q", "-m", text], cwd=path)
        git(["tag", tag], cwd=path)
    git(["tag", "latest"], cwd=path)
    return path


@pytest.fixture
def source(upstream: Path, tmp_path: Path) -> GitSource:
    made = GitSource(f"file://{upstream}", Place(tmp_path / "cache"))
    made.refresh(quiet)
    return made


def the(source: GitSource, version: str) -> Release:
    return next(release for release in source.releases() if release.version == version)


def commit_of(path: Path, name: str) -> str:
    return git(["rev-parse", name], cwd=path).decode().strip()


def test_releases_are_the_tags_that_are_versions_oldest_first(source: GitSource, upstream: Path) -> None:
    assert [(r.version, r.name, r.prerelease) for r in source.releases()] == [
        ("1.9", "thing-1_9", False),
        ("1.10", "thing-1_10", False),
        ("2.0rc1", "v2.0rc1", True),
    ]
    assert the(source, "1.9").identity == commit_of(upstream, "thing-1_9")
    assert the(source, "1.9").date is not None


def test_a_tree_is_the_releases_files(source: GitSource) -> None:
    assert source.tree(the(source, "1.9"), quiet).read("a") == b"one"
    assert source.tree(the(source, "1.10"), quiet).read("a") == b"two"


def test_of_two_tags_for_one_version_the_shorter_one_counts(source: GitSource, upstream: Path) -> None:
    git(["tag", "v1.9", "HEAD"], cwd=upstream)
    source.refresh(quiet)
    assert the(source, "1.9").name == "v1.9"
    assert len(source.releases()) == 3


def test_a_tag_pattern_says_which_tags_count(upstream: Path, tmp_path: Path) -> None:
    source = GitSource(str(upstream), Place(tmp_path / "cache", tag_pattern=r"^thing-(.*)$"))
    source.refresh(quiet)
    assert [r.version for r in source.releases()] == ["1.9", "1.10"]


def test_a_branchs_head_is_a_release_by_date_and_commit(source: GitSource, upstream: Path) -> None:
    head = source.branch("main")
    commit = commit_of(upstream, "main")
    assert head is not None
    assert (head.version, head.identity) == (f"20240102.{commit[:12]}", commit)
    assert source.branch("none") is None
    git(["commit", "-q", "--allow-empty", "-m", "on"], cwd=upstream)
    git(["tag", "main", "HEAD~2"], cwd=upstream)
    source.refresh(quiet)
    assert source.tree(head, quiet).read("a") == b"three", "the commit counts, wherever the branch is now"


def test_a_branch_that_looks_like_an_option_is_refused(source: GitSource) -> None:
    with pytest.raises(HostileInput):
        source.branch("--upload-pack=id")


def test_a_moved_and_a_deleted_tag_are_a_supply_chain_event(source: GitSource, upstream: Path) -> None:
    before = {release.version: release for release in source.releases()}
    git(["tag", "-f", "thing-1_9", "main"], cwd=upstream)
    git(["tag", "-d", "thing-1_10"], cwd=upstream)
    source.refresh(quiet)
    assert [change.name for change in source.changes] == ["thing-1_10", "thing-1_9"]
    with pytest.raises(UpstreamChanged, match=r"the tag 'thing-1_9' moved from commit"):
        source.tree(before["1.9"], quiet)
    with pytest.raises(UpstreamChanged, match=r"the tag 'thing-1_10' is gone"):
        source.tree(before["1.10"], quiet)
    assert source.tree(before["2.0rc1"], quiet).read("a") == b"three"


def test_a_tag_that_another_process_found_moved_is_noticed(source: GitSource, upstream: Path, tmp_path: Path) -> None:
    source.refresh(quiet)  # nothing is new: the references are as they were found
    before = the(source, "1.9")
    git(["tag", "-f", "thing-1_9", "main"], cwd=upstream)
    GitSource(f"file://{upstream}", Place(tmp_path / "cache")).refresh(quiet)
    with pytest.raises(UpstreamChanged, match=r"the tag 'thing-1_9' moved from commit"):
        source.tree(before, quiet)


def test_a_mirror_that_lost_its_objects_is_built_anew_when_a_tree_is_asked_for(source: GitSource) -> None:
    release = the(source, "1.9")
    shutil.rmtree(source.mirror.path / "objects")
    (source.mirror.path / "objects").mkdir()
    assert source.tree(release, quiet).read("a") == b"one"


def test_a_commit_that_upstream_has_no_more_is_a_supply_chain_event(source: GitSource) -> None:
    gone = "0123456789" * 4
    with pytest.raises(UpstreamChanged, match=f"has no commit {gone} any more"):
        source.tree(Release(f"20240101.{gone[:12]}", "main", gone), quiet)


def test_a_source_that_was_never_refreshed_says_so(upstream: Path, tmp_path: Path) -> None:
    with pytest.raises(UpstreamUnreachable, match="refresh it first"):
        GitSource(str(upstream), Place(tmp_path / "cache")).releases()


def test_the_mirrors_name_holds_no_credentials_and_differs_by_address(tmp_path: Path) -> None:
    one = mirror_path(tmp_path, "https://u:s3cr3t@host.example/team/thing.git")
    other = mirror_path(tmp_path, "https://host.example/other/thing.git")
    assert one == mirror_path(tmp_path, "https://host.example/team/thing.git")
    assert one != other
    assert one.name.startswith("thing-")
    assert mirror_path(tmp_path, "https://host.example/../..").parent == tmp_path / "git"


def test_the_table_has_every_scheme_that_an_address_may_have() -> None:
    assert set(SOURCES) == SCHEMES


@pytest.mark.parametrize("text", ["git:/srv/x", "pypi:x", "npm:@a/b", "tarball:/srv/x"])
def test_every_scheme_has_its_source(text: str, tmp_path: Path) -> None:
    scheme, _, location = text.partition(":")
    made: Source = open_source(Upstream(scheme, location), tmp_path, limits=Limits(), environ={"HOME": str(tmp_path)})
    assert type(made) is {"git": GitSource, "npm": NpmSource, "pypi": PypiSource, "tarball": TarballSource}[scheme]


def test_a_hostile_or_unknown_upstream_opens_no_source(tmp_path: Path) -> None:
    with pytest.raises(HostileInput):
        open_source(Upstream("git", "ext::sh -c id"), tmp_path)
    with pytest.raises(InputError, match="unknown upstream scheme 'svn'"):
        open_source(Upstream("svn", "x"), tmp_path)
