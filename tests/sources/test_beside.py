"""Archives with a repository beside them: the one says what is there, the other who brought it."""

from __future__ import annotations

from pathlib import Path

import pytest
from upstreams import Upstream as Repository

from syncbot.errors import SyncbotError
from syncbot.model.addresses import parse
from syncbot.ports import Source
from syncbot.sources import open_source
from syncbot.sources.beside import Beside

from .making import make_tar, quiet


@pytest.fixture
def archives(tmp_path: Path) -> Source:
    folder = tmp_path / "archives"
    folder.mkdir()
    for version in ("1.0", "1.1"):
        (folder / f"thing-{version}.tar.gz").write_bytes(make_tar({f"thing-{version}/a.c": version.encode()}))
    return open_source(parse(f"tarball:{folder}/"), tmp_path / "cache")


def repository_at(folder: Path, cache: Path) -> Source:
    return open_source(parse(f"git:{folder}"), cache)


def test_the_repository_gives_the_history_of_the_archives(archives: Source, tmp_path: Path) -> None:
    upstream = Repository(tmp_path / "thing.git")
    first = upstream.commit("one", {"a.c": "1.0"})
    second = upstream.commit("two", {"a.c": "1.1"}, first)
    for name, commit in (("tags/v1.0", first), ("tags/v1.1", second), ("heads/main", second)):
        upstream.point(f"refs/{name}", commit)
    both = Beside(archives, repository_at(upstream.path, tmp_path / "cache"), found=True)
    both.refresh(quiet)
    base, target = both.releases()
    assert both.head()
    assert both.lineage(base, target, quiet) is not None


def test_an_address_that_only_the_recipe_has_may_be_gone(archives: Source, tmp_path: Path) -> None:
    """The archives are enough to judge by; an old address in a recipe must not stop its package for ever."""
    told: list[str] = []
    both = Beside(archives, repository_at(tmp_path / "gone.git", tmp_path / "cache"), found=True)
    both.refresh(lambda what, done, total: told.append(what))
    base, target = both.releases()
    assert both.head() == ""
    assert both.lineage(base, target, quiet) is None
    assert any("without upstream's history" in line for line in told)


def test_a_person_who_names_an_address_is_told_that_it_is_gone(archives: Source, tmp_path: Path) -> None:
    both = Beside(archives, repository_at(tmp_path / "gone.git", tmp_path / "cache"))
    with pytest.raises(SyncbotError, match="gone"):
        both.refresh(quiet)
