"""The fields of a conda recipe that a move changes: version, build number, addresses and checksums."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from syncbot.errors import InputError
from syncbot.layouts.conda import listing, template
from syncbot.layouts.recipe import Download
from syncbot.layouts.yamltext import Document, Items, Pairs, Scalar

Edit = tuple[int, int, str]
_DEEPEST = 4
_ALGORITHMS = ("sha256", "sha1", "md5")
_REVISIONS = ("git_rev", "git_tag", "rev", "tag")
_SPELLED = ("url", "fn", "file_name", "folder", "target_directory", *_REVISIONS)


@dataclass(frozen=True, slots=True)
class Place:
    """A value's place in the text: `[start, end)` with the quotes, `quote` around it."""

    value: str
    start: int
    end: int
    quote: str

    def edit(self, value: str) -> Edit:
        return self.start, self.end, f"{self.quote}{value}{self.quote}"


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address and the checksum of what lies there. `url`: the address with its expressions replaced, None where one
    is not known."""

    address: str
    url: str | None
    algorithm: str
    place: Place
    line: int

    @property
    def download(self) -> Download:
        return Download(self.url or self.address, self.algorithm)

    def edit(self, digest: str) -> Edit:
        return self.place.edit(digest)


@dataclass(frozen=True)
class Fields:
    """A recipe's text and what it says. `old`: a `meta.yaml`; else a `recipe.yaml` of the new form."""

    document: Document
    root: Pairs
    old: bool
    assigned: tuple[template.Assigned, ...]
    values: Mapping[str, str]
    statements: Callable[[int], tuple[str, ...]]

    @classmethod
    def read(cls, document: Document, *, old: bool) -> Fields:
        root = document.pairs(document.root, "the file")
        if root is None:
            raise InputError("it is empty", "write package: and source:", path=document.path, line=1)
        assigned = template.assignments(document.text) if old else tuple(_context(document, root))
        values = template.values_of(assigned, {})
        none: Callable[[int], tuple[str, ...]] = lambda _at: ()  # noqa: E731  # a recipe without statements
        statements = template.conditions_at(document.text) if old else none
        return cls(document, root, old, assigned, values, statements)

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.document.path)

    def package(self, key: str) -> Scalar | None:
        """`package: key`, or `recipe: key` of a recipe with several outputs."""
        for name in ("package", "recipe"):
            pairs = self.document.pairs(self.root.get(name), name)
            found = self.document.scalar(pairs.get(key), f"{name}.{key}") if pairs else None
            if found is not None:
                return found
        return None

    @cached_property
    def name(self) -> str:
        found = self.package("name")
        value = None if found is None else template.expanded(self.said(found), self.values)
        return value or ""

    def said(self, node: Scalar) -> str:
        """The text of a scalar as it stands, without its quotes."""
        raw = self.document.raw(node)
        return node.text if node.style in ("|", ">") else raw[1:-1] if node.style else raw

    @cached_property
    def version(self) -> str | None:
        """Upstream's version: the literal from which the package's version is made, without a `v` before it."""
        place = self.version_place
        return None if place is None else place.value[len(_lead(place.value)) :]

    @cached_property
    def version_place(self) -> Place | None:
        """Where the version is written down; None where it is made of several things, or not at all."""
        node = self.package("version")
        if node is None:
            return self._variable("version")
        text = self.said(node)
        if "{{" not in text and "{%" not in text:
            return _place(self.document, node) if re.search(r"\d", text) else None
        named = {name: place for name, place in self._made_of(template.names_in(text)) if re.search(r"\d", place.value)}
        return named.get("version") or (next(iter(named.values())) if len(named) == 1 else None)

    def _made_of(self, names: Iterable[str], depth: int = 0) -> Iterator[tuple[str, Place]]:
        """The variables with plain values from which those names are made."""
        for name in names:
            place = self._variable(name)
            if place is not None:
                yield name, place
            elif depth < _DEEPEST:
                for one in self.assigned:
                    if one.name == name and not one.conditions:
                        inner = template.names_in("{{" + one.value + "}}")
                        yield from self._made_of((n for n in inner if n != name), depth + 1)

    def versioned(self, version: str) -> Edit:
        """The edit that writes another version. Raises InputError where none can be written."""
        place = self.version_place
        if place is None:
            node = self.package("version")
            what = "the version is no plain text"
            remedy = 'write {% set version = "..." %}' if self.old else "write it under context: version"
            raise InputError(what, remedy, path=self.document.path, line=node.line if node else 1)
        return place.edit(_lead(place.value) + self.spelling(version))

    def spelling(self, version: str) -> str:
        """A version as this recipe writes versions: with the signs of the old one."""
        old = self.version_place.value if self.version_place else ""
        sign = re.fullmatch(r"\D*\d+(?:([-_])\d+)+", old)
        return version.replace(".", sign[1]) if sign else version if "-" in old else version.replace("-", "_")

    def _variable(self, name: str) -> Place | None:
        """Where a variable gets its value. What is set anew from itself under a condition is a variant of it."""
        made = [one for one in self.assigned if one.name == name]
        plain = [one for one in made if template.literal(one.value) is not None]
        if len(plain) != 1 or plain[0] is not made[0]:
            return None
        one = plain[0]
        raw = self.document.text[one.start : one.end]
        inner = raw.strip()
        quote = inner[0] if inner and inner[0] in "'\"" else ""
        start = one.start + raw.index(inner)
        return Place(template.literal(one.value) or "", start, start + len(inner), quote)

    def counted(self, *, reset: bool) -> list[Edit]:
        """The edits that set the build number back (or one up). A number beyond 100 keeps its hundreds: they tell
        variants apart."""
        places: dict[int, Place] = {}
        for node in self._numbers():
            text = self.said(node)
            if re.fullmatch(r"\d+", text):
                places[node.start] = _place(self.document, node)
                continue
            for name in template.names_in(text):
                place = self._variable(name)
                if place is not None and re.fullmatch(r"\d+", place.value):
                    places[place.start] = place
                    break
        edits = []
        for place in places.values():
            number = int(place.value)
            after = number // 100 * 100 if reset else number + 1
            if after != number:
                edits.append(place.edit(str(after)))
        return edits

    def _numbers(self) -> Iterator[Scalar]:
        document = self.document
        for holder in listing.holders(self.root):
            for key, value in holder.pairs:
                if key.text == "build" and isinstance(value, Pairs):
                    for inner, number in value.pairs:
                        if inner.text == "number" and isinstance(number, Scalar):
                            document.plain(number, "build.number")
                            yield number

    @cached_property
    def pinned(self) -> tuple[Pinned, ...]:
        return tuple(one for source in self.sources for one in self._pinned(source))

    @cached_property
    def sources(self) -> tuple[listing.Source, ...]:
        return tuple(listing.sources(self.document, self.root))

    @cached_property
    def revisions(self) -> tuple[Scalar, ...]:
        """What the sources check out of git repositories."""
        return tuple(node for source in self.sources for node in self.revisions_of(source))

    def revisions_of(self, source: listing.Source) -> Iterator[Scalar]:
        for key, value in source.node.pairs:
            if key.text in _REVISIONS and isinstance(value, Scalar):
                yield value

    def repository_of(self, source: listing.Source) -> str | None:
        """The git repository that a source is checked out of, None where it is none, or not known."""
        found = next((v for k, v in source.node.pairs if k.text in ("git_url", "git") and isinstance(v, Scalar)), None)
        return None if found is None else self.expand(found)

    def addresses_of(self, source: listing.Source) -> Iterator[Scalar]:
        for key, value in source.node.pairs:
            if key.text == "url":
                nodes = value.items if isinstance(value, Items) else (value,)
                yield from (node for node in nodes if isinstance(node, Scalar))

    @cached_property
    def addresses(self) -> tuple[Scalar, ...]:
        """Every address that is fetched from."""
        return tuple(node for source in self.sources for node in self.addresses_of(source))

    @property
    def fetched(self) -> tuple[str | None, ...]:
        """What is fetched and checked out, as far as it can be told."""
        return tuple(self.expand(node) for node in (*self.addresses, *self.revisions))

    def expand(self, node: Scalar) -> str | None:
        return template.expanded(self.said(node), self.values)

    def _pinned(self, source: listing.Source) -> Iterator[Pinned]:
        """Addresses and checksums in the order in which they stand: a selector may give several of each."""
        urls: list[Scalar] = []
        for key, value in source.node.pairs:
            if key.text == "url":
                first = value.items[0] if isinstance(value, Items) and value.items else value
                urls += [first] if isinstance(first, Scalar) else []
        for algorithm in _ALGORITHMS:
            sums = [v for k, v in source.node.pairs if k.text == algorithm and isinstance(v, Scalar)]
            if not sums or not urls:
                continue
            if len(sums) != len(urls):
                what = f"the source has {len(urls)} addresses and {len(sums)} checksums"
                raise self.document.error(sums[0], what, "give each address its checksum")
            for url, digest in zip(urls, sums, strict=True):
                place = self._digest(digest)
                if place is not None:
                    address = self.said(url)
                    yield Pinned(address, template.expanded(address, self.values), algorithm, place, url.line)

    def _digest(self, node: Scalar) -> Place | None:
        text = self.said(node)
        if "{{" not in text:
            return _place(self.document, node)
        names = template.names_in(text)
        return self._variable(names[0]) if len(names) == 1 else None

    def follows(self, text: str) -> bool:
        """Whether a text changes with the version, as far as can be told."""
        if self.version and self._spelled(self.version).search(text):
            return True
        place = self.version_place
        reached = {one.name for one in self.assigned if place is not None and one.start <= place.start < one.end}
        for one in self.assigned:
            if reached & set(re.findall(r"\w+", one.value)):
                reached.add(one.name)
        return bool(reached & set(template.names_in(text)))

    def assigned_at(self, version: str) -> tuple[template.Assigned, ...]:
        """What is set, if the version were another one."""
        place = self.version_place
        quoted = f'"{version}"'
        return tuple(
            replace(one, value=quoted) if place is not None and one.start <= place.start < one.end else one
            for one in self.assigned
        )

    def spelled(self, version: str) -> list[Edit]:
        """The edits of addresses in which the old version is spelled out."""
        if self.version is None:
            return []
        edits: list[Edit] = []
        for source in self.sources:
            for key, value in source.node.pairs:
                for node in value.items if isinstance(value, Items) else (value,):
                    if key.text in _SPELLED and isinstance(node, Scalar):
                        raw = self.document.raw(node)
                        found = self._spelled(self.version).finditer(raw)
                        edits += [(node.start + m.start(), node.start + m.end(), version) for m in found]
        return edits

    def respelled(self, text: str, version: str) -> str:
        """A text in which the version is spelled out, with another one."""
        return self._spelled(self.version).sub(lambda _found: version, text) if self.version else text

    @staticmethod
    def _spelled(version: str) -> re.Pattern[str]:
        return re.compile(rf"(?<![\d.]){re.escape(version)}(?!\d|\.\d)" if "." in version else r"(?!)")


