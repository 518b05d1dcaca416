"""Words in a quoted value that may go over several lines, as APKBUILDs and BitBake recipes list files: where each
stands, and how the text is without one, or with one more.

Spans are indexes into the whole text; a backslash at the end of a line is white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]` is the word."""

    text: str
    start: int
    end: int


def words(text: str, start: int, end: int) -> Iterator[Word]:
    """The words of the value `text[start:end]`. White space inside `${...}` parts none."""
    at, began = start, -1
    while at < end:
        here = text[at]
        parts = here.isspace() or (here == "\\" and text[at + 1 : at + 3].lstrip(" \t\r")[:1] in ("\n", ""))
        if parts:
            if began >= 0:
                yield Word(text[began:at], began, at)
            began = -1
            at += 1
            continue
        began = at if began < 0 else began
        if text.startswith("${", at):
            at = brace_end(text, at + 2, end)
        else:
            at += 2 if here == "\\" else 1
    if began >= 0:
        yield Word(text[began:end], began, end)


def brace_end(text: str, at: int, end: int) -> int:
    """Where what was opened before `at` is closed; `at` itself where it never is."""
    depth, there = 1, at
    while there < end:
        depth += {"{": 1, "}": -1}.get(text[there], 0)
        there += 1
        if depth == 0:
            return there
    return at


def cut(text: str, word: tuple[int, int], value: tuple[int, int]) -> tuple[int, int]:
    """What to delete so that the value has the word no more: its line where it has one, else it and the space that
    parts it from its neighbour."""
    (start, end), (first, last) = word, value
    line = text.rfind("\n", 0, start) + 1
    found = text.find("\n", end)
    close = found if found >= 0 else len(text)
    before, after = text[max(line, first) : start], text[end : min(close, last)]
    lonely = not before.strip() and not after.strip().strip("\\").strip()
    if lonely and line > first and close < last:
        return line, close + 1
    if lonely and line <= first and close < last:
        behind = re.compile(r"(?:\s|\\(?=\r?\n))*").match(text, end, last)
        assert behind is not None
        rest = text[behind.end() : last].strip().strip("\\").strip()
        return (start, behind.end()) if rest else (start, end)
    if after.strip().strip("\\").strip():
        behind = re.compile(r"[ \t]*").match(text, end)
        assert behind is not None
        return start, behind.end()
    ahead = re.compile(r"(?:\s|\\\r?\n)*\Z").search(text, first, start)
    return (ahead.start() if ahead is not None else start), end


def put(text: str, after: Word | None, value: tuple[int, int], new: str) -> tuple[int, str]:
    """(where, what) to insert so that the value has one more word, after that one, in the same manner: on a line of its
    own where that one has one. Without a word before it, it comes first."""
    first, last = value
    if after is None:
        return first, new + (" " if text[first:last].strip() else "")
    line = text.rfind("\n", 0, after.start) + 1
    found = text.find("\n", after.end)
    close = found if found >= 0 else len(text)
    own = line > first and not text[line : after.start].strip()
    if not own:
        return after.end, " " + new
    indent = text[line : after.start]
    newline = "\r\n" if text[close - 1 : close] == "\r" or text[line - 2 : line - 1] == "\r" else "\n"
    above = text[max(line - 3, 0) : line].rstrip("\r\n")
    sign = " \\" if above.endswith("\\") else ""
    return after.end, f"{sign}{newline}{indent}{new}"
