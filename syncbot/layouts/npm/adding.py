"""One more patch of a dependency, as the tool that applies it wants it named."""

from __future__ import annotations

import posixpath
import re

from syncbot.errors import InputError
from syncbot.layouts.draft import Draft, newline_of, spliced
from syncbot.layouts.jsontext import Object, Text, quoted
from syncbot.layouts.npm.names import LEGAL_VERSION, file_name
from syncbot.layouts.npm.project import Patched, Project
from syncbot.layouts.yamltext import Document, Pairs, Scalar, indent_at, line_end


def added(
    draft: Draft, project: Project, key: str, found: tuple[Patched, ...], version: str | None, name: str, content: bytes
) -> Draft:
    """The draft with the patch `name` of the dependency `key`. Raises InputError where the tool could not apply it."""
    if version is None or not LEGAL_VERSION.fullmatch(version):
        raise InputError(f"the version of {key} is not known", "name it in package.json", path=project.path)
    table = project.table
    if not found and table is not None and name == f"{key.replace('/', '__')}.patch" and "++" not in key:
        return _keyed(draft, project, table, key, version, content)
    if not project.by_files or any(one.file is None for one in found):
        what = f"a patch of {key} cannot be added to what the package manager keeps"
        raise InputError(what, "make it with `pnpm patch` or `yarn patch`", path=project.path)
    return draft.put(_file(project, key, found, version, name), content)


def _file(project: Project, key: str, found: tuple[Patched, ...], version: str, name: str) -> str:
    """The file for patch-package."""
    package = r"^((?:[^+]*\+\+)*(?:@[^+]+\+)?[^+]+?)(?=\+\d|(?:\.dev)?\.patch$)"
    made = file_name(re.sub(package, lambda start: f"{start[1]}+{version}", name))
    if made is None or made.key != key or made.label != name:
        slug = "++".join(part.replace("/", "+") for part in key.split("++"))
        what = f"{name} is no name that patch-package knows for a patch of {key}"
        raise InputError(what, f"name it {slug}.patch, or {slug}+002+NOTE.patch beside others", path=project.path)
    if any(not one.file.sequence for one in found if one.file) or (found and not made.sequence):
        what = f"patch-package applies one patch of {key}, or several that are numbered"
        raise InputError(what, "number the one that is there: NAME+VERSION+001+NOTE.patch", path=project.path)
    return posixpath.join(project.folder, project.patches_folder, made.at(version))


def _keyed(
    draft: Draft, project: Project, table: Object | tuple[Document, Pairs], key: str, version: str, content: bytes
) -> Draft:
    """One more line in the table of pnpm or bun, its file beside those of the others."""
    beside = table.members[-1][1] if isinstance(table, Object) else table[1].pairs[-1][1]
    folder = posixpath.dirname(beside.value if isinstance(beside, Text) else _text(beside))
    name = posixpath.join(folder, f"{key.replace('/', '__')}@{version}.patch")
    draft = draft.put(posixpath.normpath(posixpath.join(project.folder, name)), content)
    if isinstance(table, Object):
        first, last = table.members[0][0], table.members[-1][1]
        apart = project.text[table.start + 1 : first.start]
        line = f",{apart}{quoted(f'{key}@{version}')}: {quoted(name)}"
        return draft.put(project.path, spliced(project.text, [(last.end, last.end, line)]).encode())
    document, pairs = table
    at = line_end(document.text, pairs.end - 1)
    newline = newline_of(document.text)
    mark = "'" if key.startswith("@") else ""
    line = f"{indent_at(document.text, pairs.pairs[-1][0].start)}{mark}{key}@{version}{mark}: {name}"
    ended = document.text[:at].endswith("\n")
    edit = (at, at, line + newline if ended else newline + line)
    return draft.put(document.path, spliced(document.text, [edit]).encode())


def _text(node: object) -> str:
    return node.text if isinstance(node, Scalar) else ""
