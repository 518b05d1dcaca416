"""The page of an upstream commit on the web, where the upstream's address tells it. An address is outside text: only
forms that are known make a link, and nothing of an address stands in one that could mean something else there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from syncbot.model.judgement import Judgement, SeriesJudgement

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_PART = re.compile(r"[A-Za-z0-9_~+.-]{1,100}")
_SCP = re.compile(r"(?:[A-Za-z0-9._~+-]+@)?([A-Za-z0-9.-]+):(?!/)(.+)")
_TRANSPORTS = frozenset({"http", "https", "git", "ssh", "git+ssh", "ssh+git"})

Parts = tuple[str, ...]
"""A repository's path on its host, `.git` kept."""


def commit_link(address: str, commit: str) -> str:
    """The web page of a commit of the git repository at `address` (with or without `git:`), empty where none is known.
    The commit must be known to be of that repository: nothing is asked."""
    found = _place(address)
    if found is None or not _COMMIT.fullmatch(commit):
        return ""
    host, parts = found
    form = _FORMS.get(host) or next((form for starts, form in _KINDS if host.startswith(starts)), None)
    if form is None and host.endswith(".googlesource.com"):
        form = _googlesource
    if form is None and "cgit" in parts[:-1]:
        form = _cgit
    page = None if form is None else form(host, parts, commit)
    return "" if page is None else f"https://{page}"


def with_links(judgement: SeriesJudgement, address: str) -> SeriesJudgement:
    """The judgement with a link in all evidence that names a commit of this upstream."""
    return replace(judgement, patches=tuple(linked(patch, address) for patch in judgement.patches))


def linked(judgement: Judgement, address: str) -> Judgement:
    """One patch's judgement with its links."""
    if not any(e.commit for e in judgement.evidence):
        return judgement
    found = tuple(replace(e, link=commit_link(address, e.commit)) if e.commit else e for e in judgement.evidence)
    return replace(judgement, evidence=found)


def _place(address: str) -> tuple[str, Parts] | None:
    """(host, path) of an address that is plain enough to be shown again; None for a path of a machine, a port, a query
    and whatever else is unusual."""
    address = address.removeprefix("git:") if not address.startswith("git://") else address
    if "://" in address:
        try:
            url = urlsplit(address)
            host, port = url.hostname or "", url.port
        except ValueError:
            return None
        if url.scheme not in _TRANSPORTS or url.query or url.fragment or "?" in address or "#" in address:
            return None
        if port is not None:
            return None
        path = url.path
    else:
        scp = _SCP.fullmatch(address)
        if scp is None:
            return None
        host, path = scp[1].lower(), scp[2]
    parts = tuple(path.strip("/").split("/"))
    if not _HOST.fullmatch(host) or not all(_PART.fullmatch(p) and p.strip(".") for p in parts):
        return None
    return host, parts


def _bare(parts: Parts) -> Parts:
    return (*parts[:-1], parts[-1].removesuffix(".git"))


def _owned(middle: str) -> Callable[[str, Parts, str], str | None]:
    """`host/owner/repository/<middle>/<commit>`: two parts, no more and no less."""

    def form(host: str, parts: Parts, commit: str) -> str | None:
        owner = _bare(parts)
        return f"{host}/{'/'.join(owner)}/{middle}/{commit}" if len(owner) == 2 and owner[-1] else None

    return form


def _gitlab(host: str, parts: Parts, commit: str) -> str | None:
    """Groups may lie in groups."""
    project = _bare(parts)
    return f"{host}/{'/'.join(project)}/-/commit/{commit}" if len(project) >= 2 and project[-1] else None


def _sourcehut(host: str, parts: Parts, commit: str) -> str | None:
    return f"{host}/{'/'.join(parts)}/commit/{commit}" if len(parts) == 2 and parts[0].startswith("~") else None


def _cgit(host: str, parts: Parts, commit: str) -> str | None:
    return f"{host}/{'/'.join(parts)}/commit/?id={commit}"


def _googlesource(host: str, parts: Parts, commit: str) -> str | None:
    return f"{host}/{'/'.join(_bare(parts))}/+/{commit}"


def _savannah(host: str, parts: Parts, commit: str) -> str | None:
    """Fetched from `/git/NAME.git` or `/srv/git/NAME.git`, shown at `/cgit/NAME.git`."""
    return f"{host}/cgit/{parts[-1]}/commit/?id={commit}" if parts[:-1] in (("git",), ("srv", "git")) else None


def _gitweb(page: str, *below: str) -> Callable[[str, Parts, str], str | None]:
    """gitweb at `page` of the host, for repositories that are fetched from the folders `below`."""

    def form(host: str, parts: Parts, commit: str) -> str | None:
        inside = parts[len(below) :]
        if parts[: len(below)] != below or not inside:
            return None
        return f"{host}/{page}?p={'/'.join(inside)};a=commit;h={commit}"

    return form


_FORMS: dict[str, Callable[[str, Parts, str], str | None]] = {
    "github.com": _owned("commit"),
    "codeberg.org": _owned("commit"),
    "gitea.com": _owned("commit"),
    "opendev.org": _owned("commit"),
    "src.opensuse.org": _owned("commit"),
    "bitbucket.org": _owned("commits"),
    "gitlab.com": _gitlab,
    "salsa.debian.org": _gitlab,
    "invent.kde.org": _gitlab,
    "framagit.org": _gitlab,
    "code.videolan.org": _gitlab,
    "git.sr.ht": _sourcehut,
    "git.kernel.org": _cgit,
    "git.yoctoproject.org": _cgit,
    "git.openembedded.org": _cgit,
    "git.savannah.gnu.org": _savannah,
    "git.savannah.nongnu.org": _savannah,
    "sourceware.org": _gitweb("git/", "git"),
    "gcc.gnu.org": _gitweb("git/", "git"),
    "git.postgresql.org": _gitweb("gitweb/", "git"),
    "git.gnupg.org": _gitweb("cgi-bin/gitweb.cgi"),
    "repo.or.cz": _gitweb(""),
}
"""Hosts whose pages have a known form."""

_KINDS: tuple[tuple[str, Callable[[str, Parts, str], str | None]], ...] = (
    ("gitlab.", _gitlab),
    ("gitea.", _owned("commit")),
    ("forgejo.", _owned("commit")),
    ("cgit.", _cgit),
)
"""Hosts that are named after the software that they run."""
