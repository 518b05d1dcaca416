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
    places = plan.package.files or (f"{plan.package.path}/",)
    folders = tuple(place for place in places if place.endswith("/"))
    try:
        found = parse_patch(diff, 1).files
        files = [file for file in found if file.path in places or (folders and file.path.startswith(folders))]
    except SyncbotError:
        return False
    return _moves(plan, files) or _drops(plan, files)


def _moves(plan: Plan, files: list[FilePatch]) -> bool:
    if plan.base.version == plan.target.version:
        return False
    if plan.package.files:
        return _names(plan, files)
    names = {plan.target.version.encode(), plan.target.name.encode("utf-8", "surrogateescape")}
    added = [text for file in files if file.path.endswith(".toml") for hunk in file.hunks for text in hunk.added]
    return any(found[1] in names for text in added if (found := _BASE.match(text)))


def _names(plan: Plan, files: list[FilePatch]) -> bool:
    """Whether a recipe's new lines, none of a patch, name the plan's version."""
    patches = {patch.path for patch in plan.package.series}
    version = re.compile(rb"(?<![\w.])" + re.escape(plan.target.version.encode()) + rb"(?![\w.])")
    added = [text for file in files if file.path not in patches for hunk in file.hunks for text in hunk.added]
    return any(version.search(text) for text in added)


def _drops(plan: Plan, files: list[FilePatch]) -> bool:
    dropped = {edit.name for edit in plan.edits if edit.action is Action.DROP}
    wanted = {p.path or f"{plan.package.path}/{p.name}" for p in plan.package.series if p.name in dropped}
    gone = {file.old_path for file in files if file.new_path is None}
    return bool(wanted) and wanted <= gone
