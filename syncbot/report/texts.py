"""What people read on a terminal: pure functions from results to tables and lines of plain text."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from syncbot.model.proposal_words import Became, ProposalStatus
from syncbot.model.verdicts import Verdict
from syncbot.report import words
from syncbot.report.aside import Advice, together
from syncbot.report.next_steps import merge_command
from syncbot.report.page import for_terminal
from syncbot.report.plain_text import plain_text
from syncbot.report.results import (
    Answered,
    Answers,
    ByPeople,
    CheckResult,
    Finding,
    Outcome,
    PackageCheck,
    Restored,
    SyncItem,
    SyncResult,
    Tracked,
)
from syncbot.report.safe import block, line
from syncbot.report.table import Table
from syncbot.report.words import and_more, counts, delta, plural, waits, waits_for

if TYPE_CHECKING:
    from syncbot.model.forge import BranchWork, Write
    from syncbot.model.judgement import Judgement, SeriesJudgement
    from syncbot.model.proposals import ProposalRecord
    from syncbot.model.releases import Release

_VERDICTS = ("package", "release", "delta", "patch", "verdict", "why")


def judge(judgement: SeriesJudgement) -> Table:
    """One row per patch: what it is to the release, what to do, how sure, and why."""
    rows = tuple(
        (line(p.name), p.verdict.value, p.action.value, "" if p.proof is None else p.proof.value, why(p))
        for p in judgement.patches
    )
    return Table(("patch", "verdict", "action", "proof", "why"), rows, below="why")


def judge_line(judgement: SeriesJudgement) -> str:
    return f"{line(judgement.base)} -> {line(judgement.target)}: {counts(judgement)} ({delta(judgement)})"


def why(judgement: Judgement) -> str:
    """The verdict's sentence, and the first release that has the change, or the part of it that is upstream."""
    if judgement.verdict is Verdict.TRIM:
        parts = and_more([line(release) for release in words.first_releases(words.parts_taken(judgement))], 3)
        return words.why(judgement) + (f" First release of that: {parts}." if parts else "")
    since = "" if judgement.first_release is None else f" First release: {line(judgement.first_release)}."
    return words.why(judgement) + since


def verdicts(checks: Iterable[PackageCheck]) -> Table:
    """The table that ends a check or a sync: package, base -> release, each patch's verdict and reason, the delta."""
    rows: list[tuple[str, ...]] = []
    for check in checks:
        rows += _rows(check)
    return Table(_VERDICTS, tuple(rows), below="why", heads=3)


def _rows(check: PackageCheck) -> list[tuple[str, ...]]:
    step = _step(check.base, check.target)
    if check.judgement is None:
        here = plural(check.patches, "patch")
        row = (line(check.package), step, here, "", "up to date", _NO_NEWS if check.bump else _FIXED)
        news = [] if check.ahead is None else [p for p in check.ahead.patches if p.verdict in _NEWS]
        told = [("", "", "", line(p.name), p.verdict.value, why(p) + _only_bump(check, p)) for p in news]
        return [row, *told, *(("", "", "", line(name), "waiting", _WAITS) for name in check.waiting)]
    if not check.judgement.patches:
        return [(line(check.package), step, plural(0, "patch"), "", "", "Only the version moves.")]
    rows: list[tuple[str, ...]] = []
    for at, patch in enumerate(check.judgement.patches):
        head = (line(check.package), step, delta(check.judgement)) if at == 0 else ("", "", "")
        settled = " People settled it on the proposal's branch." if patch.name in check.settled else ""
        rows.append((*head, line(patch.name), patch.verdict.value, why(patch) + settled))
    return rows


def _only_bump(check: PackageCheck, patch: Judgement) -> str:
    return "" if check.bump or not words.released(patch)[0] else " Only `bump = false` keeps it."


