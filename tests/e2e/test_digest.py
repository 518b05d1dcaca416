"""The digest says what changed and what is asked, and nothing else."""

from __future__ import annotations

import sqlite3
from xml.etree import ElementTree

import pytest

from tests.e2e.world import FIX_TEN, World, numbered

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def busy(world: World) -> World:
    """`lib` (ann): one patch was dropped, the other one waits for a person in an open proposal; `secret` is private."""
    owners = 'owners = ["ann"]\n'
    path = f"git:{world.upstream.path}"
    world.workspace.package("lib", path, "1.0", owners, ten=FIX_TEN)
    world.workspace.package("secret", path, "1.0", "private = true\n", embargo=FIX_TEN)
    world.workspace.package("idle", path, "1.2")
    world.upstream.release("v1.1", a_c=numbered("a", l10="ten"))
    world.upstream.release("v1.2", a_c=numbered("a", l10="ten", l12="twelve"))
    world.syncbot("sync")
    return world


def test_what_is_asked_and_what_changed(busy: World) -> None:
    text = busy.syncbot("digest").out
    assert text.startswith("# Daily digest, 20")
    asked, changed = text.split("## What changed")
    assert "**lib**: Review proposal 1: lib: 1" in asked
    assert "**lib**: Release 1.2 was judged, from 1.0: 1 -> 0 patches" in changed
    assert "\\" not in text, "nothing of our own has to be escaped for people who read it on a terminal"
    busy.syncbot("proposals", "accept", "1")
    text = busy.syncbot("digest", "--weekly", "--owner", "ann").out
    assert text.startswith("# Weekly digest of ann, ")
    assert "Asked of you" not in text
    assert "Proposal 1 was accepted." in text
    assert "ten.patch was dropped with release 1" in text
    assert "secret" not in text


def test_nothing_to_say(busy: World) -> None:
    assert "Nothing changed, and nothing is asked of you." in busy.syncbot("digest", "--owner", "bob").out


def test_what_lies_before_the_period_is_left_out(busy: World) -> None:
    busy.syncbot("proposals", "accept", "1")
    times = ("judgement.at", "proposal.opened", "proposal.updated", "proposal_past.at", "past.at", "dropped.at")
    with sqlite3.connect(busy.workspace.path / "state/syncbot.db") as opened:
        for table, _, column in (time.partition(".") for time in times):
            opened.execute(f"UPDATE {table} SET {column} = datetime({column}, '-3 days')")
    assert "Nothing changed" in busy.syncbot("digest").out
    assert "ten.patch was dropped" in busy.syncbot("digest", "--weekly").out


def test_the_feed_is_atom(busy: World) -> None:
    feed = ElementTree.fromstring(busy.syncbot("digest", "--atom").out)
    assert feed.tag == f"{ATOM}feed"
    for name in ("title", "id", "updated", "author"):
        assert feed.find(f"{ATOM}{name}") is not None
    [entry] = feed.findall(f"{ATOM}entry")
    found = {child.tag.removeprefix(ATOM): child.text for child in entry}
    assert found["title"] == "lib: 1 thing to do"
    assert str(found["content"]).startswith("Review proposal 1: lib: ")
    again = ElementTree.fromstring(busy.syncbot("digest", "--atom").out)
    assert [e.text for e in again.iter(f"{ATOM}id")] == [e.text for e in feed.iter(f"{ATOM}id")]


def test_the_document(busy: World) -> None:
    document = busy.syncbot("digest", "--json").document
    assert (document["schema"], document["weekly"], document["owner"]) == ("syncbot.digest/1", False, None)
    [package] = document["packages"]
    assert (package["package"], len(package["asked"])) == ("lib", 1)
    assert busy.syncbot("digest", "--json", "--atom").code == 2
