"""Forks: a downstream branch of commits on an upstream release is read, judged, and made anew on the next release."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .world import Upstream, Workspace, git, numbered

A, B, C = numbered("a"), numbered("b"), numbered("c")
UPSTREAM_FIX = numbered("a", l10="ten")


class Fork:
    """A clone of upstream with commits of its own, and a workspace beside it."""

    def __init__(self, path: Path, upstream: Upstream, workspace: Workspace) -> None:
        self.path = path
        self.upstream = upstream
        self.workspace = workspace
        git(path.parent, "clone", "-q", str(upstream.path), str(path))
        settings = (
            f'layout = "fork"\n\n[downstream]\nrepo = "{path}"\n\n[packages.lib]\nupstream = "git:{upstream.path}"\n'
        )
        (workspace.path / "syncbot.toml").write_text(settings)
        workspace.commit("settings")

    def commit(self, message: str, **files: str | None) -> str:
        Upstream.commit(self, message, **files)  # type: ignore[arg-type]  # all that it needs is a path
        return self.head()

    def head(self) -> str:
        return git(self.path, "rev-parse", "HEAD")

    def carried(self) -> list[str]:
        """Subjects of what stands on the newest merging-rebase, or on the first release."""
        shown = git(self.path, "log", "--first-parent", "--format=%s", "HEAD").splitlines()
        ends = [at for at, subject in enumerate(shown) if subject.startswith(("Start the merging-rebase", "v1"))]
        return shown[: ends[0]][::-1]

    def syncbot(self, *arguments: str) -> str:
        ran = self.workspace.syncbot(*arguments)
        assert ran.code == 0, ran.err
        return ran.out


@pytest.fixture
def workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Workspace:
    def capture() -> tuple[str, str]:
        got = capsys.readouterr()
        return got.out, got.err

    return Workspace(tmp_path / "workspace", capture)


@pytest.fixture
def fork(tmp_path: Path, workspace: Workspace) -> Fork:
    upstream = Upstream(tmp_path / "lib")
    upstream.release("v1.0", a_c=A, b_c=B, c_c=C)
    made = Fork(tmp_path / "fork", upstream, workspace)
    made.commit("fix ten\n\nIt was wrong.\n\nReported-by: Somebody <s@example.org>", a_c=UPSTREAM_FIX)
    made.commit("UPSTREAM: <carry>: twenty is ours", b_c=numbered("b", l20="twenty"))
    made.commit("UPSTREAM: <drop>: only until the next one", c_c=numbered("c", l5="five"))
    made.commit("fixup! UPSTREAM: <carry>: twenty is ours", b_c=numbered("b", l20="twenty!"))
    return made


def test_the_branch_is_made_anew_on_the_release_and_replaces_the_old_one(fork: Fork) -> None:
    fork.upstream.release("v1.1", a_c=numbered("a", l10="ten", l40="forty"), b_c=numbered("b", l50="fifty"))
    old = fork.head()
    fork.syncbot("sync")
    said = fork.syncbot("proposals", "show", "1")
    assert "1. fix ten: obsolete, drop; proof: proved; upstream commit: " in said
    assert "3. UPSTREAM: <drop>: only until the next one: untouched, drop; proof: a person's word\n" in said
    assert "git range-diff " in said
    fork.syncbot("proposals", "accept", "1")
    assert fork.carried() == ["UPSTREAM: <carry>: twenty is ours"]
    assert git(fork.path, "merge-base", "--is-ancestor", old, "HEAD") == "", "it is no fast-forward"
    assert (fork.path / "a.c").read_text() == numbered("a", l10="ten", l40="forty")
    assert (fork.path / "b.c").read_text() == numbered("b", l20="twenty!", l50="fifty")
    assert (fork.path / "c.c").read_text() == C
    assert "up to date" in fork.syncbot("sync")


def test_a_carried_commit_that_upstream_has_is_shown_and_stays(fork: Fork) -> None:
    fork.upstream.release("v1.1", b_c=numbered("b", l20="twenty!"))
    assert "it is pinned: its subject says UPSTREAM: <carry>" in fork.syncbot("check", "--json").replace("\n", " ")


def test_what_was_written_stays_with_who_wrote_it(fork: Fork) -> None:
    message = "Teach it\n\nWhy: because.\n\nReviewed-by: R <r@example.org>\nCo-authored-by: C <c@example.org>"
    (fork.path / "new").mkdir()
    (fork.path / "new" / "run").write_text("#!/bin/sh\n")
    (fork.path / "new" / "run").chmod(0o755)
    (fork.path / "new" / "link").symlink_to("run")
    (fork.path / "picture").write_bytes(bytes(range(256)) * 4)
    git(fork.path, "mv", "c.c", "moved.c")
    git(fork.path, "add", "-A")
    who = ["-c", "user.name=Zoe Zimt", "-c", "user.email=zoe@example.org"]
    git(
        fork.path,
        *who,
        "commit",
        "-q",
        "--author=Zoe Zimt <zoe@example.org>",
        "--date=2020-02-03T04:05:06+0700",
        "-m",
        message,
    )
    files = git(fork.path, "ls-tree", "-r", "HEAD", "new", "picture")
    fork.upstream.release("v1.1", d_c=A, c_c=numbered("c", l5="five", l50="fifty"))
    fork.syncbot("sync")
    fork.syncbot("proposals", "accept", "1")
    shown = git(fork.path, "log", "-1", "--format=%an <%ae> %ad%n%cn%n%B", "--date=iso-strict", "HEAD")
    assert shown == f"Zoe Zimt <zoe@example.org> 2020-02-03T04:05:06+07:00\nsyncbot\n{message}"
    assert git(fork.path, "ls-tree", "-r", "HEAD", "new", "picture") == files
    assert (fork.path / "moved.c").read_text() == numbered("c", l5="five", l50="fifty")


def test_the_next_release_is_built_on_the_branch_that_was_made_anew(fork: Fork) -> None:
    fork.upstream.release("v1.1", d_c=A)
    fork.syncbot("sync")
    fork.syncbot("proposals", "accept", "1")
    fork.commit("one more", b_c=numbered("b", l20="twenty!", l40="forty"))
    fork.upstream.release("v1.2", a_c=UPSTREAM_FIX)
    fork.syncbot("sync")
    fork.syncbot("proposals", "accept", "2")
    assert fork.carried() == ["UPSTREAM: <carry>: twenty is ours", "one more"]
    assert git(fork.path, "log", "--grep=merging-rebase", "--format=%s").splitlines() == [
        "Start the merging-rebase to v1.2",
        "Start the merging-rebase to v1.1",
    ]


def test_what_conflicts_is_not_on_the_branch_and_a_person_puts_it_there(fork: Fork) -> None:
    fork.upstream.release("v1.1", b_c=numbered("b", l20="zwanzig"))
    fork.syncbot("sync")
    said = fork.syncbot("proposals", "show", "1")
    assert "This is a draft: 1 patch needs a person." in said
    assert "git cherry-pick" in said
    refused = fork.workspace.syncbot("proposals", "accept", "1")
    assert (refused.code, "is a draft" in refused.err) == (3, True) or "is a draft" in refused.err
    forge = fork.workspace.path / "state" / "proposals" / "forge.git"
    git(fork.path, "pull", "-q", "--ff-only", str(forge), "syncbot/lib/stable")
    assert "- UPSTREAM: <carry>: twenty is ours (" in git(fork.path, "log", "--grep=merging-rebase", "--format=%b")
    fork.commit("UPSTREAM: <carry>: twenty is ours", b_c=numbered("b", l20="twenty!"))
    assert "up to date" in fork.syncbot("sync")
    assert fork.carried() == ["fix ten", "UPSTREAM: <carry>: twenty is ours"]


def test_no_word_to_keep_what_conflicts_loses_it(fork: Fork) -> None:
    """It is not on the branch: accepted without it, the fork would have lost a commit that somebody wants to keep."""
    fork.upstream.release("v1.1", b_c=numbered("b", l20="zwanzig"))
    fork.syncbot("sync")
    fork.syncbot("proposals", "tell", "1", "keep", "UPSTREAM: <carry>: twenty is ours", "our hosts need it")
    fork.syncbot("sync")
    assert "This is a draft: 1 patch needs a person." in fork.syncbot("proposals", "show", "1")
    assert "is a draft" in fork.workspace.syncbot("proposals", "accept", "1").err


def test_commits_of_people_on_the_proposal_are_kept_when_it_is_made_anew(fork: Fork) -> None:
    fork.upstream.release("v1.1", d_c=A)
    fork.syncbot("sync")
    forge = fork.workspace.path / "state" / "proposals" / "forge.git"
    clone = fork.path.parent / "clone"
    git(fork.path.parent, "clone", "-q", "--branch", "syncbot/lib/stable", str(forge), str(clone))
    (clone / "NEWS").write_text("news\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "say it in the news")
    git(clone, "push", "-q", "origin", "HEAD")
    fork.upstream.release("v1.2", d_c=B)
    fork.syncbot("sync")
    fork.syncbot("proposals", "accept", "1")
    assert fork.carried() == ["fix ten", "UPSTREAM: <carry>: twenty is ours", "say it in the news"]
    assert (fork.path / "d.c").read_text() == B


def test_clean_merges_stand_in_line_and_one_that_resolves_a_conflict_is_refused(fork: Fork) -> None:
    git(fork.path, "switch", "-q", "-c", "topic", "HEAD~2")
    fork.commit("of a topic", a_c=numbered("a", l10="ten", l50="fifty"))
    git(fork.path, "switch", "-q", "-")
    git(fork.path, "merge", "-q", "--no-edit", "topic")
    fork.upstream.release("v1.1", d_c=A)
    assert "of a topic" in fork.syncbot("check", "--json")
    git(fork.path, "switch", "-q", "-c", "other", "HEAD~1")
    fork.commit("another twenty", b_c=numbered("b", l20="vingt"))
    git(fork.path, "switch", "-q", "-")
    fork.commit("one more twenty", b_c=numbered("b", l20="venti"))
    with pytest.raises(subprocess.CalledProcessError):
        git(fork.path, "merge", "-q", "--no-edit", "other")
    (fork.path / "b.c").write_text(numbered("b", l20="vingt, venti"))
    git(fork.path, "commit", "-q", "-a", "-m", "Merge branch 'other'")
    before = git(fork.path, "for-each-ref")
    ran = fork.workspace.syncbot("sync")
    assert ran.code == 2
    assert "(Merge branch 'other') resolves a conflict by hand, in b.c; rebase the branch" in ran.err
    assert git(fork.path, "for-each-ref") == before


def test_a_merged_release_is_the_base_though_the_branch_began_below_it(fork: Fork) -> None:
    fork.upstream.release("v1.1", d_c=A)
    git(fork.path, "fetch", "-q", "--tags", "origin")
    git(fork.path, "merge", "-q", "--no-edit", "v1.1")
    fork.upstream.release("v1.2", a_c=UPSTREAM_FIX, d_c=A)
    fork.syncbot("sync")
    assert "lib: 1.1 -> 1.2, drop 2, keep 1" in fork.syncbot("proposals", "show", "1")


def test_a_patch_comes_back_as_a_commit(fork: Fork) -> None:
    fork.upstream.release("v1.1", d_c=A)
    fork.syncbot("sync")
    fork.syncbot("proposals", "accept", "1")
    assert "Proposal 2 brings" in fork.syncbot(
        "restore", "lib", "UPSTREAM: <drop>: only until the next one", "--reason", "still"
    )
    fork.syncbot("proposals", "accept", "2")
    assert fork.carried()[-2:] == [
        "UPSTREAM: <drop>: only until the next one",
        "lib: restore UPSTREAM: <drop>: only until the next one",
    ]


def test_a_signature_is_not_kept_and_the_proposal_says_so(fork: Fork) -> None:
    key = fork.path.parent / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    sign = ["-c", "gpg.format=ssh", "-c", f"user.signingKey={key}", "commit", "-q", "-S", "--allow-empty-message"]
    (fork.path / "d.c").write_text("d\n")
    git(fork.path, "add", "-A")
    git(fork.path, *sign, "-m", "signed")
    fork.upstream.release("v1.1", e_c=A)
    fork.syncbot("sync")
    assert "sign again what must be signed: 1 commit is signed" in fork.syncbot("proposals", "show", "1")
    fork.syncbot("proposals", "accept", "1")
    assert "gpgsig" not in git(fork.path, "cat-file", "commit", "HEAD")


def test_a_branch_of_another_upstream_is_reported(fork: Fork, tmp_path: Path) -> None:
    other = Upstream(tmp_path / "other")
    other.release("v3.0", a_c=A)
    settings = fork.workspace.path / "syncbot.toml"
    settings.write_text(settings.read_text().replace(str(fork.upstream.path), str(other.path)))
    ran = fork.workspace.syncbot("check")
    assert ran.code == 2
    assert "stands on none of the 1 releases" in ran.err


def test_import_takes_a_clone_with_a_remote_upstream_for_a_fork(fork: Fork) -> None:
    (fork.workspace.path / "syncbot.toml").write_text("")
    git(fork.path, "remote", "rename", "origin", "upstream")
    said = fork.syncbot("import", str(fork.path))
    assert "fork" in said
    settings = (fork.workspace.path / "syncbot.toml").read_text()
    place = f'[downstream]\nrepo = "{fork.path}"\n\n[packages.fork]\nupstream = "git:{fork.upstream.path}"\n'
    assert settings == f'layout = "fork"\n\n{place}'
    assert "3 patches" in said


def test_import_of_a_fork_without_upstream_leaves_a_place_for_it(fork: Fork) -> None:
    (fork.workspace.path / "syncbot.toml").write_text("")
    fork.workspace.syncbot("import", str(fork.path), "--layout", "fork")
    assert "[packages.fork]" in (fork.workspace.path / "syncbot.toml").read_text()


def test_the_settings_may_lie_in_the_fork_and_be_in_no_commit(fork: Fork) -> None:
    (fork.path / "syncbot.toml").write_text(f'layout = "fork"\n[packages.lib]\nupstream = "git:{fork.upstream.path}"\n')
    fork.upstream.release("v1.1", d_c=A)
    ran = fork.workspace.syncbot("-C", str(fork.path), "sync")
    assert "lib" in ran.out
    assert ran.code == 0


def test_pull_requests_that_were_merged_are_no_rebase(fork: Fork) -> None:
    """A merge of a branch that had all of the other side has that branch's files: nothing was replaced by it."""
    git(fork.path, "switch", "-q", "-c", "request")
    fork.commit("asked for", b_c=numbered("b", l20="twenty!", l30="thirty"))
    git(fork.path, "switch", "-q", "-")
    git(fork.path, "merge", "-q", "--no-ff", "--no-edit", "request")
    fork.upstream.release("v1.1", d_c=A)
    fork.syncbot("sync")
    fork.syncbot("proposals", "accept", "1")
    assert fork.carried() == ["fix ten", "UPSTREAM: <carry>: twenty is ours", "asked for"]


def test_an_older_release_with_a_higher_number_is_not_the_base(fork: Fork) -> None:
    git(fork.upstream.path, "tag", "v7", "v1.0")
    fork.upstream.release("v1.1", d_c=A)
    git(fork.path, "fetch", "-q", "--tags", "origin")
    git(fork.path, "merge", "-q", "--no-edit", "v1.1")
    settings = fork.workspace.path / "syncbot.toml"
    settings.write_text(settings.read_text() + 'range = "1.*"\n')
    assert "1.1" in fork.syncbot("check", "--json")
    fork.upstream.release("v1.2", d_c=B)
    assert "lib: 1.1 -> 1.2" in fork.syncbot("sync") + fork.syncbot("proposals")


def test_a_change_that_is_too_large_is_reported(fork: Fork) -> None:
    settings = fork.workspace.path / "syncbot.toml"
    settings.write_text(settings.read_text().replace("\n[down", '\n[limits]\npatch-bytes = "600 B"\n\n[down'))
    fork.commit("a great deal", d_c=numbered("much", 200))
    fork.upstream.release("v1.1", e_c=A)
    ran = fork.workspace.syncbot("sync")
    assert ran.code == 2
    assert "a great deal has" in ran.err
