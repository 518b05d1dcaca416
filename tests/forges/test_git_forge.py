"""The `git` forge: any repository takes the branch, the words lie beside it."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from syncbot.errors import ForgeRefused, ForgeStopped
from syncbot.forges.branches import Branches
from syncbot.forges.git import GitForge
from syncbot.forges.mail import Mailbox
from syncbot.git.change import change
from syncbot.git.push import LeaseLost, Remote
from syncbot.model.forge import Write
from syncbot.model.ids import CommitId
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.settings import ForgeKind, ForgeSettings, Identity, Words
from syncbot.ports import Forge

from .conftest import fill, workspace
from .github_world import BRANCH, make_bare_repository
from .world import LATER, NOON, SERIES, World, git


@dataclass
class GitWorld(World):
    words: Words = Words.MARKDOWN

    @property
    def bare(self) -> Path:
        return self.root.parent / "theirs.git"

    def records(self) -> dict[str, tuple[int, bytes]]:
        """What is kept, with times; not the objects that a look at the branch takes."""
        return {name: seen for name, seen in self.snapshot().items() if not name.startswith("forge.git")}

    @property
    def forge(self) -> GitForge:  # type: ignore[override]  # another forge than the local one
        settings = ForgeSettings(ForgeKind.GIT, remote=str(self.bare), words=self.words, to="list@example.org")
        identity = Identity("Bot", "bot@example.org")
        branches = Branches(
            self.state / "forge.git", self.root, "main", identity, (), lambda: Remote(str(self.bare)),
        )  # fmt: skip
        return GitForge(self.state / "proposals", branches, settings)

    def commit(self, path: str, text: str) -> CommitId:
        made = super().commit(path, text)
        git(self.root, "push", "-q", str(self.bare), "HEAD:refs/heads/main")
        return made


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    made = GitWorld(workspace(tmp_path), tmp_path / "state")
    make_bare_repository(made.bare)
    fill(made)
    return made


def test_a_proposal_is_a_branch_there_and_a_page_here(world: GitWorld) -> None:
    forge: Forge = world.forge
    record = forge.propose(world.proposal(labels=("syncbot",), reviewers=("ann",)), NOON)
    assert git(world.bare, "show", f"{BRANCH}:{SERIES}") == "two.patch"
    page = (world.state / "proposals" / "proposals" / "1-lib.md").read_text()
    assert page.startswith("# lib: 1.0 -> 1.1\n\nProposal 1: open. Branch `syncbot/lib/stable`.")
    assert forge.list() == [record]
    before = world.records()
    assert world.forge.propose(world.proposal(labels=("syncbot",), reviewers=("ann",)), LATER) == record
    assert world.records() == before


BODY = """**`lib` `1.0` -> `1.1`: 2 -> 1 patches, -2 lines** (drop 1, keep 1).

What is dropped is in the release (proved). Grüße to all who read it, and to whom it may concern: this line is long.

| # | patch | verdict | proof |
| --: | --- | --- | --- |
| 1 | `one.patch` | obsolete, **drop** | proved |

<details><summary>1. <code>one.patch</code>: obsolete, drop</summary>

All \\`of\\` its effect &lt;is&gt; there.

The patch that leaves:

```diff
--- a/x
+++ b/x
```

</details>

### Controls

