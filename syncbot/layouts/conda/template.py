"""What conda recipes write in Jinja, as far as it is plain: no template engine runs here.

A `meta.yaml` is no YAML before its template is rendered. It is parsed with its expressions and statements masked, by
text of the same length, so that every position stays what it is. Of the expressions only names that were set to a plain
value are followed, with a handful of text operations; all else is "not known".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_TAG = re.compile(r"\{%-?\s*(.{0,1000}?)\s*-?%\}|\{#.{0,4000}?#\}|\{\{.{0,1000}?\}\}", re.DOTALL)
_EXPRESSION = re.compile(r"\$?\{\{(.{0,1000}?)\}\}", re.DOTALL)
_SET = re.compile(r"set\s+(\w+)\s*=\s*(.+)", re.DOTALL)
_STRING = r"'[^'\\]*'|\"[^\"\\]*\""
_TOKEN = re.compile(rf"\s*({_STRING}|\d+|\w+|[()\[\]|.,:~+-])")
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Assigned:
    """`{% set name = value %}`. `[start, end)` is the value in the text; `conditions` say when it is done."""

    name: str
    value: str
    start: int
    end: int
    conditions: tuple[str, ...]


def masked(text: str) -> str:
    """The text with what is the template's replaced by characters that mean nothing in YAML."""
    made: list[str] = []
    last = 0
    for found in _TAG.finditer(text):
        start, end = found.span()
        fill = "_" if found[0].startswith("{{") or not _alone(text, start, end) else "#"
        made += (text[last:start], re.sub(r"[^\r\n]", fill, found[0]))
        last = end
    return "".join(made) + text[last:]


def _alone(text: str, start: int, end: int) -> bool:
    """Whether nothing but statements and a comment shares their lines."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    behind = _TAG.sub("", text[end : _line_end(text, end)]).strip()
    return not _TAG.sub("", before).strip().strip("#\ufeff") and (not behind or behind.startswith("#"))


def assignments(text: str) -> tuple[Assigned, ...]:
    found: list[Assigned] = []
    for tag, conditions in _tags(text):
        made = _SET.fullmatch(tag[1] or "")
        if made is not None:
            start = tag.start(1) + made.start(2)
            found.append(Assigned(made[1], made[2], start, start + len(made[2]), conditions))
    return tuple(found)


def conditions_at(text: str) -> Callable[[int], tuple[str, ...]]:
    """The statements `if`, `elif`, `else`, `for` around a position."""
    marks = [(tag.end(), conditions) for tag, conditions in _tags(text)]

    def around(at: int) -> tuple[str, ...]:
        return next((conditions for end, conditions in reversed(marks) if end <= at), ())

    return around


def _tags(text: str) -> Iterator[tuple[re.Match[str], tuple[str, ...]]]:
    """(a statement, the conditions in force behind it)."""
    stack: list[str] = []
    for tag in _TAG.finditer(text):
        words = (tag[1] or "").split(None, 1)
        word, rest = (words[0] if words else ""), (words[1] if len(words) > 1 else "")
        if word in ("if", "for"):
            stack.append(rest if word == "if" else f"for {rest}")
        elif word in ("elif", "else") and stack:
            stack[-1] = rest or f"not ({stack[-1]})"
        elif word in ("endif", "endfor") and stack:
            stack.pop()
        yield tag, tuple(stack)


def values_of(assigned: tuple[Assigned, ...], known: Mapping[str, str]) -> dict[str, str]:
    """{name: value} of what is set to something that can be followed. A name that is set anew under a condition is not
    known, unless it is its own default."""
    values = dict(known)
    for one in assigned:
        value = evaluated(one.value, values)
        if one.conditions or value is None:
            values.pop(one.name, None)
        else:
            values[one.name] = value
    return values


def expanded(text: str, values: Mapping[str, str]) -> str | None:
    """The text with its expressions replaced; None where one is not known."""
    made: list[str] = []
    last = 0
    for found in _EXPRESSION.finditer(text):
        value = evaluated(found[1], values)
        if value is None:
            return None
        made += (text[last : found.start()], value)
        last = found.end()
    whole = "".join(made) + text[last:]
    return None if len(whole) > 4 * _LONGEST or "{%" in whole else whole


def names_in(text: str) -> tuple[str, ...]:
    """The words of the text's expressions that may be variables."""
    inner = " ".join(re.sub(_STRING, " ", found[1]) for found in _EXPRESSION.finditer(text))
    return tuple(dict.fromkeys(re.findall(r"(?<![\w.|])[A-Za-z_]\w*", inner)))


