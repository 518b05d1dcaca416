"""The patches of a conda recipe: where they stand, when they apply, and what an edit of the list takes out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from syncbot.layouts.draft import newline_of
from syncbot.layouts.yamltext import (
    Document,
    Items,
    Node,
    Pairs,
    Scalar,
    indent_at,
    line_end,
    line_start,
    lines_of,
    with_comments,
    without_block,
)

Edit = tuple[int, int, str]
_SELECTOR = re.compile(r"#.*\[([^\[\]]+)\]|^\s*\[([^\[\]]+)\]\s*$")
_OLD_SELECTOR = re.compile(r"^(\S+)\s+\[([^\[\]]+)\]$")
_IF = re.compile(r"\{%-?\s*if\b[^%]*%\}\s*")
_END = re.compile(r"\{%-?\s*endif\s*-?%\}\s*")
_BRANCHES = ("then", "else")


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of `source:`."""

    node: Pairs
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A patch in a list. `text` is its name as written, without an old-style selector."""

    node: Scalar
    text: str
    conditions: tuple[str, ...]


def holders(root: Pairs) -> Iterator[Pairs]:
    """The recipe and its outputs."""
    yield root
    for key, value in root.pairs:
        if key.text == "outputs":
            yield from _outputs(value)


def _outputs(node: Node) -> Iterator[Pairs]:
    if isinstance(node, Items):
        for item in node.items:
            yield from _outputs(item)
    elif isinstance(node, Pairs) and node.get("if") is None:
        yield node
    elif isinstance(node, Pairs):
        for key, value in node.pairs:
            if key.text in _BRANCHES:
                yield from _outputs(value)


def sources(document: Document, root: Pairs) -> Iterator[Source]:
    for holder in holders(root):
        for key, value in holder.pairs:
            if key.text == "source":
                yield from _sources(document, value, ())


def _sources(document: Document, node: Node, conditions: tuple[str, ...]) -> Iterator[Source]:
    if isinstance(node, Items):
        for item in document.items(node, "source"):
            yield from _sources(document, item, conditions)
        return
    pairs = document.pairs(node, "source")
    if pairs is None:
        return
    condition = pairs.get("if")
    if condition is None:
        yield Source(pairs, conditions)
        return
    for key, value in pairs.pairs:
        if key.text in _BRANCHES:
            yield from _sources(document, value, (*conditions, _branch(document, condition, key)))


def _branch(document: Document, condition: Node, key: Scalar) -> str:
    word = document.word(condition)
    return word if key.text == "then" else f"not ({word})"


def entries(document: Document, source: Source, *, selectors: bool) -> Iterator[Entry]:
    """The patches of a source in order. `selectors`: a comment `# [win]` is a condition."""
    for key, value in source.node.pairs:
        if key.text == "patches":
            named = (*source.conditions, *(_selected(document, key) if selectors else ()))
            yield from _entries(document, value, named, selectors=selectors)


def _entries(document: Document, node: Node, conditions: tuple[str, ...], *, selectors: bool) -> Iterator[Entry]:
    document.plain(node, "patches")
    if isinstance(node, Scalar):
        raw = document.raw(node)
        text = raw if not node.style else raw[1:-1]
        old = _OLD_SELECTOR.match(text) if selectors and not node.style else None
        if text:
            extra = (old[2],) if old else _selected(document, node) if selectors else ()
            yield Entry(node, old[1] if old else text, (*conditions, *extra))
    elif isinstance(node, Items):
        for item in node.items:
            yield from _entries(document, item, conditions, selectors=selectors)
    elif isinstance(node, Pairs):
        condition = node.get("if")
        if condition is None:
            raise document.error(node, "a patch is no name", "write the name of a file")
        for key, value in node.pairs:
            if key.text in _BRANCHES:
                inner = (*conditions, _branch(document, condition, key))
                yield from _entries(document, value, inner, selectors=selectors)


def _selected(document: Document, node: Scalar) -> tuple[str, ...]:
    """The selector at the end of the node's line."""
    found = _SELECTOR.search(document.text[node.end : line_end(document.text, node.end)].rstrip())
    return ((found[1] or found[2]).strip(),) if found else ()


def without(document: Document, root: Pairs, gone: frozenset[int], *, selectors: bool) -> list[Edit]:
    """The edits that take out the patches that begin there, and what holds nothing but them."""
    edits: list[Edit] = []
    for source in sources(document, root):
        for key, value in source.node.pairs:
            if key.text == "patches":
                empty, inner = _pruned(document, value, gone)
                edits += [_pair(document, source.node, key, value)] if empty else inner
    if selectors:
        edits = [_with_statement(document.text, edit) for edit in edits]
    return edits