_NO_NEWS = "Upstream has nothing newer on this line."
_FIXED = "It stays at this release: `bump` is false."
_WAITS = "The series marks it as waiting for a person: it is left out until somebody rebases it."
_NEWS = (Verdict.HELD, Verdict.REVERTED)
"""What is told of the patches of a package that is up to date."""


def _step(base: Release, target: Release | None) -> str:
    return line(base.version) if target is None else f"{line(base.version)} -> {line(target.version)}"


def alerts(checks: Iterable[PackageCheck]) -> list[str]:
    return [f"alert: {line(check.package)}: {line(alert)}" for check in checks for alert in check.alerts]


def check_line(result: CheckResult) -> str:
    moving = [c for c in result.packages if c.judgement is not None]
    parts = [f"{plural(len(result.packages), 'package')} checked", f"{len(moving)} can move"]
    if waiting := sum(len(c.waiting) for c in result.packages):
        parts.append(waits(waiting))
    if result.problems:
        parts.append(plural(len(result.problems), "problem"))
    return ", ".join(parts) + "."


def sync_lines(result: SyncResult) -> list[str]:
    """What the sync did, one line per package that it did something about, and one that sums up."""
    lines = [text for answered in result.by_people for text in _by_people(answered)]
    for item in result.items:
        if item.owed or item.outcome not in (Outcome.UP_TO_DATE, Outcome.UNCHANGED):
            lines += [_done(item), *_answers(item.check.package, item.answers)]
    lines += [f"{line(r.package)}: proposal {line(r.id)} was closed: {line(r.note)}" for r in result.closed]
    lines += [f"{line(r.package)}: proposal {line(r.id)} brings it back: {line(r.title)}" for r in result.restored]
    lines += [
        f"{line(package)}: {line(name)} left the series; its text and evidence are kept."
        for package, name in result.archived
    ]
    lines += [f"{line(s.package)}: left out: {line(s.why)}" for s in result.skipped]
    return [*lines, *_writes(result), _sum(result)]


def _by_people(answered: ByPeople) -> list[str]:
    """What people did to a proposal since the last run."""
    record = answered.proposal
    lead = f"{line(record.package)}: proposal {line(record.id)}"
    if record.status is ProposalStatus.REJECTED:
        back = f"`syncbot proposals tell {line(record.id)} retry` takes that back"
        return [f"{lead} was closed by a person, so the same content is not proposed again; {back}."]
    how = f" ({line(record.note)})" if record.note else ""
    return [f"{lead} was merged{how}: {line(record.title)}", *_answers(record.package, answered.answers)]


def _answers(package: str, answers: Answers) -> list[str]:
    """What became of the patches that waited; of many that nobody touched, how many there are."""
    waits = [name for name, what in answers if what is Became.WAITING]
    told = [one for one in answers if one[1] is not Became.WAITING or len(waits) == 1]
    lines = [f"{line(package)}: {words.became(line(name), what)}" for name, what in told]
    many = f"{line(package)}: {len(waits)} patches still wait for a person: the series marks them."
    return [*lines, many] if len(waits) > 1 else lines


def _writes(result: SyncResult) -> list[str]:
    """What a dry run would write to the forge: one line per request and push, and one for each file, though it is
    written several times over."""
    told: list[str] = []
    for write in result.writes:
        text = _write(write)
        if write.method not in _FILES or text not in told:
            told.append(text)
    return told


_FILES = ("RECORD", "WRITE")


def _write(write: Write) -> str:
    """For people: a request as it is, files of a forge that has no server by what they hold."""
    kind, _, name = line(write.target).partition("/")
    stem = name.rpartition(".")[0]
    if write.method == "PUSH" and '"to": null' in write.body:
        return f"would delete: {line(write.target).removeprefix('refs/heads/')}"
    if write.method == "PUSH":
        return f"would push: {line(write.target).removeprefix('refs/heads/')}"
    if write.method == "RECORD":
        return f"would write: proposal {line(write.target)}"
    if write.method == "MERGE":
        return f"would merge: proposal {line(write.target)}"
    if write.method == "WRITE":
        held = {"talk": f"labels, people and comments of {_of(stem)}", "checks": f"the result on commit {stem[:12]}"}
        return f"would write: {held.get(kind, f'the dashboard ({stem})')}"
    return f"would send: {line(write.method)} {line(write.target)}{_titled(write)}"


