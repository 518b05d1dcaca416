"""From upstream's version to the one that a package of this format may have, and back."""

from __future__ import annotations

import re

from syncbot.errors import InputError
from syncbot.layouts.melange.origin import Origin
from syncbot.layouts.melange.substitution import Scope
from syncbot.model.versions import normalise

_LEGAL = re.compile(r"\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*")
_WORDS = re.compile(r"[._-]*(alpha|beta|pre|rc|p)[._-]?(?=\d|$|_)")


def package_version(origin: Origin, version: str) -> str:
    """The version for `package.version`. Raises InputError where it has none."""
    made = version
    for transform in origin.transforms:
        made = transform.apply(made) or made
    if origin.separator:
        made = made.replace(origin.separator, ".")
    if not _LEGAL.fullmatch(made):
        made = _WORDS.sub(r"_\1", made)
    if not _LEGAL.fullmatch(made):
        raise InputError(f"{version} cannot be the version of a package", "set package.version by hand")
    return made


def upstream_version(origin: Origin, scope: Scope, tag: str | None) -> str:
    """Upstream's version that the recipe stands at: what the tag that it checks out says, else the package's own."""
    pattern = origin.known.tag_pattern
    if tag is None or not pattern:
        return scope.version
    found = normalise(tag, pattern=pattern)
    own = normalise(scope.version)
    if found is None or found == own:
        return scope.version
    return found.text
