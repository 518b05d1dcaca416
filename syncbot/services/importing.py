"""Import: take a packaging repository as it is; say what is there and what could not be found out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from syncbot.errors import InputError
from syncbot.model import addresses, tables, tomledit
from syncbot.model.trees import SYMLINK, Tree
from syncbot.plan import codeowners
from syncbot.ports.layout import Seen, Survey
from syncbot.report.importing import Imported, ImportedPackage

_OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_NATIVE = "native"
_FORK = "fork"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be imported. `repository`: how the settings name it, empty: the workspace lies in it; `settings`: the
    text of the settings file as it is; `under`: the table of it that is ours."""

    repository: str
    branch: str
    path: str
    settings: str
    settings_path: str
    under: tuple[str, ...] = ()


def imported(wanted: Wanted, tree: Tree, found: Survey) -> tuple[Imported, str]:
    """What was found, and the settings as they must be. Packages without patches are counted alone."""
    owners = _code_owners(tree)
    carrying = [_with_owners(seen, owners, tree) for seen in found.seen if seen.patches or seen.error]
    text = _settings(wanted, found, carrying)
    written = (wanted.settings_path,) if text != wanted.settings else ()
    packages = tuple(_package(seen) for seen in carrying)
    left = len(found.seen) - len(carrying)
    where = wanted.repository or "."
    return Imported(addresses.shown(where), found.layout, found.also, packages, left, written), text


def _settings(wanted: Wanted, found: Survey, carrying: list[Seen]) -> str:
    """The settings with what the import needs; a word that stands there already must be the same."""
    text = wanted.settings
    place = wanted.under
    if found.layout != _NATIVE or wanted.repository:
        text = _said(text, place, "layout", found.layout, wanted.settings_path)
    below = {"repo": wanted.repository, "branch": wanted.branch, "path": wanted.path}
    for key, value in below.items():
        if value:
            text = _said(text, (*place, "downstream"), key, value, wanted.settings_path)
    if found.layout == _NATIVE:
        return text
    if found.layout == _FORK:  # that a clone has a remote of that name is known to this machine alone
        for seen in carrying:
            if seen.upstream is not None:
                upstream = str(seen.upstream)
                text = _said(text, (*place, "packages", seen.name), "upstream", upstream, wanted.settings_path)
    bare = found.layout == _FORK
    unknown = [seen for seen in carrying if seen.upstream is None and (bare or not seen.error)]
    return _with_hints(text, place, unknown)


def _said(text: str, table: tuple[str, ...], key: str, value: str, path: str) -> str:
    data = tables.parse(text.encode(), path).data
    for part in table:
        data = data.get(part, {})
    if key in data:
        if data[key] != value:
            what = f"{'.'.join((*table, key))} is {data[key]!r} already, not {value!r}"
            raise InputError(what, "import into a workspace of its own", path=path)
        return text
    if not table:
        line = f"{key} = {tomledit.quoted(value)}\n"
        return line + ("\n" if text.strip() else "") + text
    return tomledit.put(text, table, key, value)


def _with_hints(text: str, under: tuple[str, ...], unknown: list[Seen]) -> str:
    """With a table for each package whose upstream could not be found out, for a person to fill in."""
    tracked = tables.parse(text.encode(), "settings").data
    for part in (*under, "packages"):
        tracked = tracked.get(part, {})
    before = text
    for seen in unknown:
        if seen.name in tracked:
            continue
        name = ".".join(tomledit.plain_key(part) for part in (*under, "packages", seen.name))
        why = "; ".join(seen.doubts) or "its recipe does not say where its upstream is"
        text += f'\n[{name}]\n# {_one_line(why)}\n# upstream = "git:URL"\n'
    if text != before:
        tables.parse(text.encode(), "settings")
    return text


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _with_owners(seen: Seen, rules: tuple[codeowners.Rule, ...], tree: Tree) -> Seen:
    """Of a package that is a folder, those of what lies in it: rules are about files."""
    path = seen.path if tree.entry(seen.path) is not None else f"{seen.path}/any".lstrip("/")
    return replace(seen, owners=codeowners.owners(rules, path) or seen.owners)


def _code_owners(tree: Tree) -> tuple[codeowners.Rule, ...]:
    for path in _OWNERS:
        entry = tree.entry(path)
        if entry is not None and entry.mode != SYMLINK:
            return codeowners.parse((tree.read(path) or b"").decode("utf-8", "replace"))
    return ()


def _package(seen: Seen) -> ImportedPackage:
    doubts = list(seen.doubts)
    if not seen.error and seen.upstream is None and not doubts:
        doubts.append("its recipe does not say where its upstream is")
    if not seen.error and seen.base is None:
        doubts.append("its recipe states no release: the newest that all its patches apply to is taken")
    upstream = "" if seen.upstream is None else addresses.shown(seen.upstream)
    return ImportedPackage(
        seen.name, seen.path, upstream, seen.base, seen.patches, seen.owners, tuple(doubts), seen.error
    )
