"""Where a recipe's software comes from, and who looks after it: SRC_URI, the classes, HOMEPAGE, maintainers.inc."""

from __future__ import annotations

import re
from functools import lru_cache

from syncbot.errors import InputError
from syncbot.layouts.draft import holds
from syncbot.layouts.openembedded.bitbake import Unknown
from syncbot.layouts.openembedded.family import Family
from syncbot.layouts.openembedded.listing import Item, address
from syncbot.layouts.origin import tarballs_of, upstream_of
from syncbot.layouts.plain import joined, mails, raw_text
from syncbot.layouts.recipe import Known
from syncbot.model import addresses
from syncbot.model.releases import Upstream
from syncbot.model.trees import Tree

_MAINTAINERS = "conf/distro/include/maintainers.inc"
_MAINTAINER = re.compile(r'^RECIPE_MAINTAINER[:_]pn-([\w.+-]+)[ \t]*\??=[ \t]*"([^"\n]*)"', re.MULTILINE)
_NOBODY = "unassigned"


def known(tree: Tree, family: Family, items: tuple[Item, ...], version: str | None, remote: tuple[Item, ...]) -> Known:
    repositories = [found for item in items if (found := _repository(family, item)) is not None]
    urls = [url for item in items if not item.local and (url := address(family, item)) is not None]
    pages = [url for name in ("HOMEPAGE", "GITHUB_BASE_URI") if (url := _said(family, name)) is not None]
    told = [found for url in (*urls, *pages) if (found := upstream_of(url)) is not None]
    archives = [found for url in urls if (found := tarballs_of(url, version)) is not None]
    indexed = _indexed(family)
    repository = next(iter([*repositories, *(found for found in told if found.scheme == "git")]), None)
    upstream = indexed or repository or next(iter([*told, *archives]), None)
    history = repository if upstream is not None and upstream.scheme != "git" else None
    doubts = [f"{i.value.path}:{i.line}: {i.what} is fetched, and is no file here" for i in remote]
    doubts += [f"{path}:{line}: {what} is not in this repository" for what, path, line in family.missing]
    if upstream is None:
        doubts.append(f"{family.path}: neither SRC_URI nor HOMEPAGE says where the releases are")
    owners = _owners(tree, family)
    if not owners:
        doubts.append(f"{family.path}: no maintainer is named")
    return Known(upstream, history, _pattern(family), owners, tuple(doubts))


def _repository(family: Family, item: Item) -> Upstream | None:
    """`git://host/path;protocol=https` as git takes it."""
    scheme = item.what.partition("://")[0]
    url = address(family, item) if scheme in ("git", "gitsm") else None
    if url is None:
        return None
    protocol = item.parameter("protocol") or ("https" if "://github." in url else "git")
    try:
        return addresses.check(Upstream("git", f"{protocol}://{url.partition('://')[2]}"))
    except InputError:
        return None


def _indexed(family: Family) -> Upstream | None:
    if "pypi" not in family.classes:
        return None
    name = _said(family, "PYPI_PACKAGE") or family.named.base.removeprefix("python3-").removeprefix("python-")
    try:
        return addresses.check(Upstream("pypi", name))
    except InputError:
        return None


def _said(family: Family, name: str) -> str | None:
    try:
        return family.scope.value(name)
    except Unknown:
        return None


def _pattern(family: Family) -> str:
    """UPSTREAM_CHECK_GITTAGREGEX, where it has one group: the version."""
    pattern = _said(family, "UPSTREAM_CHECK_GITTAGREGEX") or ""
    try:
        return pattern if re.compile(pattern).groups == 1 else ""
    except re.error:
        return ""


def _owners(tree: Tree, family: Family) -> tuple[str, ...]:
    own = _said(family, "MAINTAINER") if any(a.name == "MAINTAINER" for a in family.lines) else None
    path = joined(family.layer, _MAINTAINERS)
    listed = _listed(raw_text(tree, path)) if holds(tree, path) else {}
    found = own or listed.get(family.named.name, "")
    return mails([found]) if found and _NOBODY not in found.lower() else ()


@lru_cache(maxsize=4)
def _listed(text: str) -> dict[str, str]:
    return {found[1]: found[2] for found in _MAINTAINER.finditer(text)}
