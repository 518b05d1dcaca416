"""What a melange file says of its upstream: its `update:` block and the sources that it fetches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from syncbot.errors import InputError
from syncbot.layouts.melange.steps import steps
from syncbot.layouts.melange.substitution import Scope, Transform, transforms_of
from syncbot.layouts.recipe import Known
from syncbot.layouts.tagging import around, escaped, github_release, pattern, tarballs
from syncbot.layouts.yamltext import Document, Pairs, Scalar
from syncbot.model import addresses
from syncbot.model.releases import Upstream

_GITHUB = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
_CAPTURING = re.compile(r"(?<!\\)\((?!\?)")


@dataclass(frozen=True, slots=True)
class Source:
    """A step that fetches the package's source. `kind`: git-checkout or fetch; `given`: its `with:`. `follows`: whether
    what it fetches changes with the version."""

    kind: str
    given: Pairs
    line: int
    follows: bool

    def scalar(self, document: Document, key: str) -> Scalar | None:
        return document.scalar(self.given.get(key), key)


def sources(document: Document, root: Pairs, scope: Scope) -> Iterator[Source]:
    for step in steps(document, root):
        kind = step.uses(document)
        given = document.pairs(step.node.get("with"), "with") if kind in ("git-checkout", "fetch") else None
        if given is not None:
            what = document.word(given.get("tag" if kind == "git-checkout" else "uri"))
            yield Source(kind, given, step.node.line, scope.follows(what))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where releases come from. `transforms` lead from upstream's version to the package's."""

    known: Known
    transforms: tuple[Transform, ...]
    separator: str


def origin_of(document: Document, root: Pairs, scope: Scope) -> Origin:
    """Raises InputError where the update block cannot be read."""
    update = document.pairs(root.get("update"), "update")
    fetched = list(sources(document, root, scope))
    followed = [source for source in fetched if source.follows]
    template = _template(document, scope, followed)
    doubts = [*_switched_off(document, update), *_carried(document, root, scope)]
    monitor = _monitor(update)
    filters = document.pairs(update.get(monitor), f"update.{monitor}") if update and monitor else None
    github = filters if monitor == "github" else None
    upstream = _upstream(document, scope, followed, fetched, github, doubts)
    tags = _pattern(document, template, filters, update, doubts)
    if upstream is None and monitor == "release-monitor" and filters:
        upstream = _watched(document, scope, followed, update, document.word(filters.get("identifier")), doubts)
    if upstream is None:
        upstream, tags = _archives(document, scope, followed), ""
        if upstream is not None:
            doubts.append("its releases are looked for beside the archive that it fetches")
    if upstream is None:
        doubts.append(_unknown(document, fetched, followed))
    transforms = tuple(transforms_of(document, update, "version-transform")) if update else ()
    separator = document.word(update.get("version-separator")) if update else ""
    known = Known(upstream, None, tags if upstream else "", (), tuple(doubts))
    return Origin(known, transforms, separator)


def _unknown(document: Document, fetched: list[Source], followed: list[Source]) -> str:
    """Why it is not known where upstream is."""
    if not fetched:
        return "no step fetches its source"
    source = (followed or fetched)[0]
    if source not in followed:
        return f"what line {source.line} fetches does not follow the version"
    uri = document.word(source.given.get("uri"))
    return f"the address of the archive that line {source.line} fetches does not state the version as it is: {uri}"


def _monitor(update: Pairs | None) -> str:
    return (
        next((k.text for k, _ in update.pairs if k.text in ("github", "release-monitor", "git")), "") if update else ""
    )


def _switched_off(document: Document, update: Pairs | None) -> Iterator[str]:
    if update is None:
        return
    why = " ".join(document.word(update.get("exclude-reason")).split())
    if document.word(update.get("enabled")).lower() == "false":
        yield "its own updates are switched off (update.enabled is false)" + (f": {why}" if why else "")
    if document.word(update.get("manual")).lower() == "true":
        yield "its maintainers move it by hand (update.manual is true)"


def _carried(document: Document, root: Pairs, scope: Scope) -> Iterator[str]:
    """Upstream commits that are picked while checking out are a delta, too, but no patch of ours."""
    for source in sources(document, root, scope):
        picks = source.scalar(document, "cherry-picks") if source.kind == "git-checkout" else None
        number = sum(1 for line in picks.text.splitlines() if line.strip() and line.strip()[0] != "#") if picks else 0
        if number:
            yield f"line {source.line} picks {number} commits of upstream (cherry-picks), which are not looked at"


