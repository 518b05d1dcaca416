"""OpenVEX 0.2.0: what is known of the vulnerabilities that patches claim to fix. Pure, and the same for the same state.

A vulnerability is `fixed` only on an advisory's word (the base release has the fix) or on that of a commit that
upstream's history traced into a release that the package stands at or above: the commit itself must name it. All else
is `under_investigation`: what a patch's header claims is no proof.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncbot.model.verdicts import Proof
from syncbot.model.versions import normalise
from syncbot.report.facts import facts
from syncbot.report.safe import visible
from syncbot.report.supply import Document, Supplied, newest

if TYPE_CHECKING:
    from syncbot.model.ids import CommitId
    from syncbot.model.judgement import Judgement
    from syncbot.model.proposals import DroppedPatch

_CONTEXT = "https://openvex.dev/ns/v0.2.0"


def vex(supplied: Sequence[Supplied], author: str, program: str) -> Document | None:
    """None where no patch names a vulnerability: a document needs a statement. `program`: syncbot's version."""
    statements = [statement for one in supplied for statement in _statements(one)]
    if not statements:
        return None
    at = newest(supplied)
    body: Document = {
        "author": author,
        "timestamp": _utc(at) if at is not None else "1970-01-01T00:00:00Z",
        "version": 1,
        "tooling": f"syncbot {program}",
        "statements": statements,
    }
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return {"@context": _CONTEXT, "@id": f"urn:syncbot:vex:{digest}", **body}


def _statements(one: Supplied) -> list[Document]:
    claims: dict[str, list[tuple[str, DroppedPatch | None]]] = {}
    for patch, found in zip(one.package.series, one.facts, strict=True):
        for cve in found.cves:
            claims.setdefault(cve, []).append((patch.name, None))
    for drop in one.drops:
        for cve in facts(drop.content, drop.strip, drop.name).cves:
            claims.setdefault(cve, []).append((drop.name, drop))
    return [_statement(one, cve, claims[cve]) for cve in sorted(claims)]


def _statement(one: Supplied, cve: str, claims: Sequence[tuple[str, DroppedPatch | None]]) -> Document:
    status, notes = _status(one, cve, claims)
    made: dict[str, Any] = {
        "vulnerability": {"name": cve},
        "products": [{"@id": one.purl, "identifiers": {"purl": one.purl}}],
        "status": status,
        "status_notes": notes,
    }
    at = one.newest
    return made if at is None else {**made, "timestamp": _utc(at)}


def _status(one: Supplied, cve: str, claims: Sequence[tuple[str, DroppedPatch | None]]) -> tuple[str, str]:
    answer = one.answer(cve)
    if answer is not None and answer.is_fixed:
        return "fixed", f"Advisory {answer.source}: fixed in {answer.fixed}; the base release is {one.version}."
    for name, drop in claims:
        if drop is None or not _has(one.version, drop.target.version):
            continue
        commit = named_by(drop.judgement, cve, () if answer is None else answer.commits)
        if commit:
            return "fixed", (
                f"Upstream's commit {commit} is in release {drop.judgement.first_release or drop.target.version}; "
                f"the patch {visible(name)} was dropped for it."
            )
    carried = [visible(name) for name, drop in claims if drop is None]
    if carried:
        said = f"The patch {', '.join(carried)} claims to fix it; that is no proof."
    else:
        name = visible(claims[0][0])
        said = f"The patch {name} claimed to fix it and was dropped; no commit was traced that names it."
    if answer is not None and answer.fixed:
        said += f" Advisory {answer.source}: upstream fixed it in {answer.fixed}."
    return "under_investigation", said


def named_by(judged: Judgement, cve: str, commits: Sequence[CommitId]) -> str:
    """The traced commit on whose word it is fixed: it names the vulnerability, or an advisory names the commit; empty
    where there is none."""
    if judged.proof not in (Proof.PROVED, Proof.TRACED) or judged.absorbed_by is None:
        return ""
    named = judged.absorbed_by in commits or any(
        fact.commit == judged.absorbed_by and _mentions(fact.subject, cve) for fact in judged.evidence
    )
    return judged.absorbed_by if named else ""


def _mentions(subject: str, cve: str) -> bool:
    """Whether the words name exactly this id: CVE-2024-1 is not CVE-2024-12."""
    text, wanted = subject.upper(), cve.upper()
    at = text.find(wanted)
    while at >= 0:
        after = text[at + len(wanted) : at + len(wanted) + 1]
        if not after.isalnum():
            return True
        at = text.find(wanted, at + 1)
    return False


def _has(version: str, target: str) -> bool:
    """Whether a release lies at or above another one; in doubt not."""
    own, other = normalise(version), normalise(target)
    return own is not None and other is not None and own >= other


def _utc(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
