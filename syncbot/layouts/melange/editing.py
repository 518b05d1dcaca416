"""Edits of a melange file, as spans of its text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from syncbot.errors import InputError
from syncbot.layouts.draft import newline_of
from syncbot.layouts.melange.steps import PatchStep, Step, Word, steps, words_of
from syncbot.layouts.yamltext import (
    Document,
    Items,
    Pairs,
    Scalar,
    indent_at,
    line_end,
    line_start,
    lines_of,
    without_block,
)

Edit = tuple[int, int, str]
_DASH = re.compile(r"[ \t]*- +")


def without_words(document: Document, value: Scalar, words: Iterable[Word]) -> list[Edit]:
    """The list of patches without some of them: a name that has its line for itself goes with the line."""
    text = document.text
    edits: list[Edit] = []
    for word in words:
        start, end = lines_of(text, word.start, word.end)
        first = start <= value.start
        if not first and text[start:end].strip() == text[word.start : word.end]:
            edits.append((start, end, ""))
            continue
        start = word.start
        while text[start - 1] in " \t":
            start -= 1
        end = word.end
        if text[start - 1] in "'\"\n" or (first and start <= value.start):  # first of its line: what follows comes up
            start = word.start
            while end < value.end and text[end] in " \t":
                end += 1
        edits.append((start, end, ""))
    return edits


def appended(document: Document, value: Scalar, name: str) -> Edit:
    """The list of patches with one more at the end, written as the others are."""
    text = document.text
    found = words_of(document, value)
    if not found:
        raise document.error(value, "the list of patches is empty", "remove the step")
    start, end, _ = found[-1]
    if value.style in ("|", ">"):
        return end, end, newline_of(text) + indent_at(text, start) + name
    return end, end, f" {name}"


def new_step(document: Document, root: Pairs, found: tuple[PatchStep, ...], name: str) -> str:
    """The text with one more step behind the last one that applies patches, else behind the one that fetches."""
    last = found[-1].step if found else _fetching(document, root)
    if last is None or not last.lists or (not last.main and last.conditions):
        what = "there is no step behind which a patch could be applied"
        raise InputError(what, "add a step `uses: patch` by hand", path=document.path, line=root.line)
    items, number, _ = last.lists[0]
    start, end = _span(document, items, number)
    text, newline = document.text, newline_of(document.text)
    indent = indent_at(text, start)
    lines = [f"{indent}- uses: patch", f"{indent}  with:", f"{indent}    patches: {name}"]
    apart = newline if not text[end : line_end(text, end)].strip() and end < len(text) else ""
    if not text[:end].endswith("\n"):
        return text + newline + newline.join(lines)
    return text[:end] + apart + newline.join(lines) + newline + text[end:]


def _fetching(document: Document, root: Pairs) -> Step | None:
    fetching = [s for s in steps(document, root) if s.main and s.uses(document) in ("git-checkout", "fetch")]
    return fetching[-1] if fetching else None


def emptied(document: Document, root: Pairs, gone: Iterable[Step]) -> list[Edit]:
    """The edits that remove whole steps, and what holds nothing but them."""
    chains: dict[tuple[int, int], tuple[tuple[Items, int, Pairs], ...]] = {}
    waiting = [step.lists for step in gone]
    holders: list[Pairs] = []
    while waiting:
        lists = waiting.pop()
        items, number, holder = lists[-1]
        chains[items.start, number] = lists
        if not all((items.start, n) in chains for n in range(len(items.items))):
            continue
        for n in range(len(items.items)):
            del chains[items.start, n]
        if len(lists) > 1:
            waiting.append(lists[:-1])
        elif holder is root:
            what = "nothing is left of the pipeline without the patch"
            raise document.error(items, what, "remove the package by hand")
        else:
            holders.append(holder)
    spans = [_removal(document, *lists[-1][:2]) for lists in chains.values()]
    spans += [_pipeline(document, holder) for holder in holders]
    return _joined(spans)


def _removal(document: Document, items: Items, number: int) -> tuple[int, int]:
    start, end = _span(document, items, number)
    return without_block(document.text, start, end, last=number == len(items.items) - 1)


def _span(document: Document, items: Items, number: int) -> tuple[int, int]:
    """The whole lines of one item of a sequence, with the comments that end it."""
    text, item = document.text, items.items[number]
    start, end = lines_of(text, item.start, item.end)
    if items.flow or not _DASH.fullmatch(text[start : item.start]):
        raise document.error(item, "the step does not stand on lines of its own", "write each step as `- uses: ...`")
    dash = len(indent_at(text, start))
    while end < len(text):
        line = text[end : line_end(text, end)]
        if not line.lstrip(" \t").startswith("#") or len(indent_at(text, end)) <= dash:
            break
        end += len(line)
    return start, end


def _pipeline(document: Document, holder: Pairs) -> tuple[int, int]:
    """The lines of a `pipeline:` that is left without a step."""
    key, value = next((key, value) for key, value in holder.pairs if key.text == "pipeline")
    if holder.flow or document.text[line_start(document.text, key.start) : key.start].strip():
        raise document.error(key, "the pipeline does not stand on lines of its own", "remove the subpackage by hand")
    return without_block(document.text, key.start, value.end, last=key is holder.pairs[-1][0])


def _joined(spans: Iterable[tuple[int, int]]) -> list[Edit]:
    """The removals, those that overlap as one."""
    joined: list[Edit] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1]), ""
        else:
            joined.append((start, end, ""))
    return joined
