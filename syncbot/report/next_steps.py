"""What to type next: lines for the end of a command's output, most useful first; every one works as it stands."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from syncbot.errors import Uncommitted
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord
from syncbot.report.results import CheckResult, Outcome, PackageCheck, SyncResult
from syncbot.report.safe import line
from syncbot.report.words import plural

_RETURNS = 3
"""Proposals that bring a patch back which are named one by one."""
Command = tuple[str, str]
"""What to type, and what it does."""


def next_commands(result: SyncResult, program: str = "syncbot") -> list[str]:
    """After a sync. `program`: how it is called, quoted."""
    commands = _to_commit(result)
    if result.dry_run and any(i.outcome is Outcome.PLANNED for i in result.items):
        commands.append((f"{program} sync", "do it"))
    if result.dry_run and commands:
        return _aligned(commands)
    standing = [i.proposal for i in result.items if i.proposal is not None and i.proposal.status is ProposalStatus.OPEN]
    commands += _about(standing, result.returning, result.checks, program, result.by_hand)
    if not result.items and not result.problems:
        commands.append((f"{program} track pypi:NAME", "track a package: there is none yet"))
    commands += _why(result.checks, program)
    return _aligned([*commands, (f"{program} report", "the delta, now and over time")])


def after_check(result: CheckResult, program: str = "syncbot") -> list[str]:
    """After a check; empty where there is nothing to do."""
    known = {record.package for record in result.standing}
    fresh = [c for c in result.packages if (c.judgement is not None or c.returned) and c.package not in known]
    commands = [(f"{program} sync", f"propose what there is for {plural(len(fresh), 'package')}")] if fresh else []
    back = [record for record in result.standing if is_return(record)]
    standing = [record for record in result.standing if not is_return(record)]
    commands += _about(standing, back, result.packages, program, result.by_hand)
    return _aligned([*commands, *_why(result.packages, program)])


def is_return(record: ProposalRecord) -> bool:
    """Whether a proposal brings a patch back."""
    return record.line.startswith("restore:")


def _about(
    standing: Sequence[ProposalRecord],
    back: Sequence[ProposalRecord],
    checks: Iterable[PackageCheck],
    program: str,
    by_hand: str,
) -> list[Command]:
    """The proposals that stand open. One that brings a patch back and moves the package, too, goes before the one that
    only moves it: accepted alone, that would leave the package without the patch."""
    bases = {check.package: check.base.version for check in checks}
    moving = {r.package: r for r in reversed(back) if r.target_version != bases.get(r.package, r.target_version)}
    commands = [_show(record, program, f"read the proposal for {line(record.package)}") for record in standing[:1]]
    ready = next((p for p in standing if _is_ready(p) and _is_ready(moving.get(p.package, p))), None)
    if ready is not None:
        commands += _answer(ready, moving.get(ready.package), program, by_hand)
    for record in back[:_RETURNS]:
        name = line(record.line.removeprefix("restore:"))
        instead = [r.id for r in standing if r.package == record.package and moving.get(r.package) == record]
        replaces = f", with the move that {line(instead[0])} proposes" if instead else ""
        commands.append(_show(record, program, f"{name} would come back to {line(record.package)}{replaces}"))
    return commands


def _is_ready(record: ProposalRecord) -> bool:
    return not record.draft and not record.note


def _show(record: ProposalRecord, program: str, what: str) -> Command:
    return f"{program} proposals show {shlex.quote(record.id)}", what


def _answer(ready: ProposalRecord, back: ProposalRecord | None, program: str, by_hand: str) -> list[Command]:
    """Accept it, or the one that is to be accepted in its place; or turn it down."""
    chosen = ready if back is None else back
    instead = "" if back is None else f": {line(back.id)} replaces {line(ready.id)}"
    said = f"merge the one for {line(ready.package)}{instead}"
    if by_hand:
        accept = (merge_command(chosen, by_hand), f"{said}; the next sync takes it as accepted")
    else:
        accept = (f"{program} proposals accept {shlex.quote(chosen.id)}", said)
    return [accept, (f"{program} proposals reject {shlex.quote(chosen.id)} --reason '...'", "or turn it down")]


def merge_command(record: ProposalRecord, remote: str) -> str:
    """What a person types where the forge merges nothing."""
    return f"git pull --no-rebase --no-edit {shlex.quote(remote)} {shlex.quote(record.branch)}"


def _to_commit(result: SyncResult) -> list[Command]:
    """The one command that lets packages with uncommitted changes be proposed."""
    open_ones = [p.error.folder for p in result.problems if isinstance(p.error, Uncommitted)]
    if not open_ones:
        return []
    which = plural(len(open_ones), "package")
    folders = dict.fromkeys(shlex.quote(line(folder)) for folder in open_ones)
    return [(f"git add {' '.join(folders)} && git commit", f"{which} cannot be proposed before that")]


def _why(checks: Iterable[PackageCheck], program: str) -> list[Command]:
    """The first patch that waits for a person."""
    for check in checks:
        for patch in () if check.judgement is None else check.judgement.patches:
            if patch.action.waits and patch.name not in check.settled:
                names = f"{shlex.quote(line(check.package))} {shlex.quote(line(patch.name))}"
                return [(f"{program} explain {names}", "why it waits for a person")]
    return []


def _aligned(commands: Sequence[Command]) -> list[str]:
    wide = max((len(command) for command, _ in commands), default=0)
    return [f"{command:<{wide}}  # {what}" for command, what in commands]
