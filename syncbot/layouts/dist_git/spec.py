"""An RPM spec file as lines: which section each stands in, under which conditions, and the tags of the preamble.

Nothing is evaluated here. `format(parse(text)) == text` for any text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from syncbot.errors import InputError
from syncbot.layouts.plain import split_lines

PREAMBLE, PACKAGE, PATCHLIST = "", "package", "patchlist"
TEXT_SECTIONS = frozenset({"description", "changelog", "files", "sourcelist", PATCHLIST, "sepolicy"})
"""Sections whose lines are no commands."""

_SECTION = re.compile(
    r"%(description|package|prep|build|install|check|clean|files|changelog|pre|post|preun|postun|pretrans|posttrans"
    r"|preuntrans|postuntrans|trigger\w*|filetrigger\w*|transfiletrigger\w*|verifyscript|verify"
    r"|generate_buildrequires|conf|sourcelist|patchlist|sepolicy)(?=\s|$)"
)
_CONDITION = re.compile(r"\s*%(if|ifarch|ifnarch|ifos|ifnos|elif|elifarch|elifos|else|endif)(?=\s|$|[^\w])(.*)")
_TAG = re.compile(
    r"(\s*)(Patch|Source|Version|Release|Name|Epoch|URL|Packager)(\d*)(\s*:[ \t]*)(.*?)([ \t\r]*\n?)\Z", re.I
)
_DEFINE = re.compile(r"\s*%(global|define)[ \t]+(\w+)(\([^)]*\))?[ \t]+(.*?)([ \t\r]*\n?)\Z", re.DOTALL)
_HIDDEN = re.compile(r"(?:^|[{:\s'\"(])Patch\d*\s*:", re.I | re.M)
_OPENERS = frozenset({"if", "ifarch", "ifnarch", "ifos", "ifnos"})


@dataclass(frozen=True, slots=True)
class Branch:
    """One arm of a condition: the line (from 0) of its `%if`, the arm's number, and what it says."""

    opened: int
    arm: int
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """`text` has its ending. `branches`: the conditions around it, outermost first. `macro`: it is a macro's
    definition, or belongs to one that takes several lines."""

    text: str
    section: str
    branches: tuple[Branch, ...] = ()
    macro: bool = False
    heading: bool = False
    directive: bool = False

    @property
    def blank(self) -> bool:
        return not self.text.strip()

    @property
    def comment(self) -> bool:
        return self.text.lstrip().startswith("#") or self.text.lstrip().startswith("%dnl ")

    @property
    def condition(self) -> str:
        return " and ".join(branch.words for branch in self.branches)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a preamble. `at`: its line from 0. `lead + name + number + colon + value + end` is the line."""

    at: int
    lead: str
    name: str
    number: str
    colon: str
    value: str
    end: str
    branches: tuple[Branch, ...]
    section: str

    def text(self, value: str, number: str | None = None) -> str:
        """The line with another value (and number)."""
        return self.lead + self.name + (self.number if number is None else number) + self.colon + value + self.end


@dataclass(frozen=True, slots=True)
class Definition:
    """A `%global` or `%define`. `plain`: it takes no arguments and stands in one line. `lazy`: a %define, whose macros
    count where it is used."""

    at: int
    name: str
    body: str
    plain: bool
    branches: tuple[Branch, ...]
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A condition from its `%if` to its `%endif`, lines from 0. `forked`: it has another arm."""

    start: int
    end: int
    forked: bool


@dataclass(frozen=True, slots=True)
class Spec:
    lines: tuple[Line, ...]
    tags: tuple[Tag, ...]
    definitions: tuple[Definition, ...]
    frames: tuple[Frame, ...]

    def tag(self, name: str) -> tuple[Tag, ...]:
        """The main package's tags of that name."""
        return tuple(tag for tag in self.tags if tag.name.lower() == name and tag.section == PREAMBLE)


def format(spec: Spec) -> str:  # the other half of parse, under the name that everybody expects
    return "".join(line.text for line in spec.lines)


