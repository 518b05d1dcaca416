"""What a layout is told of a move: to which release, by whom, when, and the decisions for its changelog."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncbot.model.verdicts import Action, Verdict
from syncbot.plan.model import Move, Note, Plan

if TYPE_CHECKING:
    from syncbot.model.ids import PackageName
    from syncbot.model.packages import Package
    from syncbot.model.trees import Tree
    from syncbot.services.workspace import Workspace

_COMMIT = re.compile(r"[0-9a-f]{40}")


def move_of(workspace: Workspace, plan: Plan) -> Move:
    """The move of a whole plan. A package that stands at the release already only changes its patches."""
    target = plan.target
    stays = (plan.base.version, plan.base.identity) == (target.version, target.identity) or not plan.package.policy.bump
    notes = tuple(
        Note(
            edit.name,
            edit.action,
            edit.judgement.reason,
            edit.judgement.absorbed_by,
            upstream=edit.judgement.verdict is Verdict.OBSOLETE,
        )
        for edit in plan.edits
        if edit.action in (Action.DROP, Action.REWRITE)
    )
    commit = target.identity if _COMMIT.fullmatch(target.identity) else None
    return Move(None if stays else target.version, commit, _who(workspace), workspace.clock.now(), notes, target.name)


def standing(workspace: Workspace) -> Move:
    """No move: only patches change, and whatever is said of them was said before."""
    return Move(None, None, _who(workspace), workspace.clock.now())


def again(workspace: Workspace, package: Package, tree: Tree) -> Package:
    """The package as the tree has it now: a layout edits only what it would read."""
    settings = workspace.settings
    return workspace.layout.one(tree, settings.patches, settings.policy, package.name, package.path)


def at(workspace: Workspace, tree: Tree, name: PackageName) -> Package:
    """The package of that name as a tree has it. Raises InputError where it has none, or one that cannot be read."""
    settings = workspace.settings
    return workspace.layout.one(tree, settings.patches, settings.policy, name)


def _who(workspace: Workspace) -> str:
    identity = workspace.settings.identity
    return f"{identity.name} <{identity.email}>"
