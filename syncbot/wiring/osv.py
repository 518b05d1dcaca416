"""Advisories from where a person says: OSV records in a file, a folder or at a URL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from syncbot.errors import HostileInput, InputError, UpstreamUnreachable
from syncbot.model.addresses import shown
from syncbot.model.advisories import Advisory, parse

_MOST_BYTES = 64 * 1024 * 1024
_MOST_FILES = 200_000


def advisories(places: Sequence[str]) -> list[Advisory]:
    """The records of all places, in their order. Raises InputError, HostileInput, UpstreamUnreachable."""
    return [advisory for place in places for advisory in _of(place)]


def _of(place: str) -> list[Advisory]:
    if place.startswith(("http://", "https://")):
        return parse(_fetched(place), shown(place))
    path = Path(place)
    if not path.is_dir():
        return parse(_read(path), place)
    files = sorted(file for file in path.rglob("*.json") if file.is_file() and not file.is_symlink())
    if not files:
        raise InputError("the folder holds no *.json", "give OSV records", path=place)
    if len(files) > _MOST_FILES:
        raise HostileInput(f"{place} holds {len(files)} records", "give those of your packages")
    return [advisory for file in files for advisory in parse(_read(file), str(file))]


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
