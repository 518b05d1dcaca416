"""BitBake recipes as text: assignments with their operators and overrides, functions, what is required. Never run.

`format(parse(text)) == text` for any text. Values keep their backslashes; `expand` knows plain variables only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from syncbot.errors import InputError
from syncbot.layouts.plain import split_lines

_ASSIGN = re.compile(
    r"(?:export[ \t]+)?([A-Za-z0-9_.${}/~+-]+(?::[A-Za-z0-9_.${}/~+-]+)*)(\[[A-Za-z0-9_.+-]+\])?"
    r"[ \t]*(\?\?=|\?=|:=|\+=|=\+|\.=|=\.|=)[ \t]*(?:\\\r?\n[ \t]*)*"
)
_FUNCTION = re.compile(r"(?:(?:fakeroot|python)[ \t]+)*([\w.${}:+-]*)[ \t]*\([ \t]*\)[ \t]*\{")
_DEF = re.compile(r"def[ \t]+\w+")
_REQUIRE = re.compile(r"(require|include|inherit|inherit_defer|include_all)[ \t]+(.*)")
_OLD_OVERRIDE = re.compile(r"_(append|prepend|remove)(?=_|$)")
_VARIABLE = re.compile(r"\$\{([^{}@][^{}]*)\}")
_PYTHON = re.compile(r"\$\{@([^{}]*)\}")
_DEEPEST = 20
_LONGEST = 65_536
_MOST_STEPS = 2_000
"""Of one expansion: variables made of others many times over must not take for ever."""


class Unknown(Exception):  # an answer, not a fault: the caller says what it was asked for
    """A value cannot be told without running something; the message says why."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """`NAME:overrides[flag] = "value"`. `[start, end)` is the value in the text, without its quotes; `[first, last)`
    the whole statement with its line ends. `line` counts from 1. `path`: the file it stands in."""

    path: str
    name: str
    overrides: tuple[str, ...]
    flag: str
    operator: str
    value: str
    start: int
    end: int
    first: int
    last: int
    line: int

    @property
    def operation(self) -> str:
        """`append`, `prepend` or `remove` where an override says so."""
        return next((o for o in self.overrides if o in ("append", "prepend", "remove")), "")

    @property
    def condition(self) -> str:
        return ":".join(o for o in self.overrides if o not in ("append", "prepend", "remove"))


@dataclass(frozen=True, slots=True)
class Statement:
    """A `require`, `include` or `inherit`. `required`: it is no error only where it is not."""

    word: str
    what: str
    line: int
    order: int


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a function, from its head on."""

    name: str
    text: str
    line: int
    python: bool


@dataclass(frozen=True, slots=True)
class Recipe:
    """One file. `order` of a statement: how many assignments stand before it."""

    path: str
    lines: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    statements: tuple[Statement, ...]
    bodies: tuple[Body, ...]


def format(recipe: Recipe) -> str:  # the other half of parse, under the name that everybody expects
    return "".join(recipe.lines)


@dataclass(slots=True)
class _Reader:
    text: str
    path: str
    lines: list[str]
    starts: list[int] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)

    def read(self) -> Recipe:
        at = 0
        for line in self.lines:
            self.starts.append(at)
            at += len(line)
        number = 0
        while number < len(self.lines):
            number = self._one(number)
        return Recipe(self.path, tuple(self.lines), tuple(self.assignments), tuple(self.statements), tuple(self.bodies))

    def _one(self, number: int) -> int:
        """Read what starts at the line; the line after it."""
        line = self.lines[number]
        if not line.strip() or line.startswith("#"):
            return number + 1
        if _FUNCTION.match(line):
            return self._function(number)
        if _DEF.match(line):
            return self._def(number)
        said = _REQUIRE.match(line)
        end = self._logical(number)
        line = "".join(self.lines[number:end])
        if said is not None:
            what = "".join(self.lines[number:end])[said.start(2) :].replace("\\", " ").strip()
            self.statements.append(Statement(said[1], what, number + 1, len(self.assignments)))
            return end
        found = _ASSIGN.match(line)
        if found is not None:
            self._assignment(found, number, end)
        return end

    def _logical(self, number: int) -> int:
        """The line after the logical line that starts here."""
        while number < len(self.lines) and self.lines[number].rstrip().endswith("\\"):
            number += 1
        return min(number + 1, len(self.lines))

    def _assignment(self, found: re.Match[str], number: int, end: int) -> None:
        first = self.starts[number]
        last = self.starts[end] if end < len(self.starts) else len(self.text)
        body = self.text[first + found.end() : last]
        quote = body[:1]
        closed = body.rstrip().rfind(quote) if quote in ('"', "'") else 0
        if quote not in ('"', "'") or closed < 1:
            what = f"the value of {found[1]} is not closed"
            raise InputError(what, "close it with a quote", path=self.path, line=number + 1)
        start = first + found.end() + 1
        stop = first + found.end() + closed
        name, *overrides = _OLD_OVERRIDE.sub(r":\1", found[1]).split(":")
        if _OLD_OVERRIDE.search(found[1]):
            overrides = [part for o in overrides for part in ([o] if o else [])]
            overrides = [part for o in overrides for part in re.split(r"(?<=append|emove_)_", o) if part]
        flag = (found[2] or "").strip("[]")
        value = self.text[start:stop]
        made = Assignment(
            self.path, name, tuple(overrides), flag, found[3], value, start, stop, first, last, number + 1
        )
        self.assignments.append(made)

    def _function(self, number: int) -> int:
        end = number + 1
        while end < len(self.lines) and not self.lines[end].startswith("}"):
            end += 1
        if end == len(self.lines):
            raise InputError("a function is not closed", "close it with }", path=self.path, line=number + 1)
        head = _FUNCTION.match(self.lines[number])
        python = self.lines[number].startswith(("python", "fakeroot python"))
        name = head[1] if head is not None else ""
        self.bodies.append(Body(name, "".join(self.lines[number : end + 1]), number + 1, python))
        return end + 1

    def _def(self, number: int) -> int:
        end = number + 1
        while end < len(self.lines) and (not self.lines[end].strip() or self.lines[end][:1] in " \t#"):
            end += 1
        self.bodies.append(Body("", "".join(self.lines[number:end]), number + 1, python=True))
        return end


