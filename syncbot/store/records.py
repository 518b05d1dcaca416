"""Rows to values of the model, and back."""

from __future__ import annotations

import hashlib
import zlib
from datetime import datetime

from syncbot.model.ids import CommitId, Fingerprint, PackageName
from syncbot.model.judgement import SeriesJudgement
from syncbot.model.memory import Memory
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import DroppedPatch, ProposalRecord, Run, StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action
from syncbot.store import codec, documents, metered
from syncbot.store.models import DroppedRow, JudgementRow, MemoryRow, ProposalRow, ReleaseRow, RunRow


def run(row: RunRow) -> Run:
    assert row.id is not None, "the row was flushed"
    return Run(
        id=row.id,
        kind=row.kind,
        started=row.started,
        finished=row.finished,
        outcome=row.outcome,
        host=row.host or "",
        pid=row.pid or 0,
        cause=row.cause or "",
    )


def release(row: ReleaseRow) -> Release:
    return Release(
        version=row.version,
        name=row.name,
        identity=row.identity,
        date=row.date,
        prerelease=row.prerelease,
        yanked=row.yanked,
    )


def stored_judgement(row: JudgementRow) -> StoredJudgement:
    return documents.stored_judgement(row.key, PackageName(row.package), row.document, row.at)


def judgement_row(judgement: StoredJudgement) -> JudgementRow:
    series: SeriesJudgement = judgement.judgement
    document: codec.Json = {
        "base": documents.release_to_json(judgement.base),
        "target": documents.release_to_json(judgement.target),
        "judgement": documents.series_to_json(series),
    }
    return JudgementRow(
        key=judgement.key,
        package=judgement.package,
        base_version=judgement.base.version,
        target_version=judgement.target.version,
        patches=len(series.patches),
        keeps=series.count(Action.KEEP),
        rewrites=series.count(Action.REWRITE),
        drops=series.count(Action.DROP),
        asks=series.count(Action.ASK),
        reports=series.count(Action.REPORT),
        lines_before=series.lines_before,
        lines_after=series.lines_after,
        document=codec.dumps(document),
        at=judgement.at,
    )


def memory(row: MemoryRow) -> Memory:
    facts = codec.loads(zlib.decompress(row.facts).decode())
    patches = codec.loads(row.document)
    assert isinstance(facts, list), "written by memory_row"
    assert isinstance(patches, list), "likewise"
    return Memory(
        key=row.key,
        package=PackageName(row.package),
        facts=tuple(tuple(map(str, fact)) for fact in facts if isinstance(fact, list)),
        patches=tuple(documents.judgement_from_json(patch) for patch in patches),
        promised=row.promised,
    )


def memory_row(memory: Memory, at: datetime) -> MemoryRow:
    return MemoryRow(
        key=memory.key,
        package=memory.package,
        facts=zlib.compress(codec.dumps([list(fact) for fact in memory.facts]).encode(), 1),
        document=codec.dumps([documents.judgement_to_json(patch) for patch in memory.patches]),
        promised=memory.promised,
        at=at,
    )


def proposal(row: ProposalRow) -> ProposalRecord:
    return ProposalRecord(
        id=row.id,
        package=PackageName(row.package),
        line=row.line,
        branch=row.branch,
        tip=CommitId(row.tip),
        parent=CommitId(row.parent),
        title=row.title,
        body=row.body,
        fingerprint=Fingerprint(row.fingerprint),
        draft=row.draft,
        target_version=row.target_version,
        status=ProposalStatus(row.status),
        opened=row.opened,
        updated=row.updated,
        note=row.note,
    )


def proposal_row(record: ProposalRecord) -> ProposalRow:
    return ProposalRow(
        id=record.id,
        package=record.package,
        line=record.line,
        branch=record.branch,
        tip=record.tip,
        parent=record.parent,
        title=record.title,
        body=record.body,
        fingerprint=record.fingerprint,
        draft=record.draft,
        target_version=record.target_version,
        status=record.status.value,
        opened=record.opened,
        updated=record.updated,
        note=record.note,
    )


def digest(content: bytes) -> str:
    """What a dropped patch's content is found by: sha256 in hex."""
    return hashlib.sha256(content).hexdigest()


def dropped_row(patch: DroppedPatch) -> DroppedRow:
    document: codec.Json = {
        "base": documents.release_to_json(patch.base),
        "target": documents.release_to_json(patch.target),
        "judgement": documents.judgement_to_json(patch.judgement),
    }
    return DroppedRow(
        package=patch.package,
        name=patch.name,
        target_version=patch.target.version,
        digest=digest(patch.content),
        content=patch.content,
        strip=patch.strip,
        document=codec.dumps(document),
        first_release=patch.judgement.first_release or "",
        told=metered.told_of_drop(patch),
        proposal=patch.proposal,
        at=patch.at,
        restored=patch.restored,
    )
