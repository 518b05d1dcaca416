"""What a sync says of people's answers, and what it says to do next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syncbot.model.forge import Reaction
from tests.e2e.test_beside import BARE, BRANCH, statuses
from tests.e2e.test_people import comment, forge, quiet, say, tick_on_proposal, told
from tests.e2e.test_proposal_branches import clone_of, push
from tests.e2e.world import FIX_FORTY, FIX_TEN, World, diff, git, numbered

REBASED = diff("a.c", numbered("a", l10="ten", l40="extra large"), numbered("a", l10="ten", l40="forty"))
WAITED = "lib: forty.patch, which waited for a person,"


@pytest.fixture
def drafted(world: World) -> World:
    """1.1 has `ten`, and other words where `forty` writes: a draft."""
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten", l40="extra large"))
    assert "why it waits for a person" in world.syncbot("sync").out
    return world


def settle(world: World, text: str | None) -> None:
    """A person answers on the proposal's branch: the patch rewritten, or None: taken out."""
    clone = clone_of(world)
    (clone / "patches/lib/series").write_text("" if text is None else "forty.patch\n")
    if text is None:
        (clone / "patches/lib/forty.patch").unlink()
    else:
        (clone / "patches/lib/forty.patch").write_text(text)
    push(clone, "settle forty")


def test_a_question_that_is_settled_on_the_branch_is_asked_no_more(drafted: World) -> None:
    assert drafted.syncbot("sync", "--exit-code").code == 1
    settle(drafted, REBASED)
    ran = drafted.syncbot("sync", "--exit-code")
    assert ran.code == 0
    assert "proposal 1 was updated: lib: 1.0 -> 1.1, drop 1, settled 1\n" in ran.out
    assert f"{WAITED} was written anew by one.\n" in ran.out
    assert "why it waits for a person" not in ran.out
    assert "People settled it on the proposal's branch." in " ".join(ran.out.split())
    [record] = forge(drafted).list()
    first = record.body.split("<details>")[0]
    assert "2 -> 1 patches, -2 lines** (drop 1, settled 1)." in first
    assert "`forty.patch`, which waited for a person, was written anew by one." in first
    assert "| 2 | `forty.patch` | conflict, **settled** |" in first
    assert "**Answer:** `forty.patch`, which waited for a person, was written anew by one." in record.body
    assert "The patch as it becomes:\n\n```diff\n" + REBASED[:40] in record.body
    assert "2:  forty.patch ! 1:  forty.patch" in record.body
    assert quiet(drafted)


def test_a_patch_that_a_person_takes_out_on_the_branch_is_told_of(drafted: World) -> None:
    settle(drafted, None)
    assert f"{WAITED} was taken out by one.\n" in drafted.syncbot("sync").out
    [record] = forge(drafted).list()
    assert (record.title, record.draft) == ("lib: 1.0 -> 1.1, drop 1, settled 1", False)
    assert quiet(drafted)


def test_an_answer_that_does_not_apply_settles_nothing(drafted: World) -> None:
    settle(drafted, FIX_FORTY)
    ran = drafted.syncbot("sync", "--exit-code")
    assert (ran.code, "why it waits for a person" in ran.out, "by one" in ran.out) == (1, True, False)
    [record] = forge(drafted).list()
    assert (record.title, record.draft) == ("lib: 1.0 -> 1.1, drop 1, ask 1", True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (REBASED, f"{WAITED} was written anew by one."),
        (None, f"{WAITED} was taken out by one."),
        ("", f"{WAITED} still waits: the series marks it."),
    ],
)
def test_what_was_merged_by_hand_is_told_of_once(drafted: World, text: str | None, said: str) -> None:
    if text != "":
        settle(drafted, text)
    git(drafted.workspace.path, "pull", "-q", "--no-rebase", "--no-edit", BARE, BRANCH)
    ran = drafted.syncbot("sync")
    assert "lib: proposal 1 was merged: lib: 1.0 -> 1.1, drop 1, ask 1\n" in ran.out
    assert f"{said}\n" in ran.out
    assert statuses(drafted) == ["1: 1.1 accepted"]
    again = drafted.syncbot("sync").out
    assert "was merged" not in again
    assert "waited for a person" not in again


def test_what_a_sync_says_is_in_its_document(drafted: World) -> None:
    settle(drafted, REBASED)
    [item] = drafted.syncbot("sync", "--json").document["packages"]
    assert item["answers"] == [{"patch": "forty.patch", "became": "rewritten"}]
    git(drafted.workspace.path, "pull", "-q", "--no-rebase", "--no-edit", BARE, BRANCH)
    [by_people] = drafted.syncbot("sync", "--json").document["by_people"]
    assert (by_people["proposal"]["id"], by_people["proposal"]["status"]) == ("1", "accepted")
    assert by_people["answers"] == [{"patch": "forty.patch", "became": "rewritten"}]


