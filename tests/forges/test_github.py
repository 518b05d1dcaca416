"""Stories of the GitHub forge, against a GitHub on loopback whose every exchange is checked."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from syncbot.errors import ForgeRefused, ForgeStopped
from syncbot.forges.github_auth import Token
from syncbot.git.push import LeaseLost, Remote
from syncbot.model.forge import NOBODY, Check, CheckState, Permission, Reaction
from syncbot.model.ids import CommitId
from syncbot.model.proposal_words import ProposalStatus
from syncbot.ports import Forge

from .github_world import BRANCH, GitHubWorld
from .world import LATER, LIB, NOON, SERIES, World, git

OPENED = ["PUSH refs/heads/syncbot/lib/stable", "POST /pulls"]


def test_a_repository_without_proposals(hub: GitHubWorld) -> None:
    forge: Forge = hub.forge
    assert forge.list() == []
    assert forge.find(LIB, "stable") is None


def test_a_proposal_is_a_branch_and_a_pull_request(hub: GitHubWorld) -> None:
    made = []
    assert hub.writes(lambda: made.append(hub.forge.propose(hub.proposal(), NOON))) == OPENED
    record = made[0]
    page = hub.page()
    assert (record.id, record.status, record.tip) == ("1", ProposalStatus.OPEN, hub.branch())
    assert (page["title"], page["head"]["ref"], page["base"]["ref"], page["draft"]) == (
        "lib: 1.0 -> 1.1", BRANCH, "main", False,
    )  # fmt: skip
    assert page["body"].startswith("## Why\n\nIt is upstream.\n\n<!-- syncbot:proposal/1 {")
    assert git(hub.bare, "show", f"{BRANCH}:{SERIES}") == "two.patch"
    assert hub.forge.list() == [record]


def test_an_unchanged_world_is_not_written_to(hub: GitHubWorld) -> None:
    proposal = hub.proposal(labels=("syncbot",), reviewers=("ann",), assignees=("ben",))
    hub.forge.propose(proposal, NOON)
    assert hub.writes(lambda: hub.forge.propose(proposal, LATER)) == []
    assert hub.writes(lambda: hub.forge.propose(replace(proposal), LATER)) == []


def test_a_proposal_is_dressed_and_people_are_asked_once(hub: GitHubWorld) -> None:
    proposal = hub.proposal(labels=("syncbot", "conflict"), reviewers=("ann", "gone", "acme/members"), draft=True)
    wrote = hub.writes(lambda: hub.forge.propose(proposal, NOON))
    assert wrote == [
        *OPENED, "POST /issues/1/labels",
        *["POST /pulls/1/requested_reviewers"] * 4,  # all at once is refused, for one of them left: then one by one
    ]  # fmt: skip
    details = hub.forge.details("1")
    assert (details.labels, set(details.reviewers)) == ({"syncbot", "conflict"}, {"ann", "acme/members"})
    hub.as_person("DELETE", "/pulls/1/requested_reviewers", {"reviewers": ["ann"], "team_reviewers": ["members"]})
    hub.as_person("POST", "/issues/1/labels", {"labels": ["wanted"]})
    wrote = hub.writes(lambda: hub.forge.propose(replace(proposal, labels=("syncbot",), draft=False), LATER))
    assert wrote == ["GRAPHQL markPullRequestReadyForReview", "DELETE /issues/1/labels/conflict", "PATCH /pulls/1"]
    assert hub.forge.details("1").labels == {"syncbot", "wanted"}
    assert not hub.page()["draft"]


def test_it_is_updated_in_place_and_found_though_renamed(hub: GitHubWorld) -> None:
    first = hub.forge.propose(hub.proposal(), NOON)
    hub.as_person("PATCH", "/pulls/1", {"title": "a better title"})
    assert hub.forge.find(LIB, "stable") == first
    assert hub.writes(lambda: hub.forge.propose(hub.proposal(), LATER)) == []  # a person's title stays
    wrote = hub.writes(lambda: hub.forge.propose(hub.proposal(b"uno.patch\n", title="lib: 1.0 -> 1.2"), LATER))
    assert wrote == ["PUSH refs/heads/syncbot/lib/stable", "PATCH /pulls/1"]
    assert (hub.page()["title"], len(hub.gate.pulls(hub.repository))) == ("lib: 1.0 -> 1.2", 1)
    assert git(hub.bare, "show", f"{BRANCH}:{SERIES}") == "uno.patch"


def test_closed_by_a_person_closed_by_us_merged(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    hub.as_person("PATCH", "/pulls/1", {"state": "closed"})
    (record,) = hub.forge.list()
    assert (record.status, record.note) == (ProposalStatus.REJECTED, "closed by ann")
    assert record.updated > NOON, "people are listened to for so long after they closed it"
    details = hub.forge.details("1")
    assert details.closed_by is not None
    assert (details.closed_by.login, details.closed_by.me) == ("ann", False)
    again = hub.forge.propose(hub.proposal(b"uno.patch\n"), LATER)
    assert (again.id, again.status) == ("2", ProposalStatus.OPEN)
    closed = hub.forge.close("2", "upstream withdrew 1.1", LATER)
    assert hub.forge.list()[0] == closed
    assert (closed.status, closed.note) == (ProposalStatus.CLOSED, "upstream withdrew 1.1")
    assert hub.forge.reopen("2", LATER).status is ProposalStatus.OPEN
    accepted = hub.forge.accept("2", LATER)
    assert accepted.status is ProposalStatus.ACCEPTED
    assert git(hub.bare, "rev-parse", "main") == accepted.tip
    assert [record.status.value for record in hub.forge.list()] == ["accepted", "rejected"]
    with pytest.raises(ForgeRefused, match="proposal 1 is rejected, not open"):
        hub.forge.close("1", "again", LATER)


def test_a_close_by_another_bot_or_by_nobody_known(hub: GitHubWorld) -> None:
    for number in (1, 2):
        hub.forge.propose(hub.proposal(line=str(number)), NOON)
        hub.as_person("PATCH", f"/pulls/{number}", {"state": "closed"})
    hub.here.closers |= {1: "stale[bot]", 2: "ben"}
    hub.here.gone.add("ben")
    two, one = hub.forge.list()
    assert (one.status, one.note) == (ProposalStatus.REJECTED, "closed by stale[bot]")
    assert (two.status, two.note) == (ProposalStatus.REJECTED, "closed by an account that is gone")


def test_a_copied_marker_is_nobodys_proposal(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    body = hub.page()["body"]
    git(hub.root, "push", "-q", str(hub.bare), "HEAD:refs/heads/feature")
    hub.as_person("POST", "/pulls", {"title": "mine", "head": "feature", "base": "main", "body": body})
    assert [record.id for record in hub.forge.list()] == ["1"]
    (other,) = hub.forge.others()
    assert (other.id, other.author.login, other.title) == ("2", "ann", "mine")


def test_all_is_found_again_after_the_database_and_the_account_are_lost(hub: GitHubWorld) -> None:
    proposal = hub.proposal(labels=("syncbot",), reviewers=("ann",))
    first = hub.forge.propose(proposal, NOON)
    hub.forge.propose(hub.proposal(line="8.x"), NOON)
    hub.forge.close("2", "gone", NOON)
    known = hub.forge.list()
    shutil.rmtree(hub.state)
    assert hub.forge.list() == known
    assert hub.writes(lambda: hub.forge.propose(proposal, LATER)) == []
    moved = hub.forge_of(Token("tok-other"))  # the open ones are found by their branch
    assert [record.id for record in moved.list()] == ["1"]
    assert hub.writes(lambda: moved.propose(proposal, LATER)) == []
    assert hub.forge.find(LIB, "stable") == first


# -- people's commits


def test_peoples_commits_are_replayed(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    pushed = hub.push()
    assert [edit.subject for edit in hub.forge.details("1").edits] == ["by hand"]
    assert hub.writes(lambda: hub.forge.propose(hub.proposal(), LATER)) == []
    assert hub.branch() == pushed
    hub.commit("README", "main moved on")
    second = hub.forge.propose(hub.proposal(b"uno.patch\n"), LATER)
    assert git(hub.bare, "log", "-2", "--format=%an/%cn: %s", BRANCH) == (
        "A Person/Bot: by hand\nBot/Bot: lib: drop one.patch"
    )
    assert second.tip == hub.branch()
    assert hub.writes(lambda: hub.forge.propose(hub.proposal(b"uno.patch\n"), LATER)) == []


def test_peoples_commits_that_do_not_go_with_the_new_version_stay(hub: GitHubWorld) -> None:
    first = hub.forge.propose(hub.proposal(), NOON)
    pushed = hub.push(path=SERIES, text="mine\n")
    wanted = hub.proposal(b"uno.patch\n")
    wrote = hub.writes(lambda: hub.forge.propose(wanted, LATER))
    assert wrote == ["PUSH refs/heads/syncbot/lib/stable-next", "POST /issues/1/comments", "PATCH /pulls/1"]
    assert hub.branch() == pushed
    assert git(hub.bare, "show", f"{BRANCH}-next:{SERIES}") == "uno.patch"
    (comment,) = hub.forge.comments("1")
    assert (comment.author.me, "/syncbot discard" in comment.body) == (True, True)
    (record,) = hub.forge.list()
    assert record == replace(
        first, note=f"edited by A Person; the new version is on {BRANCH}-next, to be merged into its branch"
    )
    assert hub.writes(lambda: hub.forge.propose(wanted, LATER)) == []
    wrote = hub.writes(lambda: hub.forge.propose(wanted, LATER, discard=True))
    assert wrote == [
        "PUSH refs/heads/syncbot/lib/stable", "PUSH refs/heads/syncbot/lib/stable-next", "GRAPHQL minimizeComment",
        "PATCH /pulls/1",
    ]  # fmt: skip
    assert git(hub.bare, "show", f"{BRANCH}:{SERIES}") == "uno.patch"
    assert hub.forge.list()[0].note == ""


def test_an_allowed_bots_commits_are_made_anew(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    hub.push(path=SERIES, text="formatted\n", author="Formatter <ci@example.org>")
    assert hub.forge.details("1").edits == ()
    hub.forge.propose(hub.proposal(b"uno.patch\n"), LATER)
    assert git(hub.bare, "show", f"{BRANCH}:{SERIES}") == "uno.patch"


def test_a_push_in_between_is_never_overwritten(hub: GitHubWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    pushed: list[str] = []
    real = Remote.push

    def late(self: Remote, scratch: Path, branch: str, to: CommitId, expected: CommitId | None) -> None:
        pushed.append(hub.push())
        real(self, scratch, branch, to, expected)

    monkeypatch.setattr(Remote, "push", late)
    with pytest.raises(LeaseLost, match=r"moved while syncbot worked; the next run looks at it anew"):
        hub.forge.propose(hub.proposal(b"uno.patch\n"), LATER)
    assert hub.branch() == pushed[0]


def test_the_button_update_branch_is_no_edit_of_a_person(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    hub.commit("README", "main moved on")
    clone = hub.root.parent / "clone"
    git(hub.root.parent, "clone", "-q", "-b", BRANCH, str(hub.bare), str(clone))
    git(clone, "merge", "-q", "--no-edit", "origin/main")
    git(clone, "push", "-q", "origin", BRANCH)
    hub.forge.propose(hub.proposal(b"uno.patch\n"), LATER)
    assert git(hub.bare, "log", "--format=%an: %s", f"main..{BRANCH}") == "Bot: lib: drop one.patch"


def test_a_branch_that_somebody_else_made_is_not_taken(hub: GitHubWorld) -> None:
    git(hub.root, "switch", "-q", "-c", "side")
    World.commit(hub, "x", "x")
    git(hub.root, "push", "-q", str(hub.bare), f"HEAD:refs/heads/{BRANCH}")
    git(hub.root, "switch", "-q", "main")
    with pytest.raises(ForgeRefused, match="commits that syncbot did not make, and no open proposal"):
        hub.forge.propose(hub.proposal(), NOON)


def test_a_workspace_that_is_not_published_is_refused(hub: GitHubWorld) -> None:
    World.commit(hub, "secret", "not pushed yet")
    with pytest.raises(ForgeRefused, match="of the workspace is not on main of the forge; push main"):
        hub.forge.propose(hub.proposal(), NOON)
    assert hub.gate.pulls(hub.repository) == []


# -- words


def test_commands_are_read_and_answered(hub: GitHubWorld) -> None:
    forge = hub.forge
    forge.propose(hub.proposal(), NOON)
    hub.as_person("POST", "/issues/1/comments", {"body": "/syncbot rebase"})
    (asked,) = forge.comments("1")
    assert (asked.author.login, asked.body, asked.answered) == ("ann", "/syncbot rebase", frozenset())
    assert (forge.permission("ann"), forge.permission("nobody"), forge.permission("")) == (
        Permission.ADMIN, Permission.NONE, Permission.NONE,
    )  # fmt: skip
    react = lambda: hub.forge.react("1", asked.id, Reaction.DONE)  # noqa: E731
    assert hub.writes(react) == [f"POST /issues/comments/{asked.id}/reactions"]
    assert hub.writes(react) == []
    assert hub.forge.comments("1")[0].answered == {Reaction.DONE}
    say = lambda: hub.forge.comment("1", "Done.", LATER)  # noqa: E731
    assert hub.writes(say) == ["POST /issues/1/comments"]
    assert hub.writes(say) == []
    own = hub.forge.comments("1")[1]
    assert hub.writes(lambda: hub.forge.minimise("1", own.id)) == ["GRAPHQL minimizeComment"]
    assert len(hub.here.minimised) == 1


def test_a_comment_of_a_deleted_account_has_nobody(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    hub.as_person("POST", "/issues/1/comments", {"body": "bye"}, token="tok-ben")
    hub.here.gone.add("ben")
    assert hub.forge.comments("1")[0].author == NOBODY


def test_the_dashboard_is_one_issue(hub: GitHubWorld) -> None:
    body = "<!-- syncbot:dashboard -->\n- [ ] retry\n"
    assert hub.forge.find_issue("syncbot:dashboard") is None
    made = hub.forge.open_issue("Dashboard", body, ["syncbot"], NOON)
    hub.as_person("POST", "/issues", {"title": "Dashboard", "body": body})
    assert hub.forge.find_issue("syncbot:dashboard") == made
    assert hub.writes(lambda: hub.forge.update_issue(made.id, "Dashboard", body, LATER)) == []
    wrote = hub.writes(lambda: hub.forge.update_issue(made.id, "Dashboard", body + "more\n", LATER))
    assert wrote == [f"PATCH /issues/{made.id}"]
    hub.as_person("PATCH", f"/issues/{made.id}", {"state": "closed"})
    found = hub.forge.find_issue("syncbot:dashboard")
    assert found is not None
    assert found.closed_by is not None
    assert (found.open, found.closed_by.login) == (False, "ann")


def test_codeowners_are_read_from_the_downstream_branch(hub: GitHubWorld) -> None:
    assert hub.forge.codeowners() is None
    content = base64.b64encode(b"* @ann\n").decode()
    answer = {"message": "x", "content": content, "branch": "main"}
    path = f"/repos/{hub.repository}/contents/.github/CODEOWNERS"
    assert hub.gate.emulate.ask("PUT", path, answer).ok
    assert hub.forge.codeowners() == "* @ann\n"


def test_a_token_reports_a_status(hub: GitHubWorld) -> None:
    tip = hub.forge.propose(hub.proposal(), NOON).tip
    check = Check("syncbot", CheckState.FAILED, "2 patches wait for a person", "more")
    assert hub.writes(lambda: hub.forge.report_check(tip, check)) == [f"POST /statuses/{tip}"]
    assert hub.writes(lambda: hub.forge.report_check(tip, check)) == []
    assert hub.forge.checks(tip) == [replace(check, summary="")]


def test_auto_merge_is_pinned_to_the_head(hub: GitHubWorld) -> None:
    tip = hub.forge.propose(hub.proposal(), NOON).tip
    assert not hub.forge.auto_merge("1", tip)  # the repository has no such thing
    hub.here.protected.add("main")
    assert not hub.forge.auto_merge("1", CommitId("1" * 40))
    assert hub.forge.auto_merge("1", tip)
    assert hub.here.auto_merge == {1: tip}
    assert hub.writes(lambda: hub.forge.auto_merge("1", tip)) == []
    with pytest.raises(ForgeRefused, match=r"does not merge proposal 1 .*approving review"):
        hub.forge.accept("1", LATER)


def test_a_new_version_or_a_persons_push_takes_auto_merge_back(hub: GitHubWorld) -> None:
    hub.here.protected.add("main")
    assert hub.forge.auto_merge("1", hub.forge.propose(hub.proposal(), NOON).tip)
    wrote = hub.writes(lambda: hub.forge.propose(hub.proposal(b"uno.patch\n"), LATER))
    assert wrote == ["GRAPHQL disablePullRequestAutoMerge", "PUSH refs/heads/syncbot/lib/stable", "PATCH /pulls/1"]
    (record,) = hub.forge.list()
    assert hub.forge.auto_merge("1", record.tip)
    hub.push()
    assert not hub.forge.auto_merge("1", record.tip)
    assert hub.here.auto_merge == {}


def test_a_changed_head_is_not_merged(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    hub.push()
    with pytest.raises(ForgeRefused, match="Head branch was modified"):
        hub.forge.accept("1", LATER)


def test_a_persons_change_can_be_read(hub: GitHubWorld) -> None:
    hub.forge.propose(hub.proposal(), NOON)
    assert b"-one.patch" in hub.forge.other_diff("1")


def test_a_repository_without_drafts_gets_a_plain_one(hub: GitHubWorld) -> None:
    hub.here.drafts_allowed = False
    proposal = hub.proposal(draft=True)
    assert hub.writes(lambda: hub.forge.propose(proposal, NOON)) == [*OPENED, "POST /pulls"]
    assert (hub.page()["draft"], hub.forge.list()[0].draft) == (False, True)
    assert hub.writes(lambda: hub.forge.propose(proposal, LATER)) == []


# -- what is not written


def test_a_rehearsal_lists_exactly_what_is_done(hub: GitHubWorld) -> None:
    proposal = hub.proposal(labels=("syncbot",), reviewers=("ann",))
    forge = hub.forge
    with forge.rehearsing() as writes:
        forge.propose(proposal, NOON)
    told = [f"{write.method} {write.target}".replace(f"/repos/{hub.repository}", "") for write in writes]
    assert told == [*OPENED, "POST /issues/{number}/labels", "POST /pulls/{number}/requested_reviewers"]
    assert hub.gate.pulls(hub.repository) == []
    wrote = hub.writes(lambda: forge.propose(proposal, NOON))
    assert wrote == [text.replace("{number}", "1") for text in told]
    bodies = [json.loads(write.body) for write in writes if write.method == "POST"]
    assert bodies[1:] == [{"labels": ["syncbot"]}, {"reviewers": ["ann"]}]


@pytest.mark.parametrize("by", ["setting", "label"])
def test_the_kill_switch_stops_every_write_and_no_read(hub: GitHubWorld, by: str) -> None:
    first = hub.forge.propose(hub.proposal(), NOON)
    forge = hub.forge
    if by == "label":
        hub.as_person("POST", "/labels", {"name": "syncbot-stop"})
    else:
        forge.switch = lambda: "SYNCBOT_STOP is set"
    assert forge.stopped() is not None
    acts: list[Callable[[], object]] = [
        lambda: forge.propose(hub.proposal(b"uno.patch\n"), LATER),
        lambda: forge.close("1", "x", LATER),
        lambda: forge.comment("1", "x", LATER),
        lambda: forge.open_issue("x", "x", [], LATER),
        lambda: forge.report_check(first.tip, Check("x", CheckState.PASSED, "x")),
    ]
    for act in acts:
        with pytest.raises(ForgeStopped, match=r"nothing is written: .*syncbot|SYNCBOT"):
            act()
    assert forge.list() == [first]
    assert hub.branch() == first.tip
