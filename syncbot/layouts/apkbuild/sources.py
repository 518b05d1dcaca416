"""What an APKBUILD lists in `source=`, with its checksums, and what its functions do with the patches among it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from syncbot.errors import InputError
from syncbot.layouts.apkbuild.shell import Assignment, Function, Scope, Script, Unknown
from syncbot.layouts.plain import base_name, is_url
from syncbot.layouts.quoted import Word, brace_end, words

SUMS = {"sha512sums": "sha512", "sha256sums": "sha256", "md5sums": "md5"}
_PATCH = re.compile(r"\.(?:patch|diff)(?:$|\.)")
_APPLIES = re.compile(r"(?:^|[\s;&|(])(?:patch|git[ \t]+(?:apply|am))(?=\s)")
_REVERSE = re.compile(r"\s-\w*R\w*\b|\s--reverse\b")
_STRIP = re.compile(r"\s-\w*p[ \t]*(\d+)")
_LOOP = re.compile(r"\bfor[ \t]+\w+[ \t]+in\b[^\n]*(?:\$\{?source\b|\*\.patch)")
_SINGLE = re.compile(r"\s*(?:patch|git[ \t]+(?:apply|am))\s[^|;&\\]*?(?:\|\|[ \t]*(?:return|exit)[ \t]+\d+)?\s*\Z")


@dataclass(frozen=True, slots=True)
class Source:
    """One word of `source=`. `name`: the file's, None where that cannot be told (`why`); `url`: where it is fetched
    from, None for one that lies beside the APKBUILD."""

    word: Word
    value: Assignment
    name: str | None
    url: str | None
    why: str = ""

    @property
    def patch(self) -> bool:
        return self.name is not None and _PATCH.search(self.name) is not None


@dataclass(frozen=True, slots=True)
class Sum:
    """A checksum: its hex digits and the file that it is of."""

    algorithm: str
    digest: Word
    file: Word
    value: Assignment


@dataclass(frozen=True, slots=True)
class Mention:
    """A line (from 0) of a function that names a patch. `single`: the line is one command that applies it."""

    at: int
    function: Function
    applies: bool
    single: bool
    strip: int | None
    text: str


def read_sources(script: Script, text: str) -> tuple[Source, ...]:
    scope = Scope(script)
    found: list[Source] = []
    live: list[Assignment] = []
    for value in script.assignments:
        if value.name == "source":
            again = value.adds or not value.sure or re.search(r"\$\{?source\b", value.value)
            live = [*live, value] if again else [value]
    for value in live:
        for word in words(text, value.start, value.end):
            if word.text not in ("$source", "${source}"):
                found.append(_source(scope, word, value))
    return tuple(found)


def _source(scope: Scope, word: Word, value: Assignment) -> Source:
    named, colons, address = _named(word.text)
    url: str | None = None
    try:
        url = scope.expand(address)
        name = scope.expand(named) if named else base_name(url)
    except Unknown as error:
        try:
            known = scope.expand(named) if named else None
        except Unknown:
            known = None
        return Source(word, value, known, address if colons or "://" in address else None, str(error))
    return Source(word, value, name if is_url(url) or colons else url, url if is_url(url) else None)


def _named(word: str) -> tuple[str, str, str]:
    """`name`, `::` and the address behind it; empty, empty and the word where it has no name."""
    at = 0
    while at < len(word):
        if word.startswith("${", at):
            at = brace_end(word, at + 2, len(word))
        elif word.startswith("::", at):
            return word[:at], "::", word[at + 2 :]
        else:
            at += 1
    return "", "", word


def read_sums(script: Script, text: str, path: str) -> tuple[Sum, ...]:
    """Raises InputError with the line for a list that is not pairs of digits and names."""
    found: list[Sum] = []
    for value in script.assignments:
        algorithm = SUMS.get(value.name)
        if algorithm is None:
            continue
        both = [w for w in words(text, value.start, value.end) if w.text.strip("${}") != value.name]
        if len(both) % 2:
            what = f"{value.name} is no list of digests and names"
            raise InputError(what, "write it anew with abuild checksum", path=path, line=value.line)
        found += [Sum(algorithm, d, f, value) for d, f in zip(both[::2], both[1::2], strict=True)]
    return tuple(found)


def by_default(script: Script) -> tuple[bool, int | None]:
    """(whether every *.patch of source= is applied without being named, the -pN that a loop of its own says)."""
    prepare = script.function("prepare")
    if prepare is None:
        return True, None
    body = [line for line in script.lines[prepare.first : prepare.last + 1] if not line.lstrip().startswith("#")]
    text = "".join(body)
    if re.search(r"\bdefault_prepare\b", text):
        return True, None
    if _LOOP.search(text):
        strip = _STRIP.search(text)
        return True, int(strip[1]) if strip else None
    return False, None


def patch_args(scope: Scope) -> int | None:
    """The -pN of `patch_args`, None where it says nothing."""
    try:
        found = _STRIP.search(" " + scope.value("patch_args"))
    except Unknown:
        return None
    return int(found[1]) if found else None


def mentions(script: Script, source: Source) -> tuple[Mention, ...]:
    """The lines of functions that name the file, comments left out."""
    names = "|".join(re.escape(name) for name in {source.name or "", source.word.text.partition("::")[0]} if name)
    named = re.compile(rf"(?<![\w.+-])(?:{names})(?![\w+-]|\.\w)")
    found: list[Mention] = []
    for function in script.functions:
        for at in range(function.first, function.last + 1):
            code = re.sub(r"(?:^|\s)#.*", "", script.lines[at].rstrip("\r\n"))
            if not named.search(code):
                continue
            applies = _APPLIES.search(code) is not None and not _REVERSE.search(code)
            before = script.lines[at - 1].rstrip() if at else ""
            single = _SINGLE.match(code) is not None and not before.endswith("\\") and at != function.first
            strip = _STRIP.search(code)
            found.append(Mention(at, function, applies, single, int(strip[1]) if strip else None, code.strip()))
    return tuple(found)
