"""Where things stand in a TOML text, and edits of single values that leave every other byte as it was.

The text has been read by `tomllib` before it comes here, so the scan needs no checks of its own. Each edit is read
again afterwards and must say exactly what was asked, else it is refused: format and comments are a person's work.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from syncbot.errors import InputError

KeyPath = tuple[str, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_PART = re.compile(r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*""")
_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*\''''
    r"""|\#[^\n]*|\r?\n|[ \t]+|[\[\]{}]|[^\s"'\#\[\]{}]+|.""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Spot:
    """One key's value, or one `[table]` header: its line (from 1) and its characters, `text[start:end]`."""

    line: int
    start: int
    end: int
    header: bool = False


def spots(text: str) -> dict[KeyPath, Spot]:
    """{path of keys: where its value or its header stands}. Keys inside inline tables have no spot of their own."""
    found: dict[KeyPath, Spot] = {}
    table: KeyPath = ()
    at, line, counted = 0, 1, 0
    while (at := _end(_SPACE, text, at)) < len(text):
        line, counted = line + text.count("\n", counted, at), at
        start = at
        if text[at] == "[":
            table, at = _dotted(text, at + (2 if text.startswith("[[", at) else 1))
            at += 2 if text.startswith("]]", at) else 1
            found.setdefault(table, Spot(line, start, at, header=True))
        else:
            path, at = _dotted(text, at)
            start = _end(_BLANK, text, at + 1)
            at = _value_end(text, start)
            found.setdefault(table + path, Spot(line, start, at))
    return found


def line_of(found: dict[KeyPath, Spot], path: KeyPath) -> int | None:
    """The line of a key; of its first part where it is written in parts; else of the nearest table around it."""
    if path in found:
        return found[path].line
    inner = [spot.line for key, spot in found.items() if key[: len(path)] == path]
    if inner and path:
        return min(inner)
    return line_of(found, path[:-1]) if path else None


def set_text(text: str, key: str, value: str, *, after: str) -> str:
    """The text with the top-level `key` holding the string `value`; a new key goes below the key `after`."""
    found = spots(text)
    spot = found.get((key,))
    if spot is None:
        at = _line_end(text, found[(after,)].end)
        new = _with_line(text, at, f"{key} = {quoted(value)}")
    else:
        new = text[: spot.start] + _like(text[spot.start : spot.end], value) + text[spot.end :]
    return _checked(text, new, lambda data: data.__setitem__(key, value))


def add_to_table(text: str, table: str, key: str, value: str) -> str:
    """The text with `key = value` (a string) as the last entry of the top-level `[table]`, made where it is missing."""
    found = spots(text)
    entry = f"{quoted(key)} = {quoted(value)}"
    own = found.get((table,))
    inside = [spot for path, spot in found.items() if path[:1] == (table,) and len(path) > 1]
    last = max((spot.end for spot in inside), default=0)
    if own is not None and not own.header:
        new = text[: own.start] + _into_inline(text[own.start : own.end], entry) + text[own.end :]
    elif own is not None:
        new = _with_line(text, _line_end(text, max(own.end, last)), entry)
    elif inside:
        new = _with_line(text, _line_end(text, last), f"{table}.{entry}")
    else:
        gap = _newline(text) if text.strip() else ""
        new = _with_line(text, len(text), f"{gap}[{table}]{_newline(text)}{entry}")
    return _checked(text, new, lambda data: data.setdefault(table, {}).__setitem__(key, value))


def put(text: str, table: KeyPath, key: str, value: str) -> str:
    """The text with the string `key = value` in `table`, however deep it lies; the table is made where it is missing,
    at the end."""
    found = spots(text)
    path = (*table, key)
    entry = f"{plain_key(key)} = {quoted(value)}"
    own = found.get(table)
    if path in found and not found[path].header:
        spot = found[path]
        new = text[: spot.start] + _like(text[spot.start : spot.end], value) + text[spot.end :]
    elif own is not None and own.header:
        new = _with_line(text, _line_end(text, _last_of(found, own)), entry)
    elif (around := _inline(found, table)) is not None:
        new = _into_inline_table(text, found[around], table[len(around) :], entry)
    else:
        name = ".".join(map(plain_key, table))
        gap = _newline(text) if text.strip() else ""
        new = _with_line(text, len(text), f"{gap}[{name}]{_newline(text)}{entry}")
    return _checked(text, new, lambda data: _put(data, table, key, value))


def _put(data: dict[str, Any], table: KeyPath, key: str, value: str) -> None:
    for part in table:
        data = data.setdefault(part, {})
    data[key] = value


def _last_of(found: dict[KeyPath, Spot], header: Spot) -> int:
    """Where the last entry of the table with this header ends."""
    after = min((s.start for s in found.values() if s.header and s.start > header.start), default=None)
    inside = [s.end for s in found.values() if s.start > header.start and (after is None or s.start < after)]
    return max(inside, default=header.end)


def _inline(found: dict[KeyPath, Spot], table: KeyPath) -> KeyPath | None:
    """The part of the path that stands as a value, `{ ... }`, None where no part does."""
    parts = (table[:end] for end in range(len(table), 0, -1))
    return next((part for part in parts if part in found and not found[part].header), None)


def _into_inline_table(text: str, spot: Spot, inner: KeyPath, entry: str) -> str:
    if inner:
        entry = f"{'.'.join(map(plain_key, inner))}.{entry}"
    return text[: spot.start] + _into_inline(text[spot.start : spot.end], entry) + text[spot.end :]


def plain_key(key: str) -> str:
    """A key as people write it: bare where TOML allows that."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)


def quoted(value: str) -> str:
    """A TOML basic string. JSON's escapes are a subset of TOML's, but for the DEL character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _into_inline(inline: str, entry: str) -> str:
    """`{ a = 1 }` with one more entry; the space before the closing brace stays."""
    inner = inline[1:-1].rstrip()
    if not inner:
        return f"{{ {entry} }}"
    return f"{{{inner}, {entry}{inline[1 + len(inner) :]}"


def _checked(old: str, new: str, change: Callable[[dict[str, Any]], None]) -> str:
    expected = copy.deepcopy(tomllib.loads(old))
    try:
        change(expected)
        done = tomllib.loads(new) == expected
    except (ValueError, AttributeError, TypeError):  # no TOML any more; or what should be a table is none
        done = False
    if not done:
        raise InputError("the file cannot be edited without loss", "make this change by hand")
    return new


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _dotted(text: str, at: int) -> tuple[KeyPath, int]:
    """The key at `at`, and where the character after it stands."""
    parts: list[str] = []
    while found := _PART.match(text, at):
        part = found[1]
        parts.append(tomllib.loads(f"k = {part}")["k"] if part[0] in "\"'" else part)
        at = found.end()
        if not text.startswith(".", at):
            break
        at += 1
    return tuple(parts), at


def _value_end(text: str, at: int) -> int:
    depth, end = 0, at
    while found := _TOKEN.match(text, at):
        token = found[0]
        if depth == 0 and (token[0] == "#" or token.endswith("\n")) and token[0] not in "\"'":
            break
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        at = found.end()
        if not token.isspace():
            end = at
    return end


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_end(text: str, at: int) -> int:
    """Just after the end of the line that holds `at`."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _with_line(text: str, at: int, line: str) -> str:
    newline = _newline(text)
    lead = newline if at and not text[:at].endswith("\n") else ""
    return text[:at] + lead + line + newline + text[at:]


def _like(old: str, value: str) -> str:
    """The value in the quotes that the old one had, where they can hold it."""
    if old.startswith("'") and not old.startswith("'''") and value.isprintable() and "'" not in value:
        return f"'{value}'"
    return quoted(value)
