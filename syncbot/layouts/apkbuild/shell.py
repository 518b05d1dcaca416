"""The shell of an APKBUILD, read and never run: assignments at its top, functions, and plain expansions of variables.

`format(parse(text)) == text` for any text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from syncbot.errors import InputError
from syncbot.layouts.plain import split_lines

_ASSIGN = re.compile(r"([ \t]*)(?:export[ \t]+)?([A-Za-z_]\w*)(\+?)=", re.ASCII)
_BEHIND = re.compile(r"([);&|][ \t]*|\b(?:then|do|else)[ \t]+)([A-Za-z_]\w*)(\+?)=", re.ASCII)
_BARE = re.compile(r"(?:\$\{[^{}\n]*\}|[^\s;&|])*")
_FUNCTION = re.compile(r"[ \t]*(?:function[ \t]+)?([\w.+-]+)[ \t]*\(\)[ \t]*(\{|\()?")
_OPENS = re.compile(r"[ \t]*(?:if|case|for|while|until)(?=\s)")
_CLOSES = re.compile(r"[ \t]*(?:fi|esac|done)(?=\s|;|$)")
_HERE = re.compile(r"<<-?[ \t]*[\"'\\]?([A-Za-z_]\w*)")
_VARIABLE = re.compile(r"\\(.)|\$(?:(\{)|([A-Za-z_]\w*)|(\()|(.))|(`)", re.DOTALL)
_OPERATION = re.compile(r"([A-Za-z_]\w*)(?:(%%|%|##|#|//|/|:-|-|:)(.*))?", re.DOTALL)
_DEEPEST = 16
_LONGEST = 65_536
_MOST_STEPS = 2_000
"""Of one expansion: variables made of others many times over must not take for ever."""
_MOST_STARS = 4


class Unknown(Exception):  # an answer, not a fault: the caller says what it was asked for
    """A value cannot be told without running something; the message says why."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name=value` at the top of the file. `[start, end)` is the value in the text, without its quotes; `line` counts
    from 1. `quote`: `"`, `'` or empty. `sure`: it stands under no condition."""

    name: str
    adds: bool
    value: str
    quote: str
    start: int
    end: int
    line: int
    condition: str = ""

    @property
    def sure(self) -> bool:
        return not self.condition


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its lines from the head to the closing brace, counted from 0, both included."""

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Script:
    lines: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    functions: tuple[Function, ...]

    def last(self, name: str) -> Assignment | None:
        return next((a for a in reversed(self.assignments) if a.name == name), None)

    def function(self, name: str) -> Function | None:
        return next((f for f in self.functions if f.name == name), None)


def format(script: Script) -> str:  # the other half of parse, under the name that everybody expects
    return "".join(script.lines)


