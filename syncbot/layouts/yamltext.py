"""YAML with positions: parsed by PyYAML's event parser, edited by spans of the text, never dumped.

Nothing is constructed from tags and no alias is followed: a value that is an alias says so. Positions are indexes into
the text (characters), lines count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from syncbot.errors import InputError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 60
_PROPERTIES = re.compile(r"(?:[!&]\S*\s+)+")
_TAKEN_OUT = re.compile(r"\s*#+\s*- ")


@dataclass(frozen=True, slots=True)
class Scalar:
    """`text` is the value; `style` is '' (plain), `'`, `"`, `|` or `>`. `[start, end)` is what stands for it."""

    text: str
    style: str
    start: int
    end: int
    line: int
    anchored: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence.."""

    items: tuple[Node, ...]
    flow: bool
    start: int
    end: int
    line: int
    anchored: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """A mapping; keys may come twice. Keys that are no scalars are left out."""

    pairs: tuple[tuple[Scalar, Node], ...]
    flow: bool
    start: int
    end: int
    line: int
    anchored: bool = False

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.pairs if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        return next((name for name, _ in self.pairs if name.text == key), None)


@dataclass(frozen=True, slots=True)
class Alias:
    """`*name`."""

    name: str
    start: int
    end: int
    line: int
    anchored: bool = True


Node: TypeAlias = Scalar | Items | Pairs | Alias


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what it says. The text that was parsed may be another than `text`, of the same length (a template
    with its expressions masked): `raw` is what really stands there."""

    path: str
    text: str
    root: Node

    def raw(self, node: Node) -> str:
        return self.text[node.start : node.end]

    def error(self, node: Node, what: str, remedy: str) -> InputError:
        return InputError(what, remedy, path=self.path, line=node.line)

    def plain(self, node: Node, what: str) -> Node:
        """The node, where it is neither alias nor anchor, so that an edit changes nothing elsewhere."""
        if node.anchored:
            kind = "an alias" if isinstance(node, Alias) else "an anchor"
            raise self.error(node, f"{what} is {kind}, which is not edited", "write the value itself there")
        return node

    def pairs(self, node: Node | None, what: str) -> Pairs | None:
        """The mapping, None where there is nothing. Raises InputError where it is something else."""
        if node is None or (isinstance(node, Scalar) and not node.text.strip()):
            return None
        if not isinstance(self.plain(node, what), Pairs):
            raise self.error(node, f"{what} is no mapping", "write keys and values")
        assert isinstance(node, Pairs)
        return node

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a sequence; none where there is nothing. Raises InputError where it is something else."""
        if node is None or (isinstance(node, Scalar) and not node.text.strip()):
            return ()
        if not isinstance(self.plain(node, what), Items):
            raise self.error(node, f"{what} is no list", "write a list")
        assert isinstance(node, Items)
        return node.items

    def scalar(self, node: Node | None, what: str) -> Scalar | None:
        """The scalar, None where there is nothing. Raises InputError where it is something else."""
        if node is None:
            return None
        if not isinstance(self.plain(node, what), Scalar):
            raise self.error(node, f"{what} is no plain value", "write one value")
        assert isinstance(node, Scalar)
        return node

    def word(self, node: Node | None) -> str:
        """The value of a scalar, '' where it is none."""
        return node.text if isinstance(node, Scalar) else ""

    def written(self, node: Scalar, value: str) -> tuple[int, int, str]:
        """The edit that gives a scalar of one line another value, in its style."""
        raw = self.raw(node)
        if node.style in ("|", ">") or "\n" in raw:
            raise self.error(node, "the value has several lines", "write it in one line")
        return node.start, node.end, node.style + value + node.style


