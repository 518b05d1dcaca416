"""Packaging files as lines of any bytes: read with surrogate escapes, so that what is not UTF-8 stays as it is.

What several formats need: lines that end at "\\n" only, names of patches, words in quoted values, names of places.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from syncbot.errors import HostileInput, InputError
from syncbot.layouts.draft import content_at, inside, line_of
from syncbot.layouts.recipe import Place
from syncbot.model.trees import SUBMODULE, SYMLINK, Tree

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?:[ \t]|\r?$)", re.MULTILINE)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_PATCH = re.compile(r"\.(?:patch|diff)(?:\.(?:gz|bz2|xz|zst))?$", re.IGNORECASE)
_MAIL = re.compile(r"<([^<>@\s]+@[^<>@\s]+)>")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def raw_text(tree: Tree, path: str, *, named_in: str | None = None, line: int | None = None) -> str:
    """The text of a file that may be edited: `raw_bytes(text)` are its very bytes. Raises InputError with the line
    where it holds NUL characters or the mark of an unfinished merge."""
    text = content_at(tree, path, named_in=named_in, line=line).decode(errors="surrogateescape")
    if "\0" in text:
        raise InputError("a NUL character", "remove it", path=path, line=line_of(text, text.index("\0")))
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        at = line_of(text, conflict.start())
        raise InputError("the mark of an unfinished merge", "resolve the conflict", path=path, line=at)
    return text


def raw_bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def split_lines(text: str) -> list[str]:
    """The lines with their endings; only "\\n" ends one."""
    return _LINE.findall(text)


def is_patch(name: str) -> bool:
    """Whether a file's name says that it is a patch, perhaps a compressed one."""
    return _PATCH.search(name) is not None


def is_url(text: str) -> bool:
    return _URL.match(text) is not None


def base_name(address: str) -> str:
    """The last part of a path or URL, without query."""
    return unquote(re.split(r"[?#]", address.rpartition("/")[2], maxsplit=1)[0])


def refuse_odd(name: str, path: str, line: int) -> None:
    """Raises HostileInput for a patch's name that leaves its folder, or that no line can hold."""
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or re.search(r"[\s\"'`$;|&<>\\%]", name):
        remedy = "name a patch beside the recipe, in plain characters"
        raise HostileInput(f"{name!r} is no name for a patch", remedy, path=path, line=line)


def found_at(tree: Tree, folders: Iterable[str], name: str, *, named_in: str, line: int) -> str | None:
    """The path of the first plain file of that name below one of the folders, None where there is none. Raises
    HostileInput for a name that leaves the repository, and for a symlink."""
    for folder in folders:
        path = inside(folder, name, named_in=named_in, line=line)
        if ".." in name.split("/"):
            raise HostileInput(f"{name} leaves its folder", "name a file inside it", path=named_in, line=line)
        entry = tree.entry(path)
        if entry is None or entry.mode == SUBMODULE:
            continue
        if entry.mode == SYMLINK:
            what = f"{path} is a symlink, which is not followed"
            raise HostileInput(what, "put the file itself there", path=named_in, line=line)
        return path
    return None


def joined(folder: str, name: str) -> str:
    return posixpath.join(folder, name) if folder else name


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def mails(people: Sequence[str]) -> tuple[str, ...]:
    """Of people written `Name <mail>` the mail, as owners are written elsewhere; else what there is. Each once."""
    found = (_MAIL.search(person) for person in people)
    return tuple(dict.fromkeys(m[1] if m else person.strip() for m, person in zip(found, people, strict=True)))


def unique(places: Iterable[Place]) -> Iterator[Place]:
    """The places by path, with names that tell them apart: where two have the same, folders are put before it."""
    found = sorted(places, key=lambda place: place.path)
    twins: defaultdict[str, list[Place]] = defaultdict(list)
    for place in found:
        twins[place.name].append(place)
    for place in found:
        count, depth = 0, place.path.count("/")
        while count < depth and sum(_label(p, count) == _label(place, count) for p in twins[place.name]) > 1:
            count += 1
        yield Place(_label(place, count), place.path)


def _label(place: Place, count: int) -> str:
    """The name with the last `count` folders before it; a folder that is named like the package says nothing."""
    folders = place.path.split("/")[:-1]
    if folders and folders[-1] == place.name:
        folders.pop()
    return "-".join([*folders[max(len(folders) - count, 0) :], place.name]) if count else place.name
