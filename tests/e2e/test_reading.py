"""Commands that only read: report, explain, proposals; as text and as documents."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from syncbot.services.workspace import quiet
from syncbot.wiring.reading import opened_to_read
from syncbot.wiring.workspace import opened
from tests.e2e.world import FIX_FORTY, FIX_TEN, World, numbered


@pytest.fixture
def story(world: World) -> World:
    """One accepted drop, and an open draft on the next release."""
    world.workspace.package(
        "lib", f"git:{world.upstream.path}", "1.0", 'owners = ["ann"]\n', ten=FIX_TEN, forty=FIX_FORTY
    )
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    world.upstream.release("v1.2", a_c=numbered("a", l10="ten", l40="extra large"))
    world.syncbot("sync")
    return world


def test_report(story: World) -> None:
    header, row, _, total, days = story.syncbot("report").out.replace(". Median", ".\nMedian").splitlines()
    assert header.split()[:7] == ["package", "base", "behind", "patches", "lines", "share", "oldest"]
    assert header.split()[-2:] == ["dropped", "owners"]
    cells = row.split()
    assert (cells[:2], cells[-6:]) == (["lib", "1.1"], ["0", "1.2:", "ask", "1", "1", "ann"])
    assert total == "1 package carries 1 patch of 2 lines; 1 patch dropped so far, 1 of them this month."
    assert days.startswith("Median time from upstream's release to the drop: ")


def test_report_says_what_is_up_to_date(world: World) -> None:
    assert "not checked yet" in world.syncbot("report").out
    world.syncbot("sync")
    assert "up to date" in world.syncbot("report").out
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    assert "1.1: drop 1, keep 1" in world.syncbot("report").out
    world.syncbot("proposals", "accept", "1")
    assert "up to date" in world.syncbot("report").out
    assert world.syncbot("report", "--json").document["packages"][0]["up_to_date"] is True


def test_nothing_to_show_begins_with_no_empty_line(world: World) -> None:
    for command in (["check"], ["sync"], ["history"]):
        world.workspace.path.joinpath("patches/lib/package.toml").unlink(missing_ok=True)
        assert not world.syncbot(*command).out.startswith("\n")


def test_nothing_to_say_ends_with_no_empty_line(story: World) -> None:
    assert not story.syncbot("history").out.endswith("\n\n")


@pytest.mark.parametrize(
    "command", ["report", "delta", "owners", "upstreamable", "forecast", "history", "digest", "runs"]
)
def test_who_only_reads_waits_for_no_library_of_writers(story: World, command: str) -> None:
    """The libraries, and the rooms of those who judge and write, take longer to load than these answers to be made."""
    assert story.syncbot("report").code == 0, "the work tree was read once"
    program = (
        "import sys; from syncbot.cli import run; code = run(sys.argv[1:]);"
        "heavy = {'sqlalchemy', 'sqlmodel', 'pydantic', 'alembic', 'requests', 'pygit2', 'ssl', 'unidiff'};"
        "heavy |= {f'syncbot.{one}' for one in ('layouts', 'forges', 'sources', 'judge', 'diff', 'wiring.workspace')};"
        "print(code, *sorted(heavy & set(sys.modules)))"
    )
    words = ["--workspace", str(story.workspace.path), command]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize(
    "command",
    [
        *("explain lib forty", "explain lib ten", "proposals", "proposals show 1", "proposals show lib", "sbom", "vex"),
        *("attest", "report --on 2001-01-01", "history --on 2001-01-01", "explain lib forty --on 2001-01-01"),
    ],
)
def test_who_reads_single_judgements_waits_for_no_sql_either(story: World, command: str) -> None:
    program = (
        "import sys; from syncbot.cli import run; run(sys.argv[1:]);"
        "print(*sorted({'sqlalchemy', 'sqlmodel', 'pydantic', 'alembic'} & set(sys.modules)))"
    )
    words = ["--workspace", str(story.workspace.path), *command.split()]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_proposals_are_listed_without_what_makes_branches(story: World) -> None:
    """The records are files; what is listed is what the forge itself lists."""
    program = "import sys; from syncbot.cli import run; run(sys.argv[1:]); print('pygit2' in sys.modules)"
    words = ["--workspace", str(story.workspace.path), "proposals", "--all", "--json"]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    with (
        opened(story.workspace.path, os.environ, quiet) as whole,
        opened_to_read(story.workspace.path, os.environ, quiet) as light,
    ):
        assert light.forge.list() == whole.forge.list() != []
        assert light.forge.work("2") == whole.forge.work("2")
        assert light.remote == whole.remote != ""


def test_report_by_owner(story: World) -> None:
    nobodys = story.syncbot("report", "--owner", "bob").out
    assert nobodys.endswith("0 packages carry 0 patches of 0 lines.\n")
    for command in ("report", "forecast"):
        told = story.syncbot(command, "--owner", "bob").err
        assert told == "syncbot: nobody called 'bob' owns a package here; syncbot owners lists who does\n"
        assert story.syncbot(command, "--verdict", "broken").err == ""
    document = story.syncbot("report", "--json").document
    assert document["schema"] == "syncbot.report/1"
    total = document["total"]
    assert [total[key] for key in ("packages", "patches", "lines", "dropped")] == [1, 1, 2, 1]


def test_history_tells_each_day_as_it_stood(story: World) -> None:
    document = story.syncbot("history", "lib", "--json").document
    assert document["schema"] == "syncbot.history/1"
    events = [(e["event"], e["target"], e["patches"], e["patches_after"]) for e in reversed(document["events"])]
    assert sorted(events[:2]) == [("judged", "1.1", 2, 1), ("proposed", "1.1", None, None)]
    assert ("dropped", "1.1", None, None) in events
    assert ("accepted", "1.1", None, None) in events
    assert sorted(events[-2:]) == [("judged", "1.2", 1, 1), ("proposed", "1.2", None, None)]
    assert story.syncbot("history", "--csv").out.splitlines()[0].startswith("at,package,event,base,target,")
    assert "no package is named 'nolib'" in story.syncbot("history", "nolib").err


def test_explain(story: World) -> None:
    text = story.syncbot("explain", "lib", "forty.patch").out
    headings = [line for line in text.splitlines() if line and not line.startswith((" ", "+", "-", "@"))]
    assert headings == [
        "lib forty.patch: conflict, ask",
        "What the patch does",
        "What upstream did",
        "Where each hunk is",
        "Both versions, the patch's and upstream's",
        "Why this verdict",
        "What would change it",
        "The patch",
    ]
    assert "hunk 1 conflicts" in text
    assert "A person is asked: rebase the conflicting hunks by hand, or delete the patch." in text
    assert "+forty" in text
    assert "+forty" not in story.syncbot("explain", "lib", "forty.patch", "--no-diff").out
    assert story.syncbot("explain", "lib", "forty").out == text, "a name without its ending will do"


def test_what_is_left_of_a_filter_tells_of_no_drops(story: World) -> None:
    said = story.syncbot("delta", "--verdict", "conflict").out.splitlines()[-1]
    assert said == "1 package carries 1 patch of 2 lines."


def test_explain_in_markdown(story: World) -> None:
    text = story.syncbot("explain", "lib", "forty.patch", "--markdown").out
    assert text.startswith("## `lib` `forty.patch`: conflict, ask\n\n### What the patch does\n")
    assert "  - hunk 1 conflicts (base line 37, release line 37)\n" in text
    assert "```diff\n" in text
    assert "```diff\n" not in story.syncbot("explain", "lib", "forty.patch", "--markdown", "--no-diff").out


def test_explain_both_versions_as_a_document(story: World) -> None:
    [sides] = story.syncbot("explain", "lib", "forty.patch", "--json").document["patch"]["compared"]
    assert (sides["path"], sides["target_path"], sides["commit"]) == ("a.c", "a.c", None)
    assert (sides["our_line"], sides["their_line"]) == (37, 37)
    assert "forty\n" in sides["ours"]
    assert "forty\n" not in sides["theirs"]


def test_explain_a_dropped_patch_as_a_document(story: World) -> None:
    document = story.syncbot("explain", "lib", "ten.patch", "--json").document
    assert document["schema"] == "syncbot.explain/1"
    assert document["patch"]["first_release"] == "1.1"
    assert document["dropped_at"] is not None
    assert document["content"] == FIX_TEN


def test_proposals(story: World) -> None:
    listed = story.syncbot("proposals", "--all").out.splitlines()
    assert [line.split()[:4] for line in listed[1:]] == [["2", "lib", "1.2", "open"], ["1", "lib", "1.1", "accepted"]]
    shown = story.syncbot("proposals", "show", "lib").out
    assert shown.startswith("proposal  2: lib: 1.1 -> 1.2, ask 1\nstatus    open (draft: a patch waits for a person)\n")
    assert "\nSettle the draft\n---" in shown
    assert story.syncbot("proposals", "show", "2", "--json").document["body"].startswith("**`lib` `1.1` -> `1.2`: ")


def test_a_proposal_is_answered_once(story: World) -> None:
    ran = story.syncbot("proposals", "reject", "1", "--reason", "too late")
    assert (ran.code, ran.err) == (
        2,
        "syncbot: error: proposal 1 is accepted already; `syncbot proposals` lists the open\n",
    )
    ran = story.syncbot("proposals", "reject", "2", "--reason", "  ")
    assert "a rejection needs a reason" in ran.err
    document = story.syncbot("proposals", "reject", "2", "--reason", "no", "--json").document
    assert (document["status"], document["note"]) == ("rejected", "no")


def test_only_the_document_stands_on_standard_output(story: World) -> None:
    for arguments in (["sync"], ["check"], ["report"], ["proposals"], ["doctor"], ["sync", "--dry-run"]):
        ran = story.syncbot(*arguments, "--json")
        assert ran.document["schema"].startswith("syncbot.")


def test_an_error_with_json_is_a_document_too(story: World) -> None:
    ran = story.syncbot("check", "nolib", "--json")
    assert ran.code == 2
    assert ran.document["exit_code"] == 2
    assert "no package is named 'nolib'" in ran.document["message"]


def test_the_history_of_a_package_that_cannot_be_read_is_not_called_that_of_a_private_one(world: World) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    assert world.syncbot("sync").code == 0
    (world.workspace.path / "patches/lib/stray.patch").write_text("no series names it\n")
    world.workspace.commit("stray")
    ran = world.syncbot("history", "lib")
    assert ran.out == (
        "1 package not shown: not readable now, or tracked no more, so perhaps private; --private shows them.\n"
    )
    assert "drop 1, keep 1" in world.syncbot("history", "lib", "--private").out
