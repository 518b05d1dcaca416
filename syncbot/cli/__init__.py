"""The command line: parse, call a service, print what it came to. No decisions."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from pathlib import Path

import click

from syncbot import __version__
from syncbot.cli.branches import BranchedGroup
from syncbot.errors import Exit, SyncbotError

_INTERRUPTED = 130
"""As shells have it: 128 and the signal's number."""

_NEW_OBJECTS = 200_000
"""After so many the collector looks for cycles. Reports make a hundred thousand values and not one cycle: looking after
each 700, as Python does, takes a third of their time."""

COMMANDS = {
    "init": ("syncbot.cli.init", "Make a workspace: settings, patches/ and state/."),
    "import": ("syncbot.cli.import_", "Take a packaging repository as it is."),
    "track": ("syncbot.cli.track", "Track one more package."),
    "sync": ("syncbot.cli.sync", "The daily job: check, plan, verify, propose, record."),
    "check": ("syncbot.cli.check", "Judge every tracked patch against new releases."),
    "judge": ("syncbot.cli.judge", "Judge patches against a release, without any set-up."),
    "explain": ("syncbot.cli.explain", "Why a patch has its verdict."),
    "proposals": ("syncbot.cli.proposals", "List, show, accept or reject proposals."),
    "restore": ("syncbot.cli.restore", "Bring a dropped patch back, pinned."),
    "report": ("syncbot.cli.report", "The delta of every package, measured."),
    "delta": ("syncbot.cli.delta", "The patches of packages, measured."),
    "history": ("syncbot.cli.history", "What happened, and when."),
    "owners": ("syncbot.cli.owners", "What each owner carries."),
    "forecast": ("syncbot.cli.forecast", "What the next releases will make obsolete."),
    "upstreamable": ("syncbot.cli.upstreamable", "What nobody sent upstream yet."),
    "digest": ("syncbot.cli.digest", "What changed in a day or a week, and what is asked."),
    "sbom": ("syncbot.cli.sbom", "A bill of materials: CycloneDX."),
    "vex": ("syncbot.cli.vex", "What is known of vulnerabilities: OpenVEX."),
    "attest": ("syncbot.cli.attest", "Decisions as in-toto statements."),
    "reproduce": ("syncbot.cli.reproduce", "Make the decisions once more, and compare."),
    "serve": ("syncbot.cli.serve", "Pages and an HTTP interface, until stopped."),
    "token": ("syncbot.cli.token", "Who may act over HTTP, and on what."),
    "run": ("syncbot.cli.daily", "Sync by schedule, in the foreground, until stopped."),
    "worker": ("syncbot.cli.worker", "Take part in the work of many machines, until stopped."),
    "migrate": ("syncbot.cli.migrate", "Move the state to another database."),
    "runs": ("syncbot.cli.runs", "The newest runs, and what they did."),
    "retry": ("syncbot.cli.retry", "End the pauses of packages that failed."),
    "gc": ("syncbot.cli.gc", "Throw away what nobody needs."),
    "backup": ("syncbot.cli.backup", "Save the state, and load it."),
    "doctor": ("syncbot.cli.doctor", "Say what is missing and how to mend it."),
}


