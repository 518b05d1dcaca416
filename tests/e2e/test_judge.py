"""`syncbot judge`: trees, archives, revisions, ranges; what it prints and what it writes."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.e2e.world import FIX_B, FIX_FORTY, FIX_TEN, A, B, Ran, World, diff, git, numbered


@pytest.fixture
def case(world: World, tmp_path: Path) -> Path:
    """Folders old and new, an archive of each, and patches: ten (merged), forty (conflicts), b (needed)."""
    for name, a in (("old", A), ("new", numbered("a", l10="ten", l40="extra large"))):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a.c").write_text(a)
        (folder / "b.c").write_text(B)
        with tarfile.open(tmp_path / f"{name}.tar.gz", "w:gz") as archive:
            archive.add(folder, f"lib-{name}")
    patches = tmp_path / "patches"
    patches.mkdir()
    (patches / "series").write_text("# the first is upstream\nten.patch\nforty.patch -p1\n\nb.patch\n")
    for name, text in (("ten", FIX_TEN), ("forty", FIX_FORTY), ("b", FIX_B)):
        (patches / f"{name}.patch").write_text(text)
    return tmp_path


def judge(world: World, base: object, target: object, patches: object, *more: str) -> Ran:
    return world.syncbot("judge", "--base", str(base), "--target", str(target), "--patches", str(patches), *more)


def verdicts(ran: Ran) -> dict[str, str]:
    return {p["name"]: p["verdict"] for p in ran.document["patches"]}


EXPECTED = {"ten.patch": "obsolete", "forty.patch": "conflict", "b.patch": "untouched"}


def test_folders(world: World, case: Path) -> None:
    ran = judge(world, case / "old", case / "new", case / "patches", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert verdicts(ran) == EXPECTED
    document = ran.document
    assert document["schema"] == "syncbot.judge/1"
    assert document["summary"] == {
        "patches": 3, "drop": 1, "rewrite": 0, "keep": 1, "ask": 1, "report": 0, "lines_before": 6, "lines_after": 4,
    }  # fmt: skip
    first = document["patches"][0]
    assert (first["index"], first["action"], first["fit"], first["proof"]) == (1, "drop", "none", "proved")
    assert (first["parts"], first["refreshed"], first["blocked_by"]) == (None, None, [])
    assert first["files"] == [
        {
            "path": "a.c",
            "target_path": "a.c",
            "hunks": [{"index": 1, "state": "upstream", "base_line": 7, "target_line": 7}],
        }
    ]


def test_archives(world: World, case: Path) -> None:
    ran = judge(world, case / "old.tar.gz", case / "new.tar.gz", case / "patches", "--json")
    assert verdicts(ran) == EXPECTED


def test_revisions_and_a_range_of_commits(world: World) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    git(world.upstream.path, "checkout", "-q", "-b", "ours", "v1.0")
    world.upstream.commit("Write ten out", a_c=numbered("a", l10="ten"))
    world.upstream.commit("Write twenty out", b_c=numbered("b", l20="twenty"))
    ran = judge(world, "v1.0", "v1.1", "v1.0..ours", "--repo", str(world.upstream.path), "--json")
    assert ran.code == 0, ran.err
    assert [(n.partition(" ")[2], v) for n, v in verdicts(ran).items()] == [
        ("Write ten out", "obsolete"),
        ("Write twenty out", "untouched"),
    ]


def test_a_range_of_another_repository(world: World, case: Path) -> None:
    git(world.upstream.path, "checkout", "-q", "-b", "ours", "v1.0")
    world.upstream.commit("Write ten out", a_c=numbered("a", l10="ten"))
    ran = judge(world, case / "old", case / "new", "v1.0..ours", "--downstream", str(world.upstream.path), "--json")
    assert list(verdicts(ran).values()) == ["obsolete"]


def test_one_patch_and_an_mbox(world: World, case: Path) -> None:
    assert verdicts(judge(world, case / "old", case / "new", case / "patches/ten.patch", "--json")) == {
        "ten.patch": "obsolete"
    }
    mail = "From {0} Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nSubject: [PATCH {1}/2] {2}\n\n---\n{3}\n"
    mbox = mail.format("1" * 40, 1, "ten", FIX_TEN.partition("\n\n")[2]) + mail.format("2" * 40, 2, "b", FIX_B)
    (case / "both.mbox").write_text(mbox)
    [entry] = judge(world, case / "old", case / "new", case / "both.mbox", "--json").document["patches"]
    assert [part["verdict"] for part in entry["parts"]] == ["obsolete", "untouched"]


def test_a_folder_without_series_is_taken_in_order_of_name(world: World, case: Path) -> None:
    (case / "patches/series").unlink()
    ran = judge(world, case / "old", case / "new", case / "patches", "--json")
    assert list(verdicts(ran)) == ["b.patch", "forty.patch", "ten.patch"]


def test_text_for_people(world: World, case: Path) -> None:
    ran = judge(world, case / "old", case / "new", case / "patches")
    lines = ran.out.splitlines()
    assert lines[0].split() == ["patch", "verdict", "action", "proof", "why"]
    assert "forty.patch: rebase the conflicting hunks by hand, or delete the patch." in lines
    assert lines[-1].endswith("drop 1, keep 1, ask 1 (3 -> 2 patches, -2 lines)")


def test_exit_code_says_whether_a_person_is_needed(world: World, case: Path) -> None:
    everything = (case / "old", case / "new", case / "patches")
    assert judge(world, *everything).code == 0
    assert judge(world, *everything, "--exit-code").code == 1
    assert judge(world, case / "old", case / "new", case / "patches/ten.patch", "--exit-code").code == 0


def test_output_is_the_new_series_byte_for_byte(world: World, case: Path) -> None:
    latin = diff("b.c", B, numbered("b", l20="twenty")).encode().replace(b"twenty", b"tw\xe9nty")
    (case / "patches/b.patch").write_bytes(latin)
    ran = judge(world, case / "old", case / "new", case / "patches", "--output", str(case / "out"))
    assert ran.code == 0, ran.err
    assert (case / "out/series").read_text() == "forty.patch -p1 # syncbot: waiting (conflict)\nb.patch\n"
    assert (case / "out/b.patch").read_bytes() == latin
    assert not (case / "out/ten.patch").exists()
    again = judge(world, case / "old", case / "new", case / "patches", "--output", str(case / "out"))
    assert (again.code, again.err) == (2, f"syncbot: error: {case / 'out'} is not empty; name a new folder\n")


def test_strip_is_for_all_patches(world: World, case: Path) -> None:
    text = FIX_B.replace("a/b.c", "b.c").replace("b/b.c", "b.c")
    (case / "plain.patch").write_text(text)
    assert verdicts(judge(world, case / "old", case / "new", case / "plain.patch", "--strip", "0", "--json")) == {
        "plain.patch": "untouched"
    }


@pytest.mark.parametrize(
    ("base", "patches", "words"),
    [
        ("nowhere", "patches", "nowhere is neither a folder nor an archive; give a path, or a revision with --repo"),
        ("old", "nothing", "nothing is not there; give a folder of patches"),
        ("old", "v1..v2", "the range v1..v2 needs a repository; give --downstream or --repo"),
        ("old", "new", "there is neither a series nor a *.patch"),
    ],
)
def test_what_cannot_be_opened(
    world: World, case: Path, monkeypatch: pytest.MonkeyPatch, base: str, patches: str, words: str
) -> None:
    monkeypatch.chdir(case)
    ran = judge(world, base, "new", patches)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_a_revision_that_looks_like_an_option_is_refused(world: World) -> None:
    ran = judge(world, "--upload-pack=x", "v1.0", "v1.0..v1.0", "--repo", str(world.upstream.path))
    assert ran.code == 2


def test_it_needs_neither_database_nor_http(case: Path) -> None:
    """What is not imported costs nothing: `judge` runs a thousand times in a script."""
    program = (
        "import sys; from syncbot.cli import run;"
        f"code = run(['judge', '--base', {str(case / 'old')!r}, '--target', {str(case / 'new')!r},"
        f" '--patches', {str(case / 'patches')!r}]);"
        "heavy = {'sqlmodel', 'sqlalchemy', 'requests', 'rich', 'alembic', 'apscheduler', 'github3', 'pypi_simple'};"
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_a_repository_elsewhere_is_mirrored_in_the_cache(world: World, case: Path) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    address = f"file://{world.upstream.path}"
    more = ("--repo", address, "--cache", str(case / "cache"), "--json")
    for _ in range(2):
        assert verdicts(judge(world, "v1.0", "v1.1", case / "patches/ten.patch", *more)) == {"ten.patch": "obsolete"}
    assert [path.name.split("-")[0] for path in (case / "cache/git").glob("*.git")] == ["lib"]


@pytest.mark.parametrize("address", ["ext::sh -c true", "--upload-pack=true", "gopher://example.org/x"])
def test_a_hostile_repository_is_refused(world: World, case: Path, address: str) -> None:
    ran = judge(world, "v1.0", "v1.1", case / "patches", f"--repo={address}")
    assert ran.code == 2
    assert ran.err.startswith("syncbot: error: git address ")


def test_a_patch_that_leaves_the_tree_is_broken(world: World, case: Path) -> None:
    evil = diff("../../etc/passwd", "a\n", "b\n")
    (case / "evil.patch").write_text(evil)
    [entry] = judge(world, case / "old", case / "new", case / "evil.patch", "--json").document["patches"]
    assert (entry["verdict"], entry["action"]) == ("broken", "report")


def test_names_in_a_range_become_files_that_cannot_leave_the_output_folder(world: World, case: Path) -> None:
    git(world.upstream.path, "checkout", "-q", "-b", "ours", "v1.0")
    world.upstream.commit("../../../up: and a / slash", b_c=numbered("b", l20="twenty"))
    repo = ("--downstream", str(world.upstream.path))
    ran = judge(world, case / "old", case / "new", "v1.0..ours", *repo, "--output", str(case / "out"))
    assert ran.code == 0, ran.err
    assert {path.parent for path in (case / "out").rglob("*")} == {case / "out"}
    assert len(list((case / "out").glob("*.patch"))) == 1


@pytest.fixture
def beside(world: World, case: Path) -> Path:
    """The archives of `case`, as a distribution has them, and the repository that they were made from."""
    world.upstream.commit("Write ten out", a_c=numbered("a", l10="ten"))
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten", l40="extra large"))
    return case


def test_trees_and_history_are_both_used(world: World, beside: Path) -> None:
    """Archives decide what is there, the repository who brought it and since when."""
    more = ("--repo", str(world.upstream.path), "--from", "v1.0", "--to", "v1.1", "--json")
    ran = judge(world, beside / "old.tar.gz", beside / "new.tar.gz", beside / "patches", *more)
    assert (ran.code, ran.err) == (0, "")
    assert verdicts(ran) == EXPECTED
    [ten, forty, b] = ran.document["patches"]
    commit = git(world.upstream.path, "rev-parse", "v1.1~1")
    assert (ten["absorbed_by"], ten["first_release"], ten["proof"]) == (commit, "v1.1", "proved")
    [fact] = [e for e in ten["evidence"] if e["kind"] == "absorbed"]
    assert (fact["subject"], fact["release"]) == ("Write ten out", "v1.1")
    assert ran.document["base"].endswith("old.tar.gz")
    assert [c["path"] for c in forty["compared"]] == ["a.c"]
    assert b["compared"] == []


def test_the_tree_decides_where_the_history_says_otherwise(world: World, beside: Path) -> None:
    """The distribution's archive has the file as it was: upstream's commit is there, its effect is not."""
    more = ("--repo", str(world.upstream.path), "--from", "v1.0", "--to", "v1.1", "--json")
    ran = judge(world, beside / "old.tar.gz", beside / "old", beside / "patches", *more)
    [ten, *_] = ran.document["patches"]
    assert ten["action"] != "drop"


def test_the_history_alone_where_only_the_target_is_named(world: World, beside: Path) -> None:
    more = ("--repo", str(world.upstream.path), "--to", "v1.1", "--json")
    ran = judge(world, beside / "old.tar.gz", beside / "new.tar.gz", beside / "patches", *more)
    assert (ran.code, ran.err) == (0, "")
    assert verdicts(ran) == EXPECTED


def test_the_head_of_a_history_beside_trees_is_looked_at(world: World, beside: Path) -> None:
    world.upstream.commit("Write twenty out", b_c=numbered("b", l20="twenty"))
    more = ("--repo", str(world.upstream.path), "--from", "v1.0", "--to", "v1.1", "--json")
    ran = judge(world, beside / "old.tar.gz", beside / "new.tar.gz", beside / "patches", *more)
    assert verdicts(ran)["b.patch"] == "held"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--from", "v1.0"), "--from needs --repo"),
        (("--to", "v1.1"), "--to needs --repo"),
        (("--head", "main"), "--head needs --repo"),
        (("--repo", "{repo}", "--from", "v1.0"), "--from needs --to"),
        (("--repo", "{repo}", "--to", "v9"), "v9"),
    ],
)
def test_revisions_that_would_be_ignored_are_refused(
    world: World, beside: Path, more: tuple[str, ...], message: str
) -> None:
    words = [word.format(repo=world.upstream.path) for word in more]
    ran = judge(world, beside / "old.tar.gz", beside / "new.tar.gz", beside / "patches", *words)
    assert ran.code == 2
    assert message in ran.err


def test_the_story_of_each_patch(world: World, beside: Path) -> None:
    more = ("--repo", str(world.upstream.path), "--from", "v1.0", "--to", "v1.1", "--explain")
    ran = judge(world, beside / "old.tar.gz", beside / "new.tar.gz", beside / "patches", *more)
    assert "ten.patch: obsolete, drop\n\nWhat the patch does\n  write ten out\n" in ran.out
    assert "forty.patch: conflict, ask\n" in ran.out
    assert "a 40" not in ran.out.partition("Both versions")[0]
    assert "forty | extra large" in " ".join(ran.out.split())
