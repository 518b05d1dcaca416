"""A repository's tree with the edits made so far, and how packaging files are read from it.

Nothing is followed out of the repository: no `..` beyond its root, no absolute name, no symlink. A text that cannot be
given back byte for byte, or that bears the marks of an unfinished merge, is refused with its line.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from syncbot.errors import HostileInput, InputError
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.reading import link_on
from syncbot.model.trees import SUBMODULE, SYMLINK, Tree

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?:[ \t]|\r?$)", re.MULTILINE)
_MOST = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Draft:
    """`below` is the tree as it was read, `edits` {path: new bytes, None: deleted}."""

    below: Tree
    edits: Mapping[str, bytes | None] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def tree(self) -> Tree:
        return Overlay(self.below, self.edits) if self.edits else self.below

    def put(self, path: str, content: bytes | None) -> Draft:
        return replace(self, edits=MappingProxyType({**self.edits, path: content}))

    def changes(self) -> dict[str, bytes | None]:
        """Only what differs from what was read."""
        return {path: content for path, content in sorted(self.edits.items()) if self.below.read(path) != content}


def holds(tree: Tree, path: str) -> bool:
    """Whether there is a plain file."""
    entry = tree.entry(path)
    return entry is not None and entry.mode not in (SYMLINK, SUBMODULE)


def content_at(tree: Tree, path: str, *, named_in: str | None = None, line: int | None = None) -> bytes:
    """The bytes of a plain file. `named_in` and `line` say who asks for it. Raises InputError, HostileInput."""
    where = named_in or path
    link = link_on(tree, path)
    if link is not None:
        what = f"{path} is or passes through a symlink ({link}), which is not followed"
        raise HostileInput(what, "put the file itself there", path=where, line=line)
    content = tree.read(path) if holds(tree, path) else None
    if content is None:
        remedy = "add the file, or remove the line" if named_in else "add the file"
        raise InputError(f"the file {path} is missing", remedy, path=where, line=line)
    return content


def text_at(tree: Tree, path: str) -> str:
    """The text of a file that may be edited: `text.encode()` are its very bytes. Raises InputError with the line."""
    content = content_at(tree, path)
    if len(content) > _MOST:
        what = f"it has {len(content)} bytes, more than the {_MOST} of any recipe"
        raise HostileInput(what, "take it out of the folder that is read", path=path)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"byte {content[error.start]:#04x} is not UTF-8"
        raise InputError(what, "save the file as UTF-8", path=path, line=line) from None
    if "\0" in text:
        raise InputError("a NUL character", "remove it", path=path, line=line_of(text, text.index("\0")))
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        line = line_of(text, conflict.start())
        raise InputError("the mark of an unfinished merge", "resolve the conflict", path=path, line=line)
    return text


def line_of(text: str, at: int) -> int:
    """The line (from 1) in which a character stands."""
    return text.count("\n", 0, at) + 1


def inside(folder: str, name: str, *, named_in: str, line: int | None = None) -> str:
    """The path of `name` as seen from `folder`; both from the repository's root. A `..` is followed as long as it stays
    inside the repository. Raises HostileInput."""
    if name.startswith(("/", "-", "~")) or "\\" in name or _DRIVE.match(name) or not name.isprintable():
        remedy = "name a file of this repository, relative, with '/'"
        raise HostileInput(f"{name!r} is no relative path", remedy, path=named_in, line=line)
    path = posixpath.normpath(posixpath.join(folder, name))
    parts = path.split("/")
    if parts[0] in ("..", ".", "") or any(part.lower() == ".git" for part in parts):
        raise HostileInput(f"{name} leaves the repository", "name a file inside it", path=named_in, line=line)
    return path


def below(folder: str, paths: Iterable[str]) -> Iterable[str]:
    """The paths at or below a folder (empty: all)."""
    folder = folder.strip("/")
    return paths if folder in ("", ".") else (p for p in paths if p.startswith(f"{folder}/") or p == folder)


def spliced(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """The text with each [start, end) replaced. The spans must not overlap."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def newline_of(text: str) -> str:
    """The line ending that the text uses."""
    at = text.find("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"
