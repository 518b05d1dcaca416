"""What a conda recipe says of its upstream and of who looks after it."""

from __future__ import annotations

import re
from collections.abc import Callable

from syncbot.errors import InputError
from syncbot.layouts.conda import template
from syncbot.layouts.conda.fields import Fields
from syncbot.layouts.conda.listing import Source
from syncbot.layouts.recipe import Known
from syncbot.layouts.tagging import around, github_release, pattern, tarballs
from syncbot.layouts.yamltext import Items, Pairs, Scalar
from syncbot.model import addresses
from syncbot.model.releases import Upstream

_PYPI = re.compile(r"https?://[^/]+/packages/source/[^/]+/([A-Za-z0-9._-]+)/")
_REPOSITORY = re.compile(r"https?://github\.com/([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?(?:[#?].*)?")
_ABOUT = ("dev_url", "repository", "home", "homepage")


def known_of(fields: Fields) -> Known:
    doubts: list[str] = []
    git = next((found for source in fields.sources if (found := _fetched(fields, source, doubts))), None)
    registry = next(
        (one for one in (_pypi(fields, source) for source in map(fields.said, fields.addresses)) if one is not None),
        None,
    )
    if git is None:
        about = _about(fields, doubts)
        git = None if about is None else (about, "")
        if about is not None and registry is None:
            doubts.append(f"its upstream is taken from what the recipe calls its home, {addresses.shown(about)}")
    owners = _maintainers(fields)
    if registry is not None:
        return Known(registry, None if git is None else git[0], "", owners, tuple(doubts))
    if git is None:
        archives = [_archives(fields, fields.said(one)) for one in fields.addresses]
        git = next(((found, "") for found in archives if found is not None), None)
        if git is not None:
            doubts.append("its releases are looked for beside the archive that it fetches")
    if git is None:
        doubts.append("no source lies in a git repository, at a known forge or in a registry")
        return Known(None, None, "", owners, tuple(doubts))
    return Known(git[0], None, git[1], owners, tuple(doubts))


def _fetched(fields: Fields, source: Source, doubts: list[str]) -> tuple[Upstream, str] | None:
    """(the repository that a source comes from, its tags), None where it is no git repository."""
    repository = fields.repository_of(source)
    upstream = _checked(repository, doubts) if repository else None
    if upstream is not None:
        texts = [fields.said(revision) for revision in fields.revisions_of(source)]
        return upstream, next((p for text in texts if (p := _pattern(fields, _tag(text)))), "")
    for address in map(fields.said, fields.addresses_of(source)):
        url = template.expanded(address, fields.values)
        found = github_release(url) if url else None
        upstream = _checked(f"https://github.com/{found[0]}", doubts) if found else None
        if upstream is not None and fields.follows(address):
            return upstream, _pattern(fields, _released(address))
    return None


def _archives(fields: Fields, address: str) -> Upstream | None:
    """The page on which the archives lie that are fetched."""

    def url_at(version: str) -> str | None:
        text = fields.respelled(address, version)
        return template.expanded(text, template.values_of(fields.assigned_at(version), {}))

    return tarballs(url_at, fields.version or "")


def _pypi(fields: Fields, address: str) -> Upstream | None:
    url = template.expanded(address, fields.values)
    found = _PYPI.match(url) if url else None
    return _checked(found[1], [], "pypi") if found else None


def _about(fields: Fields, doubts: list[str]) -> Upstream | None:
    about = next((value for key, value in fields.root.pairs if key.text == "about"), None)
    if not isinstance(about, Pairs):
        return None
    for name in _ABOUT:
        node = about.get(name)
        url = template.expanded(fields.said(node), fields.values) if isinstance(node, Scalar) else None
        found = _REPOSITORY.fullmatch(url) if url else None
        if found is not None:
            return _checked(f"https://github.com/{found[1]}", doubts)
    return None


def _maintainers(fields: Fields) -> tuple[str, ...]:
    extra = next((value for key, value in fields.root.pairs if key.text == "extra"), None)
    named = extra.get("recipe-maintainers") if isinstance(extra, Pairs) else None
    if not isinstance(named, Items):
        return ()
    return tuple(node.text for node in named.items if isinstance(node, Scalar) and node.text)


def _checked(location: str, doubts: list[str], scheme: str = "git") -> Upstream | None:
    try:
        return addresses.check(Upstream(scheme, location))
    except InputError as error:
        doubts.append(error.what)
        return None


Told = Callable[[dict[str, str]], str | None]


def _tag(text: str) -> Told:
    return lambda values: template.expanded(text, values)


def _released(address: str) -> Told:
    def tag(values: dict[str, str]) -> str | None:
        url = template.expanded(address, values)
        found = github_release(url) if url else None
        return found[1] if found else None

    return tag


def _pattern(fields: Fields, told: Told) -> str:
    """The tags that are releases, from how one is written for a version."""

    def tag_at(version: str) -> str | None:
        values = template.values_of(fields.assigned_at(version), {})
        return told(values)

    fixed = around(tag_at, fields.version or "")
    return pattern(*fixed) if fixed is not None and any(fixed) else ""
