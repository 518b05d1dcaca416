"""Whether what a person proposes does what a plan would do: then the bot stands down."""

from __future__ import annotations

import re

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import FilePatch
from syncbot.errors import SyncbotError
from syncbot.model.verdicts import Action
from syncbot.plan.model import Plan

_BASE = re.compile(rb"""\s*base\s*=\s*["']([^"']+)["']""")


def does_the_same(plan: Plan, diff: bytes) -> bool:
    """`diff`: what the person changes, as a unified diff of git. The same is done where it moves the package to the
    plan's release, or takes out every patch that the plan drops."""
    folder = f"{plan.package.path}/"
    try:
        files = [file for file in parse_patch(diff, 1).files if file.path.startswith(folder)]
    except SyncbotError:
        return False
    return _moves(plan, files) or _drops(plan, files)


def _moves(plan: Plan, files: list[FilePatch]) -> bool:
    if plan.base.version == plan.target.version:
        return False
    names = {plan.target.version.encode(), plan.target.name.encode("utf-8", "surrogateescape")}
    added = [text for file in files if file.path.endswith(".toml") for hunk in file.hunks for text in hunk.added]
    return any(found[1] in names for text in added if (found := _BASE.match(text)))


def _drops(plan: Plan, files: list[FilePatch]) -> bool:
    wanted = {f"{plan.package.path}/{edit.name}" for edit in plan.edits if edit.action is Action.DROP}
    gone = {file.old_path for file in files if file.new_path is None}
    return bool(wanted) and wanted <= gone
