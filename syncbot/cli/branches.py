"""Several downstream branches in one workspace: a command is about one of them, or done for each in turn."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from syncbot.cli.lazy import LazyGroup
from syncbot.errors import InputError, SyncbotError

VARIABLE = "SYNCBOT_BRANCH"
_EACH = frozenset(
    {"check", "sync", "report", "delta", "history", "owners", "forecast", "upstreamable", "digest", "doctor"}
)
"""Commands that are done for each branch where none is named."""
_NONE = frozenset({"init", "import", "judge", "serve"})
"""Commands that are about no branch, or about all of them together."""


class BranchedGroup(LazyGroup):
    """`--branch` names one; without it, what only looks or is the daily job is done for each."""

    def invoke(self, ctx: click.Context) -> object:
        chosen = ctx.params.get("branch") or os.environ.get(VARIABLE, "")
        words = [*ctx._protected_args, *ctx.args]
        names = () if chosen or not words or "--help" in words or "-h" in words else _branches(ctx.params)
        if not names or words[0] in _NONE:
            with _on(chosen):
                return super().invoke(ctx)
        if words[0] not in _EACH and words != ["proposals"]:
            what = f"this workspace has several downstream branches: {', '.join(names)}"
            raise InputError(what, f"name one: syncbot --branch {names[0]} {words[0]} ...")
        ctx.exit(self._each(ctx, names, words))

    def _each(self, ctx: click.Context, names: Sequence[str], words: list[str]) -> int:
        """The worst exit code of all: trouble with one branch does not stop the others."""
        codes = [0]
        for at, name in enumerate(names):
            ctx._protected_args, ctx.args = words[:1], words[1:]
            if "--json" not in words:
                click.echo(("\n" if at else "") + f"On {name}:\n")
            with _on(name):
                codes.append(self._one(ctx))
        return max(codes)

    def _one(self, ctx: click.Context) -> int:
        try:
            code = super().invoke(ctx)
        except click.exceptions.Exit as ended:
            return int(ended.exit_code)
        except SyncbotError as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"syncbot: error: {error}", err=True)
            return int(error.exit_code)
        return code if isinstance(code, int) else 0


@contextmanager
def _on(branch: str) -> Iterator[None]:
    """With the branch where everything that reads settings finds it, as far down as other processes."""
    before = os.environ.get(VARIABLE)
    if branch:
        os.environ[VARIABLE] = branch
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


def _branches(params: dict[str, object]) -> tuple[str, ...]:
    """Those that the settings have. Nothing of ours is imported where the file does not speak of any."""
    workspace = params.get("workspace")
    start = (workspace if isinstance(workspace, Path) else Path.cwd()).absolute()
    for folder in (start, *start.parents):
        for name in ("syncbot.toml", "pyproject.toml"):
            file = folder / name
            if file.is_file() and b"branches" in file.read_bytes():
                from syncbot.settings import open_workspace  # start-up time

                return open_workspace(start, {}).settings.branches
        if (folder / ".git").exists():
            return ()
    return ()
