"""People and the bot: what they say on proposals and on the dashboard, and what becomes of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncbot.forges.local import LocalForge
from syncbot.model.forge import Comment, Permission, Reaction
from syncbot.model.settings import Identity
from syncbot.report import controls
from tests.e2e.world import FIX_B, FIX_FORTY, FIX_TEN, World, diff, git, numbered

MERGED = numbered("a", l10="ten")
BOTH = numbered("b", l20="twenty")


def forge(world: World) -> LocalForge:
    return LocalForge(world.workspace.path / "state/proposals", world.workspace.path, Identity())


def say(world: World, id: str, body: str, login: str = "jane") -> str:
    return forge(world).say(id, login, body, datetime.now(UTC)).id


def comment(world: World, id: str, which: str) -> Comment:
    return next(c for c in forge(world).comments(id) if c.id == which)


def told(world: World, id: str) -> list[str]:
    """What the bot wrote there."""
    return [c.body for c in forge(world).comments(id) if c.author.me]


def proposals(world: World, status: str = "open") -> list[str]:
    found = world.syncbot("proposals", "list", "--all", "--json").document["proposals"]
    return [f"{p['id']}: {p['title']}" for p in found if p["status"] == status]


def aged(world: World, id: str, **by: float) -> None:
    """As if the proposal had last changed so long ago."""
    path = world.workspace.path / f"state/proposals/records/{id}.json"
    record = json.loads(path.read_text())
    for key in ("opened", "updated"):
        record[key] = (datetime.fromisoformat(record[key]) - timedelta(**by)).isoformat()
    path.write_text(json.dumps(record))


def tick(path: Path, box: str) -> None:
    body = path.read_text()
    assert f"- [ ] <!-- syncbot-box: {box} -->" in body
    path.write_text(body.replace(f"- [ ] <!-- syncbot-box: {box} -->", f"- [x] <!-- syncbot-box: {box} -->"))


def tick_on_proposal(world: World, id: str, box: str) -> None:
    path = world.workspace.path / f"state/proposals/records/{id}.json"
    record = json.loads(path.read_text())
    record["body"] = controls.with_ticks(record["body"], {box})
    assert controls.ticked(record["body"]) == (box,)
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(record))
    aside.replace(path)


def dashboard(world: World) -> Path:
    return world.workspace.path / "state/proposals/issues/issue-1.md"


@pytest.fixture
def proposed(world: World) -> World:
    """Both patches are in 1.1, and a proposal says so."""
    world.upstream.release("v1.1", a_c=MERGED, b_c=BOTH)
    assert world.syncbot("sync").code == 0
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 2"]
    return world


def quiet(world: World) -> bool:
    """Whether another sync changes nothing."""
    before = world.workspace.snapshot()
    assert world.syncbot("sync").code == 0
    return world.workspace.snapshot() == before


def test_rejecting_one_patch_of_a_proposal_keeps_the_others(proposed: World) -> None:
    said = say(proposed, "1", "I do not believe the first one.\n\n/syncbot keep ten.patch 1.1 has it for Linux alone")
    proposed.syncbot("sync")
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1"]
    assert comment(proposed, "1", said).answered == {Reaction.DONE}
    assert quiet(proposed)
    bare = proposed.workspace.path / "state/proposals/forge.git"
    manifest = git(bare, "show", "syncbot/lib/stable:patches/lib/package.toml")
    assert '"ten.patch" = "1.1 has it for Linux alone"' in manifest
    assert git(bare, "show", "syncbot/lib/stable:patches/lib/series").startswith("ten.patch")
    assert "lib: keep ten.patch" in git(bare, "log", "--format=%s", "syncbot/lib/stable")


def test_a_word_holds_for_the_content_that_it_was_said_of(proposed: World) -> None:
    say(proposed, "1", "/syncbot keep ten.patch ours")
    proposed.syncbot("sync")
    lib = proposed.workspace.path / "patches/lib"
    (lib / "ten.patch").write_text("A new comment, the same change.\n" + FIX_TEN)
    proposed.workspace.commit("reword")
    proposed.syncbot("sync")
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1"]
    (lib / "ten.patch").write_text(diff("a.c", numbered("a"), numbered("a", l10="ten", l50="fifty")))
    proposed.workspace.commit("another patch")
    proposed.syncbot("sync")
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 1, rewrite 1"]


def test_a_patch_that_waits_goes_on_a_persons_word_and_is_kept_in_the_archive(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten", l40="extra large"))
    world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1, ask 1"]
    say(world, "1", "/syncbot drop forty.patch upstream's is better")
    ran = world.syncbot("sync")
    assert "explain lib forty.patch" not in ran.out
    assert "conflict in a.c" not in ran.out
    assert "explain lib forty.patch" not in world.syncbot("sync").out, "nor where nothing changed"
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 2"]
    assert "1 patch goes on a person's word alone." in forge(world).list()[0].body
    assert "It goes on the word of jane: upstream's is better." in world.syncbot("proposals", "show", "1").out
    ran = world.syncbot("proposals", "accept", "1")
    assert "forty.patch left the series" in ran.out
    assert not list((world.workspace.path / "patches/lib").glob("*.patch"))
    assert world.syncbot("restore", "lib", "forty.patch", "--reason", "it was not").code == 0


@pytest.mark.parametrize("way", ["comment", "terminal"])
def test_a_patch_that_waits_stays_on_a_persons_word_and_the_rest_can_be_accepted(world: World, way: str) -> None:
    fifty = diff("a.c", numbered("a", l40="forty"), numbered("a", l40="FORTY"))
    world.workspace.package(
        "lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, forty=FIX_FORTY, fifty=fifty, b=FIX_B
    )
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten", l40="extra large"))
    assert "why it waits for a person" in world.syncbot("sync").out
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1, ask 2"]
    for patch in ("forty", "fifty"):
        if way == "comment":
            say(world, "1", f"/syncbot keep {patch}.patch our hosts have no other", login="jane")
        else:
            world.syncbot("proposals", "tell", "1", "keep", f"{patch}.patch", "our hosts have no other")
        ran = world.syncbot("sync")
    assert "why it waits for a person" not in ran.out
    [record] = forge(world).list()
    by = "jane" if way == "comment" else "a person"
    assert (record.title, record.draft) == ("lib: 1.0 -> 1.1, drop 1, keep 3", False)
    first = record.body.split("<details>")[0]
    assert f"- `forty.patch`: It stays on the word of {by}: our hosts have no other." in first
    assert "What does not wait was applied to the release" in first
    assert forge(world).details("1").labels == {"syncbot"}
    [check] = forge(world).checks(record.tip)
    assert (check.state.value, check.title) == ("passed", "applied without fuzz: drop 1, keep 3; 2 stay as they are")
    assert quiet(world)
    assert world.syncbot("proposals", "accept", "1").code == 0
    assert world.workspace.series("lib") == [
        "forty.patch # syncbot: waiting (conflict)", "fifty.patch # syncbot: waiting (conflict)", "b.patch",
    ]  # fmt: skip
    assert (
        '"forty.patch" = "our hosts have no other"' in (world.workspace.path / "patches/lib/package.toml").read_text()
    )
    world.upstream.release("v1.2", b_c=numbered("b", l40="x"))
    world.syncbot("sync")
    assert proposals(world) == ["2: lib: 1.1 -> 1.2, keep 3"], "the word holds while the patch is what it was"


def test_what_stands_on_a_patch_that_stays_is_asked_about_itself(world: World) -> None:
    fifty = diff("a.c", numbered("a", l40="forty"), numbered("a", l40="FORTY"))
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", forty=FIX_FORTY, fifty=fifty)
    world.upstream.release("v1.1", a_c=numbered("a", l40="extra large"))
    world.syncbot("sync")
    first = forge(world).list()[0].body.split("<details>")[0]
    assert "Settle first what they stand on:\n\n- `fifty.patch`: it stands on `forty.patch`; `a.c` does" in first
    world.syncbot("proposals", "tell", "1", "keep", "forty.patch", "ours")
    world.syncbot("sync")
    [record] = forge(world).list()
    assert (record.title, record.draft) == ("lib: 1.0 -> 1.1, keep 1, ask 1", True)
    assert "It stands on forty.patch, which stays though it does not apply." in record.body
    assert "Rebase the conflicting hunks by hand, or delete the patch:\n\n- `fifty.patch`: `a.c` does" in record.body


def test_a_patch_that_others_may_stand_on_does_not_go_on_a_word(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    said = say(world, "1", "/syncbot drop b.patch")
    world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1"]
    assert comment(world, "1", said).answered == {Reaction.REFUSED}
    assert "`b.patch` still applies, and others may stand on it" in told(world, "1")[0]
    assert quiet(world)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("/syncbot fly", "there is no command 'fly'"),
        ("/syncbot", "the command is missing"),
        ("/syncbot keep", "needs the name of a patch"),
        ("/syncbot keep ten.patch", "needs a reason"),
        ("/syncbot keep @octocat#1 why", "the series has no patch `@octocat#1`"),
    ],
)
def test_what_cannot_be_understood_is_answered_once(proposed: World, body: str, answer: str) -> None:
    said = say(proposed, "1", body)
    proposed.syncbot("sync")
    assert comment(proposed, "1", said).answered & {Reaction.UNCLEAR, Reaction.REFUSED}
    [words] = told(proposed, "1")
    assert answer in words.replace("\\", "")
    assert quiet(proposed)


@pytest.mark.parametrize(
    "body",
    [
        "> /syncbot reject", "```\n/syncbot reject\n```", "    /syncbot reject", "please `/syncbot reject` it",
        "/syncbots reject",
    ],
)  # fmt: skip
def test_what_is_quoted_or_shown_is_no_order(proposed: World, body: str) -> None:
    said = say(proposed, "1", body)
    assert quiet(proposed)
    assert comment(proposed, "1", said).answered == frozenset()


def test_who_may_not_write_is_not_obeyed(proposed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalForge, "permission", lambda _self, _login: Permission.READ)
    said = say(proposed, "1", "/syncbot reject", "stranger")
    proposed.syncbot("sync")
    assert comment(proposed, "1", said).answered == {Reaction.REFUSED}
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 2"]
    assert told(proposed, "1") == []
    assert quiet(proposed)


def test_a_rejection_holds_until_the_content_changes(proposed: World) -> None:
    say(proposed, "1", "/syncbot reject we fork this one")
    proposed.syncbot("sync")
    assert proposals(proposed) == []
    assert proposals(proposed, "rejected") == ["1: lib: 1.0 -> 1.1, drop 2"]
    lib = proposed.workspace.path / "patches/lib"
    (lib / "ten.patch").write_text("Other words for the same change.\n" + FIX_TEN)
    proposed.workspace.commit("comment")
    ran = proposed.syncbot("sync")
    assert "The same proposal was rejected before; it is not made again. (we fork this one)" in ran.out
    proposed.upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    proposed.syncbot("sync")
    assert proposals(proposed) == ["2: lib: 1.0 -> 1.2, drop 2"], "the range is another one"


@pytest.mark.parametrize("way", ["command", "dashboard", "by hand"])
def test_the_ways_back_from_a_rejection(proposed: World, way: str) -> None:
    proposed.syncbot("proposals", "reject", "1", "--reason", "not now")
    proposed.syncbot("sync")
    text = dashboard(proposed).read_text()
    assert "### Rejected (1)" in text
    assert "- [ ] <!-- syncbot-box: again:1 --> `lib`: 1.0 -> 1.1, drop 2 (not now)" in text
    if way == "command":
        say(proposed, "1", "/syncbot retry")
    elif way == "dashboard":
        tick(dashboard(proposed), "again:1")
    else:
        forge(proposed).reopen("1", datetime.now(UTC))
    proposed.syncbot("sync")
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 2"], "the same one, open again"
    assert quiet(proposed)
    proposed.syncbot("proposals", "reject", "1", "--reason", "no, really")
    assert "(no, really)" in proposed.syncbot("sync").out
    assert proposals(proposed) == []


def test_a_proposal_whose_reason_is_gone_says_so_and_comes_back_within_a_week(proposed: World) -> None:
    package = proposed.workspace.path / "patches/lib/package.toml"
    before = package.read_text()
    package.write_text(before + 'mode = "observe"\n')
    proposed.workspace.commit("observe")
    assert "proposal 1 was closed" in proposed.syncbot("sync").out
    package.write_text(before)
    proposed.workspace.commit("propose again")
    aged(proposed, "1", days=6)
    proposed.syncbot("sync")
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 2"]
    package.write_text(before + 'mode = "observe"\n')
    proposed.workspace.commit("observe")
    proposed.syncbot("sync")
    aged(proposed, "1", days=8)
    package.write_text(before)
    proposed.workspace.commit("propose again")
    proposed.syncbot("sync")
    assert proposals(proposed) == ["2: lib: 1.0 -> 1.1, drop 2"], "after a week it is another one"


def test_a_withdrawn_proposal_is_no_rejection_and_its_proof_names_the_commit(proposed: World) -> None:
    proposed.workspace.package("lib", f"git:{proposed.upstream.path}", "1.1")
    ran = proposed.syncbot("sync")
    head = git(proposed.workspace.path, "rev-parse", "HEAD")[:12]
    assert f"patches/lib stands at 1.1, the newest release of its line (commit {head})." in ran.out
    proposed.workspace.package("lib", f"git:{proposed.upstream.path}", "1.0", ten=FIX_TEN, b=FIX_B)
    proposed.syncbot("sync")
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 2"]


def test_rebase_makes_it_anew_and_never_costs_a_persons_commits(proposed: World, tmp_path: Path) -> None:
    parent = forge(proposed).list()[0].parent
    (proposed.workspace.path / "README.md").write_text("mine\n")
    proposed.workspace.commit("my own business")
    assert proposed.syncbot("sync").code == 0  # which notes that the packages still lie as they did
    assert forge(proposed).list()[0].parent == parent
    assert quiet(proposed)
    said = say(proposed, "1", "/syncbot rebase")
    proposed.syncbot("sync")
    assert comment(proposed, "1", said).answered == {Reaction.DONE}
    assert forge(proposed).list()[0].parent != parent
    assert quiet(proposed)
    clone = tmp_path / "clone"
    bare = proposed.workspace.path / "state/proposals/forge.git"
    git(tmp_path, "clone", "-q", "-b", "syncbot/lib/stable", str(bare), str(clone))
    (clone / "by-hand").write_text("x")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "by hand")
    git(clone, "push", "-q", "origin", "syncbot/lib/stable")
    said = say(proposed, "1", "/syncbot rebase")
    proposed.syncbot("sync")
    assert comment(proposed, "1", said).answered == {Reaction.REFUSED}
    assert "the branch has 1 commit that syncbot did not make" in told(proposed, "1")[-1]
    assert "by-hand" in git(bare, "ls-tree", "--name-only", "syncbot/lib/stable")
    say(proposed, "1", "/syncbot discard")
    proposed.syncbot("sync")
    assert "by-hand" not in git(bare, "ls-tree", "--name-only", "syncbot/lib/stable")
    assert quiet(proposed)


def test_a_draft_has_its_label_and_a_failing_check_and_loses_both_when_it_is_settled(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN, forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten", l40="extra large"))
    world.syncbot("sync")
    [record] = forge(world).list()
    assert forge(world).details("1").labels == {"syncbot", "needs-person"}
    [check] = forge(world).checks(record.tip)
    assert (check.name, check.state.value, check.title) == ("syncbot", "failed", "1 patch waits for a person")
    assert "**1 patch needs a person.** The other 1 is settled and applied cleanly." in record.body
    assert (
        "Rebase the conflicting hunks by hand, or delete the patch:\n\n- `forty.patch`: `a.c` does not take hunk 1"
        in record.body
    )
    say(world, "1", "/syncbot drop forty.patch")
    world.syncbot("sync")
    [record] = forge(world).list()
    assert forge(world).details("1").labels == {"syncbot"}
    assert [c.state.value for c in forge(world).checks(record.tip)] == ["passed"]


def test_the_commands_of_a_body_work(proposed: World) -> None:
    body = forge(proposed).list()[0].body
    [block] = re.findall(r"### Check it yourself\n\n```sh\n(.*?)```", body, re.DOTALL)
    lines = block.splitlines()
    assert [text.split()[:2] for text in lines] == [
        ["syncbot", "check"], ["syncbot", "explain"], ["git", "fetch"], ["git", "diff"],
    ]  # fmt: skip
    for text in lines:
        if text.startswith("syncbot "):
            assert proposed.syncbot(*text.split()[1:]).code == 0
        else:
            git(proposed.workspace.path, *text.split()[1:])
    assert "ten.patch" in git(proposed.workspace.path, "diff", "--stat", "HEAD...FETCH_HEAD")
    assert controls.boxes(body) == {"rebase": False, "retry": False, "reject": False}


def test_orders_from_the_terminal(proposed: World) -> None:
    ran = proposed.syncbot("proposals", "tell", "lib", "keep", "ten.patch", "ours alone")
    assert (ran.code, ran.out) == (0, "Proposal 1: keep ten.patch ours alone. The next sync acts on it.\n")
    proposed.syncbot("sync")
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1"]
    refused = proposed.syncbot("proposals", "tell", "1", "drop", "gone.patch")
    assert refused.code == 2
    assert "the series has no patch gone.patch; it has ten.patch, b.patch" in refused.err
    typo = proposed.syncbot("proposals", "tell", "1", "drop", "tenn.patch")
    assert "the series has no patch tenn.patch; did you mean ten.patch?\n" in typo.err
    assert "there is no command 'fly'" in proposed.syncbot("proposals", "tell", "1", "fly").err
    assert proposed.syncbot("proposals", "tell", "1", "retry", "--json").document["schema"].startswith("syncbot.")
    proposed.syncbot("sync")
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 2"]
    assert quiet(proposed)


def test_the_boxes_of_a_proposal_are_obeyed_and_unticked(proposed: World) -> None:
    (proposed.workspace.path / "README.md").write_text("mine\n")
    proposed.workspace.commit("my own business")
    parent = forge(proposed).list()[0].parent
    tick_on_proposal(proposed, "1", "rebase")
    proposed.syncbot("sync")
    [record] = forge(proposed).list()
    assert record.parent != parent
    assert controls.ticked(record.body) == ()
    assert quiet(proposed)
    tick_on_proposal(proposed, "1", "reject")
    proposed.syncbot("sync")
    assert proposals(proposed, "rejected") == ["1: lib: 1.0 -> 1.1, drop 2"]
    assert "(its box was ticked)" in proposed.syncbot("sync").out


def page(world: World, id: str) -> Path:
    (found,) = (world.workspace.path / "state/proposals/proposals").glob(f"{id}-*.md")
    return found


def test_the_boxes_of_a_page_are_obeyed_and_unticked(proposed: World) -> None:
    (proposed.workspace.path / "README.md").write_text("mine\n")
    proposed.workspace.commit("my own business")
    parent = forge(proposed).list()[0].parent
    tick(page(proposed, "1"), "rebase")
    proposed.syncbot("sync")
    assert forge(proposed).list()[0].parent != parent
    assert "[x]" not in page(proposed, "1").read_text()
    assert quiet(proposed)
    tick(page(proposed, "1"), "reject")
    proposed.syncbot("sync")
    assert proposals(proposed, "rejected") == ["1: lib: 1.0 -> 1.1, drop 2"]
    tick(page(proposed, "1"), "retry")
    proposed.syncbot("sync")
    assert proposals(proposed) == ["1: lib: 1.0 -> 1.1, drop 2"], "the same one, open again"
    assert quiet(proposed)


def test_two_boxes_that_contradict_are_obeyed_once(proposed: World) -> None:
    for box in ("retry", "reject"):
        tick(page(proposed, "1"), box)
    for _again in range(2):
        proposed.syncbot("sync")
        assert proposals(proposed, "rejected") == ["1: lib: 1.0 -> 1.1, drop 2"]


def test_a_page_and_a_terminal_show_what_can_be_done_there(proposed: World) -> None:
    text = page(proposed, "1").read_text()
    controls_ = text.partition("### Controls")[2]
    assert "Tick a box, and the next sync obeys it." in controls_
    assert "- `syncbot proposals tell 1 drop PATCH`: Drop that patch" in controls_
    for markup in ("/syncbot", "comment", "&gt;", "&lt;", "<details>", "&#"):
        assert markup not in text
    assert "#### 1. `ten.patch`: obsolete, drop" in text
    shown = proposed.syncbot("proposals", "show", "1").out
    assert "- syncbot proposals tell 1 rebase: Make this proposal anew" in shown
    assert shown.count("Make this proposal anew") == 1
    assert "/syncbot" not in shown


def test_a_box_that_is_ticked_while_a_run_updates_the_proposal_is_kept(
    proposed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed.upstream.release("v1.2", a_c=numbered("a", l10="ten", l50="fifty"))
    propose = LocalForge.propose

    def meanwhile(self: LocalForge, *arguments: object, **more: object) -> object:
        monkeypatch.undo()
        return propose(self, *arguments, **more)  # type: ignore[arg-type]  # passed through

    find = LocalForge.find
    asked: list[str] = []

    def found(self: LocalForge, package: object, line: object) -> object:
        asked.append(str(line))
        if len(asked) == 2:  # the first asks before anything is decided
            tick_on_proposal(proposed, "1", "reject")
        return find(self, package, line)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(LocalForge, "propose", meanwhile)
    monkeypatch.setattr(LocalForge, "find", found)
    proposed.syncbot("sync")
    [record] = forge(proposed).list()
    assert record.title == "lib: 1.0 -> 1.2, drop 2"
    assert controls.ticked(record.body) == ("reject",)
    proposed.syncbot("sync")
    assert proposals(proposed) == [], "obeyed by the next run"


def test_a_word_to_drop_ends_with_the_proposal_that_it_was_said_on(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l40="extra large"))
    world.syncbot("sync")
    world.syncbot("proposals", "tell", "1", "drop", "forty.patch", "upstream's is better")
    world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1"]
    assert world.syncbot("proposals", "accept", "1").code == 0
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.1", forty=FIX_FORTY)
    world.upstream.release("v1.2", b_c=BOTH)
    world.syncbot("sync")
    found = [(record.title, record.draft) for record in forge(world).list() if record.status.value == "open"]
    assert found == [("lib: 1.1 -> 1.2, report 1", True)]


def test_a_rejected_proposal_with_a_word_in_it_is_not_made_again_without_it(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", forty=FIX_FORTY)
    world.upstream.release("v1.1", a_c=numbered("a", l40="extra large"))
    world.syncbot("sync")
    world.syncbot("proposals", "tell", "1", "drop", "forty.patch", "upstream's is better")
    world.syncbot("sync")
    world.syncbot("proposals", "reject", "1", "--reason", "not now")
    world.syncbot("sync")
    assert proposals(world) == []
    world.upstream.release("v1.2", b_c=BOTH)
    world.syncbot("sync")
    assert proposals(world) == ["2: lib: 1.0 -> 1.2, ask 1"]


def test_a_patch_that_stays_though_it_does_not_apply_is_told_of_until_somebody_rebases_it(world: World) -> None:
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", forty=FIX_FORTY, b=FIX_B)
    world.upstream.release("v1.1", a_c=numbered("a", l40="extra large"))
    world.syncbot("sync")
    assert "waits for a person" not in world.syncbot("doctor").out
    world.syncbot("proposals", "tell", "1", "keep", "forty.patch", "our hosts have no other")
    world.syncbot("sync")
    assert world.syncbot("proposals", "accept", "1").code == 0
    for command in ("check", "sync"):
        ran = world.syncbot(command, "--exit-code")
        assert ran.code == 1
        assert "marks it as waiting for a person" in ran.out
    assert "1 patch waits for a person." in world.syncbot("check").out
    assert "up to date; 1 patch waits for a person" in world.syncbot("report").out
    assert "series of lib: applies to its base; 1 patch waits for a person" in world.syncbot("doctor").out
    text = dashboard(world).read_text()
    assert "Waiting for a person 1." in text
    assert "`lib`: forty\\.patch" in text or "`lib`: forty.patch" in text
    series = world.workspace.path / "patches/lib/series"
    series.write_text("b.patch\n")
    (series.parent / "forty.patch").unlink()
    (series.parent / "package.toml").write_text(f'upstream = "git:{world.upstream.path}"\nbase = "1.1"\n')
    world.workspace.commit("without it")
    assert world.syncbot("check", "--exit-code").code == 0
    world.syncbot("sync")
    assert "Nothing waits." in dashboard(world).read_text()
