"""`${{package.version}}`, `${{vars.x}}` and `var-transforms` of a melange file: plain replacement, nothing is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from syncbot.errors import InputError
from syncbot.layouts.yamltext import Document, Pairs

WORKSPACE = "/home/build"
"""Where melange builds: the package's folder is copied there."""

_VARIABLE = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_DEEPEST = 8
_LONGEST = 300
# A repeated group with a repetition inside takes exponential time here; melange's own engine does not know the problem.
_SLOW = re.compile(r"[*+}]\)*\)[*+{?]")
_GROUP = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Transform:
    """One of `var-transforms` (or of `version-transform`, where `source` and `to` are empty)."""

    source: str
    to: str
    match: str
    replacement: str

    def apply(self, text: str) -> str | None:
        """None where the expression cannot be followed."""
        if len(text) > _LONGEST or len(self.match) > _LONGEST or _SLOW.search(self.match):
            return None
        try:
            return re.sub(self.match, _template(self.replacement), text)
        except (re.error, IndexError, RecursionError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a `${{...}}` may stand for."""

    name: str
    version: str
    epoch: str
    variables: Mapping[str, str]
    transforms: tuple[Transform, ...]

    def at(self, version: str, epoch: str) -> Scope:
        return replace(self, version=version, epoch=epoch)

    def expand(self, text: str, depth: int = 0) -> str | None:
        """The text with every variable replaced; None where one is not known here."""
        made: list[str] = []
        last = 0
        for found in _VARIABLE.finditer(text):
            value = self._value(found[1], depth)
            if value is None:
                return None
            made += (text[last : found.start()], value)
            last = found.end()
        whole = "".join(made) + text[last:]
        return None if "${{" in whole or len(whole) > 10 * _LONGEST else whole

    def tag_at(self, text: str) -> Callable[[str], str | None]:
        """What the text is at a version."""
        return lambda version: self.at(version, "0").expand(text)

    def follows(self, text: str, depth: int = 0) -> bool:
        """Whether the text changes with the version."""
        for found in _VARIABLE.finditer(text):
            name = found[1]
            if name in ("package.version", "package.full-version"):
                return True
            source = self._source(name)
            if source is not None and depth < _DEEPEST and self.follows(source, depth + 1):
                return True
        return False

    def _source(self, name: str) -> str | None:
        key = name.removeprefix("vars.")
        if key == name:
            return None
        made = next((t.source for t in self.transforms if t.to == key), None)
        return self.variables.get(key) if made is None else made

    def _value(self, name: str, depth: int) -> str | None:
        fixed = {
            "package.name": self.name,
            "package.version": self.version,
            "package.epoch": self.epoch,
            "package.full-version": f"{self.version}-r{self.epoch}",
            "package.srcdir": WORKSPACE,
            "context.name": self.name,
        }
        source = self._source(name)
        if name in fixed or source is None or depth > _DEEPEST:
            return fixed.get(name)
        value = self.expand(source, depth + 1)
        for transform in self.transforms:
            if transform.to == name.removeprefix("vars.") and value is not None:
                value = transform.apply(value)
        return value


def scope_of(document: Document, root: Pairs) -> Scope:
    """Raises InputError where the package has no name or no version."""
    package = document.pairs(root.get("package"), "package")
    if package is None:
        raise InputError("no package", "write package: with name, version and epoch", path=document.path, line=1)
    values: dict[str, str] = {}
    for key in ("name", "version", "epoch"):
        found = document.scalar(package.get(key), f"package.{key}")
        if found is None or not found.text:
            raise document.error(package, f"the package has no {key}", f"write {key}: under package:")
        values[key] = found.text
    variables = document.pairs(root.get("vars"), "vars")
    plain = {k.text: document.word(v) for k, v in variables.pairs} if variables else {}
    transforms = tuple(transforms_of(document, root, "var-transforms"))
    return Scope(values["name"], values["version"], values["epoch"], plain, transforms)


def transforms_of(document: Document, holder: Pairs, key: str) -> list[Transform]:
    made: list[Transform] = []
    for item in document.items(holder.get(key), key):
        pairs = document.pairs(item, f"an item of {key}")
        if pairs is not None:
            names = ("from", "to", "match", "replace")
            made.append(Transform(*(document.word(pairs.get(name)) for name in names)))
    return made


def _template(replacement: str) -> str:
    """melange's `$1` and `${1}` as this language writes them. Go takes `$1x` for a group of that name: empty."""

    def group(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return rf"\g<{name}>" if name.isdigit() else ""

    return _GROUP.sub(group, replacement.replace("\\", r"\\"))
