"""`syncbot judge`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncbot.cli import shared, terminal

if TYPE_CHECKING:
    from syncbot.services.judging import Judged


@click.command("judge")
@click.option(
    "--base", required=True, metavar="B", help="The release that the patches are for: folder, archive, revision."
)
@click.option("--target", required=True, metavar="T", help="The release to judge them against, likewise.")
@click.option("--patches", required=True, metavar="P", help="A folder, one patch or mbox, or a range a..b of commits.")
@click.option("--repo", metavar="R", help="Upstream's git repository (path or URL): B and T may be revisions in it.")
@click.option("--downstream", metavar="REPO", help="The repository of a range a..b. Default: that of --repo.")
@click.option("--from", "base_revision", metavar="REV", help="The revision that a tree B is, in --repo.")
@click.option("--to", "target_revision", metavar="REV", help="The revision that a tree T is, in --repo.")
@click.option("--head", metavar="REF", help="The branch where merged but unreleased changes are looked for.")
@click.option(
    "--strip", type=click.IntRange(0, 99), metavar="N", help="-pN of all patches. Default: the series' own word."
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="DIR", help="Write the new series and patches there."
)
@click.option("--explain", "told", is_flag=True, help="Tell the story of each patch, as `syncbot explain` does.")
@click.option("--cache", type=click.Path(path_type=Path), metavar="DIR", help="Where mirrors and indexes are kept.")
@shared.exit_code_option
@shared.json_option
@click.pass_context
def command(
    context: click.Context, /, output: Path | None, *, told: bool, person: bool, as_json: bool, **asked: Any
) -> None:
    """Are these patches still needed on that release? No workspace, no settings, no network for what is local.

    B and T are folders, tarballs or zips, or revisions of the git repository --repo. P is a folder with a quilt
    `series` (or *.patch in order), one patch or mbox, or a range of commits.

    \b
    Example:
      syncbot judge --base zlib-1.2.13/ --target zlib-1.3.tar.gz --patches debian/patches
      syncbot judge --repo zlib.git --base v1.2.13 --target v1.3 --patches fix.patch --json
    """
    from syncbot.wiring import judging

    with terminal.progress(quiet=context.obj.quiet) as progress:
        found = judging.judge_question(judging.Question(**asked), progress)
    if output is not None:
        from syncbot.wiring import files

        files.write_new_folder(output, found.files)
    if as_json:
        from syncbot.report import documents

        shared.document(documents.judge(found.judgement))
    else:
        from syncbot.report import texts

        shared.result(
            texts.judge(found.judgement), [texts.judge_line(found.judgement)], texts.questions(found.judgement)
        )
        if told:
            shared.lines(["", *stories(found)])
        if output is not None:
            shared.lines([f"The new series is in {output}."])
    from syncbot.report.results import needs_person

    context.exit(1 if person and needs_person([found.judgement]) else 0)


def stories(found: Judged) -> list[str]:
    """The story of each patch, a rule between two."""
    from datetime import UTC, datetime

    from syncbot.report.story import story

    told = found.explanations(datetime.now(UTC))
    looked_at = sys.stdout.isatty()
    texts = (story(one, diff=False, wide=shared.wide(), broken=looked_at) for one in told)
    return ("-" * 78 + "\n\n").join(f"{text}\n" for text in texts).splitlines()
