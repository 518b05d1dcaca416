"""A judgement's key is made of all its inputs, and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from syncbot import judge
from syncbot.model.ids import PatchName
from syncbot.services.keys import digest, judgement_key
from tests.services.fakes import patch, release

BASE, TARGET = release("1.0"), release("1.1")
ONE, TWO = patch("one.patch", 10, "ten"), patch("two.patch", 20, "twenty")
KEY = judgement_key((ONE, TWO), BASE, TARGET)


@pytest.mark.parametrize(
    "series",
    [
        (TWO, ONE),
        (ONE,),
        (replace(ONE, content=ONE.content + b"\n"), TWO),
        (replace(ONE, name=PatchName("eins.patch")), TWO),
        (replace(ONE, strip=1), TWO),
        (replace(ONE, keep="ours"), TWO),
        (replace(ONE, waiting=True), TWO),
    ],
)
def test_another_series_is_another_key(series: object) -> None:
    assert judgement_key(series, BASE, TARGET) != KEY  # type: ignore[arg-type]  # a table of series


def test_another_release_is_another_key() -> None:
    assert judgement_key((ONE, TWO), replace(BASE, identity="moved"), TARGET) != KEY
    assert judgement_key((ONE, TWO), BASE, replace(TARGET, identity="moved")) != KEY
    assert judgement_key((ONE, TWO), TARGET, BASE) != KEY
    assert judgement_key((ONE, TWO), BASE, replace(TARGET, date=datetime(2024, 1, 2, tzinfo=UTC))) != KEY


def test_another_judge_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "JUDGE_VERSION", "another")
    assert judgement_key((ONE, TWO), BASE, TARGET) != KEY


def test_the_same_is_the_same() -> None:
    assert judgement_key((replace(ONE), TWO), replace(BASE, date=None), TARGET) == KEY


def test_parts_cannot_run_into_one_another() -> None:
    assert digest("a", "bc") != digest("ab", "c")
    assert digest(["a"], "b") != digest(["a", "b"])
