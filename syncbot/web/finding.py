"""The search: packages, patches, owners and advisories by a part of their names, the nearest first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from syncbot.report.words import plural
from syncbot.services.viewing import View
from syncbot.web.asking import says
from syncbot.web.render import segment


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found. `page`: its address here; `rank`: the smaller the nearer."""

    kind: str
    name: str
    detail: str
    page: str
    package: str | None = None
    rank: int = 3

    @property
    def document(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "package": self.package,
            "detail": self.detail,
            "page": self.page,
        }


def found_in(view: View, query: str) -> list[Hit]:
    """All hits: an equal name first, then names that begin with it, then the others; packages before patches."""
    word = query.casefold().strip()
    if not word:
        return []
    hits = [*_packages(view, word), *_owners(view, word), *_advisories(view, word), *_patches(view, word)]
    return sorted(hits, key=lambda hit: (hit.rank, _KINDS.index(hit.kind), hit.name, hit.package or ""))


_KINDS = ("package", "owner", "advisory", "patch")


def _rank(name: str, word: str) -> int:
    name = name.casefold()
    return 0 if name == word else 1 if name.startswith(word) else 2 if word in name else 3


def _packages(view: View, word: str) -> list[Hit]:
    return [
        Hit(
            "package",
            one.package,
            f"{plural(len(one.patches), 'patch')} on {one.base or 'an unknown release'}",
            f"/packages/{segment(one.package)}",
            one.package,
            _rank(one.package, word),
        )
        for one in view.measured.packages
        if word in one.package.casefold()
    ]


def _owners(view: View, word: str) -> list[Hit]:
    owned = Counter(owner for one in view.measured.packages for owner in one.owners if word in owner.casefold())
    return [
        Hit("owner", name, plural(count, "package"), f"/owners/{segment(name)}", rank=_rank(name, word))
        for name, count in sorted(owned.items())
    ]


def _advisories(view: View, word: str) -> list[Hit]:
    carried: dict[str, int] = {}
    for one in view.measured.packages:
        for patch in one.patches:
            for cve in patch.facts.cves:
                if word in cve.casefold():
                    carried[cve] = carried.get(cve, 0) + 1
    return [
        Hit(
            "advisory",
            cve,
            f"claimed by {plural(count, 'patch')}",
            f"/patches?cve={segment(cve)}",
            rank=_rank(cve, word),
        )
        for cve, count in sorted(carried.items())
    ]


def _patches(view: View, word: str) -> list[Hit]:
    return [
        Hit(
            "patch",
            patch.name,
            patch.facts.subject,
            f"/packages/{segment(patch.package)}/patches/{segment(patch.name)}",
            patch.package,
            _rank(patch.name, word),
        )
        for one in view.measured.packages
        for patch in one.patches
        if says(patch, word)
    ]
