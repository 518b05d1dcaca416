"""Values to JSON documents and back, without loss.

The codec follows the dataclasses' own type hints, so a field that a later syncbot adds (with a default) is kept
without a change here, and documents from before it was added still read. Bytes stand as base64, times as ISO 8601
with their offset, enums by value. Text that is not UTF-8 (surrogate escapes) survives through JSON's own escapes.
"""

from __future__ import annotations

import base64
import binascii
import json
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache, partial
from itertools import chain
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from syncbot.errors import StoreError

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
Value = TypeVar("Value")


def dumps(document: Json) -> str:
    """ASCII text, the same for the same document."""
    return json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def loads(text: str) -> Json:
    """The document behind `dumps`. Raises StoreError where it is no JSON."""
    try:
        found: Json = json.loads(text)
    except ValueError as error:
        raise _unreadable(f"no JSON ({error})") from error
    return found


def encode(value: object) -> Json:
    """A value of the model as JSON."""
    if isinstance(value, Enum):
        return encode(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"no JSON for a {type(value).__name__}")


def decode(kind: type[Value], document: Json) -> Value:
    """The value of type `kind` that `encode` made the document from. Raises StoreError."""
    try:
        found: Value = _decoder(cast(Any, kind))(document)
    except (ValueError, KeyError, binascii.Error) as error:
        raise _unreadable(f"not a {kind.__name__} ({error})") from error
    return found


Decoder: TypeAlias = "Callable[[Any], Any]"


@cache
def _decoder(kind: Any) -> Decoder:
    """What turns a document into a value of this type. Made once for each type: a run decodes thousands of values."""
    kind = getattr(kind, "__supertype__", kind)  # a NewType stands for what it is made of
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind)
    if origin is tuple:
        return _tuple(_decoder(get_args(kind)[0]))
    if is_dataclass(kind):
        return _dataclass(kind)
    if issubclass(kind, Enum):
        return _word(kind)
    if kind is bytes:
        return lambda document: base64.b64decode(_expect(document, str), validate=True)
    if kind is datetime:
        return lambda document: datetime.fromisoformat(_expect(document, str))
    return partial(_expect, kind=kind)


def _optional(kind: Any) -> Decoder:
    (inner,) = (_decoder(each) for each in get_args(kind) if each is not type(None))
    return lambda document: None if document is None else inner(document)


def _tuple(item: Decoder) -> Decoder:
    return lambda document: tuple(map(item, _expect(document, list)))


def _dataclass(kind: Any) -> Decoder:
    hints = get_type_hints(kind)
    members = [
        (
            field.name,
            _exact(hints[field.name]),
            _decoder(hints[field.name]),
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in fields(kind)
    ]

    def made(document: Any) -> Any:
        known = _expect(document, dict)
        found = {}
        for name, exact, decoder, required in members:
            if name in known:
                value = known[name]
                found[name] = value if type(value) in exact else decoder(value)
            elif required:
                raise KeyError(name)
        return kind(**found)

    return made


def _exact(kind: Any) -> tuple[type, ...]:
    """The types whose values stand for themselves where this one is asked for: of most members, so nobody is called."""
    if get_origin(kind) in (Union, types.UnionType):
        found = [_exact(each) for each in get_args(kind)]
        return tuple(chain(*found)) if all(found) else ()
    kind = getattr(kind, "__supertype__", kind)
    return (kind,) if kind in (str, int, bool, type(None)) else ()


def _word(kind: type[Enum]) -> Decoder:
    words = {each.value: each for each in kind}
    return lambda document: words[document] if type(document) is str and document in words else kind(document)


def _expect(document: Json, kind: Any) -> Any:
    if type(document) is not kind:
        raise ValueError(f"expected {kind.__name__}, found {type(document).__name__}")
    return document


def _unreadable(what: str) -> StoreError:
    return StoreError(f"a document in the state database cannot be read: {what}", "restore the database from a backup")
