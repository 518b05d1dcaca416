"""Leases, failures, news and the rest of what runs remember of themselves, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from syncbot.model.ids import PackageName
from syncbot.model.news_kinds import NewsKind
from syncbot.model.running import LEASE, Failure, Holder, News, Note, NoteState
from syncbot.store import SqlStore

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
US = Holder("ours", "here", 1, "this boot", "100")
THEM = Holder("theirs", "there", 2, "that boot", "200")


def never(_holder: Holder) -> bool:
    return False


def test_what_one_holds_the_other_does_not_get_and_is_told_of(store: SqlStore) -> None:
    assert store.claim(["a", "b"], US, NOON, never) == {}
    refused = store.claim(["b", "c"], THEM, NOON + timedelta(seconds=5), never)
    assert {name: (lease.holder, lease.since) for name, lease in refused.items()} == {"b": (US, NOON)}
    assert [(lease.name, lease.holder.token) for lease in store.leases()] == [
        ("a", "ours"),
        ("b", "ours"),
        ("c", "theirs"),
    ]
    assert store.claim(["a"], US, NOON, never) == {}  # one's own
    store.release(US)
    assert store.claim(["a", "b"], THEM, NOON, never) == {}
    store.release(THEM)
    assert store.leases() == []


def test_signs_of_life_keep_a_lease_and_their_end_ends_it(store: SqlStore) -> None:
    store.claim(["a"], US, NOON, never)
    assert store.beat(US, NOON + LEASE / 2)
    assert set(store.claim(["a"], THEM, NOON + LEASE, never)) == {"a"}
    assert store.claim(["a"], THEM, NOON + LEASE * 2, never) == {}
    assert not store.beat(US, NOON + LEASE * 2)  # we are told that we were taken for dead


def test_who_is_surely_gone_holds_nothing(store: SqlStore) -> None:
    store.claim(["a", "b"], US, NOON, never)
    assert store.claim(["a"], THEM, NOON, lambda holder: holder == US) == {}
    assert [lease.name for lease in store.leases()] == ["a"]


def test_what_is_held_by_nobody_any_more_goes_whatever_is_claimed(store: SqlStore) -> None:
    """A process died between two jobs; its packages are not due for days."""
    store.claim(["a"], US, NOON, never)
    other = Holder("other", "far away", 3)
    store.claim(["b"], other, NOON - LEASE * 2, never)
    store.claim(["c"], THEM, NOON, lambda holder: holder == US)
    assert [(lease.name, lease.holder) for lease in store.leases()] == [("c", THEM)]


def test_a_lease_from_the_far_future_holds_nothing(store: SqlStore) -> None:
    """The clock was a year ahead when it was made."""
    store.claim(["a"], US, NOON + timedelta(days=365), never)
    assert store.claim(["a"], THEM, NOON, never) == {}


def test_notes_come_back_in_order_of_package(store: SqlStore) -> None:
    run = store.begin_run("sync", NOON)
    store.note_start(run, US, "nightly")
    notes = [Note("b", NoteState.SKIPPED, "held", NOON), Note("a", NoteState.DONE, "proposed", NOON, private=True)]
    store.save_notes(run, notes)
    assert list(store.notes(run.id)) == list(reversed(notes))
    [found] = store.runs()
    assert (found.host, found.pid, found.cause) == ("here", 1, "nightly")
    assert store.last_started() == {"nightly": NOON}
    assert store.notes(99) == ()


def test_failures_are_kept_until_they_are_forgotten(store: SqlStore) -> None:
    failure = Failure(PackageName("a"), "Fault", "why\udcff", 3, NOON, NOON, NOON + LEASE, "content", private=True)
    store.save_failure(failure)
    assert store.failures() == {"a": failure}
    assert store.forget_failures(["a", "b"]) == 1
    assert store.failures() == {}


def test_news_are_kept_once_and_numbered(store: SqlStore) -> None:
    one, two = (News(key, NewsKind.OBSOLETE, NOON, "a", f"about {key}", "p", "1.1", 7) for key in ("one", "two"))
    assert [each.number for each in store.add_news([one, one])] == [1]
    [added] = store.add_news([one, two])
    assert added.key == "two"
    assert [each.key for each in store.news()] == ["one", "two"]
    assert [each.key for each in store.news(newest=True)] == ["two", "one"]
    assert [each.key for each in store.news(1)] == ["two"]
    assert store.owed("new receiver").upto == added.number


def test_hosts_and_upstreams_that_are_to_be_left_alone(store: SqlStore) -> None:
    store.save_host_wait("example.org", NOON)
    store.save_host_wait("example.org", NOON + LEASE)
    assert store.host_waits() == {"example.org": NOON + LEASE}
    store.save_host_wait("example.org", None)
    assert store.host_waits() == {}
    store.save_asked(["a", "b"], NOON)
    store.save_asked(["b"], NOON + LEASE)
    assert store.asked() == {"a": NOON, "b": NOON + LEASE}


def test_turns_of_the_last_hour_are_counted_by_account(store: SqlStore) -> None:
    store.take_turn("bot", NOON)
    store.take_turn("bot", NOON + timedelta(minutes=2))
    assert store.turns(NOON + timedelta(minutes=3)) == {"bot": 2}
    assert store.turns(NOON + timedelta(hours=2)) == {}


def test_old_runs_and_news_are_pruned_and_a_dry_run_only_counts(store: SqlStore) -> None:
    for _ in range(3):
        store.begin_run("sync", NOON)
    store.add_news([News(str(n), NewsKind.ALERT, NOON, "a", "t") for n in range(3)])
    later = NOON + timedelta(days=1)
    for kind, most in (("runs", 2), ("news", 3)):
        assert store.prune(kind, later, frozenset(), dry_run=True) == most
        assert store.prune(kind, later, frozenset(), dry_run=False) == most
        assert store.prune(kind, later, frozenset(), dry_run=False) == 0


def test_news_that_a_receiver_waits_for_are_not_pruned(store: SqlStore) -> None:
    store.owed("slow")
    store.add_news([News("n", NewsKind.ALERT, NOON, "a", "t")])
    assert store.prune("news", NOON + timedelta(days=1), frozenset(), dry_run=False) == 0
