"""What the commands share: the global options, the workspace, and how results are printed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syncbot.cli import terminal
from syncbot.errors import Exit

if TYPE_CHECKING:
    from syncbot.report.problems import PackageProblem
    from syncbot.report.table import Table
    from syncbot.services.workspace import Workspace
    from syncbot.settings import Workspace as Found

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Options:
    """The global options. `start`: where the workspace is looked for, from there upwards. `jobs`: see `--jobs`."""

    start: Path
    quiet: bool = False
    debug: bool = False
    jobs: int | None = None


@contextmanager
def opened(
    options: Options,
    *,
    new: bool = False,
    unborn: bool = False,
    found: Found | None = None,
    reading: bool = False,
    remote: bool = False,
) -> Iterator[Workspace]:
    """The services' workspace, with progress on standard error. `new`: nothing need be in it; `unborn`: no commit;
    `found`: with settings that were read before; `reading`: for who writes nothing, which is there sooner;
    `remote`: and says where the forge's branches are."""
    with terminal.progress(quiet=options.quiet) as progress, ExitStack() as stack:
        if reading:
            from syncbot.wiring.reading import opened_to_read

            yield stack.enter_context(opened_to_read(options.start, os.environ, progress, found=found, remote=remote))
            return
        from syncbot.wiring import workspace as wiring  # the adapters are imported only when they are needed

        entered = wiring.opened(
            *(options.start, os.environ, progress), new=new, unborn=unborn, jobs=options.jobs, found=found
        )
        yield stack.enter_context(entered)


def logs(*, always: bool = False) -> Callable[[], None]:
    """Send the program's logs to standard error, as SYNCBOT_LOG says: `text`, `json`, `off`, or `auto` (text on a
    terminal); gives how to undo it. Unset, `always` means `auto`, else `off`."""
    import sys

    from syncbot.settings import LOG_VARIABLE
    from syncbot.wiring.logs import log_to

    said = os.environ.get(LOG_VARIABLE, "") or ("auto" if always else "off")
    if said not in ("auto", "text", "json", "off"):
        raise click.UsageError(f"{LOG_VARIABLE} is {said!r}, but must be auto, text, json or off")
    return (lambda: None) if said == "off" else log_to(sys.stderr, as_json={"text": False, "json": True}.get(said))


def stopped_by_sigterm() -> Callable[[], None]:
    """Make SIGTERM break the work off as Ctrl-C does: leases are given back, and the run's record says so; gives how to
    undo it."""
    import signal
    import threading

    def stop(*_signal: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    before = signal.signal(signal.SIGTERM, stop)

    def undo() -> None:
        signal.signal(signal.SIGTERM, before)

    return undo


def follow_up(options: Options) -> None:
    """What follows a run where the settings ask for it: the feed, the file of metrics, news posted."""
    from syncbot.settings import open_workspace

    found = open_workspace(options.start, os.environ)
    if not (found.settings.hooks.urls or found.settings.hooks.feed or found.settings.running.textfile):
        return
    from contextlib import closing

    from syncbot.store.opening import open_store
    from syncbot.wiring.aftermath import follow_up as follow

    with closing(open_store(found.database_url)) as store:
        follow(found, os.environ, store)


def json_option(command: F) -> F:
    """`--json`; with it every command takes `--quiet` and `--debug`, which stand before the command, after it too."""
    command = click.option(
        "--quiet", "-q", is_flag=True, hidden=True, expose_value=False, callback=_quiet, help="As before the command."
    )(command)
    command = click.option(
        "--debug", is_flag=True, hidden=True, expose_value=False, callback=_debug, help="As before the command."
    )(command)
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")(command)


def _quiet(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        context.obj = replace(context.obj, quiet=True)


def _debug(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value and not context.obj.debug:
        from syncbot.cli.debug import log_to_standard_error

        context.obj = replace(context.obj, debug=True)
        context.call_on_close(log_to_standard_error())


def jobs_option(command: F) -> F:
    text = "How many processes work on packages. Default: the setting `jobs`; else as many as there are cores."
    return click.option("--jobs", type=click.IntRange(1), expose_value=False, callback=_jobs, help=text)(command)


def _jobs(context: click.Context, _option: click.Parameter, value: int | None) -> None:
    context.obj = replace(context.obj, jobs=value)


def exit_code_option(command: F) -> F:
    text = "Exit with 1 where a patch needs a person."
    return click.option("--exit-code", "person", is_flag=True, help=text)(command)


def private_option(command: F) -> F:
    return click.option("--private", is_flag=True, help="Show private packages too.")(command)


def on_option(command: F) -> F:
    """`--on`, which gives a date or None."""
    text = "As it stood when that day ended (UTC), such as 2026-01-31."
    return click.option("--on", callback=_day, metavar="DAY", help=text)(command)


def _day(context: click.Context, option: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no day; write it like 2026-01-31", context, option) from None


def packages_argument(command: F) -> F:
    return click.argument("packages", nargs=-1, metavar="[PKG]...")(command)


def program() -> str:
    """How to call the program from here, quoted: `syncbot` where PATH finds it, else as it was called."""
    import shlex
    import shutil
    import sys

    called = Path(sys.argv[0])
    return "syncbot" if called.name != "syncbot" or shutil.which("syncbot") else shlex.quote(str(called))


def wide() -> int:
    """Columns that a text may take: the terminal's, or what a file is read in comfortably."""
    import shutil
    import sys

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 110


def document(content: dict[str, Any]) -> None:
    """Print a JSON document on standard output."""
    from syncbot.report.documents import rendered

    branch = os.environ.get("SYNCBOT_BRANCH", "")
    click.echo(rendered({**content, "branch": branch} if branch else content))


def table(content: Table) -> None:
    terminal.table(content)


def result(rows: Table, said: Iterable[str], asked: Sequence[str] = ()) -> None:
    """A table with what is `asked` about it, then, an empty line apart, what sums it up."""
    table(rows)
    lines(asked)
    told = [line for text in said for line in terminal.folded(text)]
    lines(["", *told] if told and (rows.rows or asked) else told)


def lines(texts: Iterable[str]) -> None:
    for text in texts:
        click.echo(text)


def complaints(texts: Iterable[str]) -> None:
    """Problems and alerts: one line each, on standard error."""
    for text in texts:
        click.echo(f"syncbot: {text}", err=True)


def leave(context: click.Context, worked: int, problems: Sequence[PackageProblem], *, person: bool = False) -> None:
    """End the command with the right exit code. `person`: --exit-code was given and somebody is needed."""
    from syncbot.report.problems import exit_code

    code = exit_code(worked, problems)
    context.exit(Exit.PERSON if code is Exit.DONE and person else code)
