"""Advisories from where a person says: OSV records in a file, a folder or at a URL."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from syncbot.errors import HostileInput, InputError, UpstreamUnreachable
from syncbot.model.addresses import shown
from syncbot.model.advisories import Advisory, parse

_log = logging.getLogger(__name__)
_MOST_BYTES = 64 * 1024 * 1024
_MOST_FILES = 200_000


def advisories(places: Sequence[str]) -> list[Advisory]:
    """The records of all places, in their order. Raises InputError, HostileInput, UpstreamUnreachable."""
    return [advisory for place in places for advisory in _of(place)]


def kept(places: Sequence[str], root: Path, copies: Path) -> list[Advisory]:
    """The same for the places that the settings name, for runs that must not stop over them: a URL that is out of reach
    is answered from the copy below `copies` that was made last, and a file of a folder that holds no record is left
    out, with a warning. Paths start at `root`. Raises InputError where a path is not there, or a file holds none."""
    return [advisory for place in places for advisory in _kept(place, root, copies)]


def _kept(place: str, root: Path, copies: Path) -> list[Advisory]:
    if not _is_url(place):
        path = root / place
        return _of_folder(path) if path.is_dir() else parse(_read(path), str(path))
    copy = copies / f"{hashlib.sha256(place.encode()).hexdigest()[:32]}.json"
    try:
        text = _fetched(place)
        found = parse(text, shown(place))
    except (UpstreamUnreachable, InputError, HostileInput) as error:
        there = copy.is_file()
        _log.warning("%s; %s", error.what, "what it said last is used" if there else "it is left out")
        return parse(_read(copy), str(copy)) if there else []
    _put(copy, text)
    return found


def _of_folder(folder: Path) -> list[Advisory]:
    found: list[Advisory] = []
    for file in _files(folder):
        try:
            found += parse(_read(file), str(file))
        except (InputError, HostileInput) as error:
            _log.warning("%s is left out: %s", file, error.what)
    return found


def _put(copy: Path, text: str) -> None:
    """All of it or nothing."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    aside = copy.with_name(f"{copy.name}.{os.getpid()}")
    aside.write_text(text, "utf-8")
    aside.replace(copy)


def _is_url(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _of(place: str) -> list[Advisory]:
    if _is_url(place):
        return parse(_fetched(place), shown(place))
    path = Path(place)
    if not path.is_dir():
        return parse(_read(path), place)
    return [advisory for file in _files(path) for advisory in parse(_read(file), str(file))]


def _files(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.rglob("*.json") if file.is_file() and not file.is_symlink())
    if not files:
        raise InputError("the folder holds no *.json", "give OSV records", path=str(folder))
    if len(files) > _MOST_FILES:
        raise HostileInput(f"{folder} holds {len(files)} records", "give those of your packages")
    return files


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise HostileInput(f"{file} is larger than {_MOST_BYTES} bytes", "give the records of your packages")
        return file.read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", "check the path", path=str(file)) from error
    except UnicodeDecodeError:
        raise InputError("it is no UTF-8", "give OSV records", path=str(file)) from None


def _fetched(url: str) -> str:
    from syncbot.sources.http import Http, Response

    def body(answer: Response) -> str:
        if answer.status >= 400:
            raise UpstreamUnreachable(f"{shown(url)} has no advisories ({answer.status})", "check the address")
        try:
            return answer.body(_MOST_BYTES).decode("utf-8")
        except UnicodeDecodeError:
            raise InputError("it is no UTF-8", "give OSV records", path=shown(url)) from None

    return Http().get(url, {"Accept": "application/json"}, body)
