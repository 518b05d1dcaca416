"""The command line of the benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from benchmarks import accuracy, day, engine, engine_history, index, layouts, mutants, mutants_history, reports, startup
from benchmarks.cases import Cases, Corpus, Stories
from benchmarks.tables import Report
from syncbot.layouts.formats import FORMATS

CORPUS = "A folder of cases: DIR/cases/PKG/{old,new,patches/series}. Default: generated histories."
LABELS = "What became of its patches, as JSON lines: package, patch, label (KEPT, DROPPED_UPSTREAM), kept_as."


def on_cases(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose what is measured; the command gets `cases`."""

    def chosen(corpus: Path | None, labels: Path | None, only: str | None, seeds: int, **asked: Any) -> Any:
        if labels and not corpus:
            raise click.UsageError("--labels needs --corpus")
        names = frozenset(only.split(",")) if only else None
        cases: Cases = Corpus(corpus.resolve(), labels, names) if corpus else Stories(seeds, names)
        if not cases.names():
            raise click.UsageError("there are no such cases: check --corpus and --only")
        return command(cases=cases, **asked)

    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    for option in (
        click.option(
            "--seeds", type=click.IntRange(1), default=2, show_default=True, help="Generated: how many of each."
        ),
        click.option("--only", metavar="PKG,...", help="Only these packages or stories."),
        click.option("--labels", type=click.Path(exists=True, dir_okay=False, path_type=Path), help=LABELS),
        click.option("--corpus", type=folder, metavar="DIR", help=CORPUS),
    ):
        chosen = option(chosen)
    chosen.__doc__ = command.__doc__
    return chosen


jobs_option = click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Processes.")
repo_option = click.option(
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="PATH",
    help="A real upstream's git repository. Default: a generated one.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print a document instead of tables.")


def show(report: Report, *, as_json: bool) -> None:
    click.echo(report.document() if as_json else report.text())


@click.group()
def main() -> None:
    """Measure syncbot. No timing is ever a test: machines differ, and numbers from shared ones wander."""


@main.command("accuracy")
@click.option("--ablation", is_flag=True, help="The cascade without each step, and up to each step.")
@click.option("--sensitivity", is_flag=True, help="Each number of the judge's rules moved by 20 % both ways.")
@click.option("--folds", type=click.IntRange(2), help="Cross-validate by package, in so many folds.")
@jobs_option
@json_option
@on_cases
def _accuracy(cases: Cases, ablation: bool, sensitivity: bool, folds: int | None, jobs: int, as_json: bool) -> None:
    """How often the judge is right: dropped, flagged, settled, wrongly cut, carried again."""
    show(accuracy.report(cases, accuracy.Asked(ablation, sensitivity, folds, jobs)), as_json=as_json)


@main.command("mutants")
@click.option("--list", "listed", is_flag=True, help="Also list every mutant that was dropped.")
@click.option("--per-file", type=click.IntRange(1), default=2, show_default=True, help="Changes mutated in each file.")
@click.option(
    "--backports",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --repo: merged backports, as JSON lines: commit, parent, targets (name, commit, in|out).",
)
@click.option("--sample", type=click.IntRange(1), default=60, show_default=True, help="Backports: at most so many.")
@repo_option
@jobs_option
@json_option
@on_cases
def _mutants(
    cases: Cases,
    listed: bool,
    per_file: int,
    backports: Path | None,
    sample: int,
    repo: Path | None,
    jobs: int,
    as_json: bool,
) -> None:
    """Releases that nearly have a patch: is it still dropped? With --repo and --backports by commits on top of real
    releases."""
    if (repo is None) is not (backports is None):
        raise click.UsageError("--repo and --backports go together")
    if repo is None or backports is None:
        made = mutants.report(cases, per_file=per_file, jobs=jobs, listed=listed)
    else:
        chosen = mutants_history.backports(backports, sample)
        made = mutants_history.report(repo.resolve(), chosen, per_file=per_file, jobs=jobs, listed=listed)
    show(made, as_json=as_json)


@main.command("engine")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Measurements of each.")
@click.option("--patches", type=click.IntRange(1), default=5, show_default=True, help="The first so many of a series.")
@click.option(
    "--packages", type=click.IntRange(1), default=12, show_default=True, help="With history: at most so many."
)
@repo_option
@json_option
@on_cases
def _engine(cases: Cases, rounds: int, patches: int, packages: int, repo: Path | None, as_json: bool) -> None:
    """Milliseconds per package: with history beside git rebase and git cherry, else beside git apply and GNU patch."""
    if isinstance(cases, Stories):
        made = engine_history.report(repo, rounds=rounds, patches=patches, packages=packages)
    else:
        made = engine.report(cases, rounds=rounds, patches=patches)
    show(made, as_json=as_json)


@main.command("index")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Measurements of each.")
@click.option("--commits", type=click.IntRange(2), default=10_000, show_default=True, help="The last so many.")
@repo_option
@json_option
def _index(rounds: int, commits: int, repo: Path | None, as_json: bool) -> None:
    """Filling the history index and asking it, beside git log -p piped to git patch-id."""
    show(index.report(repo, commits=commits, rounds=rounds), as_json=as_json)


@main.command("day")
@click.option("--packages", default="100,1000", show_default=True, metavar="N,...", help="The sizes of the workspaces.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Unchanged worlds of each.")
@click.option("--jobs", type=click.IntRange(1), help="Processes. Default: as many as there are cores.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw the curve into this file.")
@json_option
def _day(packages: str, rounds: int, jobs: int | None, svg: Path | None, as_json: bool) -> None:
    """The daily sync of whole workspaces, as they grow: seconds, processors, memory; beside loops of git."""
    sizes = sorted({int(word) for word in packages.split(",") if word.strip().isdigit() and int(word)})
    if not sizes:
        raise click.UsageError("--packages needs numbers, such as 100,1000,5000")
    show(day.report(sizes, rounds, jobs, svg), as_json=as_json)


@main.command("startup")
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True, help="Measurements of each.")
@json_option
def _startup(rounds: int, as_json: bool) -> None:
    """Whole processes: what a person waits for."""
    show(startup.report(rounds), as_json=as_json)


@main.command("reports")
@click.option("--packages", type=click.IntRange(1), default=1000, show_default=True, help="Packages of five patches.")
@click.option("--moves", type=click.IntRange(1), default=8, show_default=True, help="Releases each went through.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Measurements of each.")
@json_option
def _reports(packages: int, moves: int, rounds: int, as_json: bool) -> None:
    """The reports over many packages with a past: queries, and whole commands."""
    show(reports.report(packages, moves, rounds), as_json=as_json)


@main.command("layouts")
@click.argument("name", metavar="FORMAT")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--folder", default="", metavar="DIR", help="Only below this folder of the repository.")
@click.option("--most", type=click.IntRange(1), metavar="N", help="Stop after so many recipes with patches.")
@click.option("--list", "listed", is_flag=True, help="Also list every refusal.")
@json_option
def _layouts(name: str, path: Path, folder: str, most: int | None, listed: bool, as_json: bool) -> None:
    """Recipes of a packaging repository: is each read without loss, and does each edit do what it says?"""
    if name not in FORMATS:
        raise click.UsageError(f"no format is named {name!r}; there are {', '.join(FORMATS)}")
    show(layouts.report(name, path, folder=folder, most=most, listed=listed), as_json=as_json)


if __name__ == "__main__":
    main(prog_name="scripts/bench")