def _pruned(document: Document, node: Node, gone: frozenset[int]) -> tuple[bool, list[Edit]]:
    """(whether nothing is left of it, else the edits inside)."""
    if isinstance(node, Scalar):
        return node.start in gone, []
    if isinstance(node, Items):
        results = [_pruned(document, item, gone) for item in node.items]
        if results and all(empty for empty, _ in results):
            return True, []
        edits = [edit for _, inner in results for edit in inner]
        return False, edits + _items(document, node, [n for n, (empty, _) in enumerate(results) if empty])
    if not isinstance(node, Pairs):
        return False, []
    branches = [(key, value, *_pruned(document, value, gone)) for key, value in node.pairs if key.text in _BRANCHES]
    empties = [key.text for key, _, empty, _ in branches if empty]
    if branches and len(empties) == len(branches):
        return True, []
    if "then" in empties:
        what = "nothing is left of `then`, and `else` remains"
        raise document.error(node, what, "turn the condition round by hand")
    return False, [
        edit
        for key, value, empty, inner in branches
        for edit in ([_pair(document, node, key, value)] if empty else inner)
    ]


def _items(document: Document, items: Items, gone: list[int]) -> list[Edit]:
    if items.flow:
        return _elements(items, gone)
    edits: list[Edit] = []
    for number in gone:
        item = items.items[number]
        start, end = lines_of(document.text, item.start, item.end)
        if not re.fullmatch(r"[ \t]*- +", document.text[start : item.start]):
            raise document.error(item, "the patch does not stand on a line of its own", "write each as `- NAME`")
        edits.append((*without_block(document.text, start, end, last=True), ""))
    return edits


def _elements(items: Items, gone: list[int]) -> list[Edit]:
    """Elements of a list in brackets, each with the comma that sets it apart."""
    edits: list[Edit] = []
    kept = [n for n in range(len(items.items)) if n not in gone]
    for number in gone:
        item = items.items[number]
        if number < kept[-1]:
            edits.append((item.start, items.items[number + 1].start, ""))
        else:
            edits.append((items.items[number - 1].end, item.end, ""))
    return edits


def _pair(document: Document, holder: Pairs, key: Scalar, value: Node) -> Edit:
    """The lines of a key with its value."""
    text = document.text
    start = line_start(text, key.start)
    if holder.flow or text[start : key.start].strip():
        what = f"`{key.text}` does not stand on lines of its own"
        raise document.error(key, what, "write each key on its own line")
    return with_comments(text, start), line_end(text, max(key.end, value.end) - 1), ""


def _with_statement(text: str, edit: Edit) -> Edit:
    """With the `if` and `endif` around it, where nothing else stands between them."""
    start, end, _ = edit
    above = line_start(text, start - 1) if start else 0
    below = line_end(text, end)
    if start and _IF.fullmatch(text[above:start].strip()) and _END.fullmatch(text[end:below].strip()):
        return above, below, ""
    return edit


def appended(document: Document, source: Source, name: str, *, selectors: bool) -> Edit:
    """One more patch at the end of a source's list; a list, where there is none."""
    text, newline = document.text, newline_of(document.text)
    key, value = next(((k, v) for k, v in source.node.pairs if k.text == "patches"), (None, None))
    if key is None:
        last, node = source.node.pairs[-1]
        if source.node.flow:
            raise document.error(source.node, "the source is written in braces", "add the list by hand")
        indent = " " * (last.start - line_start(text, last.start))
        lines = f"{indent}patches:{newline}{indent}  - {name}{newline}"
        return _line(text, max(last.end, node.end), lines, newline)
    if isinstance(value, Items) and value.flow and value.items:
        return value.items[-1].end, value.items[-1].end, f", {name}"
    if not isinstance(value, Items) or value.flow or not value.items:
        raise document.error(key, "`patches` is no list", "write the patches as a list")
    end = value.end
    if selectors:
        at = line_end(text, end - 1)
        while _END.fullmatch(text[at : line_end(text, at)].strip()):
            end, at = line_end(text, at), line_end(text, at)
    indent = indent_at(text, value.items[-1].start)
    return _line(text, end, f"{indent}- {name}{newline}", newline)


def _line(text: str, after: int, lines: str, newline: str) -> Edit:
    """Whole lines behind the line in which `after` ends."""
    at = line_end(text, after - 1)
    if at and text[at - 1] != "\n":
        return at, at, newline + lines.removesuffix(newline)
    return at, at, lines
