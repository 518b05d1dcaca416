"""The heart: patches + trees (+ history facts) -> verdicts with evidence. Pure; blobs come through a reader."""

from syncbot.judge.claims import Day
from syncbot.judge.lineage import Lineage
from syncbot.judge.promise import applies, first_misfit, new_series, stacked, verify_promise
from syncbot.judge.series import judge_series

JUDGE_VERSION = "12"
"""Part of every remembered verdict's key: raised when a verdict could change."""

__all__ = [
    "JUDGE_VERSION",
    "Day",
    "Lineage",
    "applies",
    "first_misfit",
    "judge_series",
    "new_series",
    "stacked",
    "verify_promise",
]