def parse(text: str, path: str) -> Spec:
    """Raises InputError with the line where conditions do not close, or a patch's tag hides in a macro."""
    lines, frames = _lines(split_lines(text), path)
    tags: list[Tag] = []
    definitions: list[Definition] = []
    for at, line in enumerate(lines):
        preamble = line.section in (PREAMBLE, PACKAGE)
        if preamble and not line.comment and _HIDDEN.search(line.text) and (line.macro or _is_macro(line.text)):
            raise _hidden(path, at)
        if line.macro:
            definitions.extend(_definition(lines, at))
            continue
        found = _TAG.match(line.text) if preamble and not line.comment and not line.heading else None
        if found is not None:
            lead, name, number, colon, value, end = found.groups()
            tags.append(Tag(at, lead, name, number, colon, value, end, line.branches, line.section))
    return Spec(tuple(lines), tuple(tags), tuple(definitions), tuple(frames))


def _hidden(path: str, at: int) -> InputError:
    remedy = "write it as a line of its own, between %if and %endif"
    return InputError("a Patch tag inside a macro is not read", remedy, path=path, line=at + 1)


def _definition(lines: list[Line], at: int) -> list[Definition]:
    found = _DEFINE.match(lines[at].text)
    if found is None:
        return []
    plain = not found[3] and not found[4].endswith("\\")
    return [Definition(at, found[2], found[4], plain, lines[at].branches, lazy=found[1] == "define")]


def _lines(texts: list[str], path: str) -> tuple[list[Line], list[Frame]]:
    lines: list[Line] = []
    frames: list[Frame] = []
    open_: list[tuple[Branch, bool]] = []
    section, depth, going = PREAMBLE, 0, False
    for at, text in enumerate(texts):
        branches = tuple(branch for branch, _ in open_)
        if going or depth > 0:
            lines.append(Line(text, section, branches, macro=True))
            depth, going = _after(text, depth), going and text.rstrip("\r\n").endswith("\\")
            continue
        condition = _CONDITION.match(text) if section != "changelog" else None
        if condition is not None:
            _step(open_, frames, condition[1], text.strip(), at, path)
            lines.append(Line(text, section, tuple(branch for branch, _ in open_), directive=True))
            continue
        heading = _SECTION.match(text)
        if heading is not None:
            section = heading[1]
            lines.append(Line(text, section, branches, heading=True))
            continue
        defines = _is_definition(text) and section != "changelog"
        if defines or (section in (PREAMBLE, PACKAGE) and _is_macro(text)):
            going, depth = defines and text.rstrip("\r\n").endswith("\\"), _after(text, 0)
        lines.append(Line(text, section, branches, macro=defines or depth > 0))
    if open_:
        at = open_[-1][0].opened
        raise InputError("a condition has no %endif", "add it", path=path, line=at + 1)
    return lines, frames


def _is_definition(text: str) -> bool:
    return re.match(r"\s*%(?:global|define)\b", text) is not None


def _is_macro(text: str) -> bool:
    return text.lstrip().startswith("%{")


def _after(text: str, depth: int) -> int:
    """How many braces stay open after the line."""
    for mark in re.findall(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(mark, 0)
    return max(depth, 0)


def _step(open_: list[tuple[Branch, bool]], frames: list[Frame], word: str, text: str, at: int, path: str) -> None:
    """Follow one %if, %else or %endif; `open_` holds each open condition's arm and whether it has had another."""
    if word in _OPENERS:
        open_.append((Branch(at, 0, text), False))
        return
    if not open_:
        raise InputError(f"%{word} without %if", "balance the conditions", path=path, line=at + 1)
    branch, forked = open_.pop()
    if word == "endif":
        frames.append(Frame(branch.opened, at, forked))
    elif word == "else":
        open_.append((Branch(branch.opened, branch.arm + 1, f"not ({branch.words})"), True))
    else:
        open_.append((Branch(branch.opened, branch.arm + 1, text), True))
