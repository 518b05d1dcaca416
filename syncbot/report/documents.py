"""The JSON documents behind `--json`. Pure: values in, plain dictionaries out, `"schema"` first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncbot.model.verdicts import Action
from syncbot.report.safe import decoded

if TYPE_CHECKING:
    from syncbot.model.forge import BranchWork
    from syncbot.model.judgement import Comparison, Evidence, FileReport, Judgement, SeriesJudgement
    from syncbot.model.proposals import ProposalRecord
    from syncbot.model.releases import Release
    from syncbot.report.importing import Imported
    from syncbot.report.problems import PackageProblem
    from syncbot.report.results import (
        Answered,
        Answers,
        CheckResult,
        Explanation,
        Finding,
        PackageCheck,
        Restored,
        SyncItem,
        SyncResult,
        Tracked,
    )

Document = dict[str, Any]


def rendered(document: Document) -> str:
    """The document as JSON text, ASCII only: bytes that were not UTF-8 stand as surrogate escapes (`\\udcXX`)."""
    return json.dumps(document, indent=2, ensure_ascii=True)


def judge(judgement: SeriesJudgement) -> Document:
    return {"schema": "syncbot.judge/1", **series(judgement)}


def series(judgement: SeriesJudgement) -> Document:
    """The part of `syncbot.judge/1` that check, sync and bundles share."""
    return {
        "base": judgement.base,
        "target": judgement.target,
        "patches": [patch(p) for p in judgement.patches],
        "summary": summary(judgement),
    }


def summary(judgement: SeriesJudgement) -> Document:
    counts = {action.value: judgement.count(action) for action in _COUNTED}
    return {
        "patches": len(judgement.patches),
        **counts,
        "lines_before": judgement.lines_before,
        "lines_after": judgement.lines_after,
    }


_COUNTED = (Action.DROP, Action.REWRITE, Action.KEEP, Action.ASK, Action.REPORT)


def patch(judgement: Judgement) -> Document:
    parts = judgement.parts
    return {
        "index": judgement.index,
        "name": judgement.name,
        "fit": judgement.fit.value,
        "verdict": judgement.verdict.value,
        "action": judgement.action.value,
        "proof": None if judgement.proof is None else judgement.proof.value,
        "reason": judgement.reason,
        "blocked_by": list(judgement.blocked_by),
        "absorbed_by": judgement.absorbed_by,
        "first_release": judgement.first_release,
        "evidence": [_evidence(e) for e in judgement.evidence],
        "files": [_file(f) for f in judgement.files],
        "parts": None
        if parts is None
        else [{"index": p.index, "subject": p.subject, "verdict": p.verdict.value} for p in parts],
        "refreshed": None if judgement.refreshed is None else decoded(judgement.refreshed),
        "lines_before": judgement.lines_before,
        "lines_after": judgement.lines_after,
        "compared": [_compared(c) for c in judgement.compared],
    }


def _evidence(fact: Evidence) -> Document:
    """What is not known of a commit is null."""
    return {
        "kind": fact.kind,
        "commit": fact.commit,
        "detail": fact.detail,
        "subject": fact.subject or None,
        "author": fact.author or None,
        "date": fact.date or None,
        "release": fact.release or None,
        "link": fact.link or None,
    }


def _compared(sides: Comparison) -> Document:
    return {
        "path": sides.path,
        "target_path": sides.target_path,
        "commit": sides.commit,
        "our_line": sides.our_line,
        "their_line": sides.their_line,
        "ours": decoded(sides.ours),
        "theirs": decoded(sides.theirs),
    }


def _file(report: FileReport) -> Document:
    return {
        "path": report.path,
        "target_path": report.target_path,
        "hunks": [
            {"index": h.index, "state": h.state.value, "base_line": h.base_line, "target_line": h.target_line}
            for h in report.hunks
        ],
    }


def check(result: CheckResult) -> Document:
    return {
        "schema": "syncbot.check/1",
        "at": _when(result.at),
        "packages": [_package(p) for p in result.packages],
        "problems": _problems(result.problems),
    }


def sync(result: SyncResult) -> Document:
    return {
        "schema": "syncbot.sync/1",
        "at": _when(result.at),
        "dry_run": result.dry_run,
        "changed": result.changed,
        "packages": [_item(i) for i in result.items],
        "unproposed": [_package(c) for c in result.unproposed],
        "closed": [_record(r) for r in result.closed],
        "restored": [_record(r) for r in result.restored],
        "by_people": [{"proposal": _record(b.proposal), "answers": _answers(b.answers)} for b in result.by_people],
        "archived": [{"package": package, "patch": name} for package, name in result.archived],
        "problems": _problems(result.problems),
        "skipped": [{"package": s.package, "why": s.why} for s in result.skipped],
        "writes": [{"method": w.method, "target": w.target, "body": w.body} for w in result.writes],
    }


def _item(item: SyncItem) -> Document:
    return {
        **_package(item.check),
        "outcome": item.outcome.value,
        "note": item.note,
        "answers": _answers(item.answers),
        "proposal": None if item.proposal is None else _record(item.proposal),
    }


def _answers(answers: Answers) -> list[Document]:
    return [{"patch": name, "became": what.value} for name, what in answers]


def _package(check: PackageCheck) -> Document:
    document: Document = {
        "package": check.package,
        "upstream": check.upstream,
        "line": check.line,
        "owners": list(check.owners),
        "base": release(check.base),
        "target": None if check.target is None else release(check.target),
        "up_to_date": check.target is None,
        "new": check.new,
        "alerts": list(check.alerts),
        "returned": [patch(p) for p in check.returned],
        "ahead": None if check.ahead is None else [patch(p) for p in check.ahead.patches],
        "delta": {"patches": check.patches, "lines": check.lines},
    }
    if check.judgement is not None:
        document |= {"patches": [patch(p) for p in check.judgement.patches], "summary": summary(check.judgement)}
    else:
        document |= {"patches": [], "summary": None}
    return document


def release(value: Release) -> Document:
    return {
        "version": value.version,
        "name": value.name,
        "identity": value.identity,
        "date": None if value.date is None else _when(value.date),
    }


def _problems(problems: Sequence[PackageProblem]) -> list[Document]:
    return [
        {
            "package": p.package,
            "kind": type(p.error).__name__,
            "exit_code": int(p.error.exit_code),
            "what": p.error.what,
            "remedy": p.error.remedy,
            "message": p.message,
        }
        for p in problems
    ]


def explain(story: Explanation, what_would_change_it: str) -> Document:
    return {
        "schema": "syncbot.explain/1",
        "package": story.package,
        "upstream": story.upstream,
        "base": release(story.base),
        "target": release(story.target),
        "judged_at": _when(story.judged_at),
        "dropped_at": None if story.dropped_at is None else _when(story.dropped_at),
        "returning": story.returning or None,
        "verdict_sentence": story.judgement.verdict.sentence,
        "fit_sentence": story.judgement.fit.sentence,
        "what_would_change_it": what_would_change_it,
        "patch": patch(story.judgement),
        "content": decoded(story.content),
    }


def proposals(records: Sequence[ProposalRecord]) -> Document:
    return {"schema": "syncbot.proposals/1", "proposals": [_record(r) for r in records]}


def proposal(record: ProposalRecord, work: BranchWork | None = None) -> Document:
    """`work`: what people put on its branch, where somebody did."""
    edits = () if work is None else work.edits
    people = [{"commit": edit.id, "subject": edit.subject, "author": edit.author} for edit in edits]
    on_branch = {"head": record.tip if work is None else work.head, "people": people}
    return {"schema": "syncbot.proposal/1", **_record(record), **on_branch, "body": record.body}


def answered(result: Answered) -> Document:
    return {
        "schema": "syncbot.proposal/1",
        **_record(result.proposal),
        "archived": [{"package": package, "patch": name} for package, name in result.archived],
    }


def _record(record: ProposalRecord) -> Document:
    return {
        "id": record.id,
        "package": record.package,
        "line": record.line,
        "branch": record.branch,
        "tip": record.tip,
        "parent": record.parent,
        "title": record.title,
        "target": record.target_version,
        "status": record.status.value,
        "draft": record.draft,
        "fingerprint": record.fingerprint,
        "opened": _when(record.opened),
        "updated": _when(record.updated),
        "note": record.note,
    }


def restored(result: Restored) -> Document:
    return {
        "schema": "syncbot.restore/1",
        "package": result.package,
        "patch": result.name,
        "reason": result.reason,
        "bundle": result.bundle,
        "proposal": _record(result.proposal),
    }


def tracked(result: Tracked) -> Document:
    return {
        "schema": "syncbot.track/1",
        "package": result.package,
        "upstream": result.upstream,
        "base": release(result.base),
        "newest": release(result.newest),
        "patches": result.patches,
        "written": list(result.written),
    }


def init(workspace: str, written: Sequence[str], kept: Sequence[str]) -> Document:
    return {"schema": "syncbot.init/1", "workspace": workspace, "written": list(written), "kept": list(kept)}


def imported(found: Imported, *, dry_run: bool) -> Document:
    return {
        "schema": "syncbot.import/1",
        "repository": found.repository,
        "layout": found.layout,
        "also": list(found.also),
        "dry_run": dry_run,
        "packages": [
            {
                "package": package.name,
                "path": package.path,
                "upstream": package.upstream or None,
                "base": package.base,
                "patches": package.patches,
                "owners": list(package.owners),
                "doubts": list(package.doubts),
                "error": package.error or None,
            }
            for package in found.packages
        ],
        "unpatched": found.unpatched,
        "written": list(found.written),
    }


def doctor(findings: Sequence[Finding]) -> Document:
    return {
        "schema": "syncbot.doctor/1",
        "well": all(f.well for f in findings),
        "findings": [{"name": f.name, "well": f.well, "detail": f.detail, "remedy": f.remedy} for f in findings],
    }


def error(message: str, code: int) -> Document:
    """What a command that failed as a whole prints with --json."""
    return {"schema": "syncbot.error/1", "message": message, "exit_code": code}


def _when(moment: datetime) -> str:
    return moment.isoformat()
