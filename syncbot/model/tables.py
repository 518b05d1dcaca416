"""TOML tables against a schema: text -> checked values, every complaint with its line and its remedy.

A schema is a list of `Key`; each names its `Kind`, its default and one sentence, which the documentation tests
compare with the docs. Used for the workspace's settings and for `package.toml`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

from syncbot.errors import InputError
from syncbot.model.addresses import scrubbed
from syncbot.model.tomledit import KeyPath, Spot, line_of, spots

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

MAX_BYTES = 4 * 1024 * 1024
"""More than any settings file needs; keeps a hostile one from costing time."""


class Wrong(ValueError):
    """A value is not of its kind. `expected` ends the sentence "KEY is VALUE, but must be ...". Where one item of the
    value is to blame, `culprit` is that item, and `entry` its key in a table."""

    def __init__(self, expected: str, remedy: str = "", *, culprit: object = None, entry: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.remedy = remedy
        self.culprit = culprit
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of value: its name for people, and how to read it from what TOML gives. `read` raises Wrong."""

    name: str
    read: Callable[[object], T]


@dataclass(frozen=True, slots=True)
class Key(Generic[T]):
    """One key of a table. `name` is kebab-case; `table.key` stands in a sub-table. `shown` is the default as the
    documentation has it."""

    name: str
    kind: Kind[T]
    default: T
    shown: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML text that was read: its values, and where each key stands."""

    path: str
    text: str
    data: Mapping[str, Any]
    spots: dict[KeyPath, Spot]


@dataclass(frozen=True, slots=True)
class Values:
    """Checked values of one table. `under` is the table's place in the document (`tool`, `syncbot`)."""

    document: Document
    under: KeyPath
    found: Mapping[str, object]

    def given(self, key: Key[Any]) -> bool:
        return key.name in self.found

    def get(self, key: Key[T]) -> T:
        """The value, or the key's default."""
        return cast(T, self.found.get(key.name, key.default))

    def get_or(self, key: Key[T], default: T) -> T:
        """The value, or this default, where another table has the word before the key's own default."""
        return cast(T, self.found.get(key.name, default))

    def error(self, key: Key[Any] | str, what: str, remedy: str = "", *inner: str) -> InputError:
        """An error that names the line of a key (or of an entry `inner` of its table)."""
        name = key if isinstance(key, str) else key.name
        return _error(self.document, (*self.under, *name.split("."), *inner), what, remedy)


def parse(content: bytes, path: str) -> Document:
    """Raises InputError with path and line where the content is no TOML."""
    if len(content) > MAX_BYTES:
        raise InputError(f"{len(content)} bytes are too many for a settings file", f"at most {MAX_BYTES}", path=path)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError("this is not UTF-8", "save the file as UTF-8", path=path, line=line) from error
    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        raise InputError("the values are nested too deep", "flatten them", path=path) from error
    except ValueError as error:
        raise _syntax_error(error, text, path) from error
    return Document(path, text, data, spots(text))


def check(document: Document, keys: Iterable[Key[Any]], under: KeyPath = ()) -> Values:
    """The values of the table at `under`, each checked against its key. Raises InputError for the first complaint."""
    schema = {key.name: key for key in keys}
    table: Any = document.data
    for part in under:
        table = table.get(part, {}) if isinstance(table, Mapping) else {}
    if not isinstance(table, Mapping):
        raise _error(document, under, f"{'.'.join(under)} is {_shown(table)}, but must be a table")
    found: dict[str, object] = {}
    _check_table(document, schema, under, "", table, found)
    return Values(document, under, found)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The remedy for a word that is not known: the nearest one, else all of them."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known are {', '.join(words)}" if words else ""


def _check_table(
    document: Document,
    schema: Mapping[str, Key[Any]],
    under: KeyPath,
    prefix: str,
    table: Mapping[str, Any],
    found: dict[str, object],
) -> None:
    siblings = {name[len(prefix) :].split(".")[0] for name in schema if name.startswith(prefix)}
    for word, value in table.items():
        name = prefix + word
        place = (*under, *prefix.split(".")[:-1], word)
        if name in schema and "." not in word:
            found[name] = _read(document, place, schema[name], value)
        elif word in siblings and isinstance(value, Mapping):
            _check_table(document, schema, under, f"{name}.", value, found)
        elif word in siblings:
            raise _error(document, place, f"{name} is {_shown(value)}, but must be a table")
        else:
            raise _error(document, place, f"unknown key {_shown(name)}", did_you_mean(word, siblings))