def literal(value: str) -> str | None:
    """What a quoted text or a number says."""
    value = value.strip()
    if re.fullmatch(_STRING, value):
        return value[1:-1]
    return value if re.fullmatch(r"\d+(?:\.\d+)*", value) else None


def evaluated(text: str, values: Mapping[str, str]) -> str | None:
    """The value of an expression: names, texts, numbers, `~` and `+`, `replace`, `split`, `join`, `lower`, an index
    or a slice. None for anything else."""
    if len(text) > _LONGEST:
        return None
    plain = literal(text)
    if plain is not None:
        return plain
    tokens = _tokens(text)
    if tokens is None:
        return None
    try:
        reader = _Reader(tokens, values)
        value = reader.sum()
        return value if isinstance(value, str) and reader.done and len(value) <= _LONGEST else None
    except (_Unknown, IndexError, ValueError):
        return None


class _Unknown(Exception):
    """Something that is not followed."""


def _tokens(text: str) -> list[str] | None:
    found: list[str] = []
    at, text = 0, text.strip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        found.append(token[1])
        at = token.end()
    return found


class _Reader:
    """Reads an expression from left to right. Values are texts and lists of texts."""

    def __init__(self, tokens: list[str], values: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._values = values
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    def _peek(self) -> str:
        return "" if self.done else self._tokens[self._at]

    def _next(self, *wanted: str) -> str:
        token = self._peek()
        if not token or (wanted and token not in wanted):
            raise _Unknown
        self._at += 1
        return token

    def sum(self) -> str | list[str]:
        value = self._chain()
        while self._peek() in ("~", "+"):
            self._next()
            value = _text(value) + _text(self._chain())
            if len(value) > _LONGEST:
                raise _Unknown
        return value

    def _chain(self) -> str | list[str]:
        value = self._atom()
        while self._peek() in ("|", ".", "["):
            mark = self._next()
            value = self._index(value) if mark == "[" else self._call(value)
        return value

    def _atom(self) -> str | list[str]:
        word = self._next()
        if word == "(":
            value = self.sum()
            self._next(")")
            return value
        if word[0] in "'\"":
            return word[1:-1]
        if word.isdigit():
            return word
        if word not in self._values:
            raise _Unknown
        return self._values[word]

    def _call(self, value: str | list[str]) -> str | list[str]:
        name = self._next()
        given: list[str | list[str]] = []
        if self._peek() == "(":
            self._next()
            while self._peek() != ")":
                given.append(self.sum())
                if self._peek() != ")":
                    self._next(",")
            self._next()
        return _applied(name, value, given)

    def _index(self, value: str | list[str]) -> str | list[str]:
        parts: list[int | None] = [None]
        while self._peek() != "]":
            mark = self._next()
            if mark == ":":
                parts.append(None)
            else:
                parts[-1] = -int(self._next()) if mark == "-" else int(mark)
        self._next()
        if len(parts) == 1:
            if parts[0] is None:
                raise _Unknown
            return value[parts[0]]
        return value[slice(*parts)]


def _applied(name: str, value: str | list[str], given: list[str | list[str]]) -> str | list[str]:
    texts = [one for one in given if isinstance(one, str)]
    if name == "join" and len(given) <= 1:
        items, glue = (
            (given[0], value) if given and isinstance(given[0], list) else (value, _text(given[0]) if given else "")
        )
        return _text(glue).join(items)
    if not isinstance(value, str) or len(texts) != len(given):
        raise _Unknown
    if name == "replace" and len(texts) == 2:
        return value.replace(texts[0], texts[1])
    if name == "split" and len(texts) <= 1:
        return value.split(texts[0]) if texts else value.split()
    if name in ("lower", "string", "trim") and not texts:
        return value.lower() if name == "lower" else value.strip()
    raise _Unknown


def _text(value: str | list[str]) -> str:
    if isinstance(value, list):
        raise _Unknown
    return value


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found
