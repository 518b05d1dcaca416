"""When the next request to a host may begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncbot.model.hosts import LEASE, LOOK, Asking, wait

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def going_on(began: float, until: float) -> Asking:
    return Asking(NOON + timedelta(seconds=began), NOON + timedelta(seconds=until))


ENDED = going_on(-30, -29)
GOES_ON = going_on(-5, 55)
FUTURE = going_on(7200, 7200 + LEASE.total_seconds())


@pytest.mark.parametrize(
    ("known", "per_host", "per_minute", "seconds"),
    [
        ([], 1, None, 0.0),
        ([GOES_ON], 1, None, LOOK),
        ([GOES_ON], 2, None, 0.0),
        ([ENDED], 1, None, 0.0),
        ([going_on(-600, 0)], 1, None, 0.0),  # its machine is gone
        ([FUTURE], 1, 1, 0.0),  # a clock was set back
        ([ENDED], 1, 1, 30.0),
        ([ENDED], 1, 2, 0.0),
        ([ENDED, GOES_ON], 2, 2, 30.0),
        ([ENDED, GOES_ON, going_on(-59.95, -59)], 4, 3, LOOK),
        ([going_on(-60, -50)], 1, 1, 0.0),
    ],
)
def test_a_request_waits_for_others_and_for_the_minute(
    known: list[Asking], per_host: int, per_minute: int | None, seconds: float
) -> None:
    assert wait(known, NOON, per_host, per_minute) == seconds
