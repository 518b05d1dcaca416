"""Where BitBake finds the files that SRC_URI names: beside the recipe, and where FILESEXTRAPATHS says."""

from __future__ import annotations

import re

from syncbot.errors import InputError
from syncbot.layouts.openembedded.bitbake import Scope, Unknown
from syncbot.layouts.openembedded.family import Family
from syncbot.layouts.plain import folder_of, found_at, joined
from syncbot.model.trees import Tree

_OVER = re.compile(r"[\w.+-]+")


def folders(family: Family) -> tuple[str, ...]:
    """The folders that are searched, first first; those outside of the repository are left out."""
    found: list[str] = []
    for each in family.lines:
        if each.name != "FILESEXTRAPATHS" or not family.own(each.path):
            continue
        here = (("THISDIR", folder_of(each.path)), ("FILE_DIRNAME", folder_of(family.path)), ("FILE", family.path))
        scope = Scope(family.lines, (*family.scope.given, *here))
        for part in each.value.split(":"):
            try:
                found.append(_normal(scope.expand(part)))
            except Unknown:
                continue
    base = folder_of(family.path)
    for form in ("${BP}", "${BPN}", "files"):
        try:
            found.append(joined(base, family.scope.expand(form)))
        except Unknown:
            continue
    return tuple(dict.fromkeys(folder for folder in found if folder))


def _normal(folder: str) -> str:
    """A folder with its `..` resolved, empty where it leaves the repository."""
    made: list[str] = []
    for part in folder.strip("/").split("/"):
        if part == ".." and not made:
            return ""
        if part == "..":
            made.pop()
        elif part not in ("", "."):
            made.append(part)
    return "/".join(made)


def locate(tree: Tree, family: Family, name: str, path: str, line: int) -> tuple[str, str]:
    """(path, override): where a file is; the override where it lies in a folder that only some builds search. Raises
    InputError with the place that names it."""
    where = folders(family)
    found = found_at(tree, where, name, named_in=path, line=line)
    if found is not None:
        return found, ""
    below = [
        other
        for other in tree.paths()
        for folder in where
        if other.startswith(folder + "/")
        and other.endswith("/" + name)
        and _OVER.fullmatch(_between(other, folder, name))
    ]
    if len(below) != 1:
        what = f"the file {name} is missing" if not below else f"there are several files {name}"
        remedy = "add it beside the recipe, or remove it from SRC_URI"
        raise InputError(what, remedy, path=path, line=line)
    only = found_at(tree, [folder_of(below[0])], name.rpartition("/")[2], named_in=path, line=line)
    assert only is not None
    return only, folder_of(only).rpartition("/")[2]


def _between(path: str, folder: str, name: str) -> str:
    return path[len(folder) + 1 : -len(name) - 1]
