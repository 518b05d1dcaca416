"""What a spec's commands do with its patches: which number each `%patch`, `%autopatch` or `git am` applies, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass

from syncbot.errors import InputError
from syncbot.layouts.dist_git.spec import PACKAGE, PREAMBLE, TEXT_SECTIONS, Line, Spec

_PATCH = re.compile(r"(\s*)%\{?patch(\d*)(?![\w:])\}?(.*)", re.DOTALL)
_AUTO = re.compile(r"\s*%(autosetup|autopatch)(?!\w)(.*)", re.DOTALL)
_REFERENCE = re.compile(r"%\{?PATCH(\d+)\b\}?|%\{(?:P|PATCH):\s*(\d+)\s*\}")
_INSIDE = re.compile(r"%\{[^}]*%\{?patch\s*(?:-P\s*)?(\d+)")
_SERIES = re.compile(r"%\{?patches\b\}?")
_COMMAND = re.compile(r"\s*(?:%\{__patch\}|%__patch|patch|git\s+(?:apply|am))\s")
_COPIES = re.compile(r"\s*(?:cp|install|ln|mv|echo|cat|%\{__(?:cp|install|ln|mv)\}|%__(?:cp|install))\s")
_WITH_VALUE = frozenset("bzFdoP")
"""Options of %patch that take a value, perhaps as the next word."""


@dataclass(frozen=True, slots=True)
class Use:
    """One line that applies patches. `numbers`: which, empty for all from `least` to `most`. `strip`: its -pN. `whole`:
    the line does nothing else, so it may go. `parts`: where in the line each number stands, for a line that names
    several. `applies`: False where the patch's file is only copied or shown."""

    at: int
    numbers: tuple[int, ...]
    least: int = 0
    most: int | None = None
    strip: int | None = None
    whole: bool = False
    parts: tuple[tuple[int, int, int], ...] = ()
    applies: bool = True
    bounded: bool = False

    @property
    def all(self) -> bool:
        return not self.numbers

    def covers(self, number: int) -> bool:
        if self.numbers:
            return number in self.numbers
        return number >= self.least and (self.most is None or number <= self.most)


def uses(spec: Spec, path: str) -> tuple[Use, ...]:
    """Every use of a patch, in order. Raises InputError with the line for one that cannot be followed."""
    found: list[Use] = []
    for at, line in enumerate(spec.lines):
        if line.section in (PREAMBLE, PACKAGE) or line.section in TEXT_SECTIONS:
            continue
        if not (line.comment or line.directive or line.heading or line.macro):
            found += _of_line(spec, line, at, path)
    return tuple(found)


def _of_line(spec: Spec, line: Line, at: int, path: str) -> list[Use]:
    text = line.text
    auto = _AUTO.match(text)
    if auto is not None:
        return _automatic(auto[1], auto[2], at, path)
    patch = _PATCH.match(text)
    if patch is not None:
        return [_numbered(patch, at, path)]
    numbers = [int(m[1] or m[2]) for m in _REFERENCE.finditer(text)] + [int(m[1]) for m in _INSIDE.finditer(text)]
    if numbers:
        alone = len(numbers) == 1 and _is_single(spec, at) and _COMMAND.match(text) is not None
        strip = re.search(r"\s-\w*p\s*(\d+)", text)
        copies = _COPIES.match(text) is not None and "|" not in text
        return [
            Use(at, tuple(numbers), strip=int(strip[1]) if strip else None, whole=alone, applies=not copies),
        ]
    if _SERIES.search(text):
        level = 1 if "git" in text.split() else None
        return [Use(at, (), strip=level)]
    return []


def _is_single(spec: Spec, at: int) -> bool:
    """Whether a line is one command, not part of a longer one."""
    text = spec.lines[at].text.rstrip()
    before = spec.lines[at - 1].text.rstrip() if at else ""
    return not re.search(r"[|;&\\]", re.sub(r"\|\|\s*(?:exit|return)\s+\d+$", "", text)) and not before.endswith("\\")


def _automatic(macro: str, rest: str, at: int, path: str) -> list[Use]:
    words = rest.split("#", maxsplit=1)[0].split()
    numbers: list[int] = []
    least, most, strip, bounded = 0, None, None, False
    skips = False
    wants = ""
    for word in words:
        if wants:
            option, value, wants = wants, word, ""
        elif word.startswith("-") and len(word) > 1:
            option, value = word[1], word[2:]
            if macro == "autosetup" and "N" in word[1:] and option in "NTDcvq":
                skips = True
            if not value and option in ("pmM" if macro == "autopatch" else "pnSabm"):
                wants = option
                continue
        elif macro == "autopatch" and word.isdigit():
            numbers.append(int(word))
            continue
        else:
            continue
        if option == "p":
            strip = _number(value, at, path)
        elif macro == "autopatch" and option in "mM":
            bounded = True
            least, most = (_number(value, at, path), most) if option == "m" else (least, _number(value, at, path))
    if macro == "autosetup" and skips:
        return []
    parts = tuple((n, *_span(rest, n, at)) for n in numbers) if len(numbers) > 1 else ()
    return [Use(at, tuple(numbers), least, most, strip, len(numbers) == 1, parts, bounded=bounded)]


def _span(rest: str, number: int, _at: int) -> tuple[int, int]:
    found = re.search(rf"[ \t]+(?:-P[ \t]*)?0*{number}(?=\s|$)", rest)
    return (-1, -1) if found is None else (found.start() - len(rest), found.end() - len(rest))


def _numbered(patch: re.Match[str], at: int, path: str) -> Use:
    """`%patch12 -p1`, `%patch -P 12 -P 13`, `%patch 12`; without a number it is patch 0."""
    rest = patch[3]
    if re.match(r"(?:\{|%)", rest) or re.search(r"-P\s*%", rest):
        raise InputError("a patch's number is a macro", "write the number", path=path, line=at + 1)
    numbers = [int(patch[2])] if patch[2] else []
    several: list[int] = []
    strip, wants = None, ""
    for word in rest.split():
        if wants:
            option, value, wants = wants, word, ""
        elif word.startswith("-") and len(word) > 1 and word[1] != "-":
            option, value = word[1], word[2:]
            if not value and option in _WITH_VALUE | {"p"}:
                wants = option
                continue
        elif word.isdigit() and not patch[2]:
            several.append(int(word))
            continue
        else:
            continue
        if option == "R":
            remedy = "write the reversed patch out and apply it forward"
            raise InputError("a patch is applied in reverse (-R)", remedy, path=path, line=at + 1)
        if option == "p":
            strip = _number(value, at, path)
        elif option == "P":
            several.append(_number(value, at, path))
    named = tuple(numbers + several) or (0,)
    parts = tuple((n, *_span(rest, n, at)) for n in several) if len(named) > 1 else ()
    return Use(at, named, strip=strip, whole=True, parts=parts)


def _number(text: str, at: int, path: str) -> int:
    if not text.isdigit():
        raise InputError(f"{text!r} is no number of a patch or a level", "write the number", path=path, line=at + 1)
    return int(text)