def _read(document: Document, place: KeyPath, key: Key[Any], value: object) -> object:
    try:
        return key.kind.read(value)
    except Wrong as wrong:
        raise _wrong(document, place, key, value, wrong) from wrong


def _wrong(document: Document, place: KeyPath, key: Key[Any], value: object, wrong: Wrong) -> InputError:
    if wrong.entry:
        what = f"{_shown(wrong.entry)} in [{key.name}] is {_shown(wrong.culprit)}, but must be {wrong.expected}"
        return _error(document, (*place, wrong.entry), what, wrong.remedy)
    if wrong.culprit is not None:
        what = f"{key.name} has {_shown(wrong.culprit)}, but each must be {wrong.expected}"
        return _error(document, place, what, wrong.remedy)
    return _error(document, place, f"{key.name} is {_shown(value)}, but must be {wrong.expected}", wrong.remedy)


def _error(document: Document, place: KeyPath, what: str, remedy: str = "") -> InputError:
    return InputError(what, remedy, path=document.path, line=line_of(document.spots, place))


def _syntax_error(error: ValueError, text: str, path: str) -> InputError:
    message = str(error)
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    line = None
    if place is not None:
        message = message[: place.start()]
        line = int(place[1]) if place[1] else text.rstrip("\n").count("\n") + 1
    message = message[:1].lower() + message[1:]
    return InputError(f"broken TOML: {message}", "mend this line", path=path, line=line)


def _shown(value: object) -> str:
    """A value as a message shows it: short, on one line, in TOML's words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        value = scrubbed(value)
        word = f'"{value}"' if value.isprintable() else repr(value)
    elif isinstance(value, Mapping):
        return "a table"
    elif isinstance(value, list):
        return "a list"
    else:
        word = str(value)
    return word if len(word) <= 60 else word[:56] + "..." + word[-1]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    raise Wrong("a string", f'write it in quotes: "{value}"' if plain else "")


def _name(value: object) -> str:
    text = _text(value)
    if not text.strip() or not text.isprintable():
        raise Wrong("a string on one line that is not empty")
    return text


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong("true or false, without quotes")
    return value


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Wrong("a list of strings", 'write ["..."]')
    found = []
    for item in cast(Sequence[object], value):
        try:
            found.append(_name(item))
        except Wrong as wrong:
            raise Wrong(wrong.expected, wrong.remedy, culprit=item) from None
    return tuple(found)


def _name_table(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise Wrong("a table of strings", 'write "NAME" = "..." on lines of their own below the table\'s name')
    for key, item in value.items():
        if not isinstance(item, str) or not item.strip() or not item.isprintable():
            remedy = f'write "{key}" = "..."'
            raise Wrong("a string on one line that is not empty", remedy, culprit=item, entry=key)
    return tuple(cast(Mapping[str, str], value).items())


_SIZE = re.compile(r"(\d{1,15})\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)")
_UNITS = {"B": 1, "kB": 1000}
_UNITS |= {f"{prefix}iB": 1024**n for n, prefix in enumerate("KMGT", 1)}
_UNITS |= {f"{prefix}B": 1000**n for n, prefix in enumerate("KMGT", 1)}


def _size(value: object) -> int:
    expected = 'a size above zero such as "32 MiB", or a number of bytes'
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            raise Wrong(expected)
        value = int(match[1]) * _UNITS[match[2]]
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise Wrong(expected)
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise Wrong("a whole number above zero")
    return value


TEXT = Kind("string", _text)
NAME = Kind("string", _name)
FLAG = Kind("boolean", _flag)
NAMES = Kind("list of strings", _names)
NAME_TABLE = Kind("table of strings", _name_table)
SIZE = Kind("size", _size)
COUNT = Kind("integer", _count)


def choice(words: type[E]) -> Kind[E]:
    """One of a closed set of words."""
    known = ", ".join(f'"{word}"' for word in words)

    def read(value: object) -> E:
        if not isinstance(value, str):
            raise Wrong(f"one of {known}")
        text = value
        try:
            return words(text)
        except ValueError:
            near = difflib.get_close_matches(text, list(words), n=1)
            raise Wrong(f"one of {known}", f'did you mean "{near[0]}"?' if near else "") from None

    return Kind(" or ".join(f'`"{word}"`' for word in words), read)


def refined(kind: Kind[str], rule: Callable[[str], str | None], name: str = "") -> Kind[str]:
    """A kind of string with one more rule: `rule` gives what the value must be, None where it is right."""

    def read(value: object) -> str:
        text = kind.read(value)
        expected = rule(text)
        if expected is not None:
            raise Wrong(expected)
        return text

    return Kind(name or kind.name, read)