@dataclass(slots=True)
class _Reader:
    text: str
    path: str
    lines: list[str]
    starts: list[int] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)

    def read(self) -> Script:
        at = 0
        for line in self.lines:
            self.starts.append(at)
            at += len(line)
        number = 0
        open_: list[str] = []
        while number < len(self.lines):
            line = self.lines[number]
            function = _FUNCTION.match(line)
            assign = _ASSIGN.match(line)
            if function is not None:
                number = self._function(function, number)
            elif assign is not None:
                number = self._assignment(assign, number, " and ".join(open_))
            elif not line.lstrip().startswith("#"):
                if _CLOSES.match(line):
                    del open_[-1:]
                elif _OPENS.match(line) and not re.search(r"[;\s](?:fi|esac|done)\s*(?:#.*)?$", line):
                    open_.append(line.strip())
                number = self._inner(number, open_)
            number += 1
        return Script(tuple(self.lines), tuple(self.assignments), tuple(self.functions))

    def _function(self, found: re.Match[str], first: int) -> int:
        """The last line of a function: a closing brace at the start of a line. A body in one line ends there."""
        head = self.lines[first][found.end() :]
        if found[2] and re.search(r"[})]\s*(?:#.*)?$", head):
            self.functions.append(Function(found[1], first, first))
            return first
        number, here = first + 1, ""
        while number < len(self.lines):
            line = self.lines[number]
            if here:
                here = "" if line.strip() == here else here
            elif line.startswith(("}", ")")):
                self.functions.append(Function(found[1], first, number))
                return number
            else:
                mark = _HERE.search(line)
                here = mark[1] if mark is not None and not line.lstrip().startswith("#") else ""
            number += 1
        what = f"the function {found[1]} is not closed by a brace at the start of a line"
        raise InputError(what, "close it", path=self.path, line=first + 1)

    def _inner(self, number: int, open_: list[str]) -> int:
        """Assignments behind something else in a line: `x86) a=b ;;`, `[ ... ] && a=b`. The line that ends it."""
        at, first = 0, number
        while number == first and (found := _BEHIND.search(self.lines[number], at)) is not None:
            ahead = self.lines[number][: found.start(2)].strip()
            number = self._assignment(found, number, " and ".join(dict.fromkeys([*open_, ahead])))
            at = max(found.end(), self.assignments[-1].end - self.starts[first])
        return number

    def _assignment(self, found: re.Match[str], number: int, condition: str) -> int:
        """Take in what `found`, in that line, begins. The line that ends it."""
        start = self.starts[number] + found.end()
        quote = self.text[start : start + 1]
        if quote in ('"', "'"):
            end = _closing(self.text, start)
            if end is None:
                what = f"the value of {found[2]} is not closed"
                raise InputError(what, f"close it with {quote}", path=self.path, line=number + 1)
            begin = start + 1
        else:
            quote = ""
            bare = _BARE.match(self.text, start)
            end = start if bare is None else bare.end()
            begin = start
        value = self.text[begin:end]
        condition = condition or ("an indented line" if found[1] else "")
        self.assignments.append(Assignment(found[2], bool(found[3]), value, quote, begin, end, number + 1, condition))
        return number + self.text.count("\n", begin, end)


def parse(text: str, path: str) -> Script:
    """Raises InputError with the line where a value or a function is not closed."""
    return _Reader(text, path, split_lines(text)).read()


def _closing(text: str, at: int) -> int | None:
    quote = text[at]
    if quote == "'":
        end = text.find("'", at + 1)
        return None if end < 0 else end
    end, depth = at + 1, 0
    while end < len(text):
        two = text[end : end + 2]
        if text[end] == "\\":
            end += 1
        elif two == "$(":
            depth += 1
            end += 1
        elif (
            two == "${" and (inner := re.match(r"\$\{(?:[^{}\n]|\$\{[^{}\n]*\})*\}", text[end : end + 200])) is not None
        ):
            end += len(inner[0]) - 1
        elif depth and text[end] == ")":
            depth -= 1
        elif text[end] == '"' and depth == 0:
            return end
        end += 1
    return None