def _upstream(
    document: Document,
    scope: Scope,
    followed: list[Source],
    others: list[Source],
    github: Pairs | None,
    doubts: list[str],
) -> Upstream | None:
    """The repository whose tags are checked out; else the one that the update block or a download names."""
    for source in followed:
        text = document.word(source.given.get("repository"))
        address = scope.expand(text) if text else None
        if source.kind == "git-checkout" and address:
            return _checked(address, doubts)
    identifier = document.word(github.get("identifier")) if github else ""
    for source in followed:
        found = github_release(document.word(source.given.get("uri")))
        identifier = identifier or (found[0] if found else "")
    if _GITHUB.fullmatch(identifier):
        return _checked(f"https://github.com/{identifier}", doubts)
    for source in others:
        text = document.word(source.given.get("repository"))
        address = scope.expand(text) if source.kind == "git-checkout" else None
        if address:
            doubts.append(f"what line {source.line} checks out does not follow the version")
            return _checked(address, doubts)
    return None


def _archives(document: Document, scope: Scope, followed: list[Source]) -> Upstream | None:
    """The page on which the archives lie that are fetched."""
    for source in followed:
        uri = document.word(source.given.get("uri"))
        found = tarballs(scope.tag_at(uri), scope.version) if uri else None
        if found is not None:
            return found
    return None


def _watched(
    document: Document,
    scope: Scope,
    followed: list[Source],
    update: Pairs | None,
    number: str,
    doubts: list[str],
) -> Upstream | None:
    """The project of release-monitoring.org that the update block names, with where its archives are fetched from."""
    archives = _archives(document, scope, followed)
    if archives is not None and not (update and any(transforms_of(document, update, "version-transform"))):
        with suppress(InputError):
            return addresses.check(Upstream("anitya", f"{number}/{archives.location}"))
    why = "its versions are written in another way" if archives else "what is fetched does not state the version"
    doubts.append(f"project {number} of release-monitoring.org is not asked: {why}")
    return None


def _checked(address: str, doubts: list[str]) -> Upstream | None:
    try:
        return addresses.check(Upstream("git", address))
    except InputError as error:
        doubts.append(error.what)
        return None


def _template(document: Document, scope: Scope, followed: list[Source]) -> tuple[str, str] | None:
    """(what stands before, after the version) in the tag that is checked out."""
    for source in followed:
        found = github_release(document.word(source.given.get("uri")))
        text = document.word(source.given.get("tag")) if found is None else found[1]
        fixed = around(scope.tag_at(text), scope.version) if text else None
        if fixed is not None:
            return fixed
    return None


def _pattern(
    document: Document,
    template: tuple[str, str] | None,
    filters: Pairs | None,
    update: Pairs | None,
    doubts: list[str],
) -> str:
    """A regular expression with one group for the tags that are releases; empty where nothing narrows them."""

    def word(*keys: str) -> str:
        return next((w for key in keys if filters and (w := document.word(filters.get(key)))), "")

    before, after = template or (word("strip-prefix"), word("strip-suffix"))
    optional = template is None
    start, contains = word("tag-filter-prefix", "tag-filter"), word("tag-filter-contains", "version-filter-contains")
    ignored = "".join(_ignoring(document, update, after, doubts))
    if not (before or after or start or contains or ignored):
        return ""
    head = f"(?={escaped(start)})" if start and not before.startswith(start) else ""
    head += f"(?=.*{escaped(contains)})" if contains and contains not in before + after else ""
    return pattern(before, after, optional=optional, head=head, inner=ignored)


def _ignoring(document: Document, update: Pairs | None, after: str, doubts: list[str]) -> Iterator[str]:
    """What must not follow, for each of ignore-regex-patterns; they are about the version without what is stripped."""
    for item in document.items(update.get("ignore-regex-patterns"), "ignore-regex-patterns") if update else ():
        text = document.word(item)
        flag = "i" if text.startswith("(?i)") else ""
        bare = text[len("(?i)") if flag else 0 :]
        inner = _CAPTURING.sub("(?:", bare.removeprefix("^"))
        made = f"(?!(?{flag}:{inner}))" if bare.startswith("^") else f"(?!.*(?{flag}:{inner}))"
        try:
            groups = re.compile(f"x{made}").groups
        except (re.error, RecursionError, OverflowError):
            groups = 1
        if not inner or groups or (after and inner.endswith("$")):
            doubts.append(f"line {item.line}: the releases to ignore ({text}) are not left out")
            continue
        yield made
