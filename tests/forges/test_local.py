"""Stories of the local forge: a workspace, proposals to it, and what people do in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncbot.errors import ForgeError, HostileInput
from syncbot.forges.local import LocalForge
from syncbot.model.ids import CommitId, Fingerprint
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalCommit, ProposalRecord
from syncbot.ports import Forge

from .world import LATER, LIB, NOON, SERIES, World, git


def test_an_empty_forge_has_nothing(world: World) -> None:
    forge: Forge = world.forge
    assert forge.list() == []
    assert forge.find(LIB, "stable") is None
    assert not world.state.exists()


def test_a_proposal_is_a_branch_a_record_and_a_page(world: World) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    assert record == ProposalRecord(
        "1", LIB, "stable", "syncbot/lib/stable", CommitId(world.branch()), world.head(), "lib: 1.0 -> 1.1",
        "## Why\n\nIt is upstream.\n", Fingerprint("print of b'two.patch\\n'"), False, "1.1", ProposalStatus.OPEN,
        NOON, NOON,
    )  # fmt: skip
    assert world.forge.find(LIB, "stable") == record
    assert git(world.bare, "show", f"{record.tip}:{SERIES}") == "two.patch"
    assert (world.state / "proposals" / "1-lib.md").read_text() == (
        "# lib: 1.0 -> 1.1\n"
        "\n"
        "Proposal 1: open. Branch `syncbot/lib/stable`.\n"
        "\n"
        "Answer it with `syncbot proposals accept 1` or `syncbot proposals reject 1`.\n"
        "\n"
        "## Why\n"
        "\n"
        "It is upstream.\n"
    )
    assert world.clean()


def test_the_forge_stands_alone(world: World) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    world.root.rename(world.root.with_name("moved"))
    git(world.bare, "fsck", "--full", "--strict")
    assert git(world.bare, "log", "--format=%an: %s", record.tip).startswith("Bot: lib: drop one.patch\nA Person:")


def test_an_unchanged_proposal_writes_nothing(world: World) -> None:
    first = world.forge.propose(world.proposal(), NOON)
    before = world.snapshot()
    assert world.forge.propose(world.proposal(), LATER) == first
    assert world.forge.list() == [first]
    assert world.snapshot() == before


def test_the_same_world_gives_the_same_commit(world: World, tmp_path: Path) -> None:
    other = World(world.root, tmp_path / "other")
    assert world.forge.propose(world.proposal(), NOON).tip == other.forge.propose(world.proposal(), NOON).tip


@pytest.mark.parametrize(
    "change",
    [{"title": "another"}, {"body": "another"}, {"draft": True}, {"fingerprint": "x"}, {"branch": "syncbot/other"}],
)
def test_a_changed_proposal_is_updated_in_place(world: World, change: dict[str, Any]) -> None:
    first = world.forge.propose(world.proposal(), NOON)
    second = world.forge.propose(world.proposal(**change), LATER)
    assert second == replace(first, tip=second.tip, updated=LATER, **change)
    assert world.forge.list() == [second]
    assert world.branch(second.branch) == second.tip


def test_a_proposal_follows_the_downstream_branch(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    parent = world.commit("README", "hello")
    record = world.forge.propose(world.proposal(), LATER)
    assert (record.id, record.parent) == ("1", parent)
    assert git(world.bare, "rev-parse", f"{record.tip}^") == parent


def test_lines_and_packages_have_their_own_proposals_newest_first(world: World) -> None:
    forge = world.forge
    for line in ("stable", "8.x"):
        forge.propose(world.proposal(line=line), NOON)
    forge.propose(world.proposal(package="@scope/tool", branch="syncbot/tool"), LATER)
    assert [(r.id, r.package, r.line) for r in forge.list()] == [
        ("3", "@scope/tool", "stable"), ("2", "lib", "8.x"), ("1", "lib", "stable"),
    ]  # fmt: skip
    pages = sorted(path.name for path in (world.state / "proposals").iterdir())
    assert pages == ["1-lib.md", "2-lib.md", "3-@scope-tool.md"]


def test_ids_are_numbers_also_past_nine(world: World) -> None:
    for number in range(1, 12):
        world.forge.propose(world.proposal(line=f"{number}.x"), NOON)
    assert [record.id for record in world.forge.list()] == [str(number) for number in range(11, 0, -1)]


def test_what_another_process_writes_is_seen(world: World) -> None:
    watching = world.forge
    first = world.forge.propose(world.proposal(), NOON)
    assert watching.list() == [first]
    second = world.forge.propose(world.proposal(title="new"), LATER)
    assert watching.list() == [second]
    assert watching.reject("1", "no", LATER).title == "new"


@pytest.mark.parametrize("name", ["--upload-pack=x", "a..b", "a b", "../x", "x.lock", ""])
def test_a_hostile_branch_name_is_refused(world: World, name: str) -> None:
    with pytest.raises(HostileInput, match="no name for a branch"):
        world.forge.propose(world.proposal(branch=name), NOON)
    assert world.forge.list() == []


def test_a_hostile_path_is_refused(world: World) -> None:
    commit = ProposalCommit("x", {"../../out": b"x"})
    with pytest.raises(HostileInput, match="leaves the tree"):
        world.forge.propose(world.proposal(commits=(commit,)), NOON)
    assert world.forge.list() == []


def test_two_open_proposals_do_not_share_a_branch(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    with pytest.raises(ForgeError, match="belongs to proposal 1 of lib; answer that one first"):
        world.forge.propose(world.proposal(package="tool"), NOON)


# -- a person pushes to the branch


def test_a_persons_commits_are_replayed_on_the_new_version(world: World) -> None:
    first = world.forge.propose(world.proposal(), NOON)
    pushed = world.push()
    with pytest.raises(ForgeError, match="commits that syncbot did not make"):
        world.forge.accept("1", LATER)
    assert world.forge.propose(world.proposal(), LATER) == first  # nothing to do is no error
    assert world.branch() == pushed
    second = world.forge.propose(world.proposal(b"uno.patch\n"), LATER)
    assert (second.id, second.tip) == ("1", world.branch())
    assert git(world.bare, "log", "-2", "--format=%an/%cn: %s", second.tip) == (
        "A Person/Bot: by hand\nBot/Bot: lib: drop one.patch"
    )
    assert (git(world.bare, "show", f"{second.tip}:{SERIES}"), git(world.bare, "show", f"{second.tip}:by-hand")) == (
        "uno.patch", "x",
    )  # fmt: skip
    third = world.forge.propose(world.proposal(b"tres.patch\n"), LATER)  # and again, also after it was ours once
    assert git(world.bare, "log", "-2", "--format=%an: %s", third.tip).startswith("A Person: by hand")
    assert [edit.subject for edit in world.forge.details("1").edits] == ["by hand"]


def test_a_persons_commits_that_do_not_go_with_the_new_version_stay(world: World) -> None:
    first = world.forge.propose(world.proposal(), NOON)
    pushed = world.push(path=SERIES, text="mine\n")
    for at in (LATER, LATER + timedelta(hours=1)):  # the second time writes nothing
        record = world.forge.propose(world.proposal(b"uno.patch\n"), at)
        assert record == replace(
            first,
            note="edited by A Person; the new version is on syncbot/lib/stable-next, to be merged into its branch",
        )
        assert world.branch() == pushed
        assert git(world.bare, "show", f"syncbot/lib/stable-next:{SERIES}") == "uno.patch"
        (comment,) = world.forge.comments("1")
        assert "by hand (A Person)" in comment.body
        assert f"conflicts: `{SERIES}`" in comment.body
        before = world.snapshot()
    assert world.snapshot() == before
    discarded = world.forge.propose(world.proposal(b"uno.patch\n"), LATER, discard=True)
    assert world.branch() == discarded.tip
    assert git(world.bare, "show", f"{discarded.tip}:{SERIES}") == "uno.patch"


def test_one_who_is_asked_is_asked_once(world: World) -> None:
    asked = world.proposal(labels=("syncbot", "conflict"), reviewers=("ann", "org/team"), assignees=("ben",))
    world.forge.propose(asked, NOON)
    world.forge.label("1", ["wanted"], ["syncbot"])
    world.forge.propose(replace(asked, labels=("syncbot",), reviewers=("carl",)), LATER)
    details = world.forge.details("1")
    assert (details.labels, details.reviewers, details.assignees) == (
        {"syncbot", "wanted"}, ("ann", "org/team"), ("ben",),
    )  # fmt: skip


def test_a_closed_one_is_opened_again(world: World) -> None:
    first = world.forge.propose(world.proposal(), NOON)
    world.forge.close("1", "gone", NOON)
    git(world.bare, "update-ref", "-d", "refs/heads/syncbot/lib/stable")
    assert world.forge.details("1").closed_by == world.forge.me()
    assert world.forge.reopen("1", LATER) == replace(first, updated=LATER)
    assert world.branch() == first.tip
    world.forge.accept("1", LATER)
    with pytest.raises(ForgeError, match="accepted and cannot be opened again"):
        world.forge.reopen("1", LATER)


def test_a_rehearsal_changes_nothing_and_says_what_would_be(world: World) -> None:
    forge = world.forge
    with forge.rehearsing() as writes:
        forge.propose(world.proposal(labels=("syncbot",)), NOON)
    assert [write.target for write in writes] == ["refs/heads/syncbot/lib/stable", "talk/1.json"]
    assert world.forge.list() == []


def test_a_pushed_branch_that_was_merged_by_hand_is_accepted(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    pushed = world.push()
    git(world.root, "pull", "-q", str(world.bare), "syncbot/lib/stable")
    record = world.forge.accept("1", LATER)
    assert (record.status, record.tip, world.head()) == (ProposalStatus.ACCEPTED, pushed, pushed)
    assert world.forge.propose(world.proposal(b"", line="stable"), LATER).id == "2"


def test_a_branch_that_a_person_reset_is_not_taken_for_merged(world: World) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    git(world.bare, "update-ref", "refs/heads/syncbot/lib/stable", record.parent)
    with pytest.raises(ForgeError, match="commits that syncbot did not make"):
        world.forge.accept("1", LATER)
    assert world.head() == record.parent


def test_a_deleted_branch_is_made_again(world: World) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    git(world.bare, "update-ref", "-d", "refs/heads/syncbot/lib/stable")
    assert world.forge.propose(world.proposal(), LATER) == record
    assert world.branch() == record.tip


# -- answers


def test_accepting_fast_forwards_the_workspace(world: World) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    accepted = world.forge.accept("1", LATER)
    assert accepted == replace(record, status=ProposalStatus.ACCEPTED, updated=LATER)
    assert world.head() == record.tip
    assert git(world.root, "symbolic-ref", "--short", "HEAD") == "main"
    assert (world.root / SERIES).read_text() == "two.patch\n"
    assert not (world.root / "patches/lib/one.patch").exists()
    assert world.clean()
    assert "Proposal 1: accepted." in (world.state / "proposals" / "1-lib.md").read_text()


def test_accepting_merges_where_the_branch_moved_on(world: World) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    moved = world.commit("README", "hello")
    world.forge.accept("1", LATER)
    assert git(world.root, "log", "-1", "--format=%P|%an|%s|%aI") == (
        f"{moved} {record.tip}|Bot|Merge proposal 1: lib: 1.0 -> 1.1|2024-03-01T13:00:00+00:00"
    )
    assert (world.root / SERIES).read_text() == "two.patch\n"
    assert world.clean()


def refused(world: World, says: str) -> None:
    """Accepting proposal 1 is refused, and nothing whatever has changed."""
    before = (world.head(), git(world.root, "status", "--porcelain"), world.snapshot())
    with pytest.raises(ForgeError, match=says):
        world.forge.accept("1", LATER)
    assert (world.head(), git(world.root, "status", "--porcelain"), world.snapshot()) == before


def test_a_conflict_is_refused(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    world.commit(SERIES, "uno.patch\ntwo.patch\n")
    refused(world, f"does not merge cleanly: {SERIES} changed on main too; run syncbot sync")


def test_a_draft_is_refused(world: World) -> None:
    world.forge.propose(world.proposal(draft=True), NOON)
    refused(world, "proposal 1 is a draft: it waits for a person")


def test_a_detached_head_is_refused(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    git(world.root, "switch", "-q", "--detach")
    refused(world, "no branch checked out; .*git switch")


@pytest.mark.parametrize("staged", [True, False])
def test_uncommitted_changes_in_its_files_are_refused(world: World, staged: bool) -> None:
    world.forge.propose(world.proposal(), NOON)
    (world.root / SERIES).write_text("mine\n")
    if staged:
        git(world.root, "add", SERIES)
    refused(world, SERIES if not staged else "cannot bring")
    assert (world.root / SERIES).read_text() == "mine\n"


@pytest.mark.parametrize("ignored", [True, False])
def test_an_untracked_file_in_the_way_is_refused(world: World, ignored: bool) -> None:
    commit = ProposalCommit("adds", {"patches/lib/new.patch": b"theirs"})
    world.forge.propose(world.proposal(commits=(commit,)), NOON)
    (world.root / "patches/lib/new.patch").write_text("mine")
    if ignored:
        (world.root / ".git/info/exclude").write_text("new.patch\n")
    refused(world, "would be overwritten" if ignored else "patches/lib/new.patch in .* has uncommitted changes")
    assert (world.root / "patches/lib/new.patch").read_text() == "mine"


def test_other_uncommitted_changes_are_left_alone(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    (world.root / "patches/lib/two.patch").write_text("mine")
    (world.root / "staged").write_text("s")
    git(world.root, "add", "staged")
    world.forge.accept("1", LATER)
    assert git(world.root, "status", "--porcelain").splitlines() == ["M patches/lib/two.patch", "A  staged"]


def test_accepting_twice_merges_once(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    first = world.forge.accept("1", LATER)
    before = (world.head(), world.snapshot())
    assert world.forge.accept("1", LATER + timedelta(hours=1)) == first
    assert (world.head(), world.snapshot()) == before


@pytest.mark.parametrize(
    ("answer", "status"),
    [(LocalForge.reject, ProposalStatus.REJECTED), (LocalForge.close, ProposalStatus.CLOSED)],
)
def test_an_answered_proposal_is_over_and_the_next_gets_the_next_id(
    world: World, answer: Callable[[LocalForge, str, str, datetime], ProposalRecord], status: ProposalStatus
) -> None:
    first = world.forge.propose(world.proposal(), NOON)
    over = answer(world.forge, "1", "not\nneeded", LATER)
    assert over == replace(first, status=status, note="not\nneeded", updated=LATER)
    assert f"Proposal 1: {status} (not needed)." in (world.state / "proposals" / "1-lib.md").read_text()
    assert answer(world.forge, "1", "again", LATER) == over
    with pytest.raises(ForgeError, match=f"proposal 1 is {status}, not open"):
        world.forge.accept("1", LATER)
    second = world.forge.propose(world.proposal(), LATER)
    assert (second.id, second.status) == ("2", ProposalStatus.OPEN)
    assert world.forge.list() == [second, over]
    assert world.forge.find(LIB, "stable") == second


def test_an_accepted_proposal_is_over_too(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    world.forge.accept("1", NOON)
    for answer in (world.forge.reject, world.forge.close):
        with pytest.raises(ForgeError, match="proposal 1 is accepted, not open"):
            answer("1", "too late", LATER)
    assert world.forge.propose(world.proposal(b"\n"), LATER).id == "2"


@pytest.mark.parametrize("id", ["9", "", "x", "-1", "../1", "\u0661"])
def test_an_unknown_proposal_is_an_error(world: World, id: str) -> None:
    world.forge.propose(world.proposal(), NOON)
    with pytest.raises(ForgeError, match="there is no proposal"):
        world.forge.accept(id, LATER)


# -- files that are not as they should be


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"schema": "syncbot.proposal/9"}', "\xff"])
def test_a_damaged_record_is_an_error_with_its_path(world: World, text: str) -> None:
    world.forge.propose(world.proposal(), NOON)
    (world.state / "records" / "1.json").write_text(text, encoding="latin-1")
    with pytest.raises(ForgeError, match=r"records/1\.json cannot be read .*; restore it from a backup"):
        world.forge.list()


def test_what_lies_beside_the_records_is_left_alone(world: World) -> None:
    first = world.forge.propose(world.proposal(), NOON)
    for name in ("notes.json", "2-copy.json", ".3.json.new", "4.txt"):
        (world.state / "records" / name).write_text("mine")
    assert world.forge.list() == [first]


def test_a_record_is_plain_json(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    document = json.loads((world.state / "records" / "1.json").read_text())
    assert (document["schema"], document["status"], document["opened"]) == (
        "syncbot.proposal/1", "open", "2024-03-01T12:00:00+00:00",
    )  # fmt: skip


def test_a_folder_that_cannot_be_written_is_an_error(world: World) -> None:
    world.state.write_text("a file")
    with pytest.raises(ForgeError, match="cannot be used"):
        world.forge.propose(world.proposal(), NOON)


def test_a_workspace_without_the_parent_is_an_error(world: World) -> None:
    with pytest.raises(ForgeError, match="cannot be copied"):
        world.forge.propose(world.proposal(parent="0" * 39 + "1"), NOON)
    assert world.forge.list() == []


def test_an_unborn_branch_cannot_take_a_proposal(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    git(world.root, "switch", "-q", "--orphan", "fresh")
    with pytest.raises(ForgeError, match="has no commit yet"):
        world.forge.accept("1", LATER)


def test_a_person_whose_address_syncbot_bears_keeps_the_commits(world: World) -> None:
    world.forge.propose(world.proposal(), NOON)
    git(world.root.parent, "clone", "-q", "-b", "syncbot/lib/stable", str(world.bare), "mine")
    mine = world.root.parent / "mine"
    (mine / "by-hand").write_text("x")
    git(mine, "add", "-A")
    as_bot = ["-c", "user.name=Bot", "-c", "user.email=bot@example.org"]
    git(mine, *as_bot, "commit", "-q", "-m", "by hand")
    git(mine, "push", "-q", "origin", "HEAD")
    assert [edit.subject for edit in world.forge.details("1").edits] == ["by hand"]
    for series in (b"uno.patch\n", b"tres.patch\n"):  # and again, when it was replayed once
        record = world.forge.propose(world.proposal(series), LATER)
        assert git(world.bare, "show", f"{record.tip}:by-hand") == "x"
        assert git(world.bare, "show", f"{record.tip}:{SERIES}") == series.decode().strip()
    assert [edit.subject for edit in world.forge.details("1").edits] == ["by hand"]
