"""The dashboard as people find it, and the limits that it tells of."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from syncbot.forges.local import LocalForge
from syncbot.forges.talk import FolderTalk
from syncbot.model.forge import OtherProposal, Permission, Person, PersonKind
from syncbot.model.ids import CommitId
from tests.e2e.test_people import MERGED, aged, dashboard, forge, proposals, quiet, say, tick
from tests.e2e.world import FIX_FORTY, FIX_TEN, World, diff, numbered


def settings(world: World, text: str) -> None:
    (world.workspace.path / "syncbot.toml").write_text(text)
    world.workspace.commit("settings")


def sections(world: World) -> dict[str, list[str]]:
    """{section: its lines, boxes left out}."""
    found: dict[str, list[str]] = {}
    for part in dashboard(world).read_text().split("### ")[1:]:
        rows = re.findall(r"^- \[.\] <!-- syncbot-box: \S+ --> (.*)$", part, re.MULTILINE)
        if rows:
            found[part.splitlines()[0]] = rows
    return found


def packages(world: World, *names: str, header: str = "") -> None:
    """Packages that each carry what 1.1 has."""
    for name in names:
        world.workspace.package(name, f"git:{world.upstream.path}", "1.0", ten=header + FIX_TEN)


def test_what_stands_on_the_dashboard(world: World) -> None:
    packages(world, "lib", header="Date: Tue, 2 Jan 2018 03:04:05 +0000\n\n")
    world.workspace.package("zlib", f"git:{world.upstream.path}", "1.0", forty=FIX_FORTY)
    world.workspace.package("broken", "git:/nowhere/at/all", "1.0")
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten", l40="extra large"))
    world.syncbot("sync")
    shown = sections(world)
    assert shown["Open (1)"] == ["`lib`: 1.0 -> 1.1, drop 1"]
    assert shown["Conflicts (1)"] == ["`zlib`: 1.0 -> 1.1, ask 1"]
    assert [row.split(":")[0] for row in shown["Errored (1)"]] == ["`broken`"]
    text = dashboard(world).read_text()
    assert "The oldest patch that nobody has sent upstream: `ten.patch` of `lib`, since `2018-01-02`." in text
    assert re.search(r"^Last successful sync: \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$", text, re.MULTILINE)
    assert "Nothing is: waiting for review, rate-limited, rejected, held for the next release, reverted" in text
    assert text.startswith("**Carried: ")
    assert world.syncbot("sync").code == 0
    assert dashboard(world).read_text() == text


def test_the_delta_over_time(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    today = datetime.now(UTC).date().isoformat()
    assert f"| {today} | 1 | 2 | 4 |" in dashboard(world).read_text()
    world.syncbot("proposals", "accept", "1")
    world.syncbot("sync")
    assert f"| {today} | 1 | 1 | 2 |" in dashboard(world).read_text()


def test_held_and_reverted_patches_have_their_sections(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.upstream.release("v1.2", a_c=numbered("a"))
    world.upstream.commit("twenty", b_c=numbered("b", l20="twenty"))
    world.syncbot("sync")
    assert [row.partition(": ")[2].partition(" ")[0] for row in sections(world)["Reverted (1)"]] == ["ten.patch"]
    assert [row.partition(": ")[2].partition(" ")[0] for row in sections(world)["Held for the next release (1)"]] == [
        "b.patch"
    ]


def test_the_stamp_is_written_at_most_once_a_day(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    path = dashboard(world)

    def stamped(**ago: float) -> str:
        at = datetime.now(UTC) - timedelta(**ago)
        text = re.sub(r"(?<=Last successful sync: )\S+ \S+", at.strftime("%Y-%m-%d %H:%M"), path.read_text())
        path.write_text(text)
        world.syncbot("sync")
        return text

    assert stamped(hours=23) == path.read_text()
    assert stamped(hours=25) != path.read_text()


def test_a_box_that_is_ticked_while_a_run_goes_on_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    world.upstream.release("v1.2", a_c=MERGED, b_c=numbered("b", l20="twenty"))
    propose = LocalForge.propose

    def meanwhile(self: LocalForge, *arguments: object, **more: object) -> object:
        made = propose(self, *arguments, **more)  # type: ignore[arg-type]  # passed through
        if "[x]" not in dashboard(world).read_text():
            tick(dashboard(world), "rebase:1")
        return made

    monkeypatch.setattr(LocalForge, "propose", meanwhile)
    world.syncbot("sync")
    text = dashboard(world).read_text()
    assert "- [x] <!-- syncbot-box: rebase:1 --> `lib`: 1.0 -> 1.2, drop 2" in text
    monkeypatch.undo()
    world.syncbot("sync")
    assert "[x]" not in dashboard(world).read_text(), "obeyed by the next run"
    assert quiet(world)


def test_a_closed_dashboard_stops_the_bot(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    record = dashboard(world).with_suffix(".json")
    text = record.read_text()
    record.write_text(text.replace('"open": true', '"open": false'))
    world.upstream.release("v1.2", a_c=MERGED, b_c=numbered("b", l20="twenty"))
    ran = world.syncbot("sync")
    assert ran.code == 2
    assert "the dashboard was closed, which stops syncbot; open it again to go on" in ran.err
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1"]
    record.write_text(text)
    world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.2, drop 2"]


def test_no_dashboard_where_the_settings_say_so(world: World) -> None:
    settings(world, "[proposals]\ndashboard = false\n")
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    assert not dashboard(world).exists()


def test_only_so_many_are_open_and_the_most_urgent_come_first(world: World) -> None:
    settings(world, "[proposals]\nmax-open = 2\n")
    packages(world, "alpha", "beta")
    packages(world, "zeta", header="Subject: mend CVE-2024-12345\n\n")
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.1", back=diff("b.c", *_back()))
    world.upstream.release("v1.1", a_c=numbered("a"), b_c=numbered("b", l20="twenty"))
    world.upstream.release("v1.2", a_c=MERGED)
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", ten=FIX_TEN)
    ran = world.syncbot("sync")
    assert proposals(world) == ["2: alpha: 1.0 -> 1.2, drop 1", "1: zeta: 1.0 -> 1.2, drop 1"]
    assert "beta: A limit on proposals is reached; a later run proposes it. (2 new proposals" not in ran.out
    assert [row.split(":")[0] for row in sections(world)["Rate-limited (2)"]] == ["`beta`", "`lib`"]
    tick(dashboard(world), "hurry:lib")
    world.syncbot("sync")
    assert proposals(world)[0] == "3: lib: 1.0 -> 1.2, drop 1"
    assert "<!-- syncbot-box: hurry:beta -->" in dashboard(world).read_text()


def _back() -> tuple[str, str]:
    return numbered("b"), numbered("b", l30="thirty")


def test_only_so_many_are_opened_in_an_hour(world: World) -> None:
    settings(world, "[proposals]\nper-hour = 1\n")
    packages(world, "alpha", "lib")
    world.upstream.release("v1.1", a_c=MERGED)
    ran = world.syncbot("sync")
    assert "lib: A limit on proposals is reached; a later run proposes it." in ran.out
    world.syncbot("sync")
    assert proposals(world) == ["1: alpha: 1.0 -> 1.1, drop 1"]
    aged(world, "1", minutes=61)
    world.syncbot("sync")
    assert proposals(world)[0] == "2: lib: 1.0 -> 1.1, drop 1"


def test_outside_the_window_nothing_is_opened_and_nothing_closed(world: World) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    other = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now(UTC).weekday() + 3) % 7]
    settings(world, f'[proposals]\nwindows = ["{other} 10:00-11:00"]\n')
    world.upstream.release("v1.2", a_c=MERGED, b_c=numbered("b", l20="twenty"))
    ran = world.syncbot("sync")
    assert "(it is not the time for proposals)" in ran.out
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1"]
    settings(world, "")
    world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.2, drop 2"]


def test_the_owners_are_asked_to_review_and_who_left_is_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = "* @everybody\n/patches/lib/ @jane @gone @org/team @syncbot mail@example.org\n"
    monkeypatch.setattr(FolderTalk, "codeowners", lambda _self: owners)
    gone = {"gone": Permission.NONE}
    monkeypatch.setattr(LocalForge, "permission", lambda _self, login: gone.get(login, Permission.WRITE))
    settings(world, '[proposals]\nassignees = ["boss"]\nlabels = ["bot", "patches"]\n')
    more = 'owners = ["@joe", "joe@example.org"]\n'
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.0", more, ten=FIX_TEN)
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    details = forge(world).details("1")
    assert details.reviewers == ("jane", "org/team", "joe")
    assert details.assignees == ("boss",)
    assert details.labels == {"bot", "patches"}
    assert list(sections(world)) == ["Waiting for review (1)"]
    assert quiet(world)


def other(world: World, monkeypatch: pytest.MonkeyPatch, changed: str, kind: PersonKind = PersonKind.PERSON) -> None:
    """Somebody's own proposal stands open on the forge."""
    one = OtherProposal("77", Person("jane", kind), "update lib", CommitId("a" * 40), False, "")
    monkeypatch.setattr(LocalForge, "others", lambda _self: [one])
    monkeypatch.setattr(LocalForge, "other_diff", lambda _self, _id: changed.encode())


