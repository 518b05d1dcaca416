"""Macros in names, versions and addresses, expanded from plain text only: no shell, no Lua, nothing of the system."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from syncbot.layouts.dist_git.commands import meaning
from syncbot.layouts.dist_git.spec import Definition, Spec

_MACRO = re.compile(r"%(?:%|\(|\[|\{|(!?\??[A-Za-z_]\w*\*?))")
_INNER = re.compile(r"([!?]*)(\w+)(?::(.*))?", re.DOTALL)
_TAGS = frozenset({"name", "version", "release", "epoch", "url"})
_DEEPEST = 16
_LONGEST = 65_536
_MOST_STEPS = 2_000
"""Of one expansion: macros made of others many times over must not take for ever."""


class Unknown(Exception):  # an answer, not a fault: the caller says what it was asked for
    """A text cannot be expanded; the message says why."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What macros mean in one spec. `at` of a question is the line (from 0) in which they stand."""

    spec: Spec
    steps: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)

    def expand(self, text: str, at: int, depth: int = 0) -> str:
        """The text without macros. Raises Unknown."""
        self.steps[0] = self.steps[0] + 1 if depth else 0
        if depth > _DEEPEST or self.steps[0] > _MOST_STEPS:
            raise Unknown("macros that go in circles")
        made: list[str] = []
        end = 0
        while (found := _MACRO.search(text, end)) is not None:
            made.append(text[end : found.start()])
            mark = found[0]
            if mark == "%%":
                made.append("%")
                end = found.end()
            elif mark == "%{":
                close = _close(text, found.end())
                made.append(self._braced(text[found.end() : close], at, depth))
                end = close + 1
            elif found[1] is not None:
                made.append(self._braced(found[1], at, depth))
                end = found.end()
            elif mark == "%(":
                close = _close(text, found.end(), "()")
                said = meaning(self.expand(text[found.end() : close], at, depth + 1))
                if said is None:
                    raise Unknown("a macro that runs a command")
                made.append(said)
                end = close + 1
            else:
                raise Unknown("a macro that computes")
        whole = "".join(made) + text[end:]
        if len(whole) > _LONGEST:
            raise Unknown("macros that give a text of absurd length")
        return whole

    def names(self, text: str) -> set[str]:
        """The macros that a text rests on, also those in their definitions."""
        found: set[str] = set()
        todo = [text]
        while todo:
            for name in re.findall(r"%\{?[!?]*(\w+)", todo.pop()):
                if name not in found:
                    found.add(name)
                    todo += [d.body for d in self.spec.definitions if d.name == name]
        return found

    def _braced(self, inner: str, at: int, depth: int) -> str:
        if inner == "version_no_tilde":
            return self.expand("%{version}", at, depth + 1).replace("~", "-")
        found = _INNER.fullmatch(inner)
        if found is None:
            raise Unknown(f"the macro %{{{inner}}}")
        marks, name, body = found[1], found[2], found[3]
        if body is not None and not marks:
            raise Unknown(f"the macro %{{{inner}}}")
        negated, optional = marks.count("!") % 2 == 1, "?" in marks
        there = self._find(name, at)
        if negated:
            return "" if there is not None else self.expand(body or "", at, depth + 1)
        if there is None:
            if optional:
                return ""
            raise Unknown(f"the macro {name}, which the spec does not define")
        value, where = there
        return self.expand(value if body is None else body, at if body is not None else where, depth + 1)

    def _find(self, name: str, at: int) -> tuple[str, int] | None:
        """(text, the line where its own macros count) of a macro, None where nothing defines it. Raises Unknown."""
        definition = self.definition(name, at)
        if definition is not None:
            return definition.body, at if definition.lazy else definition.at
        lower = name.lower()
        if lower == "nil":
            return "", at
        if lower not in _TAGS:
            return None
        tags = self.spec.tag(lower)
        if len({tag.value for tag in tags}) > 1:
            raise Unknown(f"the tag {lower}, which has several values under conditions")
        return (tags[0].value, tags[0].at) if tags else None

    def definition(self, name: str, at: int) -> Definition | None:
        """The one definition that holds at a line. Raises Unknown where that depends on a condition."""
        found = [d for d in self.spec.definitions if d.name == name and d.at <= at]
        if not found:
            return None
        here = self.spec.lines[min(at, len(self.spec.lines) - 1)].branches
        last = found[-1]
        always = last.branches == here[: len(last.branches)]
        if not last.plain:
            raise Unknown(f"the macro {name}, whose definition is not plain")
        if not always and len({d.body for d in found}) > 1:
            raise Unknown(f"the macro {name}, which has several values under conditions")
        return last


def _close(text: str, at: int, pair: str = "{}") -> int:
    depth = 1
    for end in range(at, len(text)):
        depth += {pair[0]: 1, pair[1]: -1}.get(text[end], 0)
        if depth == 0:
            return end
    raise Unknown("a macro that is not closed")
