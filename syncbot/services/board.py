"""Keeping the dashboard issue: what a sync came to, put into the sections that people look for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from syncbot.errors import ForgeError
from syncbot.model.proposal_words import RESTORE, ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.model.verdicts import Verdict
from syncbot.report import dashboard, words
from syncbot.report.dashboard import Dashboard, Row, Section, Trend, Unsent
from syncbot.report.problems import PackageProblem
from syncbot.report.results import Outcome, SyncResult
from syncbot.report.sent import unsent_since
from syncbot.report.visible import of_sync
from syncbot.services.attending import Heard
from syncbot.services.check import Examination
from syncbot.services.regaining import is_ours
from syncbot.services.workspace import Workspace

_TREND = "trend"
_SHOWN = 8
_DETAILED = 60
"""Open proposals of which it is asked who is to review."""


def show_dashboard(workspace: Workspace, examination: Examination, result: SyncResult, heard: Heard) -> SyncResult:
    """Bring the dashboard up to date after a sync of all packages; gives the result, with a problem where the forge
    would not. Writes only where something is news, and the stamp at most once a day."""
    if not workspace.settings.manners.dashboard or not (result.checks or result.problems or result.skipped):
        return result
    if workspace.forge.stopped() is not None:
        return result
    shown, _hidden = of_sync(result, private=False)
    fresh = dashboard.body(_summary(workspace, examination, shown))
    at = workspace.clock.now()
    try:
        branch = workspace.settings.other_branch
        title = dashboard.title(branch)
        issue = workspace.forge.find_issue(dashboard.marker(branch))
        if issue is None:
            workspace.forge.open_issue(title, fresh, workspace.settings.manners.labels, at)
        elif issue.open:
            body = dashboard.merged(fresh, issue.body, heard.boxes, at)
            if body != issue.body or issue.title != title:
                workspace.forge.update_issue(issue.id, title, body, at)
    except ForgeError as error:
        return replace(result, problems=(*result.problems, PackageProblem("the dashboard", error)))
    return result


def _summary(workspace: Workspace, examination: Examination, result: SyncResult) -> Dashboard:
    records = [r for r in workspace.forge.list() if r.status is ProposalStatus.OPEN]
    drafts = [r for r in records if r.draft]
    ready = [r for r in records if not r.draft]
    links, waiting = _details(workspace, records)
    deferred = [i for i in result.items if i.outcome is Outcome.DEFERRED]
    stood = [i for i in result.items if i.outcome in (Outcome.STOOD_DOWN, Outcome.WAITING)]
    sections: tuple[Section, ...] = (
        Section("Waiting for review", _ANEW, tuple(_open([r for r in ready if r.id in waiting], links))),
        Section("Open", _ANEW, tuple(_open([r for r in ready if r.id not in waiting], links))),
        Section("Conflicts", _ANEW, tuple(_open(drafts, links))),
        Section("Rate-limited", _SOON, tuple(_row(i.check.package, i.outcome.sentence, i.note) for i in deferred)),
        Section("Rejected", _AGAIN, tuple(_rejected(workspace, result))),
        Section("Errored", _SOON, tuple(_row(p.package, p.message) for p in result.problems)),
        Section("Held for the next release", _SOON, tuple(_patches(result, Verdict.HELD))),
        Section("Reverted", _SOON, tuple(_patches(result, Verdict.REVERTED))),
        Section("Handled by people", _SOON, tuple(_row(i.check.package, i.outcome.sentence, i.note) for i in stood)),
    )
    if marked := tuple(_marked(result)):
        sections = (*sections[:3], Section("Waiting for a person", _SOON, marked), *sections[3:])
    if aside := tuple(_row(s.package, s.why) for s in result.skipped):
        sections = (*sections, Section("Put aside", _SOON, aside))
    trend = tuple(_trend(workspace, result))
    branch = workspace.settings.other_branch
    return Dashboard(sections, trend, _oldest(examination), workspace.clock.now(), branch)


_ANEW = "Tick to have it made anew on the branch as it is now."
_SOON = "Tick to have it looked at before the others, past the limits."
_AGAIN = "A person closed these. Tick to have the same proposed again."


def _details(workspace: Workspace, records: Sequence[ProposalRecord]) -> tuple[dict[str, str], frozenset[str]]:
    """{proposal: its page}, and those whose reviewers have not answered."""
    found = [workspace.forge.details(record.id) for record in records[:_DETAILED]]
    return {d.id: d.url for d in found if d.url}, frozenset(d.id for d in found if d.reviewers)


def _open(records: Iterable[ProposalRecord], links: dict[str, str]) -> Iterator[Row]:
    for r in sorted(records, key=lambda r: (r.package, r.line)):
        yield Row(r.package, f"{dashboard.REBASE}:{r.id}", _about(r), r.note, links.get(r.id, ""))


def _about(record: ProposalRecord) -> str:
    """Its title without the package, whose name leads the row."""
    return record.title.removeprefix(f"{record.package}: ")


def _row(package: str, title: str, note: str = "") -> Row:
    return Row(package, dashboard.hurry_box(package), title, note)


def _rejected(workspace: Workspace, result: SyncResult) -> Iterator[Row]:
    """Each with the proposal that was turned down: its content is what may be welcome again."""
    newest: dict[str, ProposalRecord] = {}
    records = [r for r in workspace.store.proposals(elsewhere=True) if r.status is ProposalStatus.REJECTED]
    for record in records:
        if not record.line.startswith(RESTORE):
            newest.setdefault(record.package, record)
    returns = {(r.package, r.line): r for r in reversed(records) if r.line.startswith(RESTORE)}
    shown = {check.package for check in result.checks}
    gone = {(d.package, f"{RESTORE}{d.name}") for d in workspace.store.dropped() if not d.restored}
    here = {record.id for record in workspace.forge.list()}
    for record in returns.values():
        wanted = is_ours(workspace, record) or (record.id in here and (record.package, record.line) in gone)
        if record.package in shown and wanted and not _stands(workspace, record):
            link = workspace.forge.page(record.id) if record.id in here else ""
            yield Row(record.package, f"{dashboard.AGAIN}:{record.id}", _about(record), record.note, link)
    for item in result.items:
        found = newest.get(item.check.package)
        if item.outcome is Outcome.REJECTED and found is not None:
            link = workspace.forge.page(found.id) if found.id in here else ""
            yield Row(item.check.package, f"{dashboard.AGAIN}:{found.id}", _about(found), item.note, link)


def _stands(workspace: Workspace, record: ProposalRecord) -> bool:
    """Whether its line has an open proposal by now."""
    found = workspace.forge.find(record.package, record.line)
    return found is not None and found.status is ProposalStatus.OPEN


def _patches(result: SyncResult, verdict: Verdict) -> Iterator[Row]:
    """Of packages that can move, and of those that stand at their newest release with the branch in view. What only the
    package's own settings keep waits for nothing."""
    for check in result.checks:
        judged = check.judgement or check.ahead
        for patch in () if judged is None else judged.patches:
            if patch.verdict is verdict and (check.judgement is not None or not words.released(patch)[0]):
                yield _row(check.package, patch.name, words.why(patch))