MOVES = '--- a/patches/lib/package.toml\n+++ b/patches/lib/package.toml\n@@ -2 +2 @@\n-base = "1.0"\n+base = "{}"\n'
DELETES = "diff --git a/patches/lib/{0} b/patches/lib/{0}\ndeleted file mode 100644\n"


@pytest.mark.parametrize("changed", [MOVES.format("1.1"), MOVES.format("v1.1"), DELETES.format("ten.patch")])
def test_the_bot_stands_down_where_a_person_proposes_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    other(world, monkeypatch, changed)
    ran = world.syncbot("sync")
    assert "proposal 1 was closed: A person proposes the same. jane proposes it in 77" in ran.out
    assert sections(world)["Handled by people (1)"] == ["`lib`: A person proposes the same. (jane proposes it in 77)"]
    assert quiet(world)
    monkeypatch.undo()
    world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1"], "theirs is gone, ours is open again"


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        (MOVES.format("1.2"), PersonKind.PERSON),
        (MOVES.format("1.1").replace("lib", "zlib"), PersonKind.PERSON),
        (DELETES.format("b.patch"), PersonKind.PERSON),
        (MOVES.format("1.1"), PersonKind.BOT),
        ("no diff", PersonKind.PERSON),
    ],
)
def test_another_proposal_stops_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, changed: str, kind: PersonKind
) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    other(world, monkeypatch, changed, kind)
    world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1"]


def test_an_order_whose_run_was_killed_before_the_answer_is_answered_and_not_obeyed_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.upstream.release("v1.1", a_c=MERGED)
    world.syncbot("sync")
    said = say(world, "1", "/syncbot keep ten.patch ours")

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalForge, "react", killed)
    with suppress(KeyboardInterrupt):
        world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, drop 1, keep 1"], "it was killed"
    monkeypatch.undo()
    world.syncbot("sync")
    assert proposals(world) == ["1: lib: 1.0 -> 1.1, keep 2"]
    assert [c.answered != frozenset() for c in forge(world).comments("1") if c.id == said] == [True]
    assert quiet(world)