def _titled(write: Write) -> str:
    """What a request is about, where it says so."""
    try:
        told = json.loads(write.body)
    except ValueError:
        return ""
    title = told.get("title") if isinstance(told, dict) else None
    return f" ({line(title)})" if isinstance(title, str) and title else ""


def _of(room: str) -> str:
    return "the dashboard" if room.startswith("issue-") else f"proposal {room}"


def _done(item: SyncItem) -> str:
    shown = f" {line(item.proposal.id)}" if item.proposal is not None else ""
    note = f" ({line(item.note)})" if item.note else ""
    sentence = item.outcome.sentence
    if shown and item.outcome is Outcome.ASIDE:
        return f"{line(item.check.package)}: proposal{shown} was left as it is: {line(item.note)}"
    if item.outcome is Outcome.PLANNED:
        would = f"proposal{shown} would be updated" if shown else "a proposal would be opened"
        return f"{line(item.check.package)}: {would}: {line(item.note)}"
    if shown and item.outcome in (Outcome.PROPOSED, Outcome.UPDATED):
        did = "updated" if item.outcome is Outcome.UPDATED else "opened again" if item.again else "opened"
        sentence = f"proposal{shown} was {did}: "
        return f"{line(item.check.package)}: {sentence}{line(item.proposal.title) if item.proposal else ''}"
    if item.owed:
        sentence = f"proposal{shown} has now what a run that was killed owed it."
    return f"{line(item.check.package)}: {sentence}{note}"


def _sum(result: SyncResult) -> str:
    checks = result.checks
    merged = sum(_drops(i.check) for i in result.items if i.outcome is Outcome.MERGED)
    before = sum(c.patches for c in checks) - merged
    after = before - sum(_drops(i.check) for i in result.items if i.outcome in _STANDING)
    now = f"{plural(len(checks), 'package')}, {before} -> {after} patches once the proposals are accepted"
    if before == after:
        now = f"{plural(len(checks), 'package')}, {plural(before, 'patch')}"
    if result.unproposed:
        now += f"; {len(result.unproposed)} judged but not proposed (see the problems)"
    if result.dry_run:
        return f"Dry run: {now}. Nothing was written."
    return f"{now}." if result.changed else f"Nothing changed: {now}."


_STANDING = (Outcome.PROPOSED, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.ASIDE, Outcome.PLANNED)
"""Outcomes with a proposal that is open, or would be."""


def _drops(check: PackageCheck) -> int:
    return 0 if check.judgement is None else sum(p.action.value == "drop" for p in check.judgement.patches)


def proposals(records: Sequence[ProposalRecord]) -> Table:
    rows = tuple(
        (
            line(r.id),
            line(r.package),
            line(r.target_version),
            r.status.value + (" (draft)" if r.draft and r.status is ProposalStatus.OPEN else ""),
            r.updated.date().isoformat(),
            line(r.title) + (f" ({line(r.note)})" if r.note else ""),
        )
        for r in records
    )
    return Table(("id", "package", "release", "status", "updated", "title"), rows, below="title")


def doctor(findings: Sequence[Finding]) -> list[str]:
    lines = []
    for finding in findings:
        lines.append(f"{'ok  ' if finding.well else 'FAIL'}  {line(finding.name)}: {line(finding.detail)}")
        if not finding.well and finding.remedy:
            lines.append(f"      remedy: {line(finding.remedy)}")
    bad = sum(not f.well for f in findings)
    return [*lines, "All is well." if not bad else f"{plural(bad, 'problem')} found."]