- [ ] <!-- syncbot-box: rebase --> Make it anew.
"""


def mails(world: GitWorld) -> dict[str, EmailMessage]:
    """{file: mail}, as a mail program reads them."""
    paths = sorted((world.state / "proposals" / "mails").iterdir())
    return {path.name: email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths}  # type: ignore[misc]  # its policy makes EmailMessage


def test_the_words_may_be_a_mail(world: GitWorld) -> None:
    world.words = Words.MAIL
    title = "lib: 1.0 -> 1.1\nBcc: everybody@example.org"
    world.forge.propose(world.proposal(title=title, body=BODY), NOON)
    (found,) = mails(world).values()
    assert (found["From"], found["To"], found["Bcc"], found["Date"]) == (
        "Bot <bot@example.org>", "list@example.org", None, "Fri, 01 Mar 2024 12:00:00 +0000",
    )  # fmt: skip
    assert found["Subject"] == "[PATCH] lib: 1.0 -> 1.1 Bcc: everybody@example.org"
    assert (found["In-Reply-To"], found["References"]) == (None, None)
    text = found.get_content().replace("\r\n", "\n")
    said, _, rest = text.partition("---\n")
    assert said == (
        "lib 1.0 -> 1.1: 2 -> 1 patches, -2 lines (drop 1, keep 1).\n\n"
        "What is dropped is in the release (proved). Grüße to all who read it,\n"
        "and to whom it may concern: this line is long.\n\n"
        "1. one.patch: obsolete, drop; proof: proved\n\n"
    )
    assert rest.startswith(
        "1. one.patch: obsolete, drop:\n\nAll `of` its effect <is> there.\n\n"
        "Commit by commit:\n\n  - lib: drop one.patch\n\n"
        " patches/lib/one.patch | 1 -\n"
    )
    assert "Controls" not in text
    assert "+++ b/x" not in text, "what the patch below has anyway"


def test_a_mail_is_cut_where_the_words_end_and_not_at_a_line_that_they_quote(world: GitWorld) -> None:
    world.words = Words.MAIL
    quoted = "````\n### Controls\n<details>\nThe patch:\n\n```diff\n### Controls\n````\n"
    after = "Why this was made: a person asked.\n\n```sh\ntrue\n```\n\n### Controls\n\n- [ ] reject\n"
    body = f"The first words.\n\n{quoted}\nStill above.\n\n<details><summary>A story</summary>\n\n{quoted}\n{after}"
    world.forge.propose(world.proposal(body=body), NOON)
    (found,) = mails(world).values()
    said, _, rest = found.get_content().replace("\r\n", "\n").partition("---\n")
    assert "    ### Controls\n    <details>\n    The patch:\n\n    ```diff\n    ### Controls\n" in said
    assert "Still above." in said
    assert "Why this was made: a person asked.\n\n    true\n" in rest
    assert "reject" not in rest


FOR_US = """Two patches go.

<details><summary>A story</summary>

It is told.

</details>

### Check it yourself

```sh
syncbot check lib
git fetch ../theirs.git syncbot/lib/stable
```

### Verified on the patched release

- `make` ended well.

### Why this came, and how to stop it

`lib` tracks `https://example.org/lib`.

Close this, and it is not proposed again.

### Controls