def parse(text: str, path: str) -> Recipe:
    """Raises InputError with the line where a value or a function is not closed."""
    return _Reader(text, path, split_lines(text)).read()


@dataclass(frozen=True, slots=True)
class Scope:
    """What plain variables hold, after all assignments of a recipe and what it requires, without overrides. `given`:
    those that BitBake itself sets, such as PN and PV."""

    assignments: tuple[Assignment, ...]
    given: tuple[tuple[str, str], ...]
    steps: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)

    def expand(self, text: str, depth: int = 0) -> str:
        """Raises Unknown."""
        self.steps[0] = self.steps[0] + 1 if depth else 0
        if depth > _DEEPEST or self.steps[0] > _MOST_STEPS or len(text) > _LONGEST:
            raise Unknown("variables that go in circles")
        made = _VARIABLE.sub(lambda found: self.value(found[1], depth + 1), text)
        made = _PYTHON.sub(lambda found: _known_python(self, found[1], depth), made)
        if "${" in made:
            raise Unknown("inline Python")
        return made

    def value(self, name: str, depth: int = 0) -> str:
        """Raises Unknown for a variable that nothing sets."""
        value: str | None = None
        weak: str | None = None
        given = dict(self.given).get(name)
        for each in self.assignments:
            if each.name != name or each.flag or each.condition or each.operation:
                continue
            plain = re.sub(r"\\[ \t]*\r?\n", "", each.value)
            if each.operator == "??=":
                weak = plain
            elif each.operator == "?=":
                value = plain if value is None else value
            else:
                value = _joined(given if value is None else value, each.operator, plain)
        if value is None:
            value = weak
        if value is None:
            value = given
        if value is None:
            raise Unknown(f"${{{name}}}, which nothing here sets")
        return self.expand(value, depth + 1)


def _joined(value: str | None, operator: str, new: str) -> str:
    old = value or ""
    if operator in ("+=", ".="):
        return old + (" " if operator == "+=" else "") + new
    if operator in ("=+", "=."):
        return new + (" " if operator == "=+" else "") + old
    return new


_XFCE = re.compile(r"xfce_verdir\(\s*['\"](.*?)['\"]\s*\)")
_GNOME = re.compile(r"gnome_verdir\(\s*['\"](.*?)['\"]\s*\)")
INDEX = "pypi_src_uri"
"""Where the pypi class has its archives, as a variable: its address stands in the class, not here."""
_TRIM = re.compile(r"oe\.utils\.trim_version\(\s*['\"](.*?)['\"]\s*,\s*(\d+)\s*\)")
_SPLIT = re.compile(
    r"['\"](.)['\"]\.join\(\s*d\.getVar\(\s*['\"](\w+)['\"]\s*\)\.split\(['\"](.)['\"]\)\[\s*(?:0?):(\d+)\]\s*\)"
)
_REPLACE = re.compile(r"d\.getVar\(\s*['\"](\w+)['\"]\s*\)\.replace\(\s*['\"](.)['\"]\s*,\s*['\"](.?)['\"]\s*\)")


def _known_python(scope: Scope, code: str, depth: int) -> str:
    """Forms of inline Python that everybody writes, and four functions of common classes, by their meaning; any other
    is Unknown."""
    code = code.strip()
    if (found := _TRIM.fullmatch(code)) is not None:
        return ".".join(scope.expand(found[1], depth + 1).split(".")[: int(found[2])])
    if (found := _SPLIT.fullmatch(code)) is not None:
        return found[1].join(scope.value(found[2], depth + 1).split(found[3])[: int(found[4])])
    if (found := _REPLACE.fullmatch(code)) is not None:
        return scope.value(found[1], depth + 1).replace(found[2], found[3])
    if code == "pypi_package(d)":
        return scope.value("BPN").removeprefix("python-").removeprefix("python3-")
    if code == "pypi_src_uri(d)":
        package = scope.value("PYPI_PACKAGE")
        name = f"{package}-{scope.value('PV')}.{scope.value('PYPI_PACKAGE_EXT')}"
        return f"{scope.value(INDEX)}{package[:1]}/{package}/{name}"
    if (found := _XFCE.fullmatch(code)) is not None:
        return ".".join(found[1].split(".")[:2])
    if (found := _GNOME.fullmatch(code)) is not None:
        return found[1].rpartition(".")[0] or found[1]
    raise Unknown("inline Python")