def questions(judgement: SeriesJudgement) -> list[str]:
    """What people are asked, one line per waiting patch."""
    return [f"{line(p.name)}: {line(waits_for(p))}." for p in judgement.patches if p.action.waits]


def proposal(record: ProposalRecord, advice: Advice | None = None, work: BranchWork | None = None) -> list[str]:
    """A proposal for a terminal: its facts, then what to do about a version beside it, then its body. `work`: what
    people put on its branch."""
    status = record.status.value + (" (draft: a patch waits for a person)" if record.draft else "")
    note = [f"note      {line(record.note)}"] if record.note else []
    facts = [
        f"proposal  {line(record.id)}: {line(record.title)}",
        f"status    {status}",
        *note,
        f"branch    {line(record.branch)} at {(work.head if work else record.tip)[:12]}, on {record.parent[:12]}",
        *_whose(work),
        f"opened    {record.opened.isoformat(timespec='minutes')}",
        f"updated   {record.updated.isoformat(timespec='minutes')}",
    ]
    todo = [] if advice is None else ["", block(plain_text(together(advice))).rstrip("\n")]
    return [*facts, *todo, "", block(plain_text(for_terminal(record.body, line(record.id)))).rstrip("\n")]


def _whose(work: BranchWork | None) -> list[str]:
    if work is None:
        return []
    told = [f"{line(edit.subject, 60)} ({line(edit.author, 40)})" for edit in work.edits]
    return [f"          with {plural(len(told), 'commit')} of people: {and_more(told, 5)}"]


def answered(result: Answered) -> list[str]:
    """What came of accepting or rejecting."""
    record = result.proposal
    if record.status is ProposalStatus.REJECTED:
        again = f"`syncbot proposals tell {line(record.id)} retry` takes that back"
        return [
            f"Proposal {line(record.id)} was rejected: {line(record.note).rstrip('.')}. Its content is not proposed "
            f"again; {again}."
        ]
    lines = [f"Proposal {line(record.id)} was merged into the workspace: {line(record.title)}"]
    return lines + [
        f"{line(package)}: {line(name)} left the series; `syncbot restore {shlex.quote(line(package))} "
        f"{shlex.quote(line(name))} --reason ...` brings it back."
        for package, name in result.archived
    ]


def restored(result: Restored) -> list[str]:
    number = line(result.proposal.id)
    return [
        f"Proposal {number} brings {line(result.name)} back to {line(result.package)}, pinned: {line(result.reason)}",
        f"The case can be judged again from {line(result.bundle)} (run reproduce.sh there).",
        _next(result.proposal, result.by_hand),
    ]


def _next(record: ProposalRecord, by_hand: str) -> str:
    number = shlex.quote(line(record.id))
    if record.draft:
        return f"It is a draft, for it does not apply as it was. Next: syncbot proposals show {number}"
    return f"Next: {merge_command(record, by_hand)}" if by_hand else f"Next: syncbot proposals accept {number}"


def tracked(result: Tracked) -> list[str]:
    here = f"{line(result.package)} is tracked at {line(result.base.version)} with {plural(result.patches, 'patch')}"
    newest = (
        f"; the newest release is {line(result.newest.version)}." if result.newest != result.base else ", the newest."
    )
    wrote = f"Wrote {', '.join(line(path) for path in result.written)}."
    return [here + newest, wrote, "Next: commit these files, then syncbot sync " + shlex.quote(line(result.package))]


def init(root: str, written: Sequence[str], kept: Sequence[str], *, repository: bool) -> list[str]:
    """What init did and what is to be done next."""
    lines = [f"wrote  {path}" for path in written] + [f"kept   {path}" for path in kept]
    if not written:
        lines.append(f"{line(root)} is a workspace already; nothing was written.")
    first = [] if repository else ["git init"]
    steps = [*first, "syncbot track pypi:NAME", "git add -A && git commit", "syncbot sync"]
    return [*lines, "", "Next:", *(f"  {step}" for step in steps)]
