"""What a proposal is found again by: its package's line of releases, and the name of its branch."""

from __future__ import annotations

import hashlib
import re

from syncbot.model.packages import Package

_SAFE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_-]))*")
_REFERENCE = re.compile(r"gh-\d", re.IGNORECASE)
_DIGESTED = re.compile(r"[-_][0-9a-f]{10}$")
_LONGEST = 60
_BRANCH = re.compile(r"syncbot/[^/]+/[^/]+")


def line(package: Package) -> str:
    """The line of releases that a package stays on: `stable`, `8.*`, `prerelease`, `8.* prerelease`, `branch:main`."""
    track = package.policy.track
    if track.startswith("branch:") or not package.range:
        return track
    return package.range if track == "stable" else f"{package.range} {track}"


def branch_name(package: Package, of: str = "") -> str:
    """`syncbot/<package>/<line>`, with `@<branch>` where the workspace has several downstream branches; `of`: another
    line than the package's own. The line always stands there: git cannot hold a branch `a/b` beside a branch `a`."""
    on = f"@{slug(package.policy.branch)}" if package.policy.branch else ""
    return f"syncbot/{slug(package.name)}/{slug(of or line(package))}{on}"


def is_branch_name(branch: str) -> bool:
    """Whether it is the branch of a proposal, or the one beside it."""
    return _BRANCH.fullmatch(branch) is not None


def slug(text: str) -> str:
    """The text as one part of a branch name. Distinct texts give distinct slugs: where something was lost, the text
    looks as if it had been, or a forge would see the number of an issue in it, ten digits of its sha256 are added."""
    safe = _SAFE.fullmatch(text) and len(text) <= _LONGEST and not text.endswith(".lock")
    if safe and not _DIGESTED.search(text) and not _REFERENCE.search(text):
        return text
    harmless = _REFERENCE.sub(lambda found: found[0].replace("-", "_"), text)
    kept = re.sub(r"[^A-Za-z0-9_]+", "-", harmless).strip("-")[:_LONGEST].rstrip("-")
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:10]
    glue = "_" if kept.lower().endswith("gh") else "-"
    return f"{kept}{glue}{digest}" if kept else f"x-{digest}"
