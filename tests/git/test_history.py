"""The history index: what it knows of real small repositories, and that it heals."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from upstreams import Upstream

from syncbot.errors import Fault, InputError
from syncbot.git import history, history_store
from syncbot.git.history import HistoryDamaged, HistoryIndex
from syncbot.git.history_log import RawCommit
from syncbot.git.lineage import tagged_between
from syncbot.git.run import GitFailed, git, git_stream
from syncbot.judge.history import Link, Place, Witness
from syncbot.model.ids import CommitId

MAIN = "refs/heads/main"


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream.git")


@pytest.fixture
def index(upstream: Upstream, tmp_path: Path) -> HistoryIndex:
    return HistoryIndex(upstream.path, tmp_path / "cache")


def line(upstream: Upstream, count: int, on: CommitId | None = None, name: str = "a") -> list[CommitId]:
    """Commits that each append to one file."""
    made: list[CommitId] = []
    for number in range(count):
        text = upstream.files[on].get(name, b"").decode() if on else ""
        on = upstream.commit(f"{name} {number}", {name: text + f"{name} line {number}\n"}, on)
        made.append(on)
    return made


def test_commits_are_found_by_path_subject_author_and_id(upstream: Upstream, index: HistoryIndex) -> None:
    base = upstream.commit("Start", {"src/a.c": "one\n", "doc/a.txt": "x\n"})
    change = upstream.commit(
        "[PATCH v2] Fix the Thing (#12)", {"src/a.c": "two\n"}, base, author=("Bob", "bob@example.org")
    )
    tip = upstream.commit("Remove", {"src/a.c": None}, change)
    index.ensure([tip])
    view = index.view(base, tip)

    (first, second) = view.touches("src/a.c")
    facts = view.commit(first.key)
    blob = str(upstream.repo[base].tree["src/a.c"].id)
    assert (facts.id, facts.author, facts.author_name) == (change, "bob@example.org", "Bob")
    assert (facts.subject, facts.time) == ("[PATCH v2] Fix the Thing (#12)", upstream.time_of(change))
    assert (first.old, view.blob(first.new or facts.id)) == (blob, b"two\n")
    assert (second.new, view.commit(second.key).id) == (None, tip)
    assert list(view.by_witness(Witness(subject="fix the thing"))) == [first.key]
    assert list(view.by_witness(Witness("BOB@example.org", upstream.time_of(change)))) == [first.key]
    assert list(view.by_witness(Witness("bob@example.org", None, "other"))) == []
    assert list(view.by_id(change[:9])) == [first.key]
    assert view.paths_named("a.c") == ["src/a.c"]
    assert (view.knows("doc/a.txt"), view.knows("doc/b.txt")) == (True, False)
    assert [touch.path for touch in view.changed(view.by_id(base)[0])] == ["doc/a.txt", "src/a.c"]


def test_a_commit_stands_in_one_place(upstream: Upstream, index: HistoryIndex) -> None:
    base = line(upstream, 2)[-1]
    release = line(upstream, 2, base)[-1]
    head = line(upstream, 1, release)[-1]
    other = line(upstream, 1, base, "b")[-1]
    index.ensure([head, other])
    view = index.view(base, release, head)

    where = {id: view.place(view.by_id(id)[0]) for id in (base, release, head, other)}

    assert where == {base: Place.BASE, release: Place.RELEASE, head: Place.BRANCH, other: Place.ELSEWHERE}
    assert [view.place(touch.key) for touch in view.touches("a")] == [Place.RELEASE, Place.RELEASE, Place.BRANCH]


def test_only_what_is_new_is_read(upstream: Upstream, index: HistoryIndex) -> None:
    commits = line(upstream, 5)

    assert index.ensure([], {MAIN: commits[1]}) == 2
    assert index.ensure([], {MAIN: commits[4]}) == 3
    assert index.ensure([commits[3]], {MAIN: commits[4]}) == 0
    side = line(upstream, 2, commits[2], "b")
    assert index.ensure([side[-1]], {MAIN: commits[4]}) == 2
    assert index.contains(side[-1], commits[2])
    assert not index.contains(side[-1], commits[3])


def test_two_references_may_stand_on_one_commit(upstream: Upstream, index: HistoryIndex) -> None:
    tip = line(upstream, 2)[-1]
    refs = {MAIN: tip, "refs/heads/other": tip}

    assert [index.ensure([tip], refs), index.ensure([tip], refs)] == [2, 0]


def test_the_first_release_is_the_earliest_from_which_all_have_it(upstream: Upstream, index: HistoryIndex) -> None:
    base = line(upstream, 1)[-1]
    fix = upstream.commit("Fix", {"fix": "1\n"}, base)
    one = upstream.commit("1", {"v": "1\n"}, fix)
    branched = upstream.commit("2, cut from before the fix", {"v": "2\n"}, base)
    three = upstream.commit("3", {"v": "3\n"}, branched, merging=one)
    four = upstream.commit("4", {"v": "4\n"}, three)
    releases = [("1", one), ("2", branched), ("3", three), ("4", four)]
    index.ensure([branched, four])

    assert index.first_release(fix, releases) == "3"
    assert index.first_release(fix, releases[:1]) == "1"
    assert index.first_release(fix, releases[:2]) is None
    assert index.first_release(four, releases) == "4"


@pytest.mark.parametrize("seed", range(4))
def test_containment_is_what_git_says(upstream: Upstream, tmp_path: Path, seed: int) -> None:
    chooser = random.Random(seed)
    commits = [upstream.commit("0", {"f": "0\n"})]
    index = HistoryIndex(upstream.path, tmp_path / "cache")
    for number in range(1, 60):
        on = chooser.choice(commits[-6:])
        merging = chooser.choice(commits[-9:])
        commits.append(
            upstream.commit(str(number), {"f": f"{number}\n"}, on, merging=None if merging == on else merging)
        )
        if chooser.random() < 0.3:
            index.ensure([commits[-1]])
            index.contains(commits[-1], commits[0])  # so that later walks meet sets that are known
    index.ensure(commits)

    for tip in chooser.sample(commits, 12):
        said = set(git(["--git-dir", str(upstream.path), "rev-list", tip]).decode().split())
        assert {commit for commit in commits if index.contains(tip, commit)} == said


def test_the_tags_between_two_commits_are_what_git_says(upstream: Upstream, index: HistoryIndex) -> None:
    chooser = random.Random(7)
    commits = [upstream.commit("0", {"f": "0\n"})]
    for number in range(1, 40):
        on, merging = chooser.choice(commits[-5:]), chooser.choice(commits[-7:])
        made = upstream.commit(str(number), {"f": f"{number}\n"}, on, merging=None if merging == on else merging)
        commits.append(made)
    for number, commit in enumerate(commits):
        tag(upstream, f"v1.{number}", commit)
    tag(upstream, "v2.0-rc1", commits[20])
    tag(upstream, "nightly", commits[21])
    git(["--git-dir", str(upstream.path), "tag", "v9.9", "v1.3^{tree}"])

    for base, target in [(None, commits[-1]), *(sorted(chooser.sample(range(40), 2)) for _ in range(8))]:
        low, high = (None, target) if base is None else (commits[base], commits[target])
        index.ensure([id for id in (low, high) if id is not None])
        without = [] if low is None else [f"--no-merged={low}"]
        form = ["for-each-ref", "--format=%(refname:strip=2)", f"--merged={high}", *without, "refs/tags/v1.*"]
        said = git(["--git-dir", str(upstream.path), *form]).decode().split()
        found = tagged_between(index, upstream.path, low, high)
        assert [name for name, _ in found] == sorted(said, key=lambda name: int(name[3:]))
        assert all(commit == commits[int(name[3:])] for name, commit in found)


def tag(upstream: Upstream, name: str, commit: CommitId) -> None:
    """An annotated tag."""
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    git(["--git-dir", str(upstream.path), *who, "tag", "--annotate", "--message=It", name, commit])


def test_sets_worked_out_together_are_those_worked_out_alone(upstream: Upstream, tmp_path: Path) -> None:
    chooser = random.Random(3)
    commits = [upstream.commit("0", {"f": "0\n"})]
    for number in range(1, 50):
        on, merging = chooser.choice(commits[-4:]), chooser.choice(commits[-8:])
        made = upstream.commit(str(number), {"f": f"{number}\n"}, on, merging=None if merging == on else merging)
        commits.append(made)
    together, alone = (HistoryIndex(upstream.path, tmp_path / name) for name in ("together", "alone"))
    for index in (together, alone):
        index.ensure(commits)
    releases = [(str(number), commit) for number, commit in enumerate(commits)]
    assert together.first_release(commits[0], releases[::3]) == "0"

    for tip in commits:
        assert [together.contains(tip, c) for c in commits] == [alone.contains(tip, c) for c in commits]
    sets = len(sqlite3.connect(together.file).execute("SELECT k FROM reach").fetchall())
    assert sets == len(commits), "each is kept once"


MESSAGES = {
    "This reverts commit {id}.": Link.REVERTS,
    "This reverts commit {id:.8}.": Link.REVERTS,
    "Revert {id:.12} for now": Link.REVERTS,
    "This partially reverts commit {id}.": Link.PARTLY,
    "Partial revert of {id:.10}": Link.PARTLY,
    "(cherry picked from commit {id})": Link.PICKED,
    "[ Upstream commit {id} ]": Link.PICKED,
    "commit {id} upstream.": Link.PICKED,
}


@pytest.mark.parametrize(("body", "link"), MESSAGES.items(), ids=MESSAGES)
def test_messages_that_name_a_commit(upstream: Upstream, index: HistoryIndex, body: str, link: Link) -> None:
    base = upstream.commit("Start", {"a": "1\n"})
    fix = upstream.commit("Fix", {"a": "2\n"}, base)
    naming = upstream.commit("Say so\n\n" + body.format(id=fix), {"a": "1\n"}, fix)
    index.ensure([naming])
    view = index.view(base, naming)

    (mention,) = view.mentions(view.by_id(fix)[0])

    assert (view.commit(mention.key).id, mention.link) == (naming, link)


def test_messages_that_name_none(upstream: Upstream, index: HistoryIndex) -> None:
    base = upstream.commit("Start", {"a": "1\n"})
    fix = upstream.commit("Fix", {"a": "2\n"}, base)
    other = upstream.commit('Revert "Fix"\n\nThis reverts commit ' + base + ".", {"a": "3\n"}, fix)
    tip = upstream.commit("irrevertible effaced0 upstream", {"a": "4\n"}, other)
    index.ensure([tip])
    view = index.view(base, tip)

    assert view.mentions(view.by_id(fix)[0]) == []


def test_hostile_names_and_messages_are_plain_data(upstream: Upstream, index: HistoryIndex) -> None:
    base = upstream.commit("Start", {"-rf": "1\n", "new\nline": "1\n", ":000 100": "1\n", "äöü": "1\n"})
    text = b"\x01:100644 '; DROP TABLE touch; -- \xff\xfe\n\n:100644 100644 0 0 M\n\nThis reverts commit nothing"
    tip = upstream.commit(text, {"-rf": "2\n", "new\nline": "2\n", ":000 100": "2\n", "äöü": "2\n"}, base)
    index.ensure([tip])
    view = index.view(base, tip)

    for path in ("-rf", "new\nline", ":000 100", "äöü"):
        assert [view.blob(touch.new or touch.path) for touch in view.touches(path)] == [b"2\n"]
    assert view.commit(view.by_id(tip)[0]).subject.startswith("\x01:100644 '; DROP TABLE touch; -- ")


def test_a_users_configuration_changes_nothing(
    upstream: Upstream, index: HistoryIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[log]\n showRoot = false\n showSignature = true\n diffMerges = m\n decorate = full\n abbrevCommit = true\n"
        "[diff]\n renames = copies\n noprefix = true\n orderFile = /nowhere\n relative = true\n"
        "[core]\n abbrev = 7\n quotePath = true\n[i18n]\n logOutputEncoding = utf-16\n[color]\n ui = always\n"
        "[notes]\n displayRef = *\n[format]\n pretty = oneline\n",
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    base = upstream.commit("Start", {"a": "1\n" * 20})
    side = upstream.commit("Side ä", {"b": "1\n"}, base)
    moved = upstream.commit("Move", {"a": None, "c": "1\n" * 20}, base)
    tip = upstream.commit("Merge", {"b": "1\n"}, moved, merging=side)

    assert index.ensure([tip]) == 4
    view = index.view(None, tip)
    assert [view.commit(touch.key).subject for touch in view.touches("a")] == ["Start", "Move"]
    assert [view.commit(touch.key).subject for touch in view.touches("b")] == ["Side ä"]


def test_a_shallow_mirror_begins_at_its_border(upstream: Upstream, tmp_path: Path) -> None:
    commits = line(upstream, 4)
    upstream.point(MAIN, commits[-1])
    shallow = tmp_path / "shallow.git"
    git(["clone", "-q", "--bare", "--depth=2", "-b", "main", upstream.path.as_uri(), str(shallow)])
    index = HistoryIndex(shallow, tmp_path / "cache")

    assert index.ensure([commits[-1]]) == 2
    assert index.contains(commits[-1], commits[-2])


def test_a_branch_that_was_rewritten_is_read_anew(upstream: Upstream, index: HistoryIndex) -> None:
    old = line(upstream, 4)
    index.ensure([], {MAIN: old[-1]})
    new = line(upstream, 2, old[1], "b")

    assert index.ensure([], {MAIN: new[-1]}) == 4
    assert index.view(None, new[-1]).by_id(old[-1]) == []


def test_a_branch_that_was_reset_is_read_anew(upstream: Upstream, index: HistoryIndex) -> None:
    old = line(upstream, 4)
    index.ensure([], {MAIN: old[-1]})

    assert index.ensure([], {MAIN: old[1]}) == 2


def test_another_repository_in_the_same_place_is_read_anew(upstream: Upstream, tmp_path: Path) -> None:
    index = HistoryIndex(upstream.path, tmp_path / "cache")
    index.ensure([line(upstream, 3)[-1]])
    index.close()
    upstream.path.rename(tmp_path / "gone.git")
    other = Upstream(upstream.path)
    tip = line(other, 2, name="z")[-1]

    assert HistoryIndex(upstream.path, tmp_path / "cache").ensure([tip]) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"not a database at all" * 100,
        lambda data: data[: len(data) // 2],
        lambda data: data[:4096] + bytes(len(data) - 4096),
    ],
    ids=["empty", "not a database", "cut short", "zeroed"],
)
def test_a_damaged_file_is_made_anew(upstream: Upstream, tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    tip = line(upstream, 5)[-1]
    index = HistoryIndex(upstream.path, tmp_path / "cache")
    index.ensure([], {MAIN: tip})
    index.close()
    index.file.write_bytes(damage(index.file.read_bytes()))

    again = HistoryIndex(upstream.path, tmp_path / "cache")
    assert again.ensure([], {MAIN: tip}) == 5
    assert len(again.view(None, tip).touches("a")) == 5


def test_damage_that_shows_only_when_read_is_said_and_healed(upstream: Upstream, tmp_path: Path) -> None:
    tip = line(upstream, 5)[-1]
    index = HistoryIndex(upstream.path, tmp_path / "cache")
    index.ensure([], {MAIN: tip})
    with sqlite3.connect(index.file) as db:
        db.execute("DELETE FROM commits WHERE k = 3")
    view = index.view(None, tip)

    with pytest.raises(HistoryDamaged, match="history index is damaged"):
        [view.commit(touch.key) for touch in view.touches("a")]
    assert index.ensure([], {MAIN: tip}) == 5


def test_a_file_of_an_older_version_is_made_anew(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = line(upstream, 3)[-1]
    HistoryIndex(upstream.path, tmp_path / "cache").ensure([tip])
    monkeypatch.setattr(history_store, "SCHEMA_VERSION", history_store.SCHEMA_VERSION + 1)

    assert HistoryIndex(upstream.path, tmp_path / "cache").ensure([tip]) == 3


def test_what_cannot_be_read_changes_nothing(upstream: Upstream, index: HistoryIndex) -> None:
    tip = line(upstream, 3)[-1]
    index.ensure([], {MAIN: tip})
    size = index.file.stat().st_size

    with pytest.raises(GitFailed):
        index.ensure([CommitId("1" * 40)])
    assert index.file.stat().st_size == size
    assert index.ensure([], {MAIN: tip}) == 0
    with pytest.raises(InputError, match="not in the history index"):
        index.view(None, CommitId("1" * 40))


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no git repository"):
        HistoryIndex(tmp_path, tmp_path / "cache")


FILLER = """
import sys
from pathlib import Path
from syncbot.git.history import HistoryIndex
with HistoryIndex(Path(sys.argv[1]), Path(sys.argv[2])) as index:
    print(index.ensure([], {"refs/heads/main": sys.argv[3]}))
