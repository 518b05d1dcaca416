"""The quilt `series` file as lines, so that what an edit does not concern stays byte for byte.

`parse` takes any bytes and `format` gives them back; `check` says what cannot be worked with. A line is a name, its
options, and a comment: `#` starts one at the start of a line or after white space, as in quilt; `a#b.patch` is a name.
A patch that waits for a person bears a trailing comment, `fix.patch # syncbot: waiting (conflict)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from syncbot.errors import InputError
from syncbot.model.ids import PatchName

_COMMENT = re.compile(rb"(?:^|[ \t]+)#")
_MARKS = re.compile(rb"(?:[ \t]# syncbot: waiting \([^()]*\))+[ \t]*$")
_LINE = re.compile(rb"([^\n]*?)(\r?\n|\Z)")
_STRIP = re.compile(r"-p(\d{1,3}|ab)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `body + ending` are its bytes. `name` is None for a blank line or a comment."""

    body: bytes
    ending: bytes
    name: PatchName | None
    options: tuple[str, ...]
    waiting: bool

    @property
    def strip(self) -> int | None:
        """N of `-pN`; quilt's `-pab` strips one as well; None where the line does not say."""
        found = [_STRIP.fullmatch(option) for option in self.options]
        levels = [1 if match[1] == "ab" else int(match[1]) for match in found if match]
        return levels[-1] if levels else None


@dataclass(frozen=True, slots=True)
class Series:
    lines: tuple[Line, ...]

    @property
    def entries(self) -> tuple[tuple[int, PatchName, Line], ...]:
        """(line number from 1, name, line) of every patch, in order."""
        return tuple((n, line.name, line) for n, line in enumerate(self.lines, 1) if line.name is not None)

    @property
    def names(self) -> tuple[PatchName, ...]:
        return tuple(name for _, name, _ in self.entries)


def parse(content: bytes) -> Series:
    """Lines of any bytes; names that are not UTF-8 have surrogate escapes."""
    return Series(tuple(_line(found[1], found[2]) for found in _LINE.finditer(content) if found[0]))


def format(series: Series) -> bytes:  # the other half of parse, under the name that everybody expects
    return b"".join(line.body + line.ending for line in series.lines)


def check(series: Series, path: str) -> None:
    """Raises InputError with path and line for the first option, name or duplicate that cannot be worked with."""
    seen: dict[PatchName, int] = {}
    for number, name, line in series.entries:
        if not is_name(name):
            remedy = "use a name of printable characters without white space"
            raise InputError(f"{name!r} is no name for a patch", remedy, path=path, line=number)
        for option in line.options:
            what, remedy = _complaint(name, option)
            if what:
                raise InputError(what, remedy, path=path, line=number)
        if name in seen:
            what = f"{name} is listed twice, first on line {seen[name]}"
            raise InputError(what, "remove one of the two lines", path=path, line=number)
        seen[name] = number


def is_name(name: str) -> bool:
    """Whether a series line can hold this name: no white space, no control characters, no leading `#` or `-`."""
    plain = all(c.isprintable() or 0xDC80 <= ord(c) <= 0xDCFF for c in name)
    return bool(name) and plain and not re.search(r"\s", name) and name[0] not in "#-"


def remove(series: Series, name: PatchName) -> Series:
    """Without the patch's line; comments around it stay."""
    kept = tuple(line for line in series.lines if line.name != name)
    _require(series, name)
    return Series(kept)


def rename(series: Series, name: PatchName, new: PatchName) -> Series:
    """The patch's line with another name; options and comment stay."""
    _refuse_odd(new)

    def renamed(line: Line) -> Line:
        return _line(line.body.replace(_encode(name), _encode(new), 1), line.ending)

    return _change(series, name, renamed)


def append(series: Series, name: PatchName, strip: int | None = None) -> Series:
    """With one more line at the end. A last line that had no newline gets one."""
    _refuse_odd(name)
    if name in series.names:
        raise InputError(f"{name} is in the series already", "choose another name")
    endings = [line.ending for line in series.lines if line.ending]
    newline = endings[0] if endings else b"\n"
    lines = list(series.lines)
    if lines and not lines[-1].ending:
        lines[-1] = replace(lines[-1], ending=newline)
    body = _encode(name) + (b"" if strip is None else b" -p%d" % strip)
    return Series((*lines, _line(body, newline)))


def mark(series: Series, name: PatchName, why: str) -> Series:
    """With the patch marked as waiting for a person; `why` is one word. An older mark is replaced."""
    if not re.fullmatch(r"[a-z-]+", why):
        raise InputError(f"{why!r} is no word for a mark", "use lower-case letters")

    def marked(line: Line) -> Line:
        return _line(_MARKS.sub(b"", line.body) + b" # syncbot: waiting (%s)" % why.encode(), line.ending)

    return _change(series, name, marked)


def unmark(series: Series, name: PatchName) -> Series:
    """With the mark taken off: the line is what it was before, byte for byte. Unmarked lines stay as they are."""
    return _change(series, name, lambda line: _line(_MARKS.sub(b"", line.body), line.ending))


def _line(body: bytes, ending: bytes) -> Line:
    words = _decode(_COMMENT.split(body, maxsplit=1)[0]).strip(" \t")
    name, *options = re.split(r"[ \t]+", words)
    if not name:
        return Line(body, ending, None, (), waiting=False)
    return Line(body, ending, PatchName(name), tuple(options), waiting=bool(_MARKS.search(body)))


def _complaint(name: str, option: str) -> tuple[str, str]:
    if option == "--reverse" or re.fullmatch(r"-[A-Za-z]*R[A-Za-z]*", option):
        return f"{name} is to be applied in reverse ({option}), which is not supported", "write the reversed patch out"
    if _STRIP.fullmatch(option):
        return "", ""
    if option.startswith("-"):
        return f"{name} has the option {option}, which is not supported", "only -pN is; remove it or write -pN"
    return f"unexpected {option!r} after {name}", "put one patch on a line, and comments after ' #'"


def _change(series: Series, name: PatchName, how: Callable[[Line], Line]) -> Series:
    _require(series, name)
    return Series(tuple(how(line) if line.name == name else line for line in series.lines))


def _require(series: Series, name: PatchName) -> None:
    if name not in series.names:
        raise InputError(f"{name} is not in the series", "has the series changed meanwhile? read it again")


def _refuse_odd(name: str) -> None:
    if not is_name(name):
        raise InputError(f"{name!r} is no name for a patch", "use printable characters without white space")


def _encode(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _decode(content: bytes) -> str:
    return content.decode(errors="surrogateescape")
