"""Package URLs: how supply-chain documents name an upstream's release."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from packageurl import PackageURL

from syncbot.model.addresses import is_path, shown, watched
from syncbot.model.releases import Upstream

_OWNED = re.compile(r"/*([^/]+)/([^/]+?)(?:\.git)?/*")
_HOSTS = {"github.com": "github", "bitbucket.org": "bitbucket"}


def purl(name: str, upstream: Upstream, version: str, commit: str = "") -> str:
    """The package URL of one release. A repository of a known host is named by its type, another one is generic with
    its address (`vcs_url`); a repository on this machine is generic without one. `commit`: what pins it."""
    if upstream.scheme == "pypi":
        return PackageURL("pypi", None, upstream.location, version or None).to_string()
    if upstream.scheme == "npm":
        scope, _, plain = upstream.location.rpartition("/")
        return PackageURL("npm", scope or None, plain, version or None).to_string()
    where = shown(watched(upstream.location)[1] if upstream.scheme == "anitya" else upstream.location)
    if upstream.scheme == "git" and not is_path(upstream.location):
        parts = urlsplit(where if "://" in where else f"ssh://{where.replace(':', '/', 1)}")
        owned = _OWNED.fullmatch(parts.path)
        known = _HOSTS.get(parts.hostname or "")
        if known and owned is not None:
            return PackageURL(known, owned[1].lower(), owned[2].lower(), version or None).to_string()
        qualifiers = {"vcs_url": f"git+{where}" + (f"@{commit}" if commit else "")}
        return PackageURL("generic", None, name, version or None, qualifiers).to_string()
    if upstream.scheme in ("anitya", "tarball") and "://" in where:
        return PackageURL("generic", None, name, version or None, {"download_url": where}).to_string()
    return PackageURL("generic", None, name, version or None).to_string()
