"""What SRC_URI lists: patches beside the recipe, and what is fetched, each with the place in the text that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from syncbot.errors import InputError
from syncbot.layouts.openembedded.bitbake import Assignment, Recipe, Unknown
from syncbot.layouts.openembedded.family import Family
from syncbot.layouts.plain import is_patch
from syncbot.layouts.quoted import Word, words

_WHOLE = re.compile(r"\$\{([A-Za-z0-9_:-]+)\}")
_CONTAINS = re.compile(
    r"\$\{@\s*bb\.utils\.contains(?:_any)?\s*\(\s*(['\"])(\w+)\1\s*,\s*(['\"])([^'\"]*)\3\s*,"
    r"\s*(['\"])([^'\"]*)\5\s*,\s*(['\"])([^'\"]*)\7\s*,\s*d\s*\)\s*\}"
)
_CALL = re.compile(r"([A-Za-z_][\w.]*)\s*\(")
_HARMLESS = frozenset(
    {
        "bb.utils.contains",
        "bb.utils.contains_any",
        "bb.utils.filter",
        "bb.utils.to_boolean",
        "oe.utils.conditional",
        "oe.utils.ifelse",
        "oe.utils.vartrue",
        "oe.types.boolean",
        "d.getVar",
    }
)
"""Calls that give one of the texts that stand in the line, or look a variable up."""
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Item:
    """One word of SRC_URI. `what`: its address as it stands, without parameters; `condition`: overrides, and tests."""

    word: Word
    value: Assignment
    what: str
    parameters: tuple[tuple[str, str], ...]
    condition: str

    @property
    def local(self) -> bool:
        return self.what.startswith("file://")

    def parameter(self, name: str) -> str | None:
        return dict(self.parameters).get(name)

    @property
    def line(self) -> int:
        return self.value.line

    @property
    def applied(self) -> bool:
        """Whether BitBake applies it as a patch."""
        apply = self.parameter("apply")
        if apply is not None:
            return apply.lower() in ("yes", "1", "true")
        return is_patch(self.what)


def items(family: Family, texts: dict[str, str]) -> tuple[Item, ...]:
    """Every word of SRC_URI that counts. `texts`: the text of each file, classes included. Raises InputError with the
    line for inline Python that may list patches."""
    return tuple(_of_variable(family, texts, "SRC_URI", "", 0))


def _of_variable(family: Family, texts: dict[str, str], name: str, condition: str, depth: int) -> Iterator[Item]:
    if depth > _DEEPEST:
        return
    for value in _live(family, name):
        text = texts.get(value.path)
        if value.operation == "remove" or text is None:
            continue
        where = " and ".join(part for part in (condition, value.condition) if part)
        for word in words(text, value.start, value.end):
            yield from _of_word(family, texts, word, value, where, depth)


def _live(family: Family, name: str) -> list[Assignment]:
    """The assignments of a variable that count: an `=` without override undoes the plain ones before it."""
    kept: list[Assignment] = []
    weak: Assignment | None = None
    for each in family.lines:
        if each.name != name or each.flag:
            continue
        plain = not each.condition and not each.operation
        if plain and each.operator in ("=", ":="):
            kept = [k for k in kept if k.condition or k.operation]
        if each.operator == "??=":
            weak = each
        elif each.operator != "?=" or not any(not k.condition and not k.operation for k in kept):
            kept.append(each)
    return kept or ([weak] if weak is not None else [])


def _of_word(
    family: Family, texts: dict[str, str], word: Word, value: Assignment, condition: str, depth: int
) -> Iterator[Item]:
    variable = _WHOLE.fullmatch(word.text)
    if variable is not None:
        name = variable[1]
        if any(each.name == name for each in family.lines):
            yield from _of_variable(family, texts, name, condition, depth + 1)
        return
    if word.text.startswith("${@"):
        yield from _of_python(family, texts, word, value, condition, depth)
        return
    what, *rest = word.text.split(";")
    parameters = tuple((key, said) for key, _, said in (part.partition("=") for part in rest if part))
    yield Item(word, value, what, parameters, condition)


def _of_python(
    family: Family, texts: dict[str, str], word: Word, value: Assignment, condition: str, depth: int
) -> Iterator[Item]:
    line = value.line + texts[value.path].count("\n", value.start, word.start)
    with suppress(Unknown):
        if "://" in family.scope.expand(word.text) and not re.search(r"\.(?:patch|diff)\b", word.text):
            yield Item(word, value, word.text, (), condition)
            return
    where = " and ".join(part for part in (condition, "") if part)
    strange = sorted(set(_CALL.findall(word.text)) - _HARMLESS)
    lists = re.search(r"\.(?:patch|diff)\b", word.text)
    names = [name for name in re.findall(r"\$\{(\w+)\}", word.text) if _may_list(family, texts, name)]
    contains = _CONTAINS.fullmatch(word.text)
    if strange or lists or (names and contains is None):
        what = f"inline Python in SRC_URI may list patches ({' '.join(word.text.split())[:60]})"
        raise InputError(what, "list them in SRC_URI:append with an override", path=value.path, line=line)
    if contains is not None:
        for outcome, sign in ((contains[6], "contains"), (contains[8], "lacks")):
            for name in re.findall(r"\$\{(\w+)\}", outcome):
                said = " and ".join(filter(None, (where, f"{contains[2]} {sign} {contains[4]}")))
                yield from _of_variable(family, texts, name, said, depth + 1)


def _may_list(family: Family, texts: dict[str, str], name: str) -> bool:
    return any(
        re.search(r"\.(?:patch|diff)\b", each.value)
        for each in family.lines
        if each.name == name and each.path in texts
    )


def refuse_code(files: tuple[Recipe, ...]) -> None:
    """Python that changes SRC_URI makes the list uncertain. Raises InputError with the line."""
    for file in files:
        for body in file.bodies:
            found = re.search(
                r"[sS]etVar\w*\(\s*['\"]SRC_URI['\":]|(?:append|prepend)Var\(\s*['\"]SRC_URI['\":]", body.text
            )
            if found is not None and body.python and re.search(r"\.(?:patch|diff)\b", body.text):
                line = body.line + body.text.count("\n", 0, found.start())
                what = "Python code changes SRC_URI"
                raise InputError(what, "list the patches in SRC_URI itself", path=file.path, line=line)


def address(family: Family, item: Item) -> str | None:
    """The address of what is fetched, None where a variable or Python hides it."""
    try:
        return family.scope.expand(item.what)
    except Unknown:
        return None
