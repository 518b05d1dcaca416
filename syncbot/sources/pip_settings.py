"""Where the user's own pip (or uv) looks for projects: the environment first, then pip's files, else the library's
default."""

from __future__ import annotations

import configparser
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MACHINE = Path("/etc/pip.conf")
_NAMED = re.compile(r"^[\w.-]+=")


@dataclass(frozen=True, slots=True)
class PipSettings:
    """`indexes`: simple indexes, the first the main one; `verify`: as requests' `verify`. May hold credentials."""

    indexes: tuple[str, ...]
    verify: bool | str

    def __repr__(self) -> str:
        return f"PipSettings({len(self.indexes)} indexes)"


def pip_settings(environ: Mapping[str, str]) -> PipSettings:
    """Read what the environment and pip's files (global, user, site, PIP_CONFIG_FILE) say."""
    files = _from_files(environ)
    main = (
        environ.get("PIP_INDEX_URL")
        or _NAMED.sub("", environ.get("UV_DEFAULT_INDEX", ""))
        or environ.get("UV_INDEX_URL")
        or files.get("index-url")
        or _usual()
    )
    extra = [
        *environ.get("PIP_EXTRA_INDEX_URL", files.get("extra-index-url", "")).split(),
        *environ.get("UV_EXTRA_INDEX_URL", "").split(),
        *(_NAMED.sub("", named) for named in environ.get("UV_INDEX", "").split()),
    ]
    cert = environ.get("PIP_CERT") or files.get("cert") or ca_bundle(environ)
    return PipSettings(tuple(dict.fromkeys([main, *extra])), cert or True)


def _usual() -> str:
    from pypi_simple import PYPI_SIMPLE_ENDPOINT  # noqa: PLC0415  # takes a quarter of a second

    return PYPI_SIMPLE_ENDPOINT


def ca_bundle(environ: Mapping[str, str]) -> str:
    """The certificates that every client of the requests family trusts here, "" for the built-in ones."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        if (value := environ.get(name, "")) and Path(value).exists():
            return value
    return ""


def _from_files(environ: Mapping[str, str]) -> dict[str, str]:
    """{option: value} of the files that pip would read, the later file and the `install` section winning."""
    found: dict[str, str] = {}
    for path in _files(environ):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip itself complains of such a file, and says where
        for section in ("global", "download", "install"):
            if parser.has_section(section):
                found.update(parser.items(section))
    return found


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    home = Path(environ.get("HOME") or Path.home())
    config = environ.get("XDG_CONFIG_HOME") or home / ".config"
    for folder in reversed(environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")):
        yield Path(folder) / "pip" / "pip.conf"
    yield MACHINE
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "pip" / "pip.conf"
    yield home / ".pip" / "pip.conf"
    yield Path(config) / "pip" / "pip.conf"
    yield Path(environ.get("VIRTUAL_ENV") or sys.prefix) / "pip.conf"
    if named:
        yield Path(named)
