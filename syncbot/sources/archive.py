"""An archive (tar, plain or compressed, or zip) as a tree, without unpacking it.

The archive is streamed once. The members' contents go one after the other into a spool (memory, beyond SPOOL bytes a
nameless temporary file) from which single files are read; nothing is ever written under a name that the archive gives.
A top folder that holds everything is left out of the paths.
"""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import tarfile
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self, cast

from syncbot.errors import HostileInput, InputError
from syncbot.model.ids import BlobId
from syncbot.model.settings import Limits
from syncbot.model.trees import EXECUTABLE, FILE, SYMLINK, Entry, blob_id
from syncbot.sources.members import check_nesting, member_path, refused, top_folder

if TYPE_CHECKING:
    from syncbot.ports.source import Progress

SPOOL = 8 * 1024 * 1024
_PIECE = 1 << 20
_LONGEST_HEADER = 1 << 20
_LONGEST_LINK = 4096
_HEADERS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_END: tuple[type[Exception], ...] = (tarfile.EOFHeaderError, tarfile.EmptyHeaderError)  # type: ignore[attr-defined]  # not in typeshed
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    ValueError,
    RuntimeError,
)

_LAST_SECOND = 253402300800
"""The year 10000: no member's time is taken for more than a lie."""


@dataclass(frozen=True, slots=True)
class _Member:
    mode: int
    offset: int
    size: int


class ArchiveTree:
    """The files of an archive that was read by `open_archive`."""

    def __init__(self, spool: IO[bytes], members: dict[str, _Member], newest: float = 0) -> None:
        self._newest = newest
        self._spool = spool
        self._members = members
        self._ids: dict[str, BlobId] = {}
        self._lock = threading.Lock()

    def entry(self, path: str) -> Entry | None:
        member = self._members.get(path)
        if member is None:
            return None
        id = self._ids.get(path)
        if id is None:
            id = self._ids[path] = blob_id(self._content(member))
        return Entry(member.mode, id)

    def read(self, path: str) -> bytes | None:
        member = self._members.get(path)
        return None if member is None else self._content(member)

    def paths(self) -> tuple[str, ...]:
        return tuple(self._members)

    def size(self) -> tuple[int, int]:
        """(files, their bytes), as the archive's index has them."""
        return len(self._members), sum(member.size for member in self._members.values() if member.mode != SYMLINK)

    def newest(self) -> date | None:
        """As its members' times say, None where it has none."""
        return datetime.fromtimestamp(self._newest, UTC).date() if 0 < self._newest < _LAST_SECOND else None

    def _content(self, member: _Member) -> bytes:
        with self._lock:
            self._spool.seek(member.offset)
            return self._spool.read(member.size)


def is_archive(path: Path) -> bool:
    """Whether a file begins as an archive does that `open_archive` reads."""
    with path.open("rb") as file:
        head = file.read(512)
    return _kind(head) != ""


def open_archive(path: Path, limits: Limits, name: str = "", progress: Progress | None = None) -> ArchiveTree:
    """Read an archive. `name` is for messages (the file's own, if empty). Raises HostileInput for a member that tries
    something or a limit that is exceeded, InputError where it is no archive or a broken one."""
    name = name or path.name
    size = path.stat().st_size
    if size > limits.archive_bytes:
        raise HostileInput(
            f"{name} exceeds {limits.archive_bytes} bytes", "raise limits.archive_bytes if that is right"
        )
    builder = _Builder(name, limits)
    with path.open("rb") as file:
        kind = _kind(file.read(512))
        file.seek(0)
        source = _Watched(file, name, size, _throttled(progress))
        with _readable(name):
            if kind == "zip":
                _read_zip(file, builder)
            elif kind:
                _read_tar(cast(IO[bytes], source), kind, builder)
            else:
                raise InputError(f"{name} is no archive that can be read", "use a tar (gz, bz2, xz) or zip archive")
    return builder.tree()


def _throttled(progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    from syncbot.git.run import throttled  # noqa: PLC0415  # who judges folders starts no git

    return throttled(progress)


def _spool() -> IO[bytes]:
    return cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=SPOOL))  # lives as long as the tree


@dataclass
class _Builder:
    """Collects members under the limits."""

    name: str
    limits: Limits
    spool: IO[bytes] = field(default_factory=_spool)
    members: dict[str, _Member] = field(default_factory=dict)
    seen: int = 0
    total: int = 0
    newest: float = 0

    def count(self, member: str) -> str:
        """The legal path of one more member."""
        self.seen += 1
        if self.seen > self.limits.archive_members:
            raise refused(self.name, member, f"is one more than {self.limits.archive_members} members")
        return member_path(member, self.name)

    def add(self, path: str, mode: int, size: int, pieces: Iterator[bytes]) -> None:
        """Take a file's content; `size` is what the archive says of it, checked before anything is read."""
        if size > self.limits.file_bytes:
            raise refused(self.name, path, f"exceeds {self.limits.file_bytes} bytes")
        offset, got = self.total, 0
        for piece in pieces:
            got += len(piece)
            self.total += len(piece)
            if got > self.limits.file_bytes:
                raise refused(self.name, path, f"exceeds {self.limits.file_bytes} bytes")
            if self.total > self.limits.unpacked_bytes:
                raise refused(self.name, path, f"exceeds {self.limits.unpacked_bytes} bytes of all members together")
            self.spool.write(piece)
        if got != size:
            raise InputError(f"{self.name}: member {path!r} is cut short", "fetch the archive again")
        self.members.pop(path, None)
        self.members[path] = _Member(mode, offset, got)  # of members with one name the last one wins, as tar has it

    def link(self, path: str, target: str) -> None:
        """A hard link is its target's content, whatever becomes of the target later."""
        found = self.members.get(member_path(target, self.name))
        if found is None:
            raise refused(self.name, path, f"is a hard link to {target!r}, which is not in the archive")
        self.members[path] = found

    def tree(self) -> ArchiveTree:
        check_nesting(self.members, self.name)
        top = len(top_folder(self.members))
        return ArchiveTree(self.spool, {path[top:]: member for path, member in self.members.items()}, self.newest)


