"""What the reading commands share: filters, and the form in which they print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syncbot.cli import shared

if TYPE_CHECKING:
    from syncbot.report.measured import Measured, Wanted
    from syncbot.report.table import Table

F = TypeVar("F", bound=Callable[..., Any])

VERDICTS = (
    *("broken", "obsolete", "trim", "reverted", "superseded", "moot", "held"),
    *("untouched", "applies", "refresh", "conflict"),
)
"""`Verdict`, spelled out: --help imports nothing of ours. A test compares."""
SORTS = (
    *("name", "patches", "lines", "share", "age", "behind", "days-behind"),
    *("refreshed", "conflicts", "cves", "dropped"),
)
PATCH_SORTS = ("series", "lines", "files", "age", "refreshed", "conflicts", "cost")


def filter_options(command: F) -> F:
    """`--owner`, `--layout`, `--verdict`, `--cve`, `--older-than`, `--on`, `--private`."""
    for option in (
        shared.private_option,
        shared.on_option,
        click.option("--older-than", type=click.IntRange(0), metavar="DAYS", help="Only patches older than that."),
        click.option("--cve", metavar="ID", help="Only patches whose header or name claims to fix this advisory."),
        click.option(
            "--verdict",
            "verdicts",
            multiple=True,
            type=click.Choice(VERDICTS),
            help="Only patches of this verdict; may be given several times.",
        ),
        click.option("--layout", metavar="L", help="Only packages that are kept in this layout."),
        click.option("--owner", metavar="O", help="Only the packages of this owner."),
    ):
        command = option(command)
    return command


def form_options(command: F) -> F:
    """`--json`, `--csv`, `--markdown`."""
    command = click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown instead of text.")(command)
    command = click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with every measure.")(command)
    return shared.json_option(command)


def sort_option(choices: Sequence[str]) -> Callable[[F], F]:
    def decorated(command: F) -> F:
        command = click.option("--reverse", is_flag=True, help="The other way around.")(command)
        text = "What to sort by: measures from the largest on."
        return click.option("--sort", type=click.Choice(choices), default=choices[0], show_default=True, help=text)(
            command
        )

    return decorated


def wanted(names: tuple[str, ...], asked: Mapping[str, Any]) -> Wanted:
    from syncbot.report.measured import Wanted

    return Wanted(names, asked["owner"], asked["layout"], tuple(asked["verdicts"]), asked["cve"], asked["older_than"])


@dataclass(frozen=True, slots=True)
class Shown:
    """One result in every form, each made when it is asked for: over a thousand packages one takes as long as to find
    the result. `rows` says where in the document the rows of CSV are, `columns` what of them; `said` sums up; `title`
    heads the Markdown."""

    title: str
    document: Callable[[], dict[str, Any]]
    table: Callable[[], Table]
    rows: str
    columns: Sequence[str]
    said: Sequence[str]


def show(shown: Shown, asked: Mapping[str, Any]) -> None:
    """Print it in the form that was asked for. Raises UsageError for two forms at once."""
    if sum((asked["as_json"], asked["as_csv"], asked["as_markdown"])) > 1:
        raise click.UsageError("--json, --csv and --markdown exclude one another")
    if asked["as_json"]:
        shared.document(shown.document())
    elif asked["as_csv"]:
        from syncbot.report import formats

        click.echo(formats.to_csv(shown.document()[shown.rows], shown.columns), nl=False)
    elif asked["as_markdown"]:
        from syncbot.report import formats

        click.echo(formats.to_markdown(shown.table(), shown.title, shown.said), nl=False)
    else:
        shared.result(shown.table(), shown.said)


def found(context: click.Context, names: tuple[str, ...], asked: Mapping[str, Any]) -> Measured:
    """The measured packages that were asked for. Their problems and alerts are told on standard error."""
    from syncbot.report.measured import chosen
    from syncbot.services.aside import put_aside
    from syncbot.services.measuring import measured

    with shared.opened(context.obj, reading=True) as workspace:
        whole = measured(workspace, names, private=asked["private"], on=asked["on"])
        if asked["on"] is None:
            shared.complaints(put_aside(workspace, names, private=asked["private"]))
    kept = chosen(whole, wanted(names, asked))
    complain(kept)
    missing(whole, asked)
    return kept


def missing(whole: Measured, asked: Mapping[str, Any]) -> None:
    """Say so where nobody of that name owns anything: it is misspelt, most likely, and an empty answer looks well."""
    owner = asked["owner"]
    if owner is not None and not any(owner in package.owners for package in whole.packages):
        shared.complaints([f"nobody called {owner!r} owns a package here; syncbot owners lists who does"])


def complain(kept: Measured) -> None:
    from syncbot.report import problems
    from syncbot.report.safe import line

    said = [f"alert: {line(p.package)}: {line(alert)}" for p in kept.packages for alert in p.alerts]
    shared.complaints([*said, *problems.told(kept.problems)])


def leave(context: click.Context, kept: Measured) -> None:
    shared.leave(context, len(kept.packages), kept.problems)