def _marked(result: SyncResult) -> Iterator[Row]:
    """What stands in a series as waiting, whether or not a proposal is about it."""
    for check in result.checks:
        for name in check.waiting:
            yield _row(check.package, name, "the series marks it as waiting: it is left out until somebody rebases it")


def _trend(workspace: Workspace, result: SyncResult) -> list[Trend]:
    """The delta at the days on which it changed. A run in which some package could not be read tells nothing."""
    checks = result.checks
    now = [len(checks), sum(c.patches for c in checks), sum(c.lines for c in checks)]
    kept = dict(sorted(workspace.store.facts(_TREND).items()))
    last = json.loads(list(kept.values())[-1]) if kept else None
    today = workspace.clock.now().date().isoformat()
    if not (result.problems or result.skipped) and last != now:
        kept[today] = json.dumps(now)
        workspace.store.set_fact(_TREND, today, kept[today])
    return [Trend(day, *json.loads(value)) for day, value in list(kept.items())[-_SHOWN:]]


def _oldest(examination: Examination) -> Unsent | None:
    found = [
        (since, one.package.name, patch.name)
        for one in examination.examined
        if not one.package.private
        for patch in one.package.series
        if (since := unsent_since(patch.content)) is not None
    ]
    if not found:
        return None
    since, package, patch = min(found)
    return Unsent(package, patch, since.isoformat())
