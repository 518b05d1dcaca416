"""The references of a mirror, read without starting git: a run asks a thousand mirrors, and nearly none has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pygit2

Peeled = dict[str, tuple[str, str]]
"""{id of an object that a tag points to: (the commit that it comes to, empty for none; when it was made, in seconds)}.
An object never changes, so neither does this."""
_FILE = "syncbot-tags.json"


def read_refs(path: Path, *, whole: bool = False) -> dict[str, str] | None:
    """{full name: object id} of the branches and tags; None where only git can say, or, if it is to be `whole`, where
    an object is missing."""
    try:
        repository = pygit2.Repository(str(path))
        found = _refs_of(repository)
        if whole and not all(id in repository for id in set(found.values())):
            return None
    except (pygit2.GitError, ValueError, KeyError):  # no repository; a name that is not UTF-8; a form of its own
        return None
    return found


def _refs_of(repository: pygit2.Repository) -> dict[str, str]:
    named = ((ref.name, ref.target) for ref in repository.references.iterator())
    return {name: str(id) for name, id in named if name.startswith(("refs/heads/", "refs/tags/"))}


def read_upstream(path: Path) -> tuple[str, dict[str, str]] | None:
    """(the branch that HEAD names, empty where there is none such; {ref: object id}) of a repository on this machine,
    as `git ls-remote` tells it; None where only git can say, or where it would not tell all."""
    try:
        repository = pygit2.Repository(str(path))
        if any(entry.name.endswith(".hiderefs") for entry in repository.config):
            return None
        head = repository.lookup_reference("HEAD").raw_target
        refs = _refs_of(repository)
    except (pygit2.GitError, ValueError, KeyError):
        return None
    name = head.decode("utf-8", "surrogateescape") if isinstance(head, bytes) else ""
    return name if name in refs else "", refs


def read_peeled(path: Path) -> Peeled:
    """What was kept beside the mirror; nothing where that cannot be read."""
    try:
        found = json.loads((path / _FILE).read_bytes())
        return {id: (str(commit), str(date)) for id, (commit, date) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def keep_peeled(path: Path, known: Mapping[str, tuple[str, str]]) -> None:
    """Keep it in place of what was kept before. It is derived, and two that write it write the same."""
    aside = path / f".{_FILE}.new"
    try:
        aside.write_text(json.dumps(known))
        aside.replace(path / _FILE)
    except OSError:
        aside.unlink(missing_ok=True)  # it is asked again the next time