@click.group(
    cls=BranchedGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `syncbot init`, then `syncbot track pypi:NAME`, then `syncbot sync`.",
)
@click.version_option(__version__, prog_name="syncbot")
@click.option(
    "--workspace",
    "-C",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The workspace, or a folder inside it. Default: the current folder.",
)
@click.option("--branch", default="", metavar="NAME", help="Which downstream branch, where the settings have several.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no hints, only results and errors.")
@click.option("--debug", is_flag=True, help="Logs, and tracebacks of unexpected errors, on standard error.")
@click.pass_context
def cli(context: click.Context, workspace: Path | None, branch: str, quiet: bool, debug: bool) -> None:  # noqa: ARG001  # BranchedGroup takes it
    """syncbot carries a patch only while it is essential.

    It tracks downstream patches against upstream releases, drops those that upstream has, refreshes the rest, and
    leaves proposals that prove what they do.

    Exit codes: 0 the work was done; 1 with --exit-code: something needs a person,
    and of reproduce: something came out otherwise; 2 usage, settings or input that
    cannot be read, or output that cannot be written; 3 a defect of syncbot; 4 every upstream, or the forge, was out of
    reach.

    --quiet and --debug may stand after the command, too.
    """
    from syncbot.cli.shared import Options  # `--help` and `--version` need none of it

    context.obj = Options(workspace or Path.cwd(), quiet=quiet, debug=debug)
    if debug:
        from syncbot.cli.debug import log_to_standard_error

        context.call_on_close(log_to_standard_error())


def main() -> None:
    """The program: exits with a code of `errors.Exit`, or 130 when interrupted."""
    gc.set_threshold(_NEW_OBJECTS)
    code = run(sys.argv[1:])
    gc.freeze()  # the interpreter looks for cycles once more at its end
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command; gives its exit code. Errors are one line on standard error, and with --json a document too."""
    try:
        return _run(arguments)
    except BrokenPipeError:
        return _unread()
    except OSError as error:  # only what cannot be printed comes this far
        sys.stdout = None  # else the interpreter tries once more at its end, and says so
        what = f"error: the output cannot be written ({error.strerror}); send it to where there is room"
        with suppress(OSError):
            _said(what, Exit.INPUT)
        return Exit.INPUT


def _run(arguments: list[str]) -> int:
    debug, as_json = "--debug" in arguments, "--json" in arguments
    try:
        code = cli.main(arguments, prog_name="syncbot", standalone_mode=False)
        if sys.stdout is not None:  # it was closed before we began
            sys.stdout.flush()
    except click.ClickException as error:
        error.show(sys.stderr)
        return _document(error.format_message(), error.exit_code, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        return _said("interrupted", _INTERRUPTED)
    except (BrokenPipeError, SystemExit):  # the latter is how click tells of a broken pipe
        return _unread()
    except SyncbotError as error:
        if debug:
            _traceback()
        _said(f"error: {error}", error.exit_code)
        return _document(str(error), error.exit_code, as_json=as_json)
    except Exception as error:  # the last line of defence
        if isinstance(error, OSError) and _while_printing(error):
            raise
        if debug:
            _traceback()
        message, code = _unexpected(error)
        _said(f"error: {message}", code)
        return _document(message, code, as_json=as_json)
    return code if isinstance(code, int) else Exit.DONE


def _unexpected(error: Exception) -> tuple[str, int]:
    """A path that the system refuses is the user's; all else is a defect of ours, whose text may hold anything."""
    if isinstance(error, OSError) and error.filename is not None:
        what = f"cannot use {str(error.filename)!r} ({error.strerror}); check the path and its permissions"
        return what, Exit.INPUT
    return f"unexpected {type(error).__name__}; run again with --debug for the traceback", Exit.FAULT


def _while_printing(error: OSError) -> bool:
    import traceback  # a third of what `--version` takes, and only for this

    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_globals.get("__name__") in ("click.utils", "rich.console") for frame in frames)


def _unread() -> int:
    """The reader of standard output has enough: nothing is wrong."""
    sys.stdout = None
    return Exit.DONE


def _said(message: str, code: int) -> int:
    from syncbot.report.safe import line

    click.echo(f"syncbot: {line(message)}", err=True)
    return code


def _document(message: str, code: int, *, as_json: bool) -> int:
    """What a command that failed as a whole prints on standard output with --json."""
    if as_json:
        from syncbot.report import documents
        from syncbot.report.safe import line

        click.echo(documents.rendered(documents.error(line(message), code)))
    return code


def _traceback() -> None:
    from syncbot.cli.debug import traceback_text

    click.echo(traceback_text(), err=True, nl=False)
