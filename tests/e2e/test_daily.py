"""The daily job as its users live through it."""

from __future__ import annotations

import json
import subprocess

from tests.e2e.world import FIX_FORTY, FIX_TEN, B, World, diff, git, numbered

MERGED = numbered("a", l10="ten")


def test_the_first_sync_proposes_and_says_what_to_type_next(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    ran = world.syncbot("sync")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out == (
        "package  release     delta                     patch      verdict    why\n"
        "lib      1.0 -> 1.2  2 -> 1 patches, -2 lines  ten.patch  obsolete   All of its effect is in the release:"
        " merging it changes nothing. First release: 1.1.\n"
        "                                               b.patch    untouched  Still needed;"
        " upstream changed none of its files.\n"
        "\n"
        "lib: proposal 1 was opened: lib: 1.0 -> 1.2, drop 1, keep 1\n"
        "1 package, 2 -> 1 patches once the proposals are accepted.\n"
        "\n"
        "Next:\n"
        "  syncbot proposals show 1                   # read the proposal for lib\n"
        "  syncbot proposals accept 1                 # merge the one for lib\n"
        "  syncbot proposals reject 1 --reason '...'  # or turn it down\n"
        "  syncbot report                             # the delta, now and over time\n"
    )


def test_an_empty_workspace_says_how_to_begin(world: World) -> None:
    for file in (world.workspace.path / "patches/lib").iterdir():
        file.unlink()
    world.workspace.commit("begin anew")
    ran = world.syncbot("sync")
    assert ran.code == 0
    assert "syncbot track pypi:NAME  # track a package: there is none yet" in ran.out


def test_a_second_sync_of_an_unchanged_world_writes_one_row_and_nothing_else(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    assert world.syncbot("sync").code == 0
    before, runs = world.workspace.snapshot(), world.workspace.runs()
    ran = world.syncbot("sync")
    assert ran.code == 0
    assert "Nothing changed: 1 package, 2 -> 1 patches once the proposals are accepted." in ran.out
    assert world.workspace.snapshot() == before
    assert world.workspace.runs() == runs + 1


def test_a_dry_run_prints_the_plan_and_writes_nothing(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    assert world.syncbot("report").code == 0  # makes the empty database
    before = world.workspace.snapshot()
    ran = world.syncbot("sync", "--dry-run")
    assert "lib: a proposal would be opened: lib: 1.0 -> 1.1, drop 1, keep 1" in ran.out
    assert "Nothing was written." in ran.out
    assert world.workspace.snapshot() == before
    assert world.workspace.runs() == 0


def test_accepting_moves_the_base_drops_the_patch_and_keeps_its_record(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    ran = world.syncbot("proposals", "accept", "1")
    assert ran.code == 0
    assert "lib: ten.patch left the series" in ran.out
    folder = world.workspace.path / "patches" / "lib"
    assert world.workspace.series("lib") == ["b.patch"]
    assert not (folder / "ten.patch").exists()
    assert 'base = "1.1"' in (folder / "package.toml").read_text()
    assert git(world.workspace.path, "status", "--short") == ""
    subjects = git(world.workspace.path, "log", "--format=%s", "--no-merges", "-2").splitlines()
    assert subjects == ["lib: drop ten.patch", "lib: move to 1.1"]
    told = world.syncbot("explain", "lib", "ten.patch")
    assert "write ten out" in told.out
    assert "The patch left the series on" in told.out
    again = world.syncbot("sync")
    assert "Nothing changed: 1 package, 1 patch." in again.out


def test_the_next_release_makes_the_next_proposal(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    world.upstream.release("v1.2", b_c=numbered("b", l20="twenty"))
    ran = world.syncbot("sync", "--json")
    [package] = ran.document["packages"]
    assert package["outcome"] == "proposed"
    assert package["proposal"]["id"] == "2"
    assert [p["verdict"] for p in package["patches"]] == ["obsolete"]


def test_a_newer_release_updates_the_open_proposal(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.upstream.release("v1.2", b_c=numbered("b", l20="twenty"))
    assert "proposal 1 was updated: lib: 1.0 -> 1.2, drop 2" in world.syncbot("sync").out
    assert [p["id"] for p in world.syncbot("proposals", "list", "--all", "--json").document["proposals"]] == ["1"]


def test_commits_elsewhere_in_the_workspace_leave_an_open_proposal_alone(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    (world.workspace.path / "README.md").write_text("mine\n")
    world.workspace.commit("my own business")
    assert "Nothing changed" in world.syncbot("sync").out


def test_a_rejection_is_remembered_by_content_until_a_newer_release(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    ran = world.syncbot("proposals", "reject", "lib", "--reason", "we fork this one")
    assert ran.out == (
        "Proposal 1 was rejected: we fork this one. Its content is not proposed again; "
        "`syncbot proposals tell 1 retry` takes that back.\n"
    )
    again = world.syncbot("sync")
    assert "lib: The same proposal was rejected before; it is not made again. (we fork this one)" in again.out
    assert "Nothing changed: 1 package, 2 patches.\n" in again.out, "a rejected drop is none"
    assert world.syncbot("proposals").out == "No proposal is open.\n"
    world.upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    assert "lib: proposal 2 was opened" in world.syncbot("sync").out


def test_a_dropped_patch_comes_back_pinned_with_a_bundle_that_judges_the_case_again(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    ran = world.syncbot("restore", "lib", "ten.patch", "--reason", "1.1 lost it again", "--json")
    assert ran.code == 0, ran.err
    bundle = world.workspace.path / ran.document["bundle"]
    assert "warning: the series of lib does not apply to its base 1.1: ten.patch" in ran.err
    body = world.syncbot("proposals", "show", ran.document["proposal"]["id"]).out
    assert "does not apply to its base 1.1: ten.patch" in body
    arguments = ("--base", f"{bundle}/base", "--target", f"{bundle}/target", "--patches", f"{bundle}/patches", "--json")
    judged = world.syncbot("judge", *arguments).document
    assert [(p["name"], p["verdict"]) for p in judged["patches"]] == [
        ("ten.patch", "obsolete"),
        ("b.patch", "untouched"),
    ]
    assert (bundle / "patches" / "ten.patch").read_text() == FIX_TEN
    assert "syncbot judge --base base --target target --patches patches" in (bundle / "reproduce.sh").read_text()
    refused = world.syncbot("proposals", "accept", ran.document["proposal"]["id"])
    assert "is a draft: it waits for a person" in refused.err
    assert world.workspace.series("lib") == ["b.patch"], "a series that does not apply is merged by nobody"
    proposal = ran.document["proposal"]
    talk = json.loads((world.workspace.path / f"state/proposals/talk/{proposal['id']}.json").read_text())
    assert (proposal["draft"], talk["labels"]) == (True, ["syncbot", "needs-person"])
    git(world.workspace.path, "pull", "-q", "--no-edit", "state/proposals/forge.git", proposal["branch"])
    assert world.workspace.series("lib") == ["b.patch", "ten.patch # syncbot: waiting (conflict)"]
    assert '"ten.patch" = "1.1 lost it again"' in (world.workspace.path / "patches/lib/package.toml").read_text()
    assert world.syncbot("doctor").code == 0, "a patch that waits is left out"
    assert world.syncbot("sync").code == 0


def test_a_patch_that_applies_comes_back_ready(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    world.upstream.release("v1.2", a_c=numbered("a", l50="fifty"))
    manifest = world.workspace.path / "patches/lib/package.toml"
    manifest.write_text(manifest.read_text().replace('base = "1.1"', 'base = "1.2"'))
    world.workspace.commit("moved by hand")
    world.syncbot("check")
    ran = world.syncbot("restore", "lib", "ten.patch", "--reason", "1.2 lost it")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("Next: syncbot proposals accept 2\n")
    assert world.syncbot("proposals", "accept", "2").code == 0
    assert world.workspace.series("lib") == ["b.patch", "ten.patch"]


def test_a_pinned_patch_is_shown_as_obsolete_and_never_dropped(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", '[keep]\n"ten.patch" = "ours"\n', ten=FIX_TEN)
    world.upstream.release("v1.2", a_c=MERGED)
    [package] = world.syncbot("sync", "--json").document["packages"]
    [patch] = package["patches"]
    assert patch["verdict"] == "obsolete"
    assert patch["action"] != "drop"


def test_step_each_goes_one_release_at_a_time(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", 'step = "each"\n', ten=FIX_TEN)
    world.upstream.release("v1.1", b_c=numbered("b", l1="one"))
    world.upstream.release("v1.2", a_c=MERGED)
    assert "lib: 1.0 -> 1.1, keep 1" in world.syncbot("sync").out
    world.syncbot("proposals", "accept", "1")
    assert "lib: 1.1 -> 1.2, drop 1" in world.syncbot("sync").out


def test_observe_judges_and_proposes_nothing(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", 'mode = "observe"\n', ten=FIX_TEN)
    world.upstream.release("v1.1", a_c=MERGED)
    ran = world.syncbot("sync")
    assert "lib: Its mode is observe: nothing is proposed." in ran.out
    assert world.syncbot("proposals").out == "No proposal is open.\n"


def test_merge_accepts_by_itself_what_is_proved(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", 'mode = "merge"\n', ten=FIX_TEN)
    world.upstream.release("v1.1", a_c=MERGED)
    ran = world.syncbot("sync")
    assert "Every edit is proved" in ran.out
    assert "\n1 package, 0 patches.\n" in ran.out, "what was merged is gone already"
    assert not (world.workspace.path / "patches/lib/ten.patch").exists()


def test_merge_leaves_to_a_person_what_is_not_proved(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", 'mode = "merge"\n', forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l40="extra large"))
    ran = world.syncbot("sync")
    assert "proposal 1 was opened: lib: 1.0 -> 1.1, ask 1" in ran.out
    assert 'base = "1.0"' in (world.workspace.path / "patches/lib/package.toml").read_text()


def test_the_cap_on_new_proposals_defers_the_rest_to_the_next_run(world: World) -> None:
    world.workspace.package("lib2", f"git:{world.upstream.path}", "1.0")
    (world.workspace.path / "syncbot.toml").write_text("max-new-proposals = 1\n")
    world.workspace.commit("cap")
    world.upstream.release("v1.1")
    first = world.syncbot("sync").out
    assert "lib: proposal 1 was opened" in first
    assert "lib2: A limit on proposals is reached; a later run proposes it. (1 new proposal in one run)" in first
    assert "lib2: proposal 2 was opened" in world.syncbot("sync").out


def test_uncommitted_changes_are_never_proposed_over(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    (world.workspace.path / "patches/lib/notes.txt").write_text("work in progress\n")
    ran = world.syncbot("sync")
    assert ran.code == 2
    assert ran.err == (
        "syncbot: problem: lib: patches/lib has uncommitted changes (patches/lib/notes.txt), so nothing is proposed for"
        " it; commit them: git add patches/lib && git commit\n"
    )
    assert world.syncbot("proposals").out == "No proposal is open.\n"


def test_what_cannot_be_proposed_is_judged_and_says_what_keeps_it(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    for name in ("notes.txt", "more.txt"):
        (world.workspace.path / "patches/lib" / name).write_text("work in progress\n")
    for options, begins in ((["--dry-run"], "Dry run: "), ([], "")):
        ran = world.syncbot("sync", *options)
        assert ran.code == 2
        assert "patches/lib has uncommitted changes (2 files), so nothing is proposed" in ran.err
        assert "ten.patch  obsolete" in ran.out
        assert f"{begins}1 package, 2 patches; 1 judged but not proposed (see the problems)." in ran.out
        assert "git add patches/lib && git commit  # 1 package cannot be proposed before that\n" in ran.out
        assert "do it" not in ran.out
    [left] = world.syncbot("sync", "--json").document["unproposed"]
    assert (left["package"], left["summary"]["drop"]) == ("lib", 1)


def test_a_proposal_whose_reason_is_gone_is_closed_with_a_note(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", 'range = "<1.1"\n', ten=FIX_TEN)
    ran = world.syncbot("sync")
    assert "lib: proposal 1 was closed: The package follows another line now: <1.1 (commit " in ran.out
    [closed] = world.syncbot("proposals", "list", "--all", "--json").document["proposals"]
    assert closed["status"] == "closed"


def test_a_private_package_is_judged_and_appears_nowhere(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", "private = true\n", ten=FIX_TEN)
    world.upstream.release("v1.1", a_c=MERGED)
    ran = world.syncbot("sync")
    assert "lib" not in ran.out + ran.err
    assert "1 private package judged and not shown; --private shows them." in ran.out
    assert "ten.patch" not in world.syncbot("sync", "--json").out
    assert "ten.patch" in world.syncbot("check", "--private").out
    assert world.syncbot("proposals", "list", "--all").out == "There are no proposals yet.\n"
    assert "lib" not in world.syncbot("report").out
    world.upstream.path.rename(world.upstream.path.with_name("away"))
    ran = world.syncbot("sync")
    assert ran.code == 4
    assert "lib" not in ran.out + ran.err
    refused = world.syncbot("restore", "lib", "ten.patch", "--reason", "x")
    assert "nothing of it is proposed" in refused.err


def test_one_commit_per_step_where_the_policy_says_so(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", 'commits = "step"\n', ten=FIX_TEN)
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "lib")
    assert git(world.workspace.path, "log", "--format=%s", "--no-merges", "-1") == "lib: 1.0 -> 1.1"


def test_a_refreshed_patch_is_taken_by_git_apply_and_patch(world: World) -> None:
    world.upstream.release("v1.1", b_c=numbered("b", l18="changed nearby"))
    ran = world.syncbot("sync")
    assert "refresh" in ran.out
    world.syncbot("proposals", "accept", "1")
    patch = world.workspace.path / "patches/lib/b.patch"
    subprocess.run(["git", "apply", "--check", str(patch)], cwd=world.upstream.path, check=True)
    command = ["patch", "-p1", "--fuzz=0", "--dry-run", "-i", str(patch)]
    subprocess.run(command, cwd=world.upstream.path, check=True, capture_output=True)


def test_a_moved_tag_is_told_and_never_accepted(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.upstream.commit("evil", b_c=B + "evil\n")
    git(world.upstream.path, "tag", "-f", "v1.1")
    ran = world.syncbot("sync")
    assert ran.code == 2
    assert "problem: lib: release 1.1 changed after it was seen" in ran.err
    [standing] = world.syncbot("proposals", "--json").document["proposals"]
    assert standing["id"] == "1"


def test_a_draft_is_settled_by_a_person_who_merges_its_branch_by_hand(world: World) -> None:
    """The branch has the new base and the mark; the person rebases the patch there and takes the mark off."""
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten", l40="extra large"))
    world.syncbot("sync")
    refused = world.syncbot("proposals", "accept", "1")
    assert refused.code == 2
    assert "is a draft: it waits for a person" in refused.err
    path = world.workspace.path
    git(path, "pull", "-q", "--no-rebase", str(path / "state/proposals/forge.git"), "syncbot/lib/stable")
    rebased = diff("a.c", numbered("a", l10="ten", l40="extra large"), numbered("a", l10="ten", l40="forty"))
    (path / "patches/lib/forty.patch").write_text(rebased)
    (path / "patches/lib/series").write_text("forty.patch\n")
    world.workspace.commit("rebase forty")
    ran = world.syncbot("sync")
    assert "lib: ten.patch left the series; its text and evidence are kept." in ran.out
    [record] = world.syncbot("proposals", "list", "--all", "--json").document["proposals"]
    assert record["status"] == "accepted"
    assert "Nothing changed" in world.syncbot("sync").out


def test_a_draft_merged_by_hand_does_not_hide_the_next_release(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    path = world.workspace.path
    git(path, "pull", "-q", "--no-rebase", str(path / "state/proposals/forge.git"), "syncbot/lib/stable")
    world.upstream.release("v1.2", b_c=numbered("b", l20="twenty"))
    ran = world.syncbot("sync")
    assert "lib: proposal 2 was opened: lib: 1.1 -> 1.2, drop 1" in ran.out
    assert "lib: ten.patch left the series" in ran.out
