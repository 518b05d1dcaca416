"""The table of packaging formats. Each is imported only where it is used: most need a reader of their own."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from syncbot.layouts.recipe import Format

FORMATS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "debian": ("syncbot.layouts.debian", "DebianFormat"),
        "melange": ("syncbot.layouts.melange", "MelangeFormat"),
        "conda": ("syncbot.layouts.conda", "CondaFormat"),
        "dist-git": ("syncbot.layouts.dist_git", "DistGitFormat"),
        "npm": ("syncbot.layouts.npm", "NpmFormat"),
        "apkbuild": ("syncbot.layouts.apkbuild", "ApkbuildFormat"),
        "openembedded": ("syncbot.layouts.openembedded", "OpenembeddedFormat"),
        "fork": ("syncbot.layouts.fork", "ForkFormat"),
        "mail": ("syncbot.layouts.mail", "MailFormat"),
    }
)
"""{name: (module, class)}, in the order in which a repository is tried for them."""


def open_format(name: str) -> Format:
    module, kind = FORMATS[name]
    return cast("Format", getattr(import_module(module), kind)())