"""


def filler(upstream: Upstream, cache: Path, tip: CommitId) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", FILLER, upstream.path, cache, tip], stdout=subprocess.PIPE)


def test_of_two_processes_that_fill_at_once_one_does_the_work(upstream: Upstream, tmp_path: Path) -> None:
    tip = line(upstream, 40)[-1]

    both = [filler(upstream, tmp_path / "cache", tip) for _ in range(2)]
    said = sorted(int(process.communicate(timeout=60)[0]) for process in both)

    assert said == [0, 40]
    assert HistoryIndex(upstream.path, tmp_path / "cache").ensure([], {MAIN: tip}) == 0


@pytest.mark.parametrize("known", [0, 150], ids=["first fill", "later fill"])
def test_a_filler_that_is_killed_leaves_a_sound_index(upstream: Upstream, tmp_path: Path, known: int) -> None:
    commits = line(upstream, 300)
    cache = tmp_path / "cache"
    if known:
        HistoryIndex(upstream.path, cache).ensure([], {MAIN: commits[known - 1]})
    for delay in (0.15, 0.3, 0.45):
        process = filler(upstream, cache, commits[-1])
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()

    index = HistoryIndex(upstream.path, cache)
    assert index.ensure([], {MAIN: commits[-1]}) in (300 - known, 0)  # 0: the filler was done before it was killed
    assert len(index.view(None, commits[-1]).touches("a")) == 300


def test_who_reads_does_not_wait_for_who_fills(upstream: Upstream, tmp_path: Path) -> None:
    commits = line(upstream, 6)
    index = HistoryIndex(upstream.path, tmp_path / "cache")
    index.ensure([], {MAIN: commits[4]})

    with sqlite3.connect(index.file, isolation_level=None) as filler:
        filler.execute("BEGIN IMMEDIATE")  # as a filler does, who then takes its time
        reader = HistoryIndex(upstream.path, tmp_path / "cache")
        assert reader.ensure([], {MAIN: commits[4]}) == 0
        assert len(reader.view(commits[1], commits[4]).touches("a")) == 3
        assert reader.contains(commits[4], commits[0])
        filler.execute("ROLLBACK")


def test_a_filler_that_dies_in_mid_log_leaves_what_was_there(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = line(upstream, 12)
    index = HistoryIndex(upstream.path, tmp_path / "cache")
    index.ensure([], {MAIN: commits[5]})
    whole = history.read_log

    def dying(chunks: Iterable[bytes]) -> Iterator[RawCommit]:
        yield from islice(whole(chunks), 3)
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(history, "read_log", dying)
        with pytest.raises(MemoryError):
            index.ensure([], {MAIN: commits[11]})
        with pytest.raises(MemoryError):
            HistoryIndex(upstream.path, tmp_path / "other").ensure([commits[11]])

    assert [index.ensure([], {MAIN: commits[id]}) for id in (5, 11)] == [0, 6]
    assert len(index.view(None, commits[11]).touches("a")) == 12
    assert list((tmp_path / "other").glob("*.sqlite")) == []


@pytest.mark.parametrize("seed", range(3))
def test_an_index_grown_in_steps_is_as_one_made_at_once(upstream: Upstream, tmp_path: Path, seed: int) -> None:
    chooser = random.Random(seed)
    grown, made = (HistoryIndex(upstream.path, tmp_path / name) for name in ("grown", "made"))
    commits = [upstream.commit("0", {"f": "0\n"})]
    for number in range(1, 40):
        on, merging = chooser.choice(commits[-4:]), chooser.choice(commits[-6:])
        changes = {chooser.choice(["f", "g", "dir/f"]): f"{number}\n"}
        message = f"{number}\n\nThis reverts commit {chooser.choice(commits)}." if number % 5 == 0 else str(number)
        commits.append(upstream.commit(message, changes, on, merging=None if merging == on else merging))
        if chooser.random() < 0.3:
            grown.ensure([commits[-1]])
    for index in (grown, made):
        index.ensure(commits)

    tip = commits[-1]
    one, other = (index.view(None, tip) for index in (grown, made))
    for path in ("f", "g", "dir/f"):
        changes_of = [
            {(view.commit(touch.key).id, touch.old, touch.new) for touch in view.touches(path)} for view in (one, other)
        ]
        assert changes_of[0] == changes_of[1]
    assert one.paths_named("f") == other.paths_named("f")
    for commit in commits:
        keys = [view.by_id(commit) for view in (one, other)]
        named = [
            {(view.commit(m.key).id, m.link) for key in found for m in view.mentions(key)}
            for view, found in zip((one, other), keys, strict=True)
        ]
        assert named[0] == named[1]
        assert grown.contains(tip, commit) == made.contains(tip, commit)


@pytest.mark.parametrize("step", [1, 7, 100])
def test_what_changed_is_what_git_says_however_it_was_written(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(history_store.Writer, "BATCH", 3)
    monkeypatch.setattr(history_store.Writer, "TOUCHES", 5)
    chooser = random.Random(step)
    paths = [f"{folder}{name}" for folder in ("", "dir/", "dir/deep/") for name in "abc"]
    commits: list[CommitId] = []
    for number in range(40):
        changed = dict.fromkeys(chooser.sample(paths, chooser.randint(1, 6)), f"{number}\n")
        commits.append(upstream.commit(str(number), changed, commits[-1] if commits else None))
    index = HistoryIndex(upstream.path, tmp_path / "cache")
    for tip in [*commits[::step], commits[-1]]:
        index.ensure([tip])

    view = index.view(None, commits[-1])
    by_path: dict[str, list[tuple[str, str | None, str | None]]] = {}
    for commit in commits:
        form = ["diff-tree", "-r", "--root", "--no-commit-id", "--no-renames", commit]
        said = []
        for entry in git(["--git-dir", str(upstream.path), *form]).decode().splitlines():
            facts, path = entry.split("\t")
            _, _, old, new, _ = facts.split(" ")
            said.append((path, *(None if id == "0" * 40 else id for id in (old, new))))
        (key,) = view.by_id(commit)
        assert sorted((t.path, t.old, t.new) for t in view.changed(key)) == sorted(said)
        for path, old, new in said:
            by_path.setdefault(path, []).append((commit, old, new))
    for path in paths:
        assert [(view.commit(t.key).id, t.old, t.new) for t in view.touches(path)] == by_path.get(path, [])


@pytest.mark.parametrize("damage", ["substr(touches, 1, 50)", "substr(touches, 45)"])
def test_what_changed_a_path_is_found_damaged_and_healed(upstream: Upstream, tmp_path: Path, damage: str) -> None:
    tip = line(upstream, 5)[-1]
    index = HistoryIndex(upstream.path, tmp_path / "cache")
    index.ensure([], {MAIN: tip})
    with sqlite3.connect(index.file) as db:
        db.execute(f"UPDATE path SET touches = {damage}")
    view = index.view(None, tip)

    with pytest.raises(HistoryDamaged, match="history index is damaged"):
        [view.changed(key) for key in range(1, 6)]
    assert index.ensure([], {MAIN: tip}) == 5
    assert len(index.view(None, tip).touches("a")) == 5


def test_a_cache_that_cannot_be_written_is_said(upstream: Upstream, tmp_path: Path) -> None:
    tip = line(upstream, 2)[-1]
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot write"):
        HistoryIndex(upstream.path, tmp_path / "file")
    index = HistoryIndex(upstream.path, tmp_path / "cache")
    index.file.with_suffix(".lock").mkdir()
    with pytest.raises(InputError, match="give another cache folder"):
        index.ensure([tip])


def test_a_view_ends_with_its_index_and_takes_nothing_along(upstream: Upstream, index: HistoryIndex) -> None:
    tip = line(upstream, 2)[-1]
    index.ensure([tip])
    view = index.view(None, tip)
    index.close()

    with pytest.raises(Fault, match="after its index was closed"):
        view.touches("a")
    assert index.ensure([tip]) == 0


def test_asked_before_it_knows_anything_it_says_so(upstream: Upstream, index: HistoryIndex) -> None:
    tip = line(upstream, 2)[-1]

    with pytest.raises(HistoryDamaged):
        index.view(None, tip)
    assert index.ensure([tip]) == 2


def test_a_pipe_that_may_not_be_larger_does_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users have a bound of all their pipes together, and some systems a lower one for each."""
    asked = []

    def refused(*arguments: object) -> int:
        asked.append(arguments)
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("fcntl.fcntl", refused)
    upstream = Upstream(tmp_path / "upstream.git")
    tip = upstream.commit("Start", {"a.c": "int a;\n"})
    assert b"".join(git_stream(["rev-parse", tip], cwd=upstream.path)).strip() == tip.encode()
    assert asked
