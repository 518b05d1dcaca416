"""The terminal: tables with rich where one is looking, plain text where not; progress on standard error, throttled."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import click

from syncbot.report.safe import line

if TYPE_CHECKING:
    from syncbot.ports import Progress
    from syncbot.report.table import Table

_EVERY = 0.1
"""Seconds between two progress lines: callbacks come by the hundred thousand."""


def table(content: Table) -> None:
    """Print a table on standard output."""
    if not content.rows:
        return
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        _rich(content)
        return
    from syncbot.report.table import plain

    click.echo(plain(content))


def folded(text: str) -> list[str]:
    """A sentence, broken between words where the terminal is narrower. Whoever reads it otherwise gets it whole."""
    if not sys.stdout.isatty():
        return [text]
    import shutil  # brings archives along
    import textwrap

    wide = shutil.get_terminal_size().columns
    return textwrap.wrap(text, wide, break_long_words=False, break_on_hyphens=False) or [text]


def _rich(content: Table) -> None:
    from rich.console import Console  # only on a terminal: it takes long to import
    from rich.table import Table as RichTable
    from rich.text import Text

    from syncbot.report.table import fits, stacked

    console = Console()
    if not fits(content, console.width):
        for at, lines in enumerate(stacked(content, console.width)):
            for parts in lines:
                text = Text.assemble(*((shown, "bold" if at == 0 else _STYLE.get(cell, "")) for shown, cell in parts))
                text.rstrip()
                # Only the terminal itself breaks what is still too long: names stay whole for copying.
                console.print(text, soft_wrap=True)
        return
    made = RichTable(box=None, pad_edge=False, header_style="bold")
    for column in content.columns:
        justify: Literal["left", "right"] = "right" if column in content.numeric else "left"
        made.add_column(column, justify=justify, no_wrap=column != content.below)
    for row in content.rows:
        made.add_row(*(Text(cell, style=_STYLE.get(cell, "")) for cell in row))
    console.print(made)


_STYLE = {
    "obsolete": "green",
    "trim": "green",
    "untouched": "dim",
    "up to date": "dim",
    "applies": "",
    "refresh": "cyan",
    "conflict": "red",
    "broken": "red",
    "superseded": "yellow",
    "moot": "yellow",
    "held": "yellow",
    "reverted": "red",
}


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """A Progress that writes one status line to standard error, and takes it away in the end. It writes nothing where
    nobody looks. May be told things by several threads."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _nobody
        return
    shown = _Status()
    try:
        yield shown
    finally:
        shown.clear()


def _nobody(what: str, done: int, total: int) -> None:
    """Progress for nobody."""


class _Status:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._last < _EVERY:
                return
            self._last = now
            part = f" {100 * done // total} %" if total > 0 else f" {done:,}" if done else ""
            import shutil  # brings archives along

            wide = shutil.get_terminal_size().columns - 8
            sys.stderr.write(f"\r\x1b[K{line(what, max(10, wide))}{part}")
            sys.stderr.flush()

    def clear(self) -> None:
        with self._lock:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
