"""Archives on a page or in a folder: which count as releases, what is checked, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from syncbot.errors import DigestMismatch, HostileInput, InputError, UpstreamChanged, UpstreamUnreachable
from syncbot.model.addresses import parse, shown
from syncbot.model.settings import Limits
from syncbot.sources import Place
from syncbot.sources.tarball import TarballSource

from .conftest import Registry
from .making import make_tar, quiet, sha256

ARCHIVE = make_tar({"thing-1.0/a.c": b"one\n"})
NEWER = make_tar({"thing-1.10/a.c": b"ten\n"})
Places = Callable[..., Place]


def page(*links: str) -> str:
    return "<html><body>" + "".join(f'<a href="{link}">{link}</a>' for link in ("../", *links)) + "</body></html>"


def opened(location: str, place: Place, pattern: str = "") -> TarballSource:
    made = TarballSource(location, Place(place.cache, place.limits, place.rules, pattern, sleep=place.sleep))
    made.refresh(quiet)
    return made


def versions(source: TarballSource) -> list[str]:
    return [release.version for release in source.releases()]


@pytest.mark.parametrize(
    ("links", "location", "pattern", "found"),
    [
        (["thing-1.9.tar.gz", "thing-1.10.tar.gz"], "/d/", "", ["1.9", "1.10"]),
        (["thing-1.0.tar.gz", "thing-1.0.tar.gz.asc", "thing-doc-1.0.tar.gz"], "/d/", "", ["1.0"]),
        (["thing-v1.0.tgz", "other-2.0.tgz", "thing-1.1.tgz"], "/d/", "", ["1.0", "1.1"]),
        (["thing-1.0-win32.zip", "thing-1.0.zip"], "/d/", "", ["1.0"]),
        (["thing-1.0.tar.gz", "thing-2.0.zip"], "/d/thing-@VERSION@.tar.gz", "", ["1.0"]),
        (["thing-1.0.tar.gz", "thing-2.0.zip"], "/d/thing-@VERSION@.@EXT@", "", ["1.0", "2.0"]),
        (["thing_1.0+dfsg1.orig.tar.xz", "thing_1.1~ds.orig.tar.xz"], "/d/", "", ["1.0", "1.1"]),
        (["thing_2.0+really1.9.orig.tar.xz"], "/d/thing_@VERSION@.orig.tar.xz", "", ["1.9"]),
        (["a-1.0.tar.gz", "b-2.0.tar.gz"], "/d/", r"^b-(\d.*)\.tar\.gz$", ["2.0"]),
        (["thing-1.0rc1.tar.gz", "thing-1.0.tar.gz"], "/d/", "", ["1.0rc1", "1.0"]),
        (["README", "thing.tar.gz"], "/d/", "", []),
        (
            ["libthing2-2.9.14.tar.xz", "libthing2-2.15.4.tar.xz", "libthing2-doc-2.15.tar.xz"],
            "/d/",
            "",
            ["2.9.14", "2.15.4"],
        ),
        (["e2things-1.47.0.tar.gz"], "/d/", "", ["1.47.0"]),
        (["thing1.2.tar.gz", "thing1.10.tar.gz"], "/d/", "", ["1.2", "1.10"]),
        (["1.2-1.tar.gz", "v1.3-1.tar.gz"], "/d/", "", ["1.2-1", "1.3-1"]),
        (["thing_1_2_3.tar.gz"], "/d/", "", ["1.2.3"]),
        (["libthing1.6_1.6.37.orig.tar.gz", "libthing1.6_1.6.39.orig.tar.gz"], "/d/", "", ["1.6.37", "1.6.39"]),
        (
            ["thing2_2.12.7+dfsg+really2.9.14.orig.tar.xz", "thing2_2.15+dfsg.orig.tar.xz"],
            "/d/",
            "",
            ["2.9.14", "2.15"],
        ),
        (["py-2-thing_1.0.orig.tar.xz", "py-2-thing_1.0.orig-docs.tar.xz"], "/d/", "", ["1.0"]),
    ],
)
def test_what_counts_as_a_release(
    links: list[str], location: str, pattern: str, found: list[str], registry: Registry, place: Places
) -> None:
    registry.put("/d/", page(*links), "text/html")
    assert versions(opened(registry.url + location, place(), pattern)) == found


def test_releases_may_lie_in_folders_by_line(registry: Registry, place: Places) -> None:
    registry.put("/s/", page("1.0/", "1.2/", "old/"), "text/html")
    registry.put("/s/1.0/", page("thing-1.0.1.tar.xz"), "text/html")
    registry.put("/s/1.2/", page("thing-1.2.0.tar.xz", "thing-1.2.3.tar.xz"), "text/html")
    assert versions(opened(f"{registry.url}/s/@LINE@/thing-@VERSION@.tar.xz", place())) == ["1.0.1", "1.2.0", "1.2.3"]
    assert versions(opened(f"{registry.url}/s/@LINE@/", place(), r"^thing-(1\.2.*)\.tar\.xz$")) == ["1.2.0", "1.2.3"]


def test_a_release_is_read_and_the_second_look_costs_one_question(registry: Registry, place: Places) -> None:
    registry.put("/d/", page("thing-1.0.tar.gz", "thing-1.10.tar.gz"), "text/html")
    registry.put("/d/thing-1.10.tar.gz", NEWER)
    source = opened(f"{registry.url}/d/", place())
    newest = source.releases()[-1]
    assert newest.identity == "file:thing-1.10.tar.gz"
    assert source.tree(newest, quiet).read("a.c") == b"ten\n"
    registry.asked.clear()
    again = opened(f"{registry.url}/d/", place())
    assert again.tree(newest, quiet).read("a.c") == b"ten\n"
    assert registry.asked == [("/d/", 304)]


def test_what_was_read_before_is_known_without_asking(registry: Registry, place: Places) -> None:
    registry.put("/d/", page("thing-1.0.tar.gz"), "text/html")
    opened(f"{registry.url}/d/", place())
    registry.asked.clear()
    assert [r.version for r in TarballSource(f"{registry.url}/d/", place()).releases()] == ["1.0"]
    assert registry.asked == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("SHA256SUMS", f"{sha256(ARCHIVE)}  thing-1.0.tar.gz\n"),
        ("sha256sums.asc", f"-----BEGIN PGP SIGNED MESSAGE-----\n\n{sha256(ARCHIVE)} *./thing-1.0.tar.gz\n"),
        ("SHA256SUMS.txt", f"SHA256 (thing-1.0.tar.gz) = {sha256(ARCHIVE).upper()}\n"),
    ],
)
def test_a_list_of_checksums_pins_the_release(name: str, body: str, registry: Registry, place: Places) -> None:
    registry.put("/d/", page("thing-1.0.tar.gz", name), "text/html")
    registry.put(f"/d/{name}", body)
    registry.put("/d/thing-1.0.tar.gz", ARCHIVE)
    source = opened(f"{registry.url}/d/", place())
    [release] = source.releases()
    assert release.identity == f"sha256:{sha256(ARCHIVE)}"
    assert source.tree(release, quiet).read("a.c") == b"one\n"
    registry.put("/d/thing-1.0.tar.gz", NEWER)
    fresh = TarballSource(f"{registry.url}/d/", place())
    fresh.refresh(quiet)
    assert fresh.tree(release, quiet).read("a.c") == b"one\n", "it is kept by its digest"


@pytest.mark.parametrize("body", ["{digest}\n", "{digest}  thing-1.0.tar.gz\n"])
def test_a_checksum_of_one_file_is_checked(body: str, registry: Registry, place: Places) -> None:
    registry.put("/d/", page("thing-1.0.tar.gz", "thing-1.0.tar.gz.sha256"), "text/html")
    registry.put("/d/thing-1.0.tar.gz", ARCHIVE)
    registry.put("/d/thing-1.0.tar.gz.sha256", body.format(digest=sha256(NEWER)))
    source = opened(f"{registry.url}/d/", place())
    with pytest.raises(DigestMismatch, match="do not use this release"):
        source.tree(source.releases()[0], quiet)
    registry.put("/d/thing-1.0.tar.gz.sha256", body.format(digest=sha256(ARCHIVE)))
    assert source.tree(source.releases()[0], quiet).read("a.c") == b"one\n"


def test_a_checksum_file_without_a_checksum_is_no_proof(registry: Registry, place: Places) -> None:
    registry.put("/d/", page("thing-1.0.tar.gz", "thing-1.0.tar.gz.sha256"), "text/html")
    registry.put("/d/thing-1.0.tar.gz", ARCHIVE)
    registry.put("/d/thing-1.0.tar.gz.sha256", "moved\n")
    source = opened(f"{registry.url}/d/", place())
    with pytest.raises(UpstreamUnreachable, match=r"holds no checksum of thing-1\.0\.tar\.gz"):
        source.tree(source.releases()[0], quiet)


def test_a_signature_is_told_of(registry: Registry, place: Places) -> None:
    registry.put("/d/", page("thing-1.0.tar.gz", "thing-1.0.tar.gz.asc", "thing-1.1.tar.gz"), "text/html")
    source = opened(f"{registry.url}/d/", place())
    first, second = source.releases()
    assert source.signature(first) == f"{registry.url}/d/thing-1.0.tar.gz.asc"
    assert source.signature(second) == ""


def test_a_release_that_is_gone_or_another_one_is_not_read(registry: Registry, place: Places) -> None:
    registry.put("/d/", page("thing-1.0.tar.gz", "SHA256SUMS"), "text/html")
    registry.put("/d/SHA256SUMS", f"{sha256(ARCHIVE)}  thing-1.0.tar.gz\n")
    [release] = opened(f"{registry.url}/d/", place()).releases()
    registry.put("/d/SHA256SUMS", f"{sha256(NEWER)}  thing-1.0.tar.gz\n")
    with pytest.raises(UpstreamChanged, match=r"release 1\.0 was sha256:"):
        opened(f"{registry.url}/d/", place()).tree(release, quiet)
    registry.put("/d/", page("thing-1.1.tar.gz"), "text/html")
    with pytest.raises(UpstreamChanged, match=r"release 1\.0 is gone from the page"):
        opened(f"{registry.url}/d/", place()).tree(release, quiet)


def test_links_to_other_transports_and_upwards_are_left_out(registry: Registry, place: Places) -> None:
    links = [
        "ftp://x.example/thing-1.0.tar.gz",
        "file:///thing-1.1.tar.gz",
        "javascript:thing-1.2.tar.gz",
        "/d/",
        "?C=N",
    ]
    registry.put("/d/", page(*links, "thing-1.3.tar.gz"), "text/html")
    assert versions(opened(f"{registry.url}/d/", place())) == ["1.3"]


def test_addresses_are_rewritten_as_everywhere(registry: Registry, place: Places) -> None:
    registry.put("/m/", page("thing-1.0.tar.gz"), "text/html")
    registry.put("/m/thing-1.0.tar.gz", ARCHIVE)
    source = opened("https://x.example/d/", place(rules=(("https://x.example/d/", f"{registry.url}/m/"),)))
    assert source.tree(source.releases()[0], quiet).read("a.c") == b"one\n"


def test_a_folder_of_archives_works_as_well(tmp_path: Path, place: Places) -> None:
    folder = tmp_path / "archives"
    folder.mkdir()
    (folder / "thing_1.0+dfsg.orig.tar.gz").write_bytes(ARCHIVE)
    (folder / "thing_1.10.orig.tar.gz").write_bytes(NEWER)
    (folder / "other_9.orig.tar.gz").symlink_to(folder / "thing_1.10.orig.tar.gz")
    source = opened(f"{folder}/", place())
    assert versions(source) == ["1.0", "1.10"]
    assert source.tree(source.releases()[1], quiet).read("a.c") == b"ten\n"
    (folder / "SHA256SUMS").write_text(f"{sha256(ARCHIVE)}  thing_1.10.orig.tar.gz\n")
    lied_of = opened(f"{folder}/thing_@VERSION@.orig.tar.gz", place())
    with pytest.raises(DigestMismatch, match="is published beside it"):
        lied_of.tree(lied_of.releases()[1], quiet)


@pytest.mark.parametrize(
    ("location", "error", "said"),
    [
        ("https://x.example/@VERSION@/thing.tar.gz", InputError, "has no @VERSION@ in its last part"),
        ("https://@LINE@.example/thing-@VERSION@.tar.gz", InputError, "has a pattern in its host"),
    ],
)
def test_a_template_that_says_too_little_is_refused(
    location: str, error: type[Exception], said: str, place: Places
) -> None:
    with pytest.raises(error, match=said):
        opened(location, place())


@pytest.mark.parametrize(
    ("address", "error", "said"),
    [
        ("tarball:ftp://x.example/d/", HostileInput, "uses the transport 'ftp'"),
        ("tarball:https://me:secret@x.example/d/", InputError, "holds a password"),
        ("tarball:", InputError, "is empty"),
        ("tarball:https:///d/", HostileInput, "has no host that can be used"),
    ],
)
def test_an_address_that_tries_something_is_refused(address: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as raised:
        parse(address)
    assert "secret" not in str(raised.value)


def test_what_an_address_holds_beside_the_place_is_not_shown() -> None:
    assert shown(parse("tarball:https://token@x.example/d/?key=secret")) == "tarball:https://x.example/d/"


def test_a_page_or_folder_that_is_not_there_is_out_of_reach(registry: Registry, place: Places, tmp_path: Path) -> None:
    for location in (f"{registry.url}/gone/", str(tmp_path / "gone")):
        with pytest.raises(UpstreamUnreachable, match="check the upstream's address"):
            opened(location, place())


def test_an_archive_that_is_too_large_is_refused(registry: Registry, place: Places) -> None:
    registry.put("/d/", page("thing-1.0.tar.gz"), "text/html")
    registry.put("/d/thing-1.0.tar.gz", ARCHIVE)
    source = opened(f"{registry.url}/d/", place(limits=Limits(archive_bytes=10)))
    with pytest.raises(HostileInput, match="exceeds 10 bytes"):
        source.tree(source.releases()[0], quiet)
