"""The heart: patches + trees (+ history facts) -> verdicts with evidence. Pure; blobs come through a reader."""

from syncbot.judge.promise import applies, first_misfit, new_series, verify_promise
from syncbot.judge.series import judge_series

JUDGE_VERSION = "1"
"""Part of every remembered verdict's key: raised when a verdict could change."""

__all__ = ["JUDGE_VERSION", "applies", "first_misfit", "judge_series", "new_series", "verify_promise"]
