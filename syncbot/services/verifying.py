"""Verify: the package's own commands on the patched release, before a proposal is made. Off where it has none.

What it came to is remembered by the plan's content and the commands, so it is run once for each.
"""

from __future__ import annotations

from dataclasses import replace

from syncbot import judge
from syncbot.errors import Fault
from syncbot.model.ids import Fingerprint
from syncbot.model.packages import Package
from syncbot.ports.verifier import Verified
from syncbot.report.body import body
from syncbot.services.check import Examined
from syncbot.services.keys import digest
from syncbot.services.proposing import Draft
from syncbot.services.workspace import Workspace


def with_known(workspace: Workspace, package: Package, made: Draft) -> Draft:
    """The draft with what verifying it came to, where that was done before."""
    if not package.policy.verify or workspace.verifier is None:
        return made
    found = workspace.verifier.known(_key(package, made))
    return made if found is None else _with(made, found)


def verified(workspace: Workspace, one: Examined, made: Draft) -> tuple[Examined, Draft]:
    """Both with what verifying came to, if anything is to be run that was not run before."""
    if made.verified is not None or not one.package.policy.verify or workspace.verifier is None:
        return one, made
    assert one.moving is not None
    new = judge.new_series(one.package.series, one.moving.judgement)
    staying = [patch for patch in new if not patch.waiting]
    tree = judge.stacked(staying, one.source.tree(made.plan.target, workspace.progress))
    if tree is None:
        raise Fault(f"the new series of {one.package.name} does not apply to {made.plan.target.version}")
    workspace.progress(f"verifying {one.package.name} {made.plan.target.version}", 0, 0)
    done = workspace.verifier.run(_key(one.package, made), tree, one.package.policy.verify)
    return _told(one, done), _with(made, done)


def is_green(package: Package, made: Draft) -> bool:
    """Whether nothing was to be verified, or all of it passed."""
    return not package.policy.verify or (made.verified is not None and made.verified.passed)


def _with(made: Draft, done: Verified) -> Draft:
    summary = replace(made.summary, verified=sentences(done))
    return replace(made, summary=summary, body=body(summary), verified=done)


def sentences(done: Verified) -> tuple[str, ...]:
    """What each command came to, and where the log is."""
    return (*(f"{one.command}: {one.said}" for one in done.ran), f"Log: {done.log}")


def _told(one: Examined, done: Verified) -> Examined:
    """With an alert for the report, where a command failed."""
    bad = next((ran for ran in done.ran if not ran.passed), None)
    if bad is None:
        return one
    alert = f"verify: `{bad.command}` {bad.said}; the log is {done.log}"
    return replace(one, choice=replace(one.choice, alerts=(*one.choice.alerts, alert)))


def _key(package: Package, made: Draft) -> str:
    return result_key(made.plan.fingerprint, package)


def result_key(fingerprint: Fingerprint, package: Package) -> str:
    """What the result of a package's commands on a plan is kept by."""
    return digest("verify", fingerprint, list(package.policy.verify))[:32]