def parse(path: str, text: str, masked: str | None = None) -> Document:
    """Raises InputError with the line. `masked` is what is parsed instead of the text, of the same length."""
    source = text if masked is None else masked
    assert len(source) == len(text)
    try:
        body = source.removeprefix("\ufeff")  # the parsers disagree on whether it counts
        events = yaml.parse(body, Loader=_LOADER)
        return Document(path, text, _document(path, source, events))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        what = f"it is no YAML: {error.problem or error.context}"
        raise InputError(what, "mend it", path=path, line=line) from None
    except yaml.YAMLError:
        raise InputError("it is no YAML", "mend it", path=path) from None


def _document(path: str, text: str, events: Iterator[Any]) -> Node:
    root: Node | None = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None:
                what = "a second document in one file"
                raise InputError(what, "write one document", path=path, line=event.start_mark.line + 1)
        elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
            root = _node(path, text, event, events, 0)
    if root is None:
        raise InputError("it is empty", "write something into it, or delete it", path=path)
    return root


def _node(path: str, text: str, event: Any, events: Iterator[Any], depth: int) -> Node:
    mark = int(text.startswith("\ufeff"))
    start, stop, line = event.start_mark.index + mark, event.end_mark.index + mark, event.start_mark.line + 1
    if depth > _DEEPEST:
        raise InputError(f"it is nested more than {_DEEPEST} deep", "write it flatter", path=path, line=line)
    if isinstance(event, yaml.AliasEvent):
        return Alias(event.anchor, start, stop, line)
    anchored = event.anchor is not None
    if isinstance(event, yaml.ScalarEvent):
        # a plain style's end is exact; a block's may reach over blank lines that follow
        end = start + len(text[start:stop].rstrip())
        said = _PROPERTIES.match(text, start, end) if anchored or event.tag is not None else None
        return Scalar(event.value, (event.style or "").strip(), said.end() if said else start, end, line, anchored)
    flow = bool(event.flow_style)
    nodes: list[Node] = []
    for inner in events:
        if isinstance(inner, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            break
        nodes.append(_node(path, text, inner, events, depth + 1))
    # in block style the end event only knows where the next token is
    end = inner.end_mark.index + mark if flow else max((node.end for node in nodes), default=start)
    if isinstance(event, yaml.SequenceStartEvent):
        return Items(tuple(nodes), flow, start, end, line, anchored)
    pairs = tuple((k, v) for k, v in zip(nodes[::2], nodes[1::2], strict=True) if isinstance(k, Scalar))
    return Pairs(pairs, flow, start, end, line, anchored)


def line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Behind the newline of the line in which a character stands."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def indent_at(text: str, at: int) -> str:
    """The white space that begins the line."""
    start = line_start(text, at)
    end = start
    while end < len(text) and text[end] in " \t":
        end += 1
    return text[start:end]


def lines_of(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of the whole lines in which [start, end) stands."""
    return line_start(text, start), line_end(text, max(start, end - 1))


def with_comments(text: str, start: int) -> int:
    """Where the comment begins that stands right above the line at `start`, with the same indentation. A line
    that was taken out (`# - name`) is no comment on the next one."""
    indent = indent_at(text, start)
    while start > 0:
        above = line_start(text, start - 1)
        line = text[above:start]
        if not line.startswith(indent + "#") or _TAKEN_OUT.match(line):
            break
        start = above
    return start


def without_block(text: str, start: int, end: int, *, last: bool) -> tuple[int, int]:
    """The span of whole lines to remove so that one blank line stays where blocks are set apart. `last`: nothing of
    the same list follows."""
    start, end = lines_of(text, start, end)
    start = with_comments(text, start)
    above = text[line_start(text, start - 1) : start] if start else "\n"
    after = end
    while after < len(text) and not text[after : line_end(text, after)].strip():
        after = line_end(text, after)
    if after == len(text):  # the file ends here: no blank lines are left behind
        while start > 0 and not text[line_start(text, start - 1) : start].strip():
            start = line_start(text, start - 1)
        return start, end if after == end else after
    heading = len(indent_at(above, 0)) < len(indent_at(text, start))  # the key that holds the list
    return (start, after) if not above.strip() or (heading and not last) else (start, end)