def _lead(value: str) -> str:
    """What stands before the version's first digit."""
    found = re.match(r"\D*", value)
    return found[0] if found else ""


def _place(document: Document, node: Scalar) -> Place:
    raw = document.raw(document.plain(node, "the value"))
    if node.style in ("|", ">") or "\n" in raw:
        raise document.error(node, "the value has several lines", "write it in one line")
    return Place(raw[1:-1] if node.style else raw, node.start, node.end, node.style)


def _context(document: Document, root: Pairs) -> Iterator[template.Assigned]:
    """The variables of the new form, as if they were set."""
    context = document.pairs(root.get("context"), "context")
    for key, value in context.pairs if context else ():
        if isinstance(value, Scalar) and value.style not in ("|", ">"):
            raw = document.raw(document.plain(value, f"context.{key.text}"))
            inner = raw[1:-1] if value.style else raw
            shown = _expression(inner)
            if shown is None:
                start, end = value.start, value.end
                quoted = raw if value.style else f'"{raw}"' if not re.fullmatch(r"\d+(?:\.\d+)*", raw) else raw
                yield template.Assigned(key.text, quoted, start, end, ())
            else:
                yield template.Assigned(key.text, shown, value.end, value.end, ())


def _expression(text: str) -> str | None:
    """The expression of `a${{ x }}b` as one sum; None where it holds none."""
    if "{{" not in text:
        return None
    parts: list[str] = []
    last = 0
    for found in re.finditer(r"\$\{\{(.{0,1000}?)\}\}", text):
        parts += [repr(text[last : found.start()]), f"({found[1]})"]
        last = found.end()
    return " ~ ".join([*parts, repr(text[last:])])
