"""The spelling of version ranges, as pairs of operator and bound. What they mean is in `versions`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from syncbot.errors import InputError

_CLAUSE = re.compile(r"(===|==|!=|<=|>=|~=|<|>|=|\^|~)?\s*v?([0-9][0-9A-Za-z.!+_-]*?)(\.[*xX](?:\.[*xX])?)?")
_REMEDY = "write it like 8.*, >=2,<3, ~=1.4, ^1.2 or ==1.2.*"


def clauses(text: str) -> Iterator[tuple[str, str]]:
    """(operator, bound) of every condition; operators are == != < <= > >= `prefix`, `no prefix`. Raises InputError."""
    if text.strip() in ("", "*"):
        return
    for part in _parts(text):
        found = _CLAUSE.fullmatch(part)
        if found is None:
            raise InputError(f"range {text!r}: {part!r} cannot be read", _REMEDY)
        operator, bound, star = found[1] or "==", found[2], bool(found[3])
        if star and operator not in ("=", "==", "!="):
            raise InputError(f"range {text!r}: {operator} does not go with .*", _REMEDY)
        yield from _spelled_out(text, operator, bound, star)


def _parts(text: str) -> list[str]:
    joined = re.sub(r"([<>=!~^])\s+", r"\1", text.strip())
    return [part.strip() for part in re.split(r"\s*,\s*|\s+", joined)]


def _spelled_out(text: str, operator: str, bound: str, star: bool) -> Iterator[tuple[str, str]]:
    if star:
        yield ("no prefix" if operator == "!=" else "prefix"), bound
    elif operator in ("~=", "~"):
        numbers = _numbers(bound)
        if len(numbers) < 2 and operator == "~=":
            raise InputError(f"range {text!r}: ~= needs two numbers at least", _REMEDY)
        yield ">=", bound
        # ~=1.4.2 stays on 1.4; npm's ~1.4.2 and ~1.4 stay on 1.4 both.
        yield "prefix", _join(bound, numbers[:-1] if operator == "~=" else numbers[:2])
    elif operator == "^":
        numbers = _numbers(bound)
        first = next((i for i, number in enumerate(numbers) if number != "0"), len(numbers) - 1)
        yield ">=", bound
        yield "prefix", _join(bound, numbers[: first + 1])
    else:
        yield {"=": "==", "===": "=="}.get(operator, operator), bound


def _numbers(bound: str) -> list[str]:
    found = re.match(r"(?:\d+!)?(\d+(?:\.\d+)*)", bound)
    assert found is not None, "the clause begins with a digit"
    return found[1].split(".")


def _join(bound: str, numbers: list[str]) -> str:
    epoch = re.match(r"\d+!", bound)
    return (epoch[0] if epoch else "") + ".".join(numbers)
