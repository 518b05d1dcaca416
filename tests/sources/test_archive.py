"""Archives as trees: what is read from them, and what they may not try."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from syncbot.errors import HostileInput, InputError
from syncbot.model.settings import Limits
from syncbot.model.trees import EXECUTABLE, FILE, SYMLINK, Entry, blob_id
from syncbot.sources import archive as archive_module
from syncbot.sources.archive import ArchiveTree, open_archive
from syncbot.sources.folder import open_tree

from .making import file_info, make_tar, make_tar_of

LATIN = os.fsdecode(b"x-1.0/caf\xe9")


def opened(tmp_path: Path, content: bytes, limits: Limits | None = None) -> ArchiveTree:
    path = tmp_path / "x.archive"
    path.write_bytes(content)
    return open_archive(path, limits or Limits())


def make_zip(files: dict[str, tuple[int, bytes]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (mode, content) in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return made.getvalue()


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", ""])
@pytest.mark.parametrize("spool", [0, 1 << 20])
def test_a_tar_is_a_tree_without_its_top_folder(
    tmp_path: Path, kind: str, spool: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "SPOOL", spool)
    members = [
        (file_info("x-1.0", type=tarfile.DIRTYPE), b""),
        (file_info("x-1.0/src/a.c"), b"int a;\n"),
        (file_info("x-1.0/run", mode=0o755), b"#!"),
        (file_info("x-1.0/link", type=tarfile.SYMTYPE, linkname="src/a.c"), b""),
        (file_info("x-1.0/same", type=tarfile.LNKTYPE, linkname="x-1.0/src/a.c"), b""),
        (file_info(LATIN), b"odd"),
        (file_info("x-1.0/" + "long/" * 40 + "name"), b"long"),
    ]
    tree = opened(tmp_path, make_tar_of(members, kind))
    odd = LATIN.partition("/")[2]
    assert set(tree.paths()) == {"src/a.c", "run", "link", "same", odd, "long/" * 40 + "name"}
    assert tree.entry("src/a.c") == Entry(FILE, blob_id(b"int a;\n"))
    assert tree.entry("run") == Entry(EXECUTABLE, blob_id(b"#!"))
    assert tree.entry("link") == Entry(SYMLINK, blob_id(b"src/a.c"))
    assert tree.entry("src") is None
    assert tree.read("same") == b"int a;\n"
    assert tree.read(odd) == b"odd"
    assert tree.read("none") is None


def test_a_zip_is_a_tree_too(tmp_path: Path) -> None:
    content = make_zip(
        {
            "x/": (stat.S_IFDIR | 0o755, b""),
            "x/a": (stat.S_IFREG | 0o644, b"one"),
            "x/run": (stat.S_IFREG | 0o755, b"two"),
            "x/link": (stat.S_IFLNK | 0o777, b"a"),
            "x/plain": (0, b"three"),
        }
    )
    tree = opened(tmp_path, content)
    assert {path: tree.entry(path) for path in tree.paths()} == {
        "a": Entry(FILE, blob_id(b"one")),
        "run": Entry(EXECUTABLE, blob_id(b"two")),
        "link": Entry(SYMLINK, blob_id(b"a")),
        "plain": Entry(FILE, blob_id(b"three")),
    }


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        (["./x/a", "./x/b"], {"a", "b"}),
        (["x/a", "y/b"], {"x/a", "y/b"}),
        (["x/a", "README"], {"x/a", "README"}),
        (["only"], {"only"}),
    ],
)
def test_only_a_folder_that_holds_everything_is_left_out(tmp_path: Path, names: list[str], paths: set[str]) -> None:
    assert set(opened(tmp_path, make_tar(dict.fromkeys(names, b""))).paths()) == paths


def test_of_two_members_with_one_name_the_last_one_wins(tmp_path: Path) -> None:
    members = [(file_info("x/a"), b"old"), (file_info("x/b"), b""), (file_info("./x/a"), b"new")]
    assert opened(tmp_path, make_tar_of(members)).read("a") == b"new"


def test_a_hard_link_is_what_its_target_was(tmp_path: Path) -> None:
    link = file_info("x/b", type=tarfile.LNKTYPE, linkname="x/a")
    members = [(file_info("x/a"), b"old"), (link, b""), (file_info("x/a"), b"new")]
    assert opened(tmp_path, make_tar_of(members)).read("b") == b"old"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "is absolute"),
        ("C:\\x", "is absolute"),
        ("\\x", "is absolute"),
        ("x/../../y", "leaves the archive"),
        ("..", "leaves the archive"),
        ("x/..\\y", "leaves the archive"),
        ("x/.git/config", "touches .git"),
        ("x/.GIT/hooks/post-checkout", "touches .git"),
        ("x/.git", "touches .git"),
        ("x/.git. /config", "touches .git"),
        ("x/.git::$INDEX_ALLOCATION/config", "touches .git"),
        ("x/GIT~1/config", "touches .git"),
        ("x/.g\u200cit/config", "touches .git"),
        ("x/a\\.git\\config", "touches .git"),
    ],
)
def test_a_member_that_leaves_its_place_is_refused_by_name(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(HostileInput, match=reason):
        opened(tmp_path, make_tar({"x/ok": b"", name: b""}))
    with pytest.raises(HostileInput, match=reason):
        opened(tmp_path, make_zip({name: (0, b"")}))


@pytest.mark.parametrize("name", ["x/.gitignore", "x/.github/a", "x/..a", "x/a..b", "x/git", "x/.gitattributes"])
def test_names_that_only_look_alike_are_taken(tmp_path: Path, name: str) -> None:
    assert opened(tmp_path, make_tar({name: b"1", "y": b""})).read(name) == b"1"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([file_info("x/d", type=tarfile.SYMTYPE, linkname="/etc"), file_info("x/d/passwd")], "which is no folder"),
        ([file_info("x/d/passwd"), file_info("x/d", type=tarfile.SYMTYPE, linkname="/etc")], "which is no folder"),
        ([file_info("x/f"), file_info("x/f/g")], "which is no folder"),
        ([file_info("x/dev", type=tarfile.CHRTYPE)], "is a device or a pipe"),
        ([file_info("x/pipe", type=tarfile.FIFOTYPE)], "is a device or a pipe"),
        ([file_info("x/h", type=tarfile.LNKTYPE, linkname="../../etc/passwd")], "leaves the archive"),
        ([file_info("x/h", type=tarfile.LNKTYPE, linkname="x/none")], "which is not in the archive"),
        ([file_info("./")], "has no name"),
    ],
)
def test_a_member_that_is_not_what_a_release_holds_is_refused(
    tmp_path: Path, members: list[tarfile.TarInfo], reason: str
) -> None:
    with pytest.raises(HostileInput, match=reason):
        opened(tmp_path, make_tar_of([(member, b"") for member in members]))


def test_control_characters_of_a_name_are_not_printed(tmp_path: Path) -> None:
    with pytest.raises(HostileInput) as caught:
        opened(tmp_path, make_tar({"../\x1b[2J\n": b""}))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(file_bytes=99), "member 'x/big' exceeds 99 bytes"),
        (Limits(unpacked_bytes=150), "exceeds 150 bytes"),
        (Limits(archive_members=2), "is one more than 2 members"),
        (Limits(archive_bytes=10), "exceeds 10 bytes"),
    ],
)
def test_limits_hold(tmp_path: Path, limits: Limits, reason: str) -> None:
    files = {"x/big": b"0" * 100, "x/big2": b"1" * 100, "x/c": b""}
    with pytest.raises(HostileInput, match=reason):
        opened(tmp_path, make_tar(files), limits)
    with pytest.raises(HostileInput, match=reason):
        opened(tmp_path, make_zip({name: (0, content) for name, content in files.items()}), limits)


def test_a_bomb_is_stopped_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = make_tar({"x/zeros": b"\0" * (8 << 20)})
    assert len(bomb) < 100_000
    with pytest.raises(HostileInput, match="member 'x/zeros'"):
        opened(tmp_path, bomb, Limits(file_bytes=1 << 20))


def test_zeros_after_the_end_count_too(tmp_path: Path) -> None:
    plain = make_tar({"x/a": b"1"}, "")
    with pytest.raises(HostileInput, match="exceeds 1048576 bytes"):
        opened(tmp_path, gzip.compress(plain + b"\0" * (8 << 20)), Limits(unpacked_bytes=1 << 20))


def test_a_name_of_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(HostileInput, match="a tar header of"):
        opened(tmp_path, make_tar({"x/" + "n" * (2 << 20): b""}))


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_cut_archive_is_said_to_be_damaged(tmp_path: Path, kind: str) -> None:
    content = make_tar({f"x/{i}": os.urandom(2000) for i in range(20)}, kind)
    with pytest.raises(InputError, match="damaged archive"):
        opened(tmp_path, content[: len(content) // 2])


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path: Path) -> None:
    plain = make_tar({"x/a": b"1", "x/b": b"2"}, "")
    with pytest.raises(InputError, match="damaged archive"):
        opened(tmp_path, plain[:1024] + b"\x01" * 512 + plain[1536:])


def test_a_wrong_checksum_is_said_to_be_damage(tmp_path: Path) -> None:
    content = bytearray(make_tar({"x/a": b"1"}))
    content[-8] ^= 0xFF
    with pytest.raises(InputError, match="damaged archive"):
        opened(tmp_path, bytes(content))


@pytest.mark.parametrize("content", [b"", b"<!doctype html><p>not found", b"plain text " * 100])
def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="is no archive"):
        opened(tmp_path, content)


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(make_tar({"x/a": b"1" * 1000}))
    told: list[tuple[int, int]] = []
    open_archive(path, Limits(), progress=lambda what, done, total: told.append((done, total)))
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


def test_nothing_is_written_beside_the_archive(tmp_path: Path) -> None:
    opened(tmp_path, make_tar({"x/a": b"1"}))
    assert [path.name for path in tmp_path.iterdir()] == ["x.archive"]


def test_a_path_is_opened_by_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(b"1")
    (tmp_path / "x.tgz").write_bytes(make_tar({"x/a": b"1"}))
    assert open_tree(tmp_path / "folder").read("a") == open_tree(tmp_path / "x.tgz").read("a") == b"1"
    with pytest.raises(InputError, match="neither a directory nor an archive"):
        open_tree(tmp_path / "folder" / "a")