BACK = (
    "To take that back, comment `/syncbot retry` here within 14 days, open this again, or tick its box on the "
    "dashboard."
)


@pytest.mark.parametrize("way", ["comment", "box"])
def test_the_answer_to_a_rejection_says_how_to_take_it_back(drafted: World, way: str) -> None:
    if way == "comment":
        said = say(drafted, "1", "/syncbot reject we fork it")
    else:
        tick_on_proposal(drafted, "1", "reject")
    drafted.syncbot("sync")
    assert statuses(drafted) == ["1: 1.1 rejected"]
    [words] = told(drafted, "1")
    assert words.startswith("Rejected: the same content is not proposed again")
    assert words.endswith(BACK)
    if way == "comment":
        assert comment(drafted, "1", said).answered == {Reaction.DONE}
    assert quiet(drafted)
    page = (drafted.workspace.path / "state/proposals/proposals/1-lib.md").read_text()
    assert "To take that back: `syncbot proposals tell 1 retry`." in page


def test_a_rejection_at_the_terminal_says_it_too(drafted: World) -> None:
    ran = drafted.syncbot("proposals", "reject", "1", "--reason", "not now.")
    assert "was rejected: not now. Its content" in ran.out
    assert "`syncbot proposals tell 1 retry` takes that back." in ran.out
    assert drafted.syncbot("proposals", "tell", "1", "retry").code == 0
    drafted.syncbot("sync")
    assert statuses(drafted) == ["1: 1.1 open"]


def test_one_that_a_person_closes_on_the_forge_is_told_of_there_and_here(drafted: World) -> None:
    forge(drafted).reject("1", "closed there", datetime.now(UTC))
    ran = drafted.syncbot("sync")
    assert "lib: proposal 1 was closed by a person, so the same content is not proposed again" in ran.out
    assert "`syncbot proposals tell 1 retry` takes that back." in ran.out
    assert told(drafted, "1")[0].endswith(BACK)
    assert quiet(drafted)


@pytest.fixture
def lost(world: World) -> World:
    """The drop of ten.patch was accepted with 1.1; upstream reverts in 1.2."""
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    world.upstream.commit("More of a", a_c=numbered("a", l10="ten", l30="thirty"))
    git(world.upstream.path, "revert", "--no-edit", "v1.1")
    git(world.upstream.path, "tag", "v1.2")
    return world


@pytest.mark.parametrize("command", ["sync", "check"])
def test_what_brings_a_patch_back_goes_before_what_moves_without_it(lost: World, command: str) -> None:
    lost.syncbot("sync")
    for _ in range(2):
        steps = lost.syncbot(command).out.partition("Next:")[2]
        assert "proposals accept 3 " in steps
        assert "# merge the one for lib: 3 replaces 2" in steps
        assert "proposals accept 2 " not in steps
        assert "proposals show 3 " in steps
        assert "# ten.patch would come back to lib, with the move that 2 proposes" in steps
    body = lost.syncbot("proposals", "show", "2").out
    assert "ten.patch comes back with the proposal on syncbot/lib/restore-ten-patch-" in body
    assert "which holds this move, too: accept that one in place of this." in " ".join(body.split())
    lost.syncbot("proposals", "accept", "2")
    steps = lost.syncbot("sync").out.partition("Next:")[2]
    assert "# ten.patch would come back to lib\n" in steps


def test_a_check_says_to_sync_where_nothing_is_proposed(lost: World) -> None:
    steps = lost.syncbot("check").out.partition("Next:")[2]
    assert "# propose what there is for 1 package" in steps


@pytest.mark.parametrize("command", ["sync", "check"])
def test_a_series_that_does_not_apply_to_its_own_base_is_told_of_though_nothing_is_newer(
    world: World, command: str
) -> None:
    assert world.syncbot(command, "--exit-code").code == 0
    folder = world.workspace.path / "patches/lib"
    (folder / "b.patch").write_text(diff("b.c", "other 1\nother 2\n", "other 1\nmine\n"))
    world.workspace.commit("spoilt")
    for _ in range(2):
        ran = world.syncbot(command, "--exit-code")
        assert ran.code == 1
        assert "alert: lib: the series of lib does not apply to its base 1.0: b.patch: b.c" in ran.err
    (folder / "b.patch").unlink()
    (folder / "series").write_text("ten.patch\n")
    world.workspace.commit("mended")
    ran = world.syncbot(command, "--exit-code")
    assert (ran.code, ran.err) == (0, "")
