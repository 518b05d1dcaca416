"""What a job is: its locks, its place, its turn, and how long it waits after a failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncbot.errors import (
    Fault,
    ForgeBusy,
    ForgeRefused,
    ForgeStopped,
    InputError,
    StoreError,
    SyncbotError,
    UpstreamChanged,
    UpstreamUnreachable,
)
from syncbot.model.ids import PackageName
from syncbot.model.schedules import Schedule
from syncbot.model.settings import Running, Settings
from syncbot.report.problems import PackageProblem
from syncbot.report.results import Skipped, SyncResult
from syncbot.services.planning import HELD, Errand, Urgency, after, again
from syncbot.worker import jobs, ticks

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
LIB = Errand(PackageName("lib"), "m1", Urgency.SECURITY)


def test_one_job_waits_for_each_package_and_one_is_done_for_each_mirror() -> None:
    job = jobs.package_job(LIB, {})
    assert (job.once, job.lock, job.queue, job.priority) == ("package lib", "mirror m1", jobs.ANYWHERE, 30)


def test_a_job_is_done_where_its_mirror_lies() -> None:
    job = jobs.package_job(LIB, {"m1": "alpha"})
    assert (job.queue, jobs.machine_of(job.queue)) == ("at:alpha", "alpha")
    assert jobs.machine_of(jobs.ANYWHERE) is None


def test_what_failed_goes_after_all_that_did_not_even_what_is_less_urgent() -> None:
    failed = jobs.package_job(LIB, {}, attempt=2, delay=30)
    assert failed.priority < jobs.package_job(Errand(PackageName("z"), "m1", Urgency.REST), {}).priority


def test_security_and_reverts_go_first() -> None:
    order = sorted(Urgency, reverse=True)
    assert [one.name for one in order] == ["WANTED", "REVERTED", "SECURITY", "CARRIES", "DROP", "REST"]


def test_pauses_grow_up_to_an_hour() -> None:
    assert [jobs.pause(attempt, 30) for attempt in range(1, 7)] == [30, 90, 270, 810, 2430, 3600]


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (UpstreamUnreachable("down"), 0.0),
        (ForgeBusy("slowly", wait=90), 90.0),
        (StoreError("cut"), 0.0),
        (Fault("oops"), 0.0),
    ],
)
def test_trouble_that_may_pass_is_tried_again(error: SyncbotError, wait: float) -> None:
    found = after(error)
    assert found is not None
    assert (found.wait, found.counts) == (wait, True)
    result = SyncResult(NOON, False, (), (PackageProblem("lib", error),))
    assert again(result, "lib") == found
    assert again(result, "other") is None


@pytest.mark.parametrize(
    "error", [InputError("bad"), UpstreamChanged("moved"), ForgeRefused("no"), ForgeStopped("stop")]
)
def test_trouble_that_a_person_must_mend_is_not(error: SyncbotError) -> None:
    assert after(error) is None
    assert again(SyncResult(NOON, False, (), (PackageProblem("lib", error),)), "lib") is None


def test_a_package_that_another_run_works_on_is_tried_soon_and_that_is_no_failure() -> None:
    result = SyncResult(NOON, False, (), (), skipped=(Skipped("lib", "host, pid 7, works on it"),))
    found = again(result, "lib")
    assert found is not None
    assert (found.wait, found.counts) == (HELD, False)


DAILY = Settings(schedule="0 3 * * *", timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2024-03-01T02:00", "2024-03-02T01:59", False),
        ("2024-03-01T02:00", "2024-03-02T02:00", True),  # three in Berlin is two in UTC
        ("2024-03-29T02:00", "2024-03-30T02:00", True),
        ("2024-03-30T02:00", "2024-03-31T01:00", True),  # the night in which two to three is left out
        ("2024-03-01T02:00", "2024-03-02T07:30", True),  # nobody was there at three: made up for
        ("2024-03-01T02:00", "2024-03-02T09:00", False),  # too long ago
        (None, "2024-03-02T02:00", True),
        (None, "2024-03-02T02:01", False),
    ],
)
def test_the_schedule_is_that_of_the_daemon(last: str | None, now: str, due: bool) -> None:
    started = {} if last is None else {ticks.OWN: datetime.fromisoformat(f"{last}:00+00:00")}
    assert ticks.fired(DAILY, started, datetime.fromisoformat(f"{now}:00+00:00")) == ([ticks.OWN] if due else [])


def test_schedules_of_some_packages_fire_by_themselves() -> None:
    running = Running(schedules=(Schedule("hot", "every 1h", packages=("ker*",)), Schedule("off", "never")))
    settings = Settings(schedule="never", running=running)
    assert ticks.fired(settings, {}, NOON) == ["hot"]
    assert ticks.fired(settings, {"hot": NOON - timedelta(minutes=59)}, NOON) == []
    assert ticks.fired(settings, {"hot": NOON - timedelta(minutes=60)}, NOON) == ["hot"]