@dataclass(frozen=True, slots=True)
class Scope:
    """What variables hold, told without running the script: after its first `limit` assignments, all by default."""

    script: Script
    limit: int | None = None
    steps: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)

    def expand(self, text: str, depth: int = 0) -> str:
        """The text with its variables. Raises Unknown."""
        self.steps[0] = self.steps[0] + 1 if depth else 0
        if depth > _DEEPEST or self.steps[0] > _MOST_STEPS:
            raise Unknown("variables that go in circles")
        made: list[str] = []
        end = 0
        while (found := _VARIABLE.search(text, end)) is not None:
            made.append(text[end : found.start()])
            end = found.end()
            if found[1] is not None:
                made.append("" if found[1] == "\n" else found[1])
            elif found[2] is not None:
                end = _brace(text, found.end())
                made.append(self._operation(text[found.end() : end - 1], depth))
            elif found[3] is not None:
                made.append(self.value(found[3], depth + 1))
            elif found[4] or found[6]:
                raise Unknown("the output of a command")
            else:
                raise Unknown(f"${found[5]}")
        whole = "".join(made) + text[end:]
        if len(whole) > _LONGEST:
            raise Unknown("variables that give a text of absurd length")
        return whole

    def value(self, name: str, depth: int = 0) -> str:
        """Raises Unknown where the value depends on a condition, a command or the environment."""
        if depth > _DEEPEST:
            raise Unknown("variables that go in circles")
        before = [a for a in self.script.assignments[: self.limit] if a.name == name]
        if not before:
            raise Unknown(f"${name}, which nothing sets")
        if not all(a.sure for a in self.script.assignments if a.name == name):
            raise Unknown(f"${name}, which depends on a condition")
        last = before[-1]
        earlier = Scope(self.script, self.script.assignments.index(last), self.steps)
        value = last.value if last.quote == "'" else earlier.expand(last.value, depth + 1)
        return (earlier.value(name, depth + 1) if len(before) > 1 else "") + value if last.adds else value

    def names(self, text: str) -> set[str]:
        """The variables that a text rests on, also those in their values."""
        found: set[str] = set()
        todo = [text]
        while todo:
            for name in re.findall(r"\$\{?([A-Za-z_]\w*)", todo.pop()):
                if name not in found:
                    found.add(name)
                    todo += [a.value for a in self.script.assignments if a.name == name]
        return found

    def _operation(self, inner: str, depth: int) -> str:
        found = _OPERATION.fullmatch(inner)
        if found is None:
            raise Unknown(f"${{{inner}}}")
        name, operator, word = found[1], found[2], (found[3] or "").replace('"', "")
        if operator in (":-", "-"):
            known = any(a.name == name for a in self.script.assignments[: self.limit])
            return self.value(name, depth + 1) if known else self.expand(word, depth + 1)
        value = self.value(name, depth + 1)
        if operator is None:
            return value
        if operator == ":":
            numbers = re.fullmatch(r"(\d*)(?::(\d+))?", word)
            if numbers is None:
                raise Unknown(f"${{{inner}}}")
            start = int(numbers[1] or 0)
            return value[start : start + int(numbers[2]) if numbers[2] else None]
        if operator in ("/", "//"):
            old, _, new = word.partition("/")
            pattern = re.compile(_glob(self.expand(old, depth + 1)))
            return pattern.sub(lambda _m: self.expand(new, depth + 1), value, count=1 if operator == "/" else 0)
        return _cut(value, operator, _glob(self.expand(word, depth + 1)))


def _brace(text: str, at: int) -> int:
    """Where the brace that was opened before `at` is closed, and what follows begins."""
    depth = 1
    while at < len(text):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            return at
    raise Unknown("a brace that is not closed")


def _cut(value: str, operator: str, pattern: str) -> str:
    """`%`, `%%`, `#`, `##`: without the shortest or longest end or start that the pattern matches."""
    places = range(len(value) + 1)
    if operator[0] == "%":
        order = reversed(places) if operator == "%" else places
        return next((value[:at] for at in order if re.fullmatch(pattern, value[at:])), value)
    order = places if operator == "#" else reversed(places)
    return next((value[at:] for at in order if re.fullmatch(pattern, value[:at])), value)


def _glob(pattern: str) -> str:
    made = re.sub(r"\[[!^]?[^\]]+\]|[*?]|.", lambda m: _GLOB.get(m[0]) or _bracket(m[0]), pattern, flags=re.DOTALL)
    if made.count(".*") > _MOST_STARS:
        raise Unknown(f"the pattern {pattern!r}")
    try:
        re.compile(made)
    except re.error:
        raise Unknown(f"the pattern {pattern!r}") from None
    return made


_GLOB = {"*": ".*", "?": "."}


def _bracket(text: str) -> str:
    if len(text) > 2 and text.startswith("["):
        return (
            "["
            + ("^" if text[1] in "!^" else "")
            + re.escape(text[2:-1] if text[1] in "!^" else text[1:-1]).replace(r"\-", "-")
            + "]"
        )
    return re.escape(text)
