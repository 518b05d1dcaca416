"""What a patch file holds, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Line(NamedTuple):
    """One line of a hunk: `tag` is ` `, `-` or `+`; `text` has its line end, if the file has one there."""

    tag: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Hunk:
    """Starts count from 1 as in the `@@` line (0 where that side is empty). `section`: what follows the second `@@`."""

    old_start: int
    new_start: int
    lines: tuple[Line, ...]
    section: bytes = b""

    @property
    def old(self) -> list[bytes]:
        """The before-image: context and removed lines."""
        return [text for tag, text in self.lines if tag != "+"]

    @property
    def new(self) -> list[bytes]:
        """The after-image: context and added lines."""
        return [text for tag, text in self.lines if tag != "-"]

    @property
    def removed(self) -> list[bytes]:
        return [text for tag, text in self.lines if tag == "-"]

    @property
    def added(self) -> list[bytes]:
        return [text for tag, text in self.lines if tag == "+"]

    def reversed(self) -> Hunk:
        swap = {" ": " ", "-": "+", "+": "-"}
        lines = tuple(Line(swap[tag], text) for tag, text in self.lines)
        return Hunk(self.new_start, self.old_start, lines, self.section)


@dataclass(frozen=True, slots=True)
class Binary:
    """A `GIT binary patch`: how to make each side. A kind is `literal` (the bytes) or `delta` (git's, against the other
    side); None where the patch does not hold it (`Binary files differ`, or no reverse)."""

    forward: tuple[str, bytes] | None
    reverse: tuple[str, bytes] | None
    old_id: str = ""
    new_id: str = ""


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The change of one file. A path is None where that side has no file (added, deleted); modes are git's, None where
    the patch does not say. `renamed` and `copied` are explicit (git's extended headers), never guessed."""

    old_path: str | None
    new_path: str | None
    old_mode: int | None = None
    new_mode: int | None = None
    hunks: tuple[Hunk, ...] = ()
    binary: Binary | None = None
    renamed: bool = False
    copied: bool = False

    @property
    def path(self) -> str:
        """The name to show: where the file is after the patch, or was before it."""
        found = self.new_path if self.new_path is not None else self.old_path
        return found or ""

    @property
    def source(self) -> str | None:
        """Where the content comes from: None for an added file."""
        return self.old_path

    @property
    def lines_changed(self) -> int:
        return sum(tag != " " for hunk in self.hunks for tag, _ in hunk.lines)


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit (or mail) of a patch file: the text before its first diff and its files."""

    header: bytes
    files: tuple[FilePatch, ...]

    @property
    def subject(self) -> str:
        return subject_of(self.header)


@dataclass(frozen=True, slots=True)
class Patch:
    """A whole patch file. `header` is the text before the first diff; `commits` are several only for an mbox; `files`
    are those of all commits, in order (a path may come more than once)."""

    commits: tuple[Commit, ...]
    strip: int = 1
    """The `-pN` that its names were read with."""
    prefixes: tuple[str, str] = ("a/", "b/")
    """What `-pN` took away on each side, to write the patch back in its own form."""

    @property
    def header(self) -> bytes:
        return self.commits[0].header if self.commits else b""

    @property
    def files(self) -> tuple[FilePatch, ...]:
        return tuple(file for commit in self.commits for file in commit.files)

    @property
    def lines_changed(self) -> int:
        return sum(file.lines_changed for file in self.files)


def subject_of(header: bytes) -> str:
    """The one line that says what a patch is: a mail's Subject, a DEP-3 Description, or the first line of text."""
    lines = header.decode("utf-8", "surrogateescape").splitlines()
    for index, line in enumerate(lines):
        name, colon, rest = line.partition(":")
        if colon and name.lower() in ("subject", "description"):
            text = rest.strip()
            for more in lines[index + 1 :]:
                if not more.startswith((" ", "\t")) or name.lower() == "description":
                    break
                text += " " + more.strip()
            return _without_tag(text)
    for line in lines:
        text = line.strip()
        if text and not text.startswith(("#", "From ", "---", "Index:", "===")):
            return text
    return ""


def _without_tag(text: str) -> str:
    while text.startswith("[") and "]" in text and "patch" in text[: text.index("]")].lower():
        text = text[text.index("]") + 1 :].strip()
    return text
