"""The reading commands end to end: what each says of a small world, in every form."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.e2e.world import A, B, World, diff, numbered

OLD = diff("a.c", A, numbered("a", l10="ten"), "Subject: write ten out\nDate: Mon, 01 Jan 2001 00:00:00 +0000\n\n")
SENT = diff("a.c", A, numbered("a", l40="forty"), "Subject: forty\nForwarded: https://example.org/list/1\n\n")
HOLE = diff("b.c", B, numbered("b", l20="twenty"), "Subject: fix CVE-2024-12345 in b\nForwarded: no\n\n")


@pytest.fixture
def kept(world: World) -> World:
    """`lib` (ann): an old patch, one that was sent, one for a CVE; upstream moves on by two releases, and its branch
    has the first one. `secret` is private."""
    world.workspace.package(
        "lib", f"git:{world.upstream.path}", "1.0", 'owners = ["ann"]\n', old=OLD, sent=SENT, hole=HOLE
    )
    world.workspace.package("secret", f"git:{world.upstream.path}", "1.0", "private = true\n", embargo=HOLE)
    world.upstream.release("v1.1", c_c="new\n")
    world.upstream.release("v1.2", b_c=numbered("b", l20="two score less twenty"))
    world.upstream.commit("write ten out", a_c=numbered("a", l10="ten"))
    world.syncbot("check")
    return world


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def only(world: World, command: str, key: str, *more: str) -> list[Any]:
    found = world.syncbot(command, *more, "--json").document[key]
    assert isinstance(found, list)
    return found


def test_the_overview_measures_a_package(kept: World) -> None:
    [package] = only(kept, "report", "packages")
    known = {key: package[key] for key in ("package", "owners", "layout", "base", "newest", "behind", "patches")}
    assert known == {
        "package": "lib",
        "owners": ["ann"],
        "layout": "native",
        "base": "1.0",
        "newest": "1.2",
        "behind": 2,
        "patches": 3,
    }
    assert (package["files"], package["added"], package["removed"]) == (2, 3, 3)
    assert package["cves"] == ["CVE-2024-12345"]
    assert (package["unsent"], package["asks"], package["conflicts"], package["refreshed"]) == (2, 1, 1, 0)
    assert package["days_behind"] > 300
    assert package["oldest_days"] > 9000
    assert (package["dropped"], package["days_to_drop"]) == (0, None)


def test_the_share_of_upstream_is_told_by_bytes(kept: World) -> None:
    [package] = only(kept, "report", "packages")
    changed = ["a 10", "ten", "a 40", "forty", "b 20", "twenty"]
    share = sum(len(f"{text}\n") for text in changed) / (len(A) + len(B))
    assert package["share"] == pytest.approx(share, abs=1e-6)
    assert package["share_of"] == "1.0"


def test_what_was_never_recorded_is_unknown(world: World) -> None:
    [package] = only(world, "report", "packages")
    for key in ("newest", "behind", "days_behind", "share", "refreshed", "conflicts", "up_to_date", "checked_at"):
        assert package[key] is None, key
    assert rows(world.syncbot("report", "--csv").out)[0]["behind"] == ""


def test_a_private_package_stands_in_no_document(kept: World) -> None:
    for command in ("report", "delta", "owners", "forecast", "upstreamable", "history"):
        for form in ((), ("--json",), ("--csv",), ("--markdown",)):
            ran = kept.syncbot(command, *form)
            assert "secret" not in ran.out + ran.err, command
            assert "embargo" not in ran.out, command
        assert kept.syncbot(command, "--json").document["hidden"] == 1, command
    assert [p["package"] for p in only(kept, "report", "packages", "--private")] == ["lib", "secret"]


def test_delta_tells_of_every_patch(kept: World) -> None:
    found = {p["name"]: p for p in only(kept, "delta", "patches", "lib")}
    told = {name: (p["verdict"], p["forwarded"], p["cves"]) for name, p in found.items()}
    assert told == {
        "old.patch": ("held", "unknown", []),
        "sent.patch": ("untouched", "sent", []),
        "hole.patch": ("conflict", "not-sent", ["CVE-2024-12345"]),
    }
    assert found["old.patch"]["age_days"] > 9000
    assert found["sent.patch"]["age_days"] == 0
    assert found["hole.patch"]["conflicts"] == 1


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--verdict", "held"), ["old.patch"]),
        (("--verdict", "held", "--verdict", "conflict"), ["old.patch", "hole.patch"]),
        (("--cve", "cve-2024-12345"), ["hole.patch"]),
        (("--older-than", "365"), ["old.patch"]),
        (("--owner", "bob"), []),
        (("--layout", "debian"), []),
        (("--layout", "native"), ["old.patch", "sent.patch", "hole.patch"]),
        (("--sort", "conflicts"), ["hole.patch", "old.patch", "sent.patch"]),
        (("--sort", "series", "--reverse"), ["hole.patch", "sent.patch", "old.patch"]),
    ],
)
def test_filters_and_sorting(kept: World, options: tuple[str, ...], names: list[str]) -> None:
    assert [p["name"] for p in only(kept, "delta", "patches", *options)] == names


def test_the_forecast_names_the_commit(kept: World) -> None:
    [coming] = only(kept, "forecast", "obsolete")
    assert (coming["package"], coming["name"], coming["base"]) == ("lib", "old.patch", "1.0")
    assert coming["subject"] == "write ten out"
    assert len(coming["commit"]) == 40
    assert "The next releases make 1 patch of 2 lines obsolete." in kept.syncbot("forecast").out


def test_upstreamable_leaves_out_what_was_sent_or_is_there(kept: World) -> None:
    assert [p["name"] for p in only(kept, "upstreamable", "patches")] == ["hole.patch"]


def test_owners(kept: World) -> None:
    [ann] = only(kept, "owners", "owners")
    assert (ann["owner"], ann["packages"], ann["behind"], ann["patches"], ann["asks"]) == ("ann", 1, 1, 3, 1)
    everyone = only(kept, "owners", "owners", "--private")
    assert [one["owner"] for one in everyone] == ["ann", None]
    assert "(nobody)" in kept.syncbot("owners", "--private").out


def test_refreshes_are_counted_when_they_are_accepted(world: World) -> None:
    moved = numbered("a", l8="eight", l12="twelve")
    world.upstream.release("v1.1", a_c=moved)
    world.syncbot("sync")
    verdicts = {p["name"]: (p["verdict"], p["refreshed"]) for p in only(world, "delta", "patches")}
    assert verdicts["ten.patch"] == ("refresh", 0)
    world.syncbot("proposals", "accept", "1")
    [package] = only(world, "report", "packages")
    assert (package["refreshed"], package["up_to_date"], package["behind"]) == (1, True, 0)


def test_days_to_the_drop_count_from_the_release_that_had_it(world: World) -> None:
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.syncbot("sync")
    world.syncbot("proposals", "accept", "1")
    [package] = only(world, "delta", "packages", "lib")
    [gone] = package["drops"]
    assert (gone["name"], gone["first_release"], gone["proof"]) == ("ten.patch", "1.1", "proved")
    assert gone["days_to_drop"] == package["days_to_drop"] > 300
    assert package["dropped_this_month"] == 1


def test_csv_and_markdown(kept: World) -> None:
    [package] = rows(kept.syncbot("report", "--csv").out)
    assert (package["package"], package["patches"], package["cves"]) == ("lib", "3", "CVE-2024-12345")
    assert [row["name"] for row in rows(kept.syncbot("delta", "--csv").out)] == [
        "old.patch",
        "sent.patch",
        "hole.patch",
    ]
    text = kept.syncbot("delta", "--markdown").out
    assert text.startswith("## The patches\n\n| package | base | patch | verdict |")
    assert text.count("| lib | 1") == 3, "every row has its package"


def test_forms_exclude_one_another(kept: World) -> None:
    ran = kept.syncbot("report", "--csv", "--markdown")
    assert (ran.code, "exclude one another" in ran.err) == (2, True)


def test_the_work_tree_is_read_again_when_it_changed(kept: World) -> None:
    assert len(only(kept, "delta", "patches")) == 3
    series = kept.workspace.path / "patches" / "lib" / "series"
    series.write_text("old.patch\n")
    for other in ("sent.patch", "hole.patch"):
        (series.parent / other).unlink()
    assert [p["name"] for p in only(kept, "delta", "patches")] == ["old.patch"], "uncommitted"
    (series.parent / "old.patch").write_text(SENT)
    assert [p["forwarded"] for p in only(kept, "delta", "patches")] == ["sent"]
    kept.workspace.commit("fewer")
    assert [p["forwarded"] for p in only(kept, "delta", "patches")] == ["sent"]


def test_what_the_last_check_said_holds_for_that_series_alone(kept: World) -> None:
    folder = kept.workspace.path / "patches" / "lib"
    (folder / "series").write_text("sent.patch\nold.patch\nhole.patch\n")
    assert [p["verdict"] for p in only(kept, "delta", "patches")] == [None] * 3


def test_a_package_that_cannot_be_read_is_a_problem(kept: World) -> None:
    (kept.workspace.path / "patches" / "lib" / "old.patch").unlink()
    ran = kept.syncbot("report", "--json")
    assert (ran.code, ran.document["packages"]) == (2, [])
    assert [p["package"] for p in ran.document["problems"]] == ["lib"]
