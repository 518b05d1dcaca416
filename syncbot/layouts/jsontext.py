"""JSON with positions: a reader that keeps where each value stands, so that an edit is a span of the text.

Strict JSON, as package managers read it; a byte order mark is passed over. Positions are indexes into the text, lines
count from 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from syncbot.errors import InputError

Edit = tuple[int, int, str]
_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"')
_OTHER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Text:
    """A string; `[start, end)` has the quotes."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Other:
    """A number, true, false or null."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Object:
    """Members in order; a key may come twice, the last one counts."""

    members: tuple[tuple[Text, Node], ...]
    start: int
    end: int

    def get(self, key: str) -> Node | None:
        return next((value for name, value in reversed(self.members) if name.value == key), None)

    def object(self, key: str) -> Object | None:
        found = self.get(key)
        return found if isinstance(found, Object) else None

    def text(self, key: str) -> str:
        found = self.get(key)
        return found.value if isinstance(found, Text) else ""

    def texts(self) -> Iterator[tuple[Text, Text]]:
        """The members whose values are strings."""
        for key, value in self.members:
            if isinstance(value, Text):
                yield key, value


Node: TypeAlias = Text | Other | Array | Object


def parse(path: str, text: str) -> Object:
    """Raises InputError with the line where it is no JSON, or no object."""
    reader = _Reader(path, text)
    node = reader.node(_SPACE.match(text, 1 if text.startswith("\ufeff") else 0).end(), 0)  # type: ignore[union-attr]  # it matches nothing, too
    if _SPACE.fullmatch(text, node.end) is None:
        raise reader.error(node.end, "something stands behind the end")
    if not isinstance(node, Object):
        raise reader.error(node.start, "it is no object")
    return node


class _Reader:
    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text

    def error(self, at: int, what: str) -> InputError:
        line = self._text.count("\n", 0, at) + 1
        return InputError(f"it is no JSON: {what}", "mend it", path=self._path, line=line)

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def node(self, at: int, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self.error(at, f"it is nested more than {_DEEPEST} deep")
        first = self._text[at : at + 1]
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._array(at, depth)
        if first == '"':
            return self._string(at)
        found = _OTHER.match(self._text, at)
        if found is None:
            raise self.error(at, f"{first!r} is not expected here" if first else "it ends too early")
        return Other(at, found.end())

    def _string(self, at: int) -> Text:
        found = _STRING.match(self._text, at)
        if found is None:
            raise self.error(at, "a string with a quotation mark at each end is expected here")
        return Text(json.loads(found[0]), at, found.end())

    def _object(self, start: int, depth: int) -> Object:
        members: list[tuple[Text, Node]] = []
        at = self._skip(start + 1)
        while self._text[at : at + 1] != "}" or members:
            key = self._string(at)
            at = self._skip(key.end)
            if self._text[at : at + 1] != ":":
                raise self.error(at, "a colon is expected here")
            value = self.node(self._skip(at + 1), depth + 1)
            members.append((key, value))
            at = self._skip(value.end)
            if self._text[at : at + 1] == "}":
                break
            at = self._comma(at)
        return Object(tuple(members), start, at + 1)

    def _array(self, start: int, depth: int) -> Array:
        items: list[Node] = []
        at = self._skip(start + 1)
        while self._text[at : at + 1] != "]" or items:
            items.append(self.node(at, depth + 1))
            at = self._skip(items[-1].end)
            if self._text[at : at + 1] == "]":
                break
            at = self._comma(at)
        return Array(tuple(items), start, at + 1)

    def _comma(self, at: int) -> int:
        if self._text[at : at + 1] != ",":
            raise self.error(at, "a comma is expected here")
        return self._skip(at + 1)


def quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def removed(holder: Object, gone: frozenset[int]) -> list[Edit]:
    """The edits that take out the members whose keys begin there, each with the comma that sets it apart. Not for all
    of them: then the object itself goes."""
    edits: list[Edit] = []
    members = holder.members
    kept = [n for n, (key, _) in enumerate(members) if key.start not in gone]
    for n, (key, value) in enumerate(members):
        if key.start not in gone:
            continue
        if n < kept[-1]:
            edits.append((key.start, members[n + 1][0].start, ""))
        else:
            edits.append((members[n - 1][1].end, value.end, ""))
    return edits


def pruned(holder: Object, gone: frozenset[int]) -> tuple[bool, list[Edit]]:
    """(whether nothing is left of the object, else the edits): members whose keys begin there are taken out at any
    depth, and what held nothing else."""
    empty: set[int] = set()
    edits: list[Edit] = []
    for key, value in holder.members:
        if key.start in gone:
            empty.add(key.start)
        elif isinstance(value, Object) and value.members:
            inner_empty, inner = pruned(value, gone)
            if inner_empty:
                empty.add(key.start)
            edits += inner
    if holder.members and len(empty) == len({key.start for key, _ in holder.members}):
        return True, []
    return False, edits + removed(holder, frozenset(empty))
