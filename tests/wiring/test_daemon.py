"""The process that runs what is due: what its main thread hears while it waits."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from syncbot.wiring.daemon import Daemon


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_that_comes_right_before_the_wait_ends_it(number: signal.Signals, tmp_path: Path) -> None:
    """Python calls handlers between two of its steps, and the wait for work is one: without a byte from the signal
    itself, one that came just before it was heard at the next signal only."""
    (tmp_path / "syncbot.toml").write_text("")
    daemon = Daemon(tmp_path, os.environ, lambda found, schedule: None)
    with daemon._signals():
        os.kill(os.getpid(), number)
        heard, _, _ = select.select([daemon._ear], [], [], 10)
    assert heard
    assert os.read(daemon._ear, 4096)[:1] == bytes([number])
