"""What people do to a tree: edits and the rest, as values that can be done and undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from syncbot.model.trees import EXECUTABLE, FILE, SUBMODULE, SYMLINK

Files = dict[str, tuple[int, bytes]]
"""{path: (mode, content)}, as MemoryTree has it."""
Change = Callable[[Files], None]


@dataclass(frozen=True)
class Edit:
    """Replace `old` by `new` in one file. `old` stands there exactly once, unless `nth` says which one is meant."""

    path: str
    old: bytes
    new: bytes
    nth: int | None = None

    def __call__(self, files: Files) -> None:
        mode, text = files[self.path]
        pieces = text.split(self.old)
        if self.nth is None:
            assert len(pieces) == 2, f"{self.path} has {len(pieces) - 1} of {self.old!r}"
        at = (self.nth or 0) + 1
        assert len(pieces) > at, f"{self.path} lacks {self.old!r}"
        files[self.path] = (mode, self.old.join(pieces[:at]) + self.new + self.old.join(pieces[at:]))

    @property
    def undone(self) -> Edit:
        return replace(self, old=self.new, new=self.old)

    def at(self, path: str) -> Edit:
        """The same edit in another file."""
        return replace(self, path=path)

    def crlf(self) -> Edit:
        return replace(self, old=self.old.replace(b"\n", b"\r\n"), new=self.new.replace(b"\n", b"\r\n"))


def edit(path: str, old: str | bytes, new: str | bytes) -> Edit:
    return Edit(path, _bytes(old), _bytes(new))


def write(path: str, content: str | bytes, mode: int = FILE) -> Change:
    def change(files: Files) -> None:
        files[path] = (mode, _bytes(content))

    return change


def remove(path: str) -> Change:
    def change(files: Files) -> None:
        del files[path]

    return change


def move(old: str, new: str) -> Change:
    def change(files: Files) -> None:
        files[new] = files.pop(old)

    return change


def executable(path: str, *, on: bool = True) -> Change:
    def change(files: Files) -> None:
        files[path] = (EXECUTABLE if on else FILE, files[path][1])

    return change


def link(path: str, target: str) -> Change:
    return write(path, target, SYMLINK)


def submodule(path: str, commit: str) -> Change:
    return write(path, commit, SUBMODULE)


def rewrite(path: str, how: Callable[[bytes], bytes]) -> Change:
    """Pass a file's whole content through a function, such as an indenter."""

    def change(files: Files) -> None:
        mode, text = files[path]
        assert how(text) != text, f"nothing changes in {path}"
        files[path] = (mode, how(text))

    return change


def to_crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def reindented(text: bytes) -> bytes:
    """Other indentation for every line: tabs become four blanks, four blanks become two."""
    if b"\n\t" in text:
        return text.replace(b"\t", b"    ")
    return b"".join(_half(line) for line in text.splitlines(keepends=True))


def _half(line: bytes) -> bytes:
    body = line.lstrip(b" ")
    return b" " * ((len(line) - len(body)) // 2) + body


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
