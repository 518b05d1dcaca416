"""Tokens of the HTTP interface, and what a face that stays open asks again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncbot.errors import StoreError
from syncbot.model.dealings import PatchWord, Wish
from syncbot.model.events import Deed
from syncbot.model.ids import CommitId, Fingerprint, PackageName, PatchName
from syncbot.model.judgement import SeriesJudgement
from syncbot.model.measures import Standing
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import ProposalRecord, StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.tokens import ApiToken, Scope
from syncbot.store import SqlStore
from tests.store.test_store import dropped

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
LIB = PackageName("lib")
TOKEN = ApiToken("0a1b2c3d", "ann \udce9", "f" * 64, (Scope.PAUSE, Scope.RETRY), ("team", "a\\b"), NOON)
PROPOSAL = ProposalRecord(
    *("7", LIB, "stable", "syncbot/lib/stable", CommitId("a" * 40), CommitId("b" * 40), "lib: 1 -> 2", "the body"),
    *(Fingerprint("c" * 64), False, "2", ProposalStatus.OPEN, NOON, NOON),
)


def test_a_token_is_kept_until_it_is_revoked(store: SqlStore) -> None:
    later = replace(TOKEN, id="ffffffff", expires=NOON + timedelta(1), created=NOON + timedelta(1))
    store.save_token(later)
    store.save_token(TOKEN)
    assert store.tokens() == [TOKEN, later]
    assert store.token("nonesuch") is None
    store.revoke_token(TOKEN.id, NOON + timedelta(2))
    store.revoke_token(TOKEN.id, NOON + timedelta(3))
    assert store.token(TOKEN.id) == replace(TOKEN, revoked=NOON + timedelta(2)), "the first time counts"
    with pytest.raises(StoreError, match="there is a token 0a1b2c3d already"):
        store.save_token(TOKEN)


def test_a_token_has_a_state() -> None:
    assert TOKEN.state(NOON) == "active"
    assert replace(TOKEN, expires=NOON).state(NOON) == "expired"
    assert replace(TOKEN, expires=NOON, revoked=NOON).state(NOON) == "revoked"
    assert TOKEN.acts_on(["other", "team"])
    assert not TOKEN.acts_on(["other"])
    assert replace(TOKEN, owners=()).acts_on([])


def test_proposals_come_without_their_bodies(store: SqlStore) -> None:
    for id, hours in (("9", 0), ("10", 0), ("7", 5), ("old:1", 9)):
        store.save_proposal(replace(PROPOSAL, id=id, opened=NOON + timedelta(hours=hours)))
    assert store.proposed() == [replace(record, body="") for record in store.proposals()]
    assert [record.id for record in store.proposed()] == ["7", "10", "9"]


def judged(key: str, base: str, target: str, at: datetime) -> StoredJudgement:
    releases = [Release(version, f"v{version}", "d" * 40) for version in (base, target)]
    return StoredJudgement(key, LIB, *releases, SeriesJudgement(base, target, ()), at)


def test_every_judgement_is_weighed_oldest_first(store: SqlStore) -> None:
    store.save_judgement(judged("b", "1", "1", NOON + timedelta(1)))
    store.save_judgement(judged("a", "1", "2", NOON))
    found = store.weighed()
    assert [(event.base, event.target, event.at) for event in found] == [
        ("1", "2", NOON),
        ("1", "1", NOON + timedelta(1)),
    ]
    assert {event.deed for event in found} == {Deed.JUDGED}
    assert [event.target for event in store.events()] == ["2"], "a package at its newest release has no event"


WRITES: dict[str, Callable[[SqlStore], object]] = {
    "a run begins": lambda store: store.begin_run("sync", NOON),
    "a judgement": lambda store: store.save_judgement(judged("x", "1", "2", NOON)),
    "a proposal": lambda store: store.save_proposal(replace(PROPOSAL, id="8")),
    "an answer": lambda store: store.save_proposal(replace(PROPOSAL, status=ProposalStatus.REJECTED)),
    "a standing": lambda store: store.save_standings([Standing(LIB, "1", "d" * 40, "2", 1, NOON)]),
    "a fact": lambda store: store.set_fact("pause", "lib", "{}"),
    "a word": lambda store: store.save_patch_word(
        PatchWord(LIB, "stable", PatchName("a"), "1", Wish.KEEP, "why", "ann", NOON)
    ),
}


@pytest.mark.parametrize("what", WRITES)
def test_a_glance_sees_that_something_was_written(store: SqlStore, what: str) -> None:
    store.save_proposal(PROPOSAL)
    before = store.glance()
    assert store.glance() == before
    WRITES[what](store)
    assert store.glance() != before


def test_a_glance_sees_that_a_run_ended(store: SqlStore) -> None:
    run = store.begin_run("sync", NOON)
    before = store.glance()
    store.finish_run(run, NOON, "{}")
    assert store.glance() != before


PARTS: dict[str, tuple[int, Callable[[SqlStore], object]]] = {
    "a judgement": (0, lambda store: store.save_judgement(judged("x", "1", "2", NOON))),
    "a proposal": (1, lambda store: store.save_proposal(replace(PROPOSAL, id="8"))),
    "an answer": (1, lambda store: store.save_proposal(replace(PROPOSAL, status=ProposalStatus.REJECTED))),
    "another forge": (1, lambda store: store.of_forge("elsewhere")),
    "a dropped patch": (1, lambda store: store.archive(dropped())),
}


@pytest.mark.parametrize(("part", "write"), PARTS.values(), ids=PARTS)
def test_what_was_written_marks_its_own_part_and_no_other(
    store: SqlStore, part: int, write: Callable[[SqlStore], object]
) -> None:
    store.of_forge("here")
    store.save_proposal(PROPOSAL)
    before = store.marks()
    assert store.marks() == before
    write(store)
    after = store.marks()
    assert [one != other for one, other in zip(before, after, strict=True)] == [part == 0, part == 1]
