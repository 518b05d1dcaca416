"""The mirror: one reference check when nothing changed, crash-safe, and awake to tags that move."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from syncbot.errors import HostileInput, InputError, UpstreamUnreachable
from syncbot.git import mirror as mirror_module
from syncbot.git.mirror import Fetched, Mirror, TagChange
from syncbot.git.run import GitFailed, git, git_network, throttled
from syncbot.git.trees import GitTree


def quiet(what: str, done: int, total: int) -> None:
    """No progress."""


class Upstream:
    """A small upstream repository."""

    def __init__(self, path: Path) -> None:
        self.path = path
        git(["init", "-q", "-b", "main", "--", str(path)])

    def commit(self, name: str, text: str) -> str:
        (self.path / name).write_text(text)
        git(["add", "--all"], cwd=self.path)
        git(["commit", "-q", "-m", f"write {name}"], cwd=self.path)
        return self.rev("HEAD")

    def rev(self, name: str) -> str:
        return git(["rev-parse", name], cwd=self.path).decode().strip()

    def run(self, *arguments: str) -> None:
        git(arguments, cwd=self.path)


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path / "upstream")
    made.commit("a", "one\n")
    made.run("tag", "v1.0")
    made.commit("a", "two\n")
    made.run("tag", "-a", "-m", "two", "v2.0")
    return made


@pytest.fixture
def mirror(upstream: Upstream, tmp_path: Path) -> Mirror:
    made = Mirror(tmp_path / "state" / "x.git", str(upstream.path))
    assert made.fetch(quiet) == Fetched(True)
    return made


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that talk to upstream, as they are run."""
    seen: list[str] = []

    def spy(arguments: list[str], **rest: object) -> bytes:
        seen.append(arguments[0])
        return git_network(arguments, **rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(mirror_module, "git_network", spy)
    return seen


def test_tags_come_with_their_commits_and_dates(mirror: Mirror, upstream: Upstream) -> None:
    assert [(tag.name, tag.commit) for tag in mirror.tags()] == [
        ("v1.0", upstream.rev("v1.0")),
        ("v2.0", upstream.rev("v2.0^{commit}")),
    ]
    assert {tag.date.isoformat() for tag in mirror.tags() if tag.date} == {"2024-01-02T03:04:05+00:00"}


def test_a_tag_of_a_tag_comes_to_its_commit_and_a_tag_of_a_file_to_none(mirror: Mirror, upstream: Upstream) -> None:
    upstream.run("tag", "-a", "-m", "again", "v2.0-again", "v2.0")
    upstream.run("tag", "key", "HEAD:a")
    mirror.fetch(quiet)
    tags = {tag.name: tag.commit for tag in mirror.tags()}
    assert tags["v2.0-again"] == tags["v2.0"]
    assert "key" not in tags


def test_an_unchanged_upstream_costs_one_reference_check(
    mirror: Mirror, upstream: Upstream, commands: list[str]
) -> None:
    there = Mirror(mirror.path, f"file://{upstream.path}")
    assert there.fetch(quiet) == Fetched(False)
    assert commands == ["ls-remote"]


def test_an_unchanged_upstream_on_this_machine_costs_no_process(
    mirror: Mirror, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(mirror.tags()) == 2

    def started(*_: object, **__: object) -> bytes:
        raise AssertionError("git was started")

    monkeypatch.setattr(mirror_module, "git", started)
    monkeypatch.setattr(mirror_module, "git_network", started)
    assert mirror.fetch(quiet) == Fetched(False)
    assert [tag.name for tag in mirror.tags()] == ["v1.0", "v2.0"]
    assert mirror.head() == upstream.rev("HEAD")


def test_what_is_read_without_git_is_what_git_says(mirror: Mirror, upstream: Upstream) -> None:
    upstream.run("branch", "topic/ä")
    upstream.run("tag", "-a", "-m", "again", "v2.0-again", "v2.0")
    upstream.run("pack-refs", "--all")
    upstream.run("branch", "loose")
    by_git = Mirror(mirror.path, f"file://{upstream.path}")._ask()
    assert mirror._ask() == by_git
    upstream.run("checkout", "-q", "--detach")
    assert mirror._ask() == Mirror(mirror.path, f"file://{upstream.path}")._ask()


def test_references_that_upstream_hides_are_asked_of_git(mirror: Mirror, upstream: Upstream) -> None:
    upstream.run("tag", "internal/1", "HEAD")
    upstream.run("config", "transfer.hideRefs", "refs/tags/internal")
    assert mirror.fetch(quiet) == Fetched(False)


def test_tags_are_told_as_before_where_what_was_kept_of_them_is_damaged(mirror: Mirror, upstream: Upstream) -> None:
    before = mirror.tags()
    (mirror.path / "syncbot-tags.json").write_text('{"x": 1}')
    assert mirror.tags() == before
    upstream.run("tag", "v3.0")
    mirror.fetch(quiet)
    assert [tag.name for tag in mirror.tags()] == ["v1.0", "v2.0", "v3.0"]


def test_what_is_new_is_fetched_and_what_is_gone_is_pruned(mirror: Mirror, upstream: Upstream) -> None:
    upstream.run("branch", "old")
    mirror.fetch(quiet)
    assert mirror.branch("old") is not None
    upstream.run("branch", "-D", "old")
    head = upstream.commit("b", "three\n")
    assert mirror.fetch(quiet) == Fetched(True)
    assert mirror.branch("old") is None
    main = mirror.branch("main")
    assert main is not None
    assert main.commit == head
    assert mirror.default_branch() == "main"


def test_the_default_branch_follows_upstream(mirror: Mirror, upstream: Upstream) -> None:
    upstream.run("branch", "-m", "main", "trunk")
    mirror.fetch(quiet)
    assert mirror.default_branch() == "trunk"


def test_a_folder_of_branches_is_no_branch(mirror: Mirror, upstream: Upstream) -> None:
    upstream.run("branch", "topic/one")
    mirror.fetch(quiet)
    assert mirror.branch("topic") is None


def test_a_moved_and_a_deleted_tag_are_told_and_what_they_were_stays_readable(
    mirror: Mirror, upstream: Upstream
) -> None:
    first, second = upstream.rev("v1.0"), upstream.rev("v2.0")
    moved_to = upstream.commit("c", "evil\n")
    upstream.run("tag", "-f", "v1.0", moved_to)
    upstream.run("tag", "-d", "v2.0")
    assert mirror.fetch(quiet).tags == (TagChange("v1.0", first, moved_to), TagChange("v2.0", second, None))
    assert mirror.fetch(quiet) == Fetched(False)
    git(["gc", "-q", "--prune=now"], cwd=mirror.path)
    assert GitTree(mirror.path, first).read("a") == b"one\n"
    assert GitTree(mirror.path, second).read("a") == b"two\n"


@pytest.mark.parametrize("harm", ["no HEAD", "no objects", "not a repository"])
def test_a_damaged_mirror_is_built_anew(mirror: Mirror, upstream: Upstream, harm: str) -> None:
    if harm == "no HEAD":
        (mirror.path / "HEAD").unlink()
    elif harm == "no objects":
        shutil.rmtree(mirror.path / "objects")
        (mirror.path / "objects").mkdir()
    else:
        shutil.rmtree(mirror.path)
        mirror.path.mkdir()
    upstream.commit("d", "four\n")
    assert mirror.fetch(quiet).changed
    assert GitTree(mirror.path, "main").read("d") == b"four\n"
    assert git(["fsck", "--connectivity-only"], cwd=mirror.path) == b""


def test_a_build_that_was_killed_leaves_no_mirror_and_the_next_one_starts_anew(
    upstream: Upstream, tmp_path: Path
) -> None:
    mirror = Mirror(tmp_path / "m.git", str(upstream.path))
    half = tmp_path / "m.git.building"
    half.mkdir()
    (half / "HEAD").write_text("half\n")
    assert mirror.fetch(quiet) == Fetched(True)
    assert {p.name for p in tmp_path.glob("m.git*")} == {"m.git", "m.git.lock"}


def test_an_upstream_that_is_gone_is_unreachable_and_the_mirror_stays(mirror: Mirror, upstream: Upstream) -> None:
    shutil.rmtree(upstream.path)
    with pytest.raises(UpstreamUnreachable, match="cannot reach"):
        mirror.fetch(quiet)
    assert len(mirror.tags()) == 2


def test_an_empty_upstream_is_an_empty_mirror(tmp_path: Path) -> None:
    Upstream(tmp_path / "empty")
    mirror = Mirror(tmp_path / "m.git", f"file://{tmp_path / 'empty'}")
    assert mirror.fetch(quiet) == Fetched(True)
    assert mirror.tags() == ()
    assert mirror.default_branch() is None


def test_rules_rewrite_the_address(upstream: Upstream, tmp_path: Path) -> None:
    rules = (("https://host.example/", f"file://{tmp_path}/"),)
    mirror = Mirror(tmp_path / "m.git", "https://host.example/upstream", rules)
    assert mirror.fetch(quiet) == Fetched(True)


def test_a_relative_path_is_relative_to_where_we_are(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Mirror(tmp_path / "state" / "m.git", "upstream").fetch(quiet) == Fetched(True)
    assert Mirror(tmp_path / "state" / "n.git", "./upstream").fetch(quiet) == Fetched(True)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_transfer_that_fails_leaves_a_whole_mirror_and_rebuilds_a_damaged_one(
    mirror: Mirror, upstream: Upstream, damaged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = upstream.commit("d", "four\n")
    if damaged:
        blob = upstream.rev("v1.0:a")
        (mirror.path / "objects" / blob[:2] / blob[2:]).unlink()
    failures = [1]

    def break_off(arguments: list[str], **rest: object) -> bytes:
        if arguments[0] == "fetch" and failures:
            failures.pop()
            raise UpstreamUnreachable("the line broke off")
        return git_network(arguments, **rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(mirror_module, "git_network", break_off)
    if damaged:
        mirror.fetch(quiet)
    else:
        with pytest.raises(UpstreamUnreachable, match="the line broke off"):
            mirror.fetch(quiet)
        assert GitTree(mirror.path, "v1.0").read("a") == b"one\n"
        assert mirror.fetch(quiet) == Fetched(True)
    main = mirror.branch("main")
    assert main is not None
    assert main.commit == head
    assert GitTree(mirror.path, "v1.0").read("a") == b"one\n"


@pytest.mark.parametrize("address", ["ext::sh -c id", "-x", "--upload-pack=id", "ftp://host.example/x"])
def test_a_hostile_address_is_refused_before_git_sees_it(address: str, tmp_path: Path) -> None:
    with pytest.raises(HostileInput):
        Mirror(tmp_path / "m.git", address)


def test_a_rule_cannot_bring_in_another_transport(tmp_path: Path) -> None:
    with pytest.raises(HostileInput):
        Mirror(tmp_path / "m.git", "https://host.example/x", (("https://host.example/", "ext::sh -c "),))


def test_git_itself_refuses_other_transports(tmp_path: Path) -> None:
    with pytest.raises(UpstreamUnreachable, match="transport 'ext' not allowed"):
        git_network(["ls-remote", "--", "ext::sh -c id"], address="x", cwd=tmp_path)


def test_credentials_are_neither_in_the_error_nor_in_the_mirror(upstream: Upstream, tmp_path: Path) -> None:
    secret = "s3cr3t-t0ken"
    mirror = Mirror(tmp_path / "m.git", f"http://{secret}@127.0.0.1:1/x.git?token={secret}")
    with pytest.raises(UpstreamUnreachable) as caught:
        mirror.fetch(quiet)
    error: BaseException | None = caught.value
    while error is not None:
        assert secret not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    for path in tmp_path.rglob("*"):
        assert secret not in str(path)
        assert not path.is_file() or secret.encode() not in path.read_bytes()


def test_the_address_is_not_written_into_the_mirror(mirror: Mirror, upstream: Upstream) -> None:
    upstream.commit("e", "five\n")
    mirror.fetch(quiet)
    for name in ("config", "FETCH_HEAD"):
        path = mirror.path / name
        assert not path.exists() or str(upstream.path) not in path.read_text()


def test_no_hook_runs(mirror: Mirror, upstream: Upstream, tmp_path: Path) -> None:
    hook = mirror.path / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    upstream.commit("f", "six\n")
    mirror.fetch(quiet)
    subprocess.run(["git", "update-ref", "refs/heads/control", "main"], cwd=mirror.path, check=True)
    assert (tmp_path / "ran").exists(), "the hook would have run"
    (tmp_path / "ran").unlink()
    upstream.commit("f", "seven\n")
    mirror.fetch(quiet)
    assert not (tmp_path / "ran").exists()


def test_progress_is_told_in_objects(upstream: Upstream, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    mirror = Mirror(tmp_path / "m.git", f"file://{upstream.path}")
    mirror.fetch(lambda what, done, total: told.append((what, done, total)))
    assert any(done == total > 0 for _, done, total in told)


def test_progress_is_throttled_but_its_end_is_told() -> None:
    told: list[int] = []
    times = iter([0.0, 0.01, 0.02, 0.2, 0.21])
    tell = throttled(lambda what, done, total: told.append(done), clock=lambda: next(times))
    for done in (1, 2, 3, 4, 5):
        tell("x", done, 5)
    assert told == [1, 4, 5]


def test_a_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(GitFailed, match="took longer than 0 seconds"):
        git(["hash-object", "--stdin-paths"], stdin=b"/dev/zero\n", timeout=0.2)


def test_a_missing_folder_is_named_as_the_cause(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="the folder is not there"):
        git(["status"], cwd=tmp_path / "none")


def test_a_damaged_object_is_said_where_it_is_read(mirror: Mirror) -> None:
    tree = GitTree(mirror.path, "v1.0")
    for path in (mirror.path / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(InputError):
        tree.read("a")