- [ ] <!-- syncbot-box: reject --> Close this.
"""


@pytest.mark.parametrize(
    ("remote", "fetched"),
    [("https://git.example.org/us/patches.git", 1), ("git@git.example.org:us.git", 1), ("/srv/x.git", 0), ("../x", 0)],
)
def test_a_mail_says_what_the_people_of_a_list_can_use(world: GitWorld, remote: str, fetched: int) -> None:
    world.words = Words.MAIL
    record = world.forge.propose(world.proposal(body=FOR_US), NOON)
    bot = Identity("Bot", "bot@example.org")
    Mailbox(world.state / "other", bot, "", remote, partial(change, world.bare)).write(record)
    text = email.message_from_bytes((world.state / "other/1.eml").read_bytes(), policy=email.policy.default)
    said = text.get_content()  # type: ignore[attr-defined]  # its policy makes EmailMessage
    assert said.count("git fetch") == fetched
    assert said.count(remote) == fetched
    assert "make ended well." in said
    assert "Why this came\n-------------\n\nlib tracks https://example.org/lib.\n" in said.replace("\r\n", "\n")
    for ours in ("syncbot check", "Close this", "Controls", str(world.root.parent)):
        assert ours not in said


@pytest.mark.parametrize(
    ("name", "mail", "sender", "domain"),
    [
        ("Bot, Ltd", "bot@example.org", '"Bot, Ltd" <bot@example.org>', "example.org"),
        ('The "Bot" (1)', "bot@example.org", '"The \\"Bot\\" (1)" <bot@example.org>', "example.org"),
        ("Bøt", "bot@sub.example.org", "Bøt <bot@sub.example.org>", "sub.example.org"),
        ("syncbot", "syncbot@localhost", "syncbot <syncbot@localhost>", "syncbot.invalid"),
    ],
)
def test_whoever_sends_a_mail_is_one_person_with_an_id_of_a_domain(
    world: GitWorld, name: str, mail: str, sender: str, domain: str
) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    Mailbox(world.state / "other", Identity(name, mail), "", "", partial(change, world.bare)).write(record)
    path = world.state / "other/1.eml"
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (str(found["From"]), len(found["From"].addresses)) == (sender, 1)
    assert found["Message-ID"].endswith(f"@{domain}>")
    git(world.root, "am", "-q", str(path))
    assert git(world.root, "log", "-1", "--format=%an <%ae>") == f"{name} <{mail}>"


def test_a_mail_is_signed_off_as_its_commits_are(world: GitWorld) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    bot = Identity("Bot", "bot@example.org", sign_off=True)
    Mailbox(world.state / "other", bot, "", "", partial(change, world.bare)).write(record)
    git(world.root, "am", "-q", str(world.state / "other/1.eml"))
    assert git(world.root, "log", "-1", "--format=%(trailers)") == "Signed-off-by: Bot <bot@example.org>"


def test_git_am_takes_a_mail(world: GitWorld) -> None:
    world.words = Words.MAIL
    record = world.forge.propose(world.proposal(body=BODY), NOON)
    git(world.root, "am", "-q", str(world.state / "proposals" / "mails" / "1.eml"))
    assert git(world.root, "rev-parse", "HEAD^{tree}") == git(world.bare, "rev-parse", f"{record.tip}^{{tree}}")
    assert git(world.root, "log", "-1", "--format=%s") == "lib: 1.0 -> 1.1"
    assert git(world.root, "log", "-1", "--format=%b").endswith("1. one.patch: obsolete, drop; proof: proved")


def test_later_versions_are_replies_and_no_mail_is_ever_changed(world: GitWorld) -> None:
    world.words = Words.MAIL
    world.forge.propose(world.proposal(), NOON)
    before = world.records()
    world.forge.propose(world.proposal(), LATER)
    assert world.records() == before
    world.forge.propose(world.proposal(b"uno.patch\n", draft=True), LATER)
    world.forge.propose(world.proposal(b"tres.patch\n"), LATER)
    world.forge.close("1", "The reason is gone.", LATER)
    found = mails(world)
    first, second, third, closed = (found[name] for name in ("1.eml", "1-v2.eml", "1-v3.eml", "1-closed.eml"))
    assert [mail["Subject"] for mail in (first, second, third, closed)] == [
        "[PATCH] lib: 1.0 -> 1.1", "[RFC PATCH v2] lib: 1.0 -> 1.1", "[PATCH v3] lib: 1.0 -> 1.1",
        "Re: [PATCH v3] lib: 1.0 -> 1.1",
    ]  # fmt: skip
    ids = [mail["Message-ID"] for mail in (first, second, third)]
    assert len(set(ids)) == 3
    assert all(id.endswith(".1@example.org>") for id in ids)
    assert (second["In-Reply-To"], second["References"]) == (ids[0], ids[0])
    assert (third["In-Reply-To"], third["References"]) == (ids[1], " ".join(ids[:2]))
    assert (closed["In-Reply-To"], closed["References"]) == (ids[2], " ".join(ids))
    assert "This takes the place of v2." in third.get_content()
    assert closed.get_content().strip() == "This is withdrawn: The reason is gone."
    assert world.records()["proposals/mails/1.eml"] == before["proposals/mails/1.eml"]


def test_a_list_is_told_each_time_that_a_version_is_withdrawn_or_proposed_again(world: GitWorld) -> None:
    world.words = Words.MAIL
    world.forge.propose(world.proposal(), NOON)
    for _time in range(2):
        world.forge.close("1", "The reason is gone.", LATER)
        before = world.records()
        world.forge.close("1", "The reason is gone.", LATER)
        assert world.records() == before
        world.forge.reopen("1", LATER)
        world.forge.propose(world.proposal(), LATER)
    world.forge.propose(world.proposal(b"uno.patch\n"), LATER)
    world.forge.close("1", "Gone for good.", LATER)
    found = mails(world)
    assert sorted(found) == [
        "1-again-2.eml", "1-again.eml", "1-closed-2.eml", "1-closed-3.eml", "1-closed.eml", "1-v2.eml", "1.eml",
    ]  # fmt: skip
    assert found["1-again.eml"].get_content().strip() == "This is proposed again, as it was."
    assert found["1-again.eml"]["In-Reply-To"] == found["1.eml"]["Message-ID"]
    assert found["1-closed-3.eml"]["In-Reply-To"] == found["1-v2.eml"]["Message-ID"]
    assert len({mail["Message-ID"] for mail in found.values()}) == len(found)
    assert {mail["Auto-Submitted"] for mail in found.values()} == {"auto-generated"}


def _stories(shown: int, words: int) -> str:
    diff = "```diff\n" + "+    some line of upstream's\n" * shown + "```\n"
    story = f"What upstream did there:\n\n{diff}\n{'Evidence of it. ' * words}\n"
    last = f"<details><summary>Range-diff</summary>\n\n{diff}\n</details>\n"
    return f"Two patches go.\n\n<details><summary>A story</summary>\n\n{story}\n</details>\n\n{last}"


@pytest.mark.parametrize(
    ("shown", "words", "says"),
    [
        (9, 9, "some line of upstream's"),
        (900, 9, "Evidence of it."),
        (9, 9000, "How each patch was judged is left out"),
    ],
)
def test_a_mail_is_no_longer_than_lists_take_without_a_moderator(
    world: GitWorld, shown: int, words: int, says: str
) -> None:
    world.words = Words.MAIL
    record = world.forge.propose(world.proposal(body=_stories(shown, words)), NOON)
    path = world.state / "proposals" / "mails" / "1.eml"
    assert path.stat().st_size < 40_000
    (found,) = mails(world).values()
    text = found.get_content()
    assert says in text
    assert ("some line of upstream's" in text, "Range-diff" in text) == (shown + words < 20, shown + words < 20)
    git(world.root, "am", "-q", str(path))
    assert git(world.root, "rev-parse", "HEAD^{tree}") == git(world.bare, "rev-parse", f"{record.tip}^{{tree}}")


@pytest.mark.parametrize(
    "outside", ["diff --git a/x b/x", "--- a/x +++ b/x @@ -0,0 +1 @@ +x", "---", "Index: x", "From x", "-- "]
)
def test_words_from_outside_are_no_patch_to_git_am(world: GitWorld, outside: str) -> None:
    """Wherever a line breaks."""
    world.words = Words.MAIL
    body = "".join(f"{'w' * n} {outside} {outside}\n\n" for n in (3, 68, 70, 71, 72)) + f"{outside}\n\n"
    body += f"<details><summary>x</summary>\n\n{outside}\n\n{'w' * 70} {outside}\n\n</details>\n"
    record = world.forge.propose(world.proposal(body=body), NOON)
    git(world.root, "am", "-q", str(world.state / "proposals" / "mails" / "1.eml"))
    assert git(world.root, "rev-parse", "HEAD^{tree}") == git(world.bare, "rev-parse", f"{record.tip}^{{tree}}")
    assert outside.split(maxsplit=1)[0] in git(world.root, "log", "-1", "--format=%b")


@pytest.mark.parametrize("series", [b"caf\xe9.patch\n", b"x" * 1000 + b"\n", b"one\r\n", b"a\n" * 200_000])
def test_a_patch_that_no_mail_can_hold_is_left_to_the_branch(world: GitWorld, series: bytes) -> None:
    world.words = Words.MAIL
    world.forge.propose(world.proposal(series), NOON)
    (found,) = mails(world).values()
    text = found.get_content()
    assert "The patch does not go into a mail as it is; ask for the branch." in text
    assert "diff --git" not in text
    assert max(map(len, text.splitlines())) < 200


@pytest.mark.parametrize("draft", [False, True])
@pytest.mark.parametrize("series", [b"a line of a patch\n" * 3000, b"caf\xe9.patch\n"])
def test_a_patch_that_is_too_much_for_a_list_is_asked_to_be_pulled(world: GitWorld, series: bytes, draft: bool) -> None:
    """Lists hold back what has more than 40 KB, and a mail with half a patch is worse than none."""
    world.words = Words.MAIL
    record = world.forge.propose(world.proposal(series, body=_stories(9, 9)), NOON)
    bot, remote = Identity("Bot", "bot@example.org"), "https://git.example.org/us/patches.git"
    Mailbox(world.state / "other", bot, "", remote, partial(change, world.bare)).write(replace(record, draft=draft))
    path = world.state / "other" / "1.eml"
    assert path.stat().st_size < 40_000
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert str(found["Subject"]).startswith("[RFC GIT PULL] " if draft else "[GIT PULL] ")
    text = found.get_content().replace("\r\n", "\n")  # type: ignore[attr-defined]  # its policy makes EmailMessage
    assert "diff --git" not in text
    assert f"    git fetch {remote} {record.branch}\n    git log -p --reverse {record.parent}..{record.tip}\n" in text
    assert (
        f"The following changes since commit {record.parent}:\n\nare available in the Git repository at:\n\n"
        f"  {remote} {record.branch}\n\nfor you to fetch changes up to {record.tip}:\n"
    ) in text
    assert ("The patch has 57 KB, more than lists take" in text) is (b"line" in series)
    assert " patches/lib/series " in text, "what it touches is told"


def test_a_workspace_with_few_commits_will_do(world: GitWorld) -> None:
    world.commit("README", "so that there is more than one")
    shallow = world.root.with_name("shallow")
    git(world.root, "clone", "-q", "--depth", "1", world.bare.as_uri(), str(shallow))
    world.commit("README", "and the branch moved on")
    record = replace(world, root=shallow, state=shallow.with_name("other")).forge.propose(
        world.proposal(parent=git(shallow, "rev-parse", "HEAD")), NOON
    )
    assert world.branch() == record.tip
    git(world.bare, "fsck", "--full", "--strict")


def test_answers(world: GitWorld) -> None:
    record = world.forge.propose(world.proposal(), NOON)
    with pytest.raises(ForgeRefused, match="not merged, and this forge merges nothing"):
        world.forge.accept("1", LATER)
    closed = world.forge.close("1", "gone", LATER)
    assert (closed.status, closed.note) == (ProposalStatus.CLOSED, "gone")
    git(world.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
    assert world.forge.reopen("1", LATER) == replace(record, updated=LATER)
    assert world.branch() == record.tip
    git(world.root, "pull", "-q", str(world.bare), BRANCH)
    assert world.forge.accept("1", LATER).status is ProposalStatus.ACCEPTED
    assert world.forge.details("1").closed_by is not None
    with pytest.raises(ForgeRefused, match="accepted, not open"):
        world.forge.reject("1", "no", LATER)


def test_peoples_commits_are_replayed_or_left(world: GitWorld) -> None:
    world.forge.propose(world.proposal(), NOON)
    world.push()
    assert [edit.subject for edit in world.forge.details("1").edits] == ["by hand"]
    record = world.forge.propose(world.proposal(b"uno.patch\n"), LATER)
    assert git(world.bare, "log", "-2", "--format=%an", BRANCH) == "A Person\nBot"
    clone = world.root.parent / "clone"
    git(clone, "fetch", "-q", "origin")
    git(clone, "reset", "-q", "--hard", f"origin/{BRANCH}")
    (clone / SERIES).write_text("mine\n")
    git(clone, "commit", "-q", "-am", "mine")
    git(clone, "push", "-q", "origin", f"HEAD:{BRANCH}")
    aside = world.forge.propose(world.proposal(b"tres.patch\n"), LATER)
    assert aside == replace(
        record, note=f"edited by A Person; the new version is on {BRANCH}-next, to be merged into its branch"
    )
    assert git(world.bare, "show", f"{BRANCH}-next:{SERIES}") == "tres.patch"
    before = world.records()
    assert world.forge.propose(world.proposal(b"tres.patch\n"), LATER + timedelta(hours=1)) == aside
    assert world.records() == before


def test_a_branch_that_moved_meanwhile_is_left(world: GitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.forge.propose(world.proposal(), NOON)
    monkeypatch.setattr(Remote, "heads", lambda self, scratch, names: {"main": world.head()})
    with pytest.raises(LeaseLost):
        world.forge.propose(world.proposal(b"uno.patch\n"), LATER)


def test_a_rehearsal_and_the_kill_switch(world: GitWorld) -> None:
    forge = world.forge
    with forge.rehearsing() as writes:
        forge.propose(world.proposal(), NOON)
    assert [(write.method, write.target) for write in writes] == [
        ("PUSH", f"refs/heads/{BRANCH}"), ("RECORD", "1"),
    ]  # fmt: skip
    assert isinstance(writes[0], Write)
    forge.switch = lambda: "SYNCBOT_STOP is set"
    with pytest.raises(ForgeStopped):
        forge.propose(world.proposal(), NOON)
    assert (forge.list(), git(world.bare, "branch", "--list", "syncbot/*")) == ([], "")


def test_a_person_whose_address_syncbot_bears_keeps_the_commits(world: GitWorld) -> None:
    world.forge.propose(world.proposal(), NOON)
    mine = world.root.parent / "mine"
    git(world.root.parent, "clone", "-q", "-b", BRANCH, str(world.bare), str(mine))
    (mine / "by-hand").write_text("x")
    git(mine, "add", "-A")
    git(mine, "-c", "user.name=Bot", "-c", "user.email=bot@example.org", "commit", "-q", "-m", "by hand")
    git(mine, "push", "-q", "origin", "HEAD")
    assert [edit.subject for edit in world.forge.details("1").edits] == ["by hand"]
    for series in (b"uno.patch\n", b"tres.patch\n"):  # and again, when it was replayed once
        record = world.forge.propose(world.proposal(series), LATER)
        assert git(world.bare, "show", f"{record.tip}:by-hand") == "x"
        assert git(world.bare, "show", f"{record.tip}:{SERIES}") == series.decode().strip()