class _TarInfo(tarfile.TarInfo):
    """Refuses headers that would be read into memory whole (a long name of gigabytes is no name), and damaged ones,
    which the library takes for the end: a release with half of its files must not be judged."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except tarfile.HeaderError as error:
            if isinstance(error, _END):
                raise
            said = str(error)
        raise tarfile.ReadError(said)

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _HEADERS and self.size > _LONGEST_HEADER:
            raise HostileInput(f"a tar header of {self.size} bytes is refused", "the archive is refused")
        return cast(tarfile.TarInfo, super()._proc_member(archive))  # type: ignore[misc]  # not in typeshed


def _read_tar(file: IO[bytes], kind: str, builder: _Builder) -> None:
    with _decompressed(file, kind) as stream:
        with tarfile.open(
            fileobj=stream, mode="r|", tarinfo=_TarInfo, encoding="utf-8", errors="surrogateescape"
        ) as tar:
            for info in tar:
                _take(tar, info, builder)
                tar.members.clear()  # type: ignore[attr-defined]  # 400,000 of them need not be held
        _drain(stream, builder)


def _take(tar: tarfile.TarFile, info: tarfile.TarInfo, builder: _Builder) -> None:
    path = builder.count(info.name)
    if info.isdir():
        return
    builder.newest = max(builder.newest, info.mtime)
    if not path:
        raise refused(builder.name, info.name, "has no name")
    if info.issym():
        target = info.linkname.encode("utf-8", "surrogateescape")
        builder.add(path, SYMLINK, len(target), iter((target,)))
    elif info.islnk():
        builder.link(path, info.linkname)
    elif info.isreg():
        content = tar.extractfile(info)
        assert content is not None
        builder.add(path, EXECUTABLE if info.mode & 0o100 else FILE, info.size, iter(lambda: content.read(_PIECE), b""))
    else:
        raise refused(builder.name, info.name, "is a device or a pipe")


def _drain(stream: IO[bytes], builder: _Builder) -> None:
    """Read to the end, so that the compression's own checksum is checked."""
    while piece := stream.read(_PIECE):
        builder.total += len(piece)
        if builder.total > builder.limits.unpacked_bytes:
            raise HostileInput(
                f"{builder.name} exceeds {builder.limits.unpacked_bytes} bytes", "the archive is refused"
            )


def _read_zip(file: IO[bytes], builder: _Builder) -> None:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            path = builder.count(info.filename)
            if info.is_dir():
                continue
            if not path:
                raise refused(builder.name, info.filename, "has no name")
            with suppress(ValueError):
                builder.newest = max(builder.newest, datetime(*info.date_time, tzinfo=UTC).timestamp())
            mode = info.external_attr >> 16
            kind = mode & 0o170000
            if kind not in (0, 0o100000, 0o120000):
                raise refused(builder.name, info.filename, "is a device or a pipe")
            symlink = kind == 0o120000
            if symlink and info.file_size > _LONGEST_LINK:
                raise refused(builder.name, info.filename, "is a symlink of absurd length")
            with archive.open(info) as content:
                pieces = iter(lambda content=content: content.read(_PIECE), b"")  # type: ignore[misc]  # bound now
                builder.add(path, SYMLINK if symlink else EXECUTABLE if mode & 0o100 else FILE, info.file_size, pieces)


def _kind(head: bytes) -> str:
    """What a file is, by its first bytes; "" for none of ours."""
    for magic, kind in (
        (b"\x1f\x8b", "gz"),
        (b"BZh", "bz2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zst"),
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
    ):
        if head.startswith(magic):
            return kind
    return "tar" if head[257:262] == b"ustar" or _old_tar(head) else ""


def _old_tar(head: bytes) -> bool:
    """Whether a 512-byte block is a tar header without magic: its checksum holds, and it is not empty."""
    if len(head) < 512 or not any(head):
        return False
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _decompressed(file: IO[bytes], kind: str) -> IO[bytes]:
    if kind == "gz":
        return cast(IO[bytes], gzip.GzipFile(fileobj=file, mode="rb"))
    if kind == "bz2":
        return cast(IO[bytes], bz2.BZ2File(file, "rb"))
    if kind == "xz":
        return cast(IO[bytes], lzma.LZMAFile(file, "rb"))
    if kind == "zst":
        try:
            zstd = importlib.import_module("compression.zstd")
        except ImportError:
            raise InputError("this Python cannot read zstd", "use Python 3.14 or newer, or a tar.gz") from None
        return cast(IO[bytes], zstd.ZstdFile(file, "rb"))
    return file


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turn the library's errors for damaged archives into one of ours."""
    try:
        yield
    except _BROKEN as error:
        raise InputError(f"{name} is a damaged archive: {error}", "fetch it again") from error


class _Watched(io.RawIOBase):
    """A file whose reading is told to a progress."""

    def __init__(self, file: IO[bytes], name: str, size: int, tell: Progress | None) -> None:
        super().__init__()
        self._file, self._name, self._size, self._tell = file, name, size, tell

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        if self._tell is not None:
            self._tell(f"reading {self._name}", self._file.tell(), self._size)
        return piece
