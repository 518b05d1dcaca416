"""What the supply-chain documents are made of, and the bill of materials itself: CycloneDX 1.6, JSON. Pure.

The same state gives the same bytes: no clock, no random number. Times are those of the facts.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncbot.model.measures import Facts, Forwarded, Inputs
from syncbot.model.purls import purl
from syncbot.report.safe import visible

if TYPE_CHECKING:
    from syncbot.model.advisories import Answer
    from syncbot.model.ids import CommitId
    from syncbot.model.judgement import Evidence, Judgement
    from syncbot.model.packages import Package, SeriesPatch
    from syncbot.model.proposals import DroppedPatch, StoredJudgement
    from syncbot.model.releases import Release

Document = dict[str, Any]

_NAMESPACE = uuid.UUID("6f0d3ac1-52f9-5a3e-9b34-0a4b6f1d7c55")
_OURS = frozenset({"absorbed", "partial", "held"})
"""Kinds of evidence whose commit has the patch's change, or a part of it."""
_HASHES = {"sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


@dataclass(frozen=True, slots=True)
class Supplied:
    """One public package. `base`: its base release with what pins it, as far as it was recorded; `facts`: of each patch
    of the series, in order; `judged`: the judgement that stands, with the `inputs` of its question where they were
    recorded; `drops`: patches that left for good; `answers`: what advisories say, by vulnerability."""

    package: Package
    base: Release | None
    facts: tuple[Facts, ...]
    judged: StoredJudgement | None = None
    inputs: Inputs | None = None
    drops: tuple[DroppedPatch, ...] = ()
    answers: tuple[tuple[str, Answer], ...] = ()

    @property
    def version(self) -> str:
        return self.base.version if self.base is not None else self.package.base or ""

    @property
    def purl(self) -> str:
        identity = "" if self.base is None or ":" in self.base.identity else self.base.identity
        return purl(self.package.name, self.package.upstream, self.version, identity)

    @property
    def newest(self) -> datetime | None:
        """When the last fact about it was recorded."""
        moments = [drop.at for drop in self.drops] + ([] if self.judged is None else [self.judged.at])
        return max(moments, default=None)

    def judgement(self, patch: SeriesPatch) -> Judgement | None:
        found = () if self.judged is None else self.judged.judgement.patches
        return next((one for one in found if one.name == patch.name), None)

    def answer(self, cve: str) -> Answer | None:
        return dict(self.answers).get(cve)


def rendered(document: Document) -> str:
    """JSON text, ASCII only, keys as they stand."""
    return json.dumps(document, indent=2, ensure_ascii=True)


def newest(supplied: Iterable[Supplied]) -> datetime | None:
    return max((moment for one in supplied if (moment := one.newest) is not None), default=None)


def sbom(supplied: Sequence[Supplied], program: str) -> Document:
    """The bill of materials: a component for each package, with its pedigree. `program`: syncbot's version."""
    components = [_component(one) for one in supplied]
    at = newest(supplied)
    pinned = uuid.uuid5(_NAMESPACE, json.dumps([program, None if at is None else _utc(at), components]))
    metadata: Document = {} if at is None else {"timestamp": _utc(at)}
    metadata["tools"] = {"components": [{"type": "application", "name": "syncbot", "version": program}]}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{pinned}",
        "version": 1,
        "metadata": metadata,
        "components": components,
    }


def _component(one: Supplied) -> Document:
    made: Document = {
        "type": "library",
        "bom-ref": f"package:{one.package.name}",
        "name": one.package.name,
        "version": one.version,
        "purl": one.purl,
    }
    if one.package.owners:
        made["authors"] = [{"name": visible(owner)} for owner in one.package.owners]
    pedigree: Document = {"ancestors": [_ancestor(one)]}
    commits = [_commit(fact) for fact in _commits(one)]
    if commits:
        pedigree["commits"] = commits
    patches = [_patch(patch, facts) for patch, facts in zip(one.package.series, one.facts, strict=True)]
    if patches:
        pedigree["patches"] = patches
        names = ", ".join(visible(patch.name) for patch in one.package.series)
        pedigree["notes"] = f"Patches, in the order in which they apply: {names}"
    return {**made, "pedigree": pedigree}


def _ancestor(one: Supplied) -> Document:
    made: Document = {
        "type": "library",
        "bom-ref": f"upstream:{one.package.name}",
        "name": one.package.name,
        "version": one.version,
        "purl": one.purl,
    }
    algorithm, colon, value = ("" if one.base is None else one.base.identity).partition(":")
    if colon and algorithm in _HASHES:
        made["hashes"] = [{"alg": _HASHES[algorithm], "content": value.lower()}]
    return made


def _commits(one: Supplied) -> list[Evidence]:
    """Upstream's commits that hold what the patches that are carried do, as its own history told; each once."""
    found: dict[CommitId, Evidence] = {}
    for patch in one.package.series:
        judged = one.judgement(patch)
        for fact in () if judged is None else judged.evidence:
            if fact.kind in _OURS and fact.commit is not None:
                found.setdefault(fact.commit, fact)
    return list(found.values())


def _commit(fact: Evidence) -> Document:
    made: Document = {"uid": fact.commit}
    if fact.link:
        made["url"] = fact.link
    if fact.author or fact.date:
        author: Document = {"timestamp": f"{fact.date}T00:00:00Z"} if fact.date else {}
        made["author"] = author | ({"name": visible(fact.author)} if fact.author else {})
    if fact.subject:
        made["message"] = visible(fact.subject)
    return made


def _patch(patch: SeriesPatch, facts: Facts) -> Document:
    text = base64.b64encode(patch.content).decode("ascii")
    made: Document = {
        "type": "backport" if facts.forwarded is Forwarded.UPSTREAM else "unofficial",
        "diff": {"text": {"contentType": "text/x-diff", "encoding": "base64", "content": text}},
    }
    if facts.cves:
        claim = f"Claimed by the patch {visible(patch.name)}."
        made["resolves"] = [{"type": "security", "id": cve, "description": claim} for cve in facts.cves]
    return made


def _utc(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
