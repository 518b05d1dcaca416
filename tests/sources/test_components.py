"""Releases of several archives: Debian's `orig-NAME` tarballs, beside the main one and on pages of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from syncbot.errors import DigestMismatch, InputError, UpstreamUnreachable
from syncbot.model.ids import PatchName
from syncbot.model.packages import SeriesPatch
from syncbot.ports.source import Source, Vouching
from syncbot.sources import Place
from syncbot.sources.components import Mounted, WithComponents, touched_folders
from syncbot.sources.tarball import TarballSource

from .making import make_tar, quiet, sha256

MAIN = {"thing-1.0/a.c": b"one\n", "thing-1.0/data/old": b"of the main archive\n", "thing-1.0/lib/b.c": b"b\n"}
DATA = {"data-7/table": b"1.0\n", "data-7/deep/er": b"x\n"}


def folder(tmp_path: Path, files: Mapping[str, bytes]) -> Path:
    made = tmp_path / "archives"
    made.mkdir(exist_ok=True, parents=True)
    for name, content in files.items():
        (made / name).write_bytes(content)
    return made


def opened(place: Path, tmp_path: Path, pattern: str = "") -> TarballSource:
    made = TarballSource(str(place), Place(tmp_path / "cache", tag_pattern=pattern))
    made.refresh(quiet)
    return made


def files(source: Source, version: str) -> dict[str, bytes | None]:
    release = next(one for one in source.releases() if one.version == version)
    tree = source.tree(release, quiet)
    found = {path: tree.read(path) for path in tree.paths()}
    assert all(tree.entry(path) is not None for path in found)
    return found


TWO = {
    "thing_1.0.orig.tar.gz": make_tar(MAIN),
    "thing_1.0.orig-data.tar.xz": make_tar(DATA, "xz"),
    "thing_1.0.orig-data.tar.gz": make_tar({"data/worse-ending": b""}),
    "thing_1.0.orig-more-docs.tar.gz": make_tar({"d/README": b"docs\n"}),
    "thing_1.1.orig.tar.gz": make_tar({"thing-1.1/a.c": b"two\n"}),
    "thing_1.1.orig-data.tar.gz": make_tar({"data/table": b"1.1\n"}),
}


def test_a_component_beside_the_archive_is_unpacked_into_its_folder(tmp_path: Path) -> None:
    source = opened(folder(tmp_path, TWO), tmp_path)
    assert [release.version for release in source.releases()] == ["1.0", "1.1"]
    assert files(source, "1.0") == {
        "a.c": b"one\n",
        "lib/b.c": b"b\n",
        "data/table": b"1.0\n",
        "data/deep/er": b"x\n",
        "more-docs/README": b"docs\n",
    }
    assert files(source, "1.1") == {"a.c": b"two\n", "data/table": b"1.1\n"}
    assert [sorted(source.missing(release)) for release in source.releases()] == [[], ["more-docs"]]


def test_an_archive_that_is_no_orig_tarball_has_none(tmp_path: Path) -> None:
    place = folder(tmp_path, {"thing-1.0.tar.gz": make_tar(MAIN), "thing-1.0.orig-data.tar.gz": make_tar(DATA)})
    assert set(files(opened(place, tmp_path), "1.0")) == {"a.c", "data/old", "lib/b.c"}


def test_a_components_published_digest_is_checked(tmp_path: Path) -> None:
    place = folder(tmp_path, TWO)
    (place / "SHA256SUMS").write_text(f"{sha256(b'other')}  thing_1.1.orig-data.tar.gz\n")
    with pytest.raises(DigestMismatch, match=r"thing_1\.1\.orig-data\.tar\.gz has "):
        files(opened(place, tmp_path), "1.1")
    assert "data/table" in files(opened(place, tmp_path), "1.0")


def series(*paths: str, strip: int | None = None) -> tuple[SeriesPatch, ...]:
    return tuple(
        SeriesPatch(PatchName(f"{number}.patch"), f"--- {path}\n+++ {path}\n@@ -1 +1 @@\n-a\n+b\n".encode(), strip)
        for number, path in enumerate(paths, 1)
    )


def test_which_folders_a_series_touches() -> None:
    assert touched_folders(series("a/data/table", "b/a.c", "thing.orig/data/deep/er")) == {"data": "1.patch"}
    assert touched_folders(series("data/table", strip=0)) == {"data": "1.patch"}
    assert touched_folders(series("x/y/data/table", strip=2)) == {"data": "1.patch"}


def with_parts(main: Source, touched: Mapping[str, str] | None = None, **parts: Source | str) -> WithComponents:
    made = WithComponents(main, parts, touched or {})
    made.refresh(quiet)
    return made


def pages(tmp_path: Path) -> tuple[TarballSource, TarballSource]:
    """The main archives in one folder, those of the component in another, which has no 1.1 yet."""
    newer = make_tar({"thing-1.1/a.c": b"two\n"})
    main = folder(tmp_path / "main", {"thing-1.0.tar.gz": make_tar(MAIN), "thing-1.1.tar.gz": newer})
    beside = folder(tmp_path / "beside", {"thing-data-1.0.tgz": make_tar(DATA)})
    return opened(main, tmp_path), opened(beside, tmp_path)


def test_a_component_with_a_page_of_its_own_comes_in_the_same_version(tmp_path: Path) -> None:
    main, data = pages(tmp_path)
    made = with_parts(main, assets=data)
    assert set(files(made, "1.0")) == {"a.c", "data/old", "lib/b.c", "assets/table", "assets/deep/er"}
    assert [release.version for release in made.releases()] == ["1.0", "1.1"]
    assert isinstance(made, Vouching)


def test_what_lies_in_the_main_archive_already_is_not_looked_for(tmp_path: Path) -> None:
    main, _ = pages(tmp_path)
    made = with_parts(main, {"data": "1.patch"}, data="its page is gone")
    assert files(made, "1.0")["data/old"] == b"of the main archive\n"


def test_a_missing_component_that_a_patch_touches_stops_the_judging(tmp_path: Path) -> None:
    main, data = pages(tmp_path)
    made = with_parts(main, {"assets": "fix.patch"}, assets=data)
    with pytest.raises(InputError) as error:
        files(made, "1.1")
    assert str(error.value) == (
        "the component assets of 1.1 cannot be found (there is none of 1.1 where debian/watch says), and fix.patch "
        "touches it; wait until it is published, or name the release's archive with all of it as upstream"
    )
    assert set(files(with_parts(main, {"lib": "fix.patch"}, assets=data), "1.1")) == {"a.c"}


def test_one_that_cannot_be_had_says_why(tmp_path: Path) -> None:
    main, _ = pages(tmp_path)
    made = with_parts(main, {"assets": "fix.patch"}, assets="its version is another than the package's (ignore)")
    with pytest.raises(InputError, match=r"its version is another than the package's \(ignore\)"):
        files(made, "1.0")


def test_one_that_other_releases_have_beside_their_archive_is_missed(tmp_path: Path) -> None:
    source = opened(folder(tmp_path, TWO), tmp_path)
    with pytest.raises(InputError, match=r"more-docs of 1\.1 cannot be found \(there is none beside its archive\)"):
        files(with_parts(source, {"more-docs": "1.patch"}), "1.1")
    assert "data/table" in files(with_parts(source, {"data": "1.patch"}), "1.1")


def test_a_page_that_is_out_of_reach_counts_only_if_it_is_needed(tmp_path: Path) -> None:
    main, _ = pages(tmp_path)
    gone = TarballSource(str(tmp_path / "nowhere"), Place(tmp_path / "cache"))
    assert set(files(with_parts(main, assets=gone), "1.1")) == {"a.c"}
    with pytest.raises(UpstreamUnreachable, match="nowhere is no folder"):
        with_parts(main, {"assets": "1.patch"}, assets=gone)


def test_the_day_of_a_tree_is_that_of_the_main_archive(tmp_path: Path) -> None:
    source = opened(folder(tmp_path, TWO), tmp_path)
    tree = source.tree(source.releases()[0], quiet)
    assert isinstance(tree, Mounted)
    assert tree.newest() is None  # its members have no time
    assert tree.read("data/none") is None
    assert tree.entry("data") is None
